import {type NoEvidence, noEvidence} from '../base/no-evidence.ts';
import {TransferUnreachable} from '../globus-errors.ts';
import {type Scheduler, SchedulerUnreachable} from '../scheduler/scheduler.ts';
import type {TransferService} from '../transfer/transfer-service.ts';
import type {EngineContext} from './context.ts';

// A service that does not answer costs a look one time limit, whatever the number of runs and requests: once it has let
// one pass, everything else that the look would ask it fails at once, and is left to the next look. The monitor chain
// is asked for all the same: this may be the last look before a monitor comes.

/** The same context, for one look: PBS and Globus are each waited for in vain once. */
export function withOnePatience<C extends Pick<EngineContext, 'scheduler' | 'transfers'>>(context: C): C {
  return {...context, scheduler: patientScheduler(context.scheduler), transfers: patientTransfers(context.transfers)};
}

function patientScheduler(pbs: Scheduler): Scheduler {
  const patience = new Patience(
    (error): error is SchedulerUnreachable => error instanceof SchedulerUnreachable && error.silent,
    (why) => new SchedulerUnreachable('qstat', why, {silent: true}),
  );
  return {
    async submit(request) {
      if (patience.spent) return {kind: 'unreachable', error: patience.spent};
      const answer = await pbs.submit(request);
      if (answer.kind === 'unclear' && answer.silent)
        patience.spend(new SchedulerUnreachable('qsub', 'it did not answer in time', {silent: true}));
      return answer;
    },
    release: (job) => patience.ask(() => pbs.release(job)),
    hold: (job) => patience.ask(() => pbs.hold(job)),
    delete: (job) => patience.ask(() => pbs.delete(job)),
    releaseAll: (jobs) => patience.askOfMany(jobs, () => pbs.releaseAll(jobs)),
    deleteAll: (jobs) => patience.askOfMany(jobs, () => pbs.deleteAll(jobs)),
    moveStart: (job, startAt) => patience.ask(() => pbs.moveStart(job, startAt)),
    look: (jobs) => patience.look(jobs, () => pbs.look(jobs)),
    findByTag: (tags) => patience.ask(() => pbs.findByTag(tags)),
  };
}

function patientTransfers(globus: TransferService): TransferService {
  const patience = new Patience(
    (error): error is TransferUnreachable => error instanceof TransferUnreachable && error.silent,
    // What a look shows of a task is the whole story, with the question in it.
    (why) => new TransferUnreachable('GET /task_list', why.replace(/^.*?": /s, ''), {silent: true}),
  );
  return {
    newSubmissionId: () => patience.ask(() => globus.newSubmissionId()),
    submit: (id, request) => patience.ask(() => globus.submit(id, request)),
    look: (tasks) => patience.look(tasks, () => globus.look(tasks)),
    cancel: (task) => patience.ask(() => globus.cancel(task)),
    events: (task, query) => patience.ask(() => globus.events(task, query)),
    recent: (query) => patience.ask(() => globus.recent(query)),
    pauses: (task) => patience.ask(() => globus.pauses(task)),
    moved: (task) => patience.ask(() => globus.moved(task)),
    skipped: (task, limit) => patience.ask(() => globus.skipped(task, limit)),
    list: (place) => patience.ask(() => globus.list(place)),
    stat: (place) => patience.ask(() => globus.stat(place)),
    makeDirectory: (place) => patience.ask(() => globus.makeDirectory(place)),
    collection: (id) => patience.ask(() => globus.collection(id)),
  };
}

/** What is left of one look's patience with a service. */
class Patience<E extends Error & {readonly why?: string | undefined}> {
  /** the silence that has used it up */
  spent: E | undefined;
  readonly #isSilence: (error: unknown) => error is E;
  readonly #silence: (why: string) => E;

  constructor(isSilence: (error: unknown) => error is E, silence: (why: string) => E) {
    this.#isSilence = isSilence;
    this.#silence = silence;
  }

  spend(silence: E): void {
    this.spent ??= silence;
  }

  async ask<T>(question: () => Promise<T>): Promise<T> {
    if (this.spent) throw this.spent;
    try {
      return await question();
    } catch (error) {
      if (this.#isSilence(error)) this.spend(error);
      throw error;
    }
  }

  /** One request for many. @returns those it was not done for */
  async askOfMany<Id, Why extends Error>(
    ids: readonly Id[],
    request: () => Promise<ReadonlyMap<Id, Why | E>>,
  ): Promise<ReadonlyMap<Id, Why | E>> {
    const {spent} = this;
    if (spent) return new Map(ids.map((id) => [id, spent]));
    const notDone = await request();
    for (const error of notDone.values()) if (this.#isSilence(error)) this.spend(error);
    return notDone;
  }

  /** One question about many: PBS may ask several servers, of which one that is silent says nothing of the others. */
  async look<Id, Seen extends {readonly kind: string}>(
    ids: readonly Id[],
    question: () => Promise<ReadonlyMap<Id, Seen | NoEvidence>>,
  ): Promise<ReadonlyMap<Id, Seen | NoEvidence>> {
    if (this.spent) return noEvidence(ids, this.spent.why ?? this.spent.message, true);
    const seen = await question();
    const silences = [...seen.values()].filter(isSilence);
    const [first] = silences;
    if (first && silences.length === seen.size) this.spend(this.#silence(first.why));
    return seen;
  }
}

function isSilence(seen: {readonly kind: string} | NoEvidence): seen is NoEvidence {
  return seen.kind === 'no-evidence' && 'silent' in seen && seen.silent === true;
}
