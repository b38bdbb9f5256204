import type {TaskId} from '../base/ids.ts';
import type {TaskRequest} from '../base/task-request.ts';
import type {FactValue} from '../disk/facts.ts';
import {TransferRefused} from '../globus-errors.ts';
import type {TransferService} from '../transfer/transfer-service.ts';
import type {SubmissionFacts} from './submission-facts.ts';

/** What the intent of a task says: asking Globus again with the same submission id gives the same task. */
export interface TaskIntent {
  readonly submissionId: string;
  readonly request: TaskRequest;
}

/** One Globus task that is to be submitted once. */
export interface TaskSubmission {
  readonly facts: SubmissionFacts;
  /** what is on record already, by a process that died or had no answer */
  readonly intended: TaskIntent | undefined;
  /** what to ask for, when nothing is on record */
  request(): TaskRequest;
  /** what the intent holds besides request, submission id, time and author */
  readonly intent: FactValue;
  /** what to put on record of a refusal */
  explain(
    error: TransferRefused,
    request: TaskRequest,
  ): Promise<{readonly why: string; readonly next: readonly string[]}>;
}

export type TaskSubmitted =
  | {readonly is: 'submitted'; readonly task: TaskId}
  /** another process created the intent first: it acts */
  | {readonly is: 'others'}
  /** it was decided otherwise meanwhile: Globus was not asked. `why`: when the intent had just been created */
  | {readonly is: 'overtaken'; readonly why?: string | undefined}
  /** on record */
  | {readonly is: 'refused'};

/**
 * Submit a task exactly once: the submission id is on record before Globus is asked, and asking again with it gives
 * the same task, so that what is unconfirmed is resolved by asking again.
 *
 * @throws {TransferUnreachable} {SignInNeeded} the intent stands
 */
export async function submitTask(
  {facts, intended, request, intent, explain}: TaskSubmission,
  {transfers, clock, by}: {readonly transfers: TransferService; readonly clock: () => number; readonly by: string},
): Promise<TaskSubmitted> {
  let asked = intended;
  if (asked === undefined) {
    const at = clock();
    asked = {submissionId: await transfers.newSubmissionId(), request: request()};
    if (facts.overtaken() !== undefined) return {is: 'overtaken'};
    if (!facts.create('intent', {at, ...asked, by, ...intent})) return {is: 'others'};
    // A process that decides looks for intents afterwards, and one that intends looks for decisions: one of them sees the other.
    const why = facts.overtaken();
    if (why !== undefined) return {is: 'overtaken', why};
  } else if (facts.overtaken() !== undefined) return {is: 'overtaken'};
  try {
    const task = await transfers.submit(asked.submissionId, asked.request);
    if (facts.create('confirmed', {at: clock(), task})) facts.note('transfer-submitted', {task});
    return {is: 'submitted', task};
  } catch (error) {
    if (!(error instanceof TransferRefused)) throw error;
    const {why, next} = await explain(error, asked.request);
    if (facts.create('refused', {at: clock(), why: `${error.message}: ${why}`, retry: false, next}))
      facts.note('transfer-refused', {why});
    return {is: 'refused'};
  }
}
