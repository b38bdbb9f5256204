import {renderTime} from '../../base/units.ts';
import type {FullQueue} from '../../engine/plan/actions.ts';
import type {Later} from '../../engine/plan/conditions.ts';
import {hasNoPlace} from '../../engine/plan/limits/task-limit.ts';
import {askedAgainAt} from '../../engine/plan/limits/task-room.ts';
import type {View} from '../../engine/plan/view.ts';
import {endOf} from '../../ledger/attempts.ts';
import type {SignInDemand, TaskLater} from '../../ledger/run-facts.ts';
import {isAct} from '../../workflow/model/acts.ts';
import {moverOf} from '../../workflow/model/ways.ts';
import type {Step} from '../../workflow/model/workflow.ts';
import type {Reason} from '../standing.ts';
import type {StepFacts} from '../step-facts.ts';
import {type Judgement, judged} from './judgement.ts';

/** Nothing of a step was started: it waits for others, for a pause to pass, or for a person. */
export function notBegun(facts: StepFacts): Judgement {
  const {view, step, verdict, hold, lostInARow} = facts;
  const {run, settings} = view;
  const name = run.spec.run;
  const pause = pausing(facts);
  if (pause) return pause;
  if (verdict.is === 'waiting') return judged('waiting', waitsForSteps(verdict.on, name));
  if (verdict.is === 'impossible')
    return judged('waiting', {
      standing: 'waiting',
      code: 'STEP_IMPOSSIBLE',
      what: 'it can no longer run',
      why: verdict.why,
      next: [],
    });
  if (verdict.is === 'later') return judged('waiting', waitsItsTurn(verdict, name));
  if (hold)
    return judged('held', {
      standing: 'action',
      code: 'RUN_HELD',
      what: `the run is held by ${hold.by}`,
      brief: `the run is held by ${hold.by}; release it with: stage release ${name}`,
      next: [`End the hold: stage release ${name}`],
      since: hold.at,
    });
  const route = facts.known.routes?.get(step.name);
  const wasLost = facts.current.outcome?.why;
  if (step.kind === 'job' && lostInARow >= settings.lostAttempts)
    return judged('lost', {
      standing: 'action',
      code: 'JOB_LOST_TOO_OFTEN',
      what: `its job was lost ${settings.lostAttempts} times, and is not submitted again by itself`,
      brief: `lost ${settings.lostAttempts} times; "stage run" submits it again`,
      why: route ? [wasLost, route.why].filter(Boolean).join('; ') : wasLost,
      next: [
        ...(route?.next ?? ['Find out who or what removes it.']),
        'Then submit it again: the "stage run" of this workflow',
      ],
    });
  return toBeStarted(facts);
}

function pausing({view, step, current, retryAt}: StepFacts): Judgement | undefined {
  if (retryAt === undefined || retryAt <= view.seen.now) return undefined;
  const {number, outcome} = current;
  return judged('waiting', {
    standing: 'waiting',
    code: 'RETRY_PAUSE',
    what: `attempt ${number} failed; the next one begins ${renderTime(retryAt)}`,
    brief: `failed (${outcome?.why}); tried again ${new Date(retryAt).toISOString().slice(0, 19)}Z`,
    ...(outcome ? {why: outcome.why, since: outcome.at} : {}),
    next: [`See its output: stage logs ${view.run.spec.run} --step ${step.name}`],
  });
}

/** The look just now should have started it: where PBS or Globus could not be reached, that is why it did not. */
function toBeStarted(facts: StepFacts): Judgement {
  const {view, step, known} = facts;
  const [away, code, whom] =
    step.kind === 'job'
      ? (['SCHEDULER_UNREACHABLE', 'PBS_NOT_ASKED', 'PBS'] as const)
      : (['TRANSFER_UNREACHABLE', 'GLOBUS_NOT_ASKED', 'Globus'] as const);
  const via = step.kind === 'transfer' ? step.via : undefined;
  const full = via ? undefined : step.kind === 'transfer' || step.kind === 'delete' ? waitsForRoom(facts) : undefined;
  if (full) return full;
  const problem = isAct(step) ? undefined : known.problems?.find((one) => one.code === away);
  if (problem)
    return judged('waiting', {
      standing: 'trouble',
      code,
      what: 'it could not be started just now',
      why: causeOf(problem),
      brief: `it could not be started just now: ${via ? moverOf(via) : whom} could not be reached`,
      next: problem.next,
    });
  if (step.kind === 'job' && view.seen.queue) return judged('waiting', waitsInQueue(facts, view.seen.queue));
  return judged('waiting', {
    standing: 'waiting',
    code: 'STEP_TO_BE_STARTED',
    what: 'it is started at the next look',
    brief: 'to be started at the next look',
    next: [`Look now: stage status ${view.run.spec.run}`],
  });
}

/** A task that was not asked for yet: Globus has refused another one for want of room, or the profile leaves no place. */
function waitsForRoom({view, step}: StepFacts): Judgement | undefined {
  const {room, places, now} = view.seen;
  const ready = readySince(view, step);
  if (room && room.until > now)
    return judged('waiting', refusedForNow(view, {...room, at: now, room: true, since: Math.max(room.since, ready)}));
  if (!places || !hasNoPlace(view.seen)) return undefined;
  const what = `it waits for a place among the tasks at Globus, of which ${places.pending} are pending`;
  return judged('waiting', {
    standing: 'waiting',
    code: 'TRANSFER_WAITS_FOR_PLACE',
    what,
    why: `transfers.max_pending of the profile is ${places.limit}`,
    brief: `waits for a place at Globus since ${renderTime(ready)}: ${places.pending} tasks are pending, and transfers.max_pending of the profile is ${places.limit}`,
    next: ['It is submitted by itself when one of them has ended.', 'See them: stage transfer list'],
    since: ready,
  });
}

/** A job that was not submitted yet: as many are in the queue as PBS takes, as far as that is known. */
function waitsInQueue({view, step}: StepFacts, {limit, by}: FullQueue): Reason {
  const since = readySince(view, step);
  const why = {
    profile: `max_queued of the profile is ${limit}`,
    PBS: `PBS takes ${limit} of your jobs, as it said when a run was created`,
    refusal: `PBS refused a job when ${limit} of yours were in the queue`,
  }[by];
  return {
    standing: 'waiting',
    code: 'JOB_WAITS_FOR_PLACE',
    what: 'it waits for a place in the queue of PBS',
    why: `${why}; places for two monitors, and for the sentinel of each job, count`,
    brief: `waits for a place in the queue since ${renderTime(since)}: ${why}`,
    next: [
      'It is submitted by itself when another job has ended.',
      'See your jobs, which count against the limit: qstat -u $USER',
    ],
    since,
  };
}

/** When the last of what it waits for had ended. */
function readySince({run}: View, {needs, onFailureOf, after}: Step): number {
  const ends = [...needs, ...onFailureOf, ...after].map((name) => endOf(run, name)?.at ?? 0);
  return Math.max(run.spec.createdAt, ...ends);
}

/** Globus accepts the task later, or may do so. */
export function refusedForNow(view: View, said: TaskLater & {readonly since: number; readonly times?: number}): Reason {
  const {why, room, since, times, next = []} = said;
  const at = askedAgainAt(view, times === undefined ? undefined : {...said, times});
  const when = at === undefined || at <= view.seen.now ? 'at the next look' : `after ${renderTime(at)}`;
  const soon = room ? `${when}, or as soon as a transfer of stage has ended` : when;
  const what = room ? 'Globus has no room for another task now' : 'Globus does not accept it for now';
  return {
    standing: 'trouble',
    code: 'TRANSFER_REFUSED_FOR_NOW',
    what,
    why,
    brief: `not accepted by Globus since ${renderTime(since)}: ${why}`,
    next: [
      `It is asked for again by itself ${soon}.`,
      ...next,
      `To try at once: the "stage run" of ${view.run.spec.name}`,
    ],
    since,
    times,
  };
}

export function causeOf({what, why}: {readonly what: string; readonly why?: string | undefined}): string {
  return why ? `${what}: ${why}` : what;
}

export function waitsForSteps(steps: readonly string[], run: string) {
  return {
    standing: 'waiting',
    code: 'STEP_WAITS',
    what: `it waits for ${steps.join(', ')}`,
    brief: `waits for ${steps.join(', ')}`,
    next: steps.slice(0, 1).map((step) => `What that is waiting for: stage why ${run} ${step}`),
  } as const;
}

/** Monitors go on asking, so that nothing has to be typed twice. */
export function signInNeeded({what, why, next, at}: SignInDemand): Judgement {
  return judged('action-needed', {
    standing: 'action',
    code: 'SIGN_IN_NEEDED',
    what,
    ...(why ? {why} : {}),
    brief: [what, ...next].join('; '),
    next,
    since: at,
  });
}

/** What it waits for is there, and a delay or a limit keeps it from beginning. */
export function waitsItsTurn({because, why, at}: Later, run: string): Reason {
  const isDelay = because === 'delay';
  return {
    standing: 'waiting',
    code: isDelay ? 'STEP_DELAYED' : 'LIMIT_REACHED',
    what: isDelay ? 'it begins after its delay' : 'it waits until a limit grants what it uses',
    why: at === undefined ? why : `${why}; until ${renderTime(at)}`,
    next: isDelay ? [`Look then: stage status ${run}`] : ['See who holds it: stage limits'],
  };
}
