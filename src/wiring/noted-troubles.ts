import {ofTheSystem} from '../disk/system-error.ts';
import {StageError} from '../errors.ts';
import type {Service, Trouble, Troubles} from '../ledger/troubles.ts';
import {type Scheduler, SchedulerUnreachable} from '../scheduler/scheduler.ts';

/** Hears what this process is answered, and keeps the last trouble of it with each service on record. */
export interface TroubleNotes {
  /** @param trouble why there was no answer; undefined when the service answered */
  hear(service: Service, trouble?: unknown): void;
  scheduler(scheduler: Scheduler): Scheduler;
}

type Me = Pick<Trouble, 'kind' | 'run' | 'host' | 'job' | 'by'>;

/** @param me this process */
export function noteTroubles(troubles: Troubles, me: Me, clock: () => number): TroubleNotes {
  const answered = new Map<Service, boolean>();
  const hear = (service: Service, trouble?: unknown) => {
    if (trouble !== undefined) {
      answered.set(service, false);
      troubles.note({...me, service, ...inWords(trouble), at: clock()});
    } else if (answered.get(service) !== true) {
      answered.set(service, true);
      troubles.clear(me, service);
    }
  };
  return {hear, scheduler: (pbs) => heardScheduler(pbs, (trouble) => hear('PBS', trouble))};
}

/** An error as it is shown to people, which holds no secret: of any other, its name alone. */
function inWords(error: unknown): Pick<Trouble, 'code' | 'exit' | 'what' | 'why' | 'next'> {
  const told = error instanceof StageError ? error : ofTheSystem(error);
  if (told) return {code: told.code, exit: told.exit, what: told.message, why: told.why, next: told.next};
  const name = error instanceof Error ? error.name : 'an unknown error';
  return {code: 'DEFECT', exit: 70, what: `stage itself failed (${name})`, next: []};
}

/** A refusal is an answer. */
function heardScheduler(pbs: Scheduler, hear: (trouble?: unknown) => void): Scheduler {
  const ask = async <T>(question: () => Promise<T>): Promise<T> => {
    try {
      const answer = await question();
      hear();
      return answer;
    } catch (error) {
      hear(error instanceof SchedulerUnreachable ? error : undefined);
      throw error;
    }
  };
  return {
    ...pbs,
    async submit(request) {
      const answer = await pbs.submit(request);
      if (answer.kind === 'unreachable') hear(answer.error);
      else if (answer.kind === 'unclear') hear(new SchedulerUnreachable('qsub', answer.why));
      else hear();
      return answer;
    },
    async look(jobs) {
      const seen = await pbs.look(jobs);
      const missed = [...seen.values()].flatMap((each) => (each.kind === 'no-evidence' ? [each.why] : []));
      // Some servers may answer where another one does not.
      if (missed[0] !== undefined && missed.length === seen.size) hear(new SchedulerUnreachable('qstat', missed[0]));
      else if (missed.length < seen.size) hear();
      return seen;
    },
    findByTag: (tags) => (tags.length === 0 ? pbs.findByTag(tags) : ask(() => pbs.findByTag(tags))),
    release: (job) => ask(() => pbs.release(job)),
    hold: (job) => ask(() => pbs.hold(job)),
    delete: (job) => ask(() => pbs.delete(job)),
    moveStart: (job, startAt) => ask(() => pbs.moveStart(job, startAt)),
  };
}
