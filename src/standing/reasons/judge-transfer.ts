import type {TaskId} from '../../base/ids.ts';
import type {Way} from '../../base/task-request.ts';
import {count} from '../../base/units.ts';
import {rateOf} from '../../engine/plan/tasks/rate.ts';
import type {PutOff, TransferRecord} from '../../ledger/run-facts.ts';
import type {TransferTask} from '../../transfer/transfer-service.ts';
import {endsOf} from '../../workflow/model/steps.ts';
import {moverOf} from '../../workflow/model/ways.ts';
import type {MkdirStep, TaskStep} from '../../workflow/model/workflow.ts';
import type {Reason, StepStateWord} from '../standing.ts';
import type {StepFacts} from '../step-facts.ts';
import {unansweredInStep} from '../unanswered.ts';
import {explainTask} from './explain-task.ts';
import {explainWay} from './explain-way.ts';
import {cannotAsk, type Judgement, judged} from './judgement.ts';
import {causeOf, notBegun, refusedForNow, signInNeeded} from './not-begun.ts';

/** How a step stands that has not ended and whose work is a Globus task. Pure. */
export function judgeTransfer(facts: StepFacts<TaskStep>): Judgement {
  const {view, attempt, task} = facts;
  const {transfer, signIn} = attempt;
  const isAsked = transfer?.putOff === undefined || transfer.putOff.at < (signIn?.at ?? 0);
  if (signIn && isAsked && !transfer?.task && !transfer?.refused) return signInNeeded(signIn);
  if (!transfer) return notBegun(facts);
  if (transfer.putOff) return putOffTransfer(facts, transfer.putOff);
  if (!task) return notTaken(facts, transfer);
  const {seen} = task;
  const whom = mover(facts.step);
  const {absentSince} = transfer;
  if (seen?.kind === 'unknown' || (seen === undefined && absentSince !== undefined))
    return judged('unknown', notListed(facts, task.id, absentSince));
  if (seen === undefined)
    return judged('queued', {
      standing: 'waiting',
      code: 'TASK_SUBMITTED',
      what: `${whom} has accepted it, and has not been queried since`,
      brief: 'submitted',
      next: [],
    });
  if (seen.kind === 'no-evidence' && viaOfStep(facts.step)) return judged('unknown', wayNotAsked(facts, seen.why));
  if (seen.kind === 'no-evidence')
    return judged('unknown', cannotAsk(facts, 'Globus', seen.why, unansweredInStep(view.seen, 'Globus', seen.why)));
  return judgeTask(facts, seen);
}

/** The way of a step that Globus does not make. */
function viaOfStep(step: TaskStep): Way | undefined {
  return step.kind === 'transfer' ? step.via : undefined;
}

/** What moves the data of a step, as people know it. */
function mover(step: TaskStep): string {
  const via = viaOfStep(step);
  return via ? moverOf(via) : 'Globus';
}

/** What moves the data gave no answer: nothing is concluded. */
function wayNotAsked({view, step}: StepFacts<TaskStep>, why: string): Reason {
  return {
    standing: 'trouble',
    code: 'WAY_NOT_ASKED',
    what: `it is not known how far ${mover(step)} is`,
    why,
    brief: why,
    next: ['Nothing is lost, and nothing was concluded.', `Look again later: stage why ${view.run.spec.run}`],
  };
}

/** The way out comes when that has lasted (forget-advice.ts). */
function notListed({view, step}: StepFacts<TaskStep>, task: TaskId, since: number | undefined): Reason {
  const via = viaOfStep(step);
  if (via)
    return {
      standing: 'action',
      code: 'TASK_UNKNOWN',
      what: `${moverOf(via)} does not know task ${task}`,
      why: 'what was on record of it is gone',
      brief: `${moverOf(via)} does not know this task`,
      next: [`Look again: stage status ${view.run.spec.run}`],
      ...(since === undefined ? {} : {since}),
    };
  return {
    standing: 'action',
    code: 'TASK_UNKNOWN',
    what: `Globus does not list task ${task} for this identity`,
    why: 'it belongs to another identity, or is so old that Globus has forgotten it',
    brief: 'Globus does not list this task for this identity',
    next: [
      'Check with "stage whoami" who is signed in, and sign in as the identity that started it.',
      `Then it goes on by itself: stage status ${view.run.spec.run}`,
    ],
    ...(since === undefined ? {} : {since}),
  };
}

/** Globus refused it for now; there is no task. A hold, or a step that can no longer run, comes first: nothing is asked then. */
function putOffTransfer(facts: StepFacts<TaskStep>, putOff: PutOff): Judgement {
  const {view, verdict, hold} = facts;
  if (hold || verdict.is !== 'met') return notBegun(facts);
  return judged('waiting', refusedForNow(view, putOff));
}

/** Refused, or asked for without an answer so far. */
function notTaken({view, known, step}: StepFacts<TaskStep>, {refused}: TransferRecord): Judgement {
  const run = view.run.spec.run;
  if (refused)
    return judged('failed', {
      standing: 'action',
      code: 'TRANSFER_REFUSED',
      what: `${mover(step)} refused the transfer`,
      why: refused.why,
      next: [...(refused.next ?? []), `When that is fixed, try it again: stage resume ${run}`],
    });
  const away = known.problems?.find(({code}) => code === 'TRANSFER_UNREACHABLE');
  const again = 'the request is repeated under the same submission id, so that the data is moved only once';
  return judged('unknown', {
    standing: 'trouble',
    code: 'SUBMISSION_UNCONFIRMED',
    what: `it is not known yet whether ${mover(step)} accepted the transfer`,
    why: away ? `${causeOf(away)}. ${again}` : again,
    brief: 'its submission has not been confirmed; the request will be repeated under the same submission id',
    next: [`Look now: stage status ${run}`],
  });
}

/** The other states of a task move data, or have just ended. */
const WORDS: Readonly<Partial<Record<TransferTask['state'], StepStateWord>>> = {
  queued: 'queued',
  paused: 'paused',
  inactive: 'action-needed',
};

function judgeTask({view, step, known, attempt}: StepFacts<TaskStep>, seen: TransferTask): Judgement {
  const pace = {source: attempt.source, rate: view.seen.rates?.get(seen.task)};
  const place = {run: view.run.spec.run, ...endsOf(step), now: view.seen.now, pace};
  const about = known.tasks?.get(seen.task) ?? {};
  const rate = rateOf(pace.rate, seen);
  const reason =
    seen.saidBy === undefined
      ? explainTask(seen, about, place)
      : explainWay(seen, {run: place.run, pauses: about.pauses, rate});
  const state = WORDS[seen.state] ?? 'transferring';
  if (reason.standing !== 'fine') return judged(state, reason);
  return judged(state, {...reason, brief: seen.state === 'active' ? whereTo(seen) : reason.what});
}

function whereTo({sourceName, destinationName, faults}: TransferTask): string {
  const ends = destinationName === '' ? `deleting at ${sourceName}` : `${sourceName} to ${destinationName}`;
  return faults > 0 ? `${ends}, after ${count(faults, 'fault')} that it recovered from` : ends;
}

/** How a step stands that makes a directory, and has not ended. Pure. */
export function judgeDirectory(facts: StepFacts<MkdirStep>): Judgement {
  const {signIn} = facts.attempt;
  return signIn ? signInNeeded(signIn) : notBegun(facts);
}
