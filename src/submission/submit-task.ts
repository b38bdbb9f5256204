import type {TaskId} from '../base/ids.ts';
import type {TaskRequest} from '../base/task-request.ts';
import type {FactValue} from '../disk/facts.ts';
import {TransferRefused, TransferUnreachable} from '../globus-errors.ts';
import {viaOf} from '../transfer/other-way.ts';
import type {TransferService} from '../transfer/transfer-service.ts';
import {findUnanswered} from './find-unanswered.ts';
import type {SubmissionFacts, TaskFactName} from './submission-facts.ts';

/** What the intent of a task says: asking Globus again with the same submission id gives the same task. */
export interface TaskIntent {
  readonly submissionId: string;
  readonly request: TaskRequest;
  /** when it was put on record, in milliseconds */
  readonly at?: number | undefined;
}

/** One Globus task that is to be submitted once. */
export interface TaskSubmission {
  readonly facts: SubmissionFacts<TaskFactName>;
  /** what is on record already, by a process that died or had no answer, or whose answer was "later" */
  readonly intended: TaskIntent | undefined;
  /** how many tries Globus has refused for now, and how many were begun: none is made twice at once */
  readonly tries?: {readonly refused: number; readonly begun: number} | undefined;
  /** what to ask for, when nothing is on record */
  request(): TaskRequest;
  /** what the intent holds besides request, submission id, time and author */
  readonly intent: FactValue;
  /** what a refusal comes to */
  explain(error: TransferRefused, request: TaskRequest): Promise<RefusalOfTask>;
}

/** What a refusal of a task comes to, and what to put on record of it. */
export type RefusalOfTask =
  | {readonly is: 'final'; readonly why: string; readonly next: readonly string[]}
  /** the same request may be accepted later; `room`: as soon as another task has ended */
  | {readonly is: 'later'; readonly room: boolean; readonly why: string; readonly next: readonly string[]}
  /** the task is there already, by its label: what it has moved is compared in the end */
  | {readonly is: 'there'; readonly task: TaskId};

export type TaskSubmitted =
  | {readonly is: 'submitted'; readonly task: TaskId}
  /** another process created the intent first: it acts */
  | {readonly is: 'others'}
  /** it was decided otherwise meanwhile: Globus was not asked. `why`: when the intent had just been created */
  | {readonly is: 'overtaken'; readonly why?: string | undefined}
  /** on record */
  | {readonly is: 'refused'}
  /** on record: it is asked for again later */
  | {readonly is: 'put-off'; readonly room: boolean};

/**
 * Submit a task exactly once: the submission id is on record before Globus is asked, and asking again with it gives
 * the same task, so that what is unconfirmed is resolved by asking again.
 *
 * @throws {TransferUnreachable} {SignInNeeded} the intent stands
 */
export async function submitTask(
  {facts, intended, tries = {refused: 0, begun: 1}, request, intent, explain}: TaskSubmission,
  {transfers, clock, by}: {readonly transfers: TransferService; readonly clock: () => number; readonly by: string},
): Promise<TaskSubmitted> {
  let asked = intended;
  if (asked === undefined) {
    const at = clock();
    const wanted = request();
    asked = {at, submissionId: await transfers.newSubmissionId(wanted), request: wanted};
    if (facts.overtaken() !== undefined) return {is: 'overtaken'};
    if (!facts.create('intent', {...asked, at, by, ...intent})) return {is: 'others'};
    // A process that decides looks for intents afterwards, and one that intends looks for decisions: one of them sees the other.
    const why = facts.overtaken();
    if (why !== undefined) return {is: 'overtaken', why};
  } else if (facts.overtaken() !== undefined) return {is: 'overtaken'};
  const later = (value: FactValue) => facts.create(`later-${tries.refused + 1}`, {at: clock(), ...value});
  if (intended !== undefined && tries.refused >= tries.begun) {
    if (!facts.create(`again-${tries.begun + 1}`, {at: clock(), by})) return {is: 'others'};
    const why = facts.overtaken();
    if (why !== undefined) {
      later({why}); // this try is not made: no process is to take it for one whose answer was lost
      return {is: 'overtaken'};
    }
  }
  try {
    const task = await transfers.submit(asked.submissionId, asked.request);
    return confirmed(facts, {at: clock(), task}, 'transfer-submitted');
  } catch (error) {
    if (!(error instanceof TransferRefused)) throw error;
    // Another way answers for an id what it has done under it: a refusal is the whole answer there.
    const ofGlobus = viaOf(asked.request) === undefined;
    const unanswered = ofGlobus && (error.afterSilence || (intended !== undefined && tries.begun > tries.refused));
    const found = unanswered ? await taskInSpite(error, asked, transfers) : undefined;
    const came = found ?? (await explain(error, asked.request));
    switch (came.is) {
      case 'there':
        return confirmed(facts, {at: clock(), task: came.task, byLabel: true}, 'task-adopted');
      case 'later': {
        const {why, room, next} = came;
        if (later({why, room: room || undefined, next})) facts.note('transfer-put-off', {why});
        return {is: 'put-off', room};
      }
      case 'final': {
        const {why, next} = came;
        if (facts.create('refused', {at: clock(), why: `${error.message}: ${why}`, retry: false, next}))
          facts.note('transfer-refused', {why});
        return {is: 'refused'};
      }
      default:
        return came satisfies never;
    }
  }
}

/**
 * The task of a submission that had no answer, and was refused when it was asked for again: the refusal is no proof that
 * there is none.
 *
 * @returns undefined where there is none
 * @throws {TransferUnreachable} where that is not known: the submission stays as it is, and may have a task
 */
async function taskInSpite(
  error: TransferRefused,
  {request, at: since = 0}: TaskIntent,
  transfers: Pick<TransferService, 'recent'>,
): Promise<RefusalOfTask | undefined> {
  const found = await findUnanswered(transfers, {request, since});
  if (found.is === 'there') return {is: 'there', task: found.task.task};
  // What had no answer a moment ago may still be on its way: the next look asks once more.
  if (found.is === 'none' && !error.afterSilence) return undefined;
  const why = found.is === 'unknown' ? found.why : 'no task with its label is listed so far';
  const said = `an earlier request had no answer, and this one was refused: ${error.why ?? error.message}`;
  throw new TransferUnreachable('POST /transfer', `${said}. Whether there is a task is not known: ${why}`);
}

function confirmed(
  facts: SubmissionFacts<TaskFactName>,
  value: FactValue & {readonly task: TaskId},
  event: string,
): TaskSubmitted {
  const {task} = value;
  if (facts.create('confirmed', value)) facts.note(event, {task});
  return {is: 'submitted', task};
}
