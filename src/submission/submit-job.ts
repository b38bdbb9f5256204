import type {JobId} from '../base/job-id.ts';
import type {FactValue} from '../disk/facts.ts';
import {EXIT, StageError} from '../errors.ts';
import type {JobRequest, Scheduler, SchedulerRefused, SchedulerUnreachable} from '../scheduler/scheduler.ts';
import type {SubmissionFacts} from './submission-facts.ts';

/** One job that is to be submitted once. */
export interface JobSubmission {
  readonly facts: SubmissionFacts;
  /** unlike any other's. qsub has no key of its own: this travels in the job's variables, and finds the job again */
  readonly tag: string;
  /** what the intent holds besides tag, deadline, time and author */
  readonly intent: FactValue;
  /**
   * Write the script, and say how it is submitted. Called by the process alone that holds the intent: no older script
   * of another one can stand in its place.
   *
   * @throws {CannotBeSubmitted} when trying again would not help; whatever else is thrown may pass by itself
   */
  request(): JobRequest;
  /** what is known of a refusal besides the words of PBS */
  explain?(error: SchedulerRefused): SchedulerRefused;
}

/** Who submits, and where. */
export interface Submitter {
  readonly scheduler: Pick<Scheduler, 'submit'>;
  /** milliseconds since the epoch */
  readonly clock: () => number;
  /** `user@host:pid`, for records */
  readonly by: string;
  /** see deadline.ts */
  readonly deadlineMs: number;
}

export type JobSubmitted =
  | {readonly is: 'submitted'; readonly job: JobId}
  /** another process created the intent first: it acts */
  | {readonly is: 'others'}
  /** it was decided otherwise meanwhile: PBS was not asked */
  | {readonly is: 'overtaken'}
  /** there is nothing that could be submitted: on record, as a refusal */
  | {readonly is: 'impossible'}
  /** no job exists. `later`: PBS has no room for it now, and it is asked for again */
  | {
      readonly is: 'refused';
      readonly error: SchedulerRefused | SchedulerUnreachable;
      readonly later?: true | undefined;
    }
  /** the answer was lost: resolve.ts finds out, after the deadline. `timedOut`: PBS did not answer in time */
  | {readonly is: 'unclear'; readonly why: string; readonly timedOut?: true | undefined};

/**
 * Submit a job exactly once: put the intent on record, ask PBS, put its answer on record. Of several processes the one
 * that creates the intent acts. One that dies in between leaves an intent, and resolve.ts finds out what became of it.
 *
 * @throws what request() threw, when that may pass by itself: the intent is closed
 */
export async function submitJob(
  {facts, tag, intent, request, explain = (error) => error}: JobSubmission,
  {scheduler, clock, by, deadlineMs}: Submitter,
): Promise<JobSubmitted> {
  const refused = (value: FactValue) => facts.create('refused', {at: clock(), ...value});
  if (facts.overtaken() !== undefined) return {is: 'overtaken'};
  const at = clock();
  if (!facts.create('intent', {at, tag, ...intent, deadline: at + deadlineMs, by})) return {is: 'others'};
  // A process that decides looks for intents afterwards, and one that intends looks for decisions: one of them sees the other.
  const overtaken = facts.overtaken();
  if (overtaken !== undefined) {
    refused({why: overtaken, retry: true});
    return {is: 'overtaken'};
  }
  let asked: JobRequest;
  try {
    asked = request();
  } catch (error) {
    // PBS is not asked: no process is to wait for the intent's deadline.
    if (!(error instanceof CannotBeSubmitted)) {
      const why = error instanceof Error ? error.message : String(error);
      if (error instanceof StageError) refused({why, retry: true, notAsked: true, next: error.next});
      else refused({why: `its script could not be written: ${why}`, retry: true});
      throw error;
    }
    const {why, next} = error;
    if (refused({why, retry: false, next})) facts.note('job-refused', {why});
    return {is: 'impossible'};
  }
  const answer = await scheduler.submit(asked);
  switch (answer.kind) {
    case 'submitted': {
      const {job} = answer;
      facts.create('confirmed', {at: clock(), job});
      facts.note('job-submitted', {job});
      return {is: 'submitted', job};
    }
    case 'refused': {
      const error = explain(answer.error);
      const {why, message, next, unknownServer} = error;
      refused({why: why ?? message, retry: answer.retry, next, unknownServer, inQueue: answer.inQueue});
      facts.note('job-refused', {why});
      return {is: 'refused', error, later: (answer.retry && unknownServer === undefined) || undefined};
    }
    case 'unreachable': {
      const {why, message} = answer.error;
      refused({why: why ?? message, retry: true, unreachable: true});
      return {is: 'refused', error: answer.error};
    }
    case 'unclear':
      facts.note('submission-unclear', {why: answer.why});
      return {is: 'unclear', why: answer.why, timedOut: answer.timedOut};
    default:
      return answer satisfies never;
  }
}

/** There is nothing that PBS could be asked for, and another try would find the same. */
export class CannotBeSubmitted extends Error {
  readonly why: string;
  /** what a person can do about it, in lines */
  readonly next: readonly string[];

  constructor(why: string, next: readonly string[]) {
    super(why);
    this.why = why;
    this.next = next;
  }
}

/** The answer of PBS was lost. */
export class SubmissionUnclear extends StageError {
  constructor(job: string, why: string, next: readonly string[]) {
    super({
      code: 'SUBMISSION_UNCLEAR',
      exit: EXIT.unreachable,
      what: `it is not known whether PBS accepted the job ${job}`,
      why,
      next,
    });
  }
}
