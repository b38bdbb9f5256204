import type {TaskId} from '../base/ids.ts';
import {type NoEvidence, noEvidence} from '../base/no-evidence.ts';
import type {TaskRequest} from '../base/task-request.ts';
import {TransferUnreachable} from '../globus-errors.ts';
import {type Scheduler, SchedulerUnreachable} from '../scheduler/scheduler.ts';
import {viaOf, wayOfTask} from '../transfer/other-way.ts';
import type {TransferService} from '../transfer/transfer-service.ts';
import type {EngineContext} from './context.ts';

// A service that does not answer costs a look one time limit, whatever the number of runs and requests: once it has let
// one pass, everything else that the look would ask it fails at once, and is left to the next look. The monitor chain
// is asked for all the same: this may be the last look before a monitor comes.

/** The same context, for one look: PBS and Globus have a circuit breaker each. */
export function withCircuitBreakers<C extends Pick<EngineContext, 'scheduler' | 'transfers'>>(context: C): C {
  return {
    ...context,
    scheduler: schedulerWithBreaker(context.scheduler),
    transfers: transfersWithBreaker(context.transfers),
  };
}

function schedulerWithBreaker(pbs: Scheduler): Scheduler {
  const breaker = new CircuitBreaker(
    (error): error is SchedulerUnreachable => error instanceof SchedulerUnreachable && error.timedOut,
    (why) => new SchedulerUnreachable('qstat', why, {timedOut: true}),
  );
  return {
    async submit(request) {
      if (breaker.tripped) return {kind: 'unreachable', error: breaker.tripped};
      const answer = await pbs.submit(request);
      if (answer.kind === 'unclear' && answer.timedOut)
        breaker.trip(new SchedulerUnreachable('qsub', 'it did not answer in time', {timedOut: true}));
      return answer;
    },
    release: (job) => breaker.ask(() => pbs.release(job)),
    hold: (job) => breaker.ask(() => pbs.hold(job)),
    delete: (job) => breaker.ask(() => pbs.delete(job)),
    releaseAll: (jobs) => breaker.askOfMany(jobs, () => pbs.releaseAll(jobs)),
    deleteAll: (jobs) => breaker.askOfMany(jobs, () => pbs.deleteAll(jobs)),
    moveStart: (job, startAt) => breaker.ask(() => pbs.moveStart(job, startAt)),
    look: (jobs) => breaker.look(jobs, () => pbs.look(jobs)),
    findByTag: (tags) => breaker.ask(() => pbs.findByTag(tags)),
  };
}

function transfersWithBreaker(globus: TransferService): TransferService {
  const breaker = new CircuitBreaker(
    (error): error is TransferUnreachable => error instanceof TransferUnreachable && error.timedOut,
    // What a look shows of a task is the whole story, with the question in it.
    (why) => new TransferUnreachable('GET /task_list', why.replace(/^.*?": /s, ''), {timedOut: true}),
  );
  /** What another way moves is asked for whether Globus answers or not. */
  const ofTask = <T>(task: TaskId, question: () => Promise<T>) =>
    wayOfTask(task) ? question() : breaker.ask(question);
  const ofRequest = <T>(request: TaskRequest | undefined, question: () => Promise<T>) =>
    viaOf(request) ? question() : breaker.ask(question);
  return {
    newSubmissionId: (request) => ofRequest(request, () => globus.newSubmissionId(request)),
    submit: (id, request) => ofRequest(request, () => globus.submit(id, request)),
    async look(tasks) {
      const [others, own] = [tasks.filter((task) => wayOfTask(task)), tasks.filter((task) => !wayOfTask(task))];
      if (others.length === 0) return breaker.look(own, () => globus.look(own));
      const seen = await Promise.all([
        globus.look(others),
        ...(own.length > 0 ? [breaker.look(own, () => globus.look(own))] : []),
      ]);
      return new Map(seen.flatMap((each) => [...each]));
    },
    update: (task, change) => ofTask(task, () => globus.update(task, change)),
    cancel: (task) => ofTask(task, () => globus.cancel(task)),
    events: (task, query) => ofTask(task, () => globus.events(task, query)),
    recent: (query) => breaker.ask(() => globus.recent(query)),
    pauses: (task) => ofTask(task, () => globus.pauses(task)),
    moved: (task) => ofTask(task, () => globus.moved(task)),
    skipped: (task, limit) => ofTask(task, () => globus.skipped(task, limit)),
    // A collection that is slow to list a directory says nothing of Globus, and a listing is not waited for to its end.
    list: (place, most) => breaker.askAlone(() => globus.list(place, most)),
    stat: (place) => breaker.ask(() => globus.stat(place)),
    makeDirectory: (place) => breaker.ask(() => globus.makeDirectory(place)),
    collection: (id) => breaker.ask(() => globus.collection(id)),
  };
}

/** Lets a service be asked until it has let a time limit pass; then everything fails at once, without being asked. */
class CircuitBreaker<E extends Error & {readonly why?: string | undefined}> {
  /** the failure after which the service is not asked any more */
  tripped: E | undefined;
  readonly #isTimeout: (error: unknown) => error is E;
  readonly #timeout: (why: string) => E;

  constructor(isTimeout: (error: unknown) => error is E, timeout: (why: string) => E) {
    this.#isTimeout = isTimeout;
    this.#timeout = timeout;
  }

  trip(timeout: E): void {
    this.tripped ??= timeout;
  }

  /** A question whose time limit is its own: others are asked all the same. */
  async askAlone<T>(question: () => Promise<T>): Promise<T> {
    if (this.tripped) throw this.tripped;
    return await question();
  }

  async ask<T>(question: () => Promise<T>): Promise<T> {
    if (this.tripped) throw this.tripped;
    try {
      return await question();
    } catch (error) {
      if (this.#isTimeout(error)) this.trip(error);
      throw error;
    }
  }

  /** One request for many. @returns those it was not done for */
  async askOfMany<Id, Why extends Error>(
    ids: readonly Id[],
    request: () => Promise<ReadonlyMap<Id, Why | E>>,
  ): Promise<ReadonlyMap<Id, Why | E>> {
    const {tripped} = this;
    if (tripped) return new Map(ids.map((id) => [id, tripped]));
    const notDone = await request();
    for (const error of notDone.values()) if (this.#isTimeout(error)) this.trip(error);
    return notDone;
  }

  /** One question about many: PBS may ask several servers, of which one that does not answer says nothing of the others. */
  async look<Id, Seen extends {readonly kind: string}>(
    ids: readonly Id[],
    question: () => Promise<ReadonlyMap<Id, Seen | NoEvidence>>,
  ): Promise<ReadonlyMap<Id, Seen | NoEvidence>> {
    if (this.tripped) return noEvidence(ids, this.tripped.why ?? this.tripped.message, {timedOut: true});
    const seen = await question();
    const timedOut = [...seen.values()].filter(hasTimedOut);
    const [first] = timedOut;
    if (first && timedOut.length === seen.size) this.trip(this.#timeout(first.why));
    return seen;
  }
}

function hasTimedOut(seen: {readonly kind: string} | NoEvidence): seen is NoEvidence {
  return seen.kind === 'no-evidence' && 'timedOut' in seen && seen.timedOut === true;
}
