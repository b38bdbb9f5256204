import type {TaskId} from '../../base/ids.ts';
import type {JobId} from '../../base/job-id.ts';
import {count, renderTime} from '../../base/units.ts';
import {jobOf, judgeJob} from '../../engine/plan/job-verdict.ts';
import {holdOn, refusedPauseMs, standingJob, type View, verdictOf} from '../../engine/plan/view.ts';
import {endOf, lostInARow, retryAt, workingAttempt} from '../../ledger/attempts.ts';
import {
  type Attempt,
  currentAttempt,
  type JobRecord,
  type Outcome,
  type RunState,
  type SignInDemand,
} from '../../ledger/run-facts.ts';
import {endsOf, isTask} from '../../workflow/model/steps.ts';
import type {JobStep, MkdirStep, Step, TaskStep} from '../../workflow/model/workflow.ts';
import {explainJob} from './explain-job.ts';
import {explainTask, type TaskKnowledge} from './explain-task.ts';
import type {Reason} from './explanation.ts';

export type Knowledge = ReadonlyMap<TaskId, TaskKnowledge>;

/** Why a step of a run stands where it stands. Pure. */
export function explainStep(view: View, step: Step, known: Knowledge): Reason {
  const end = endOf(view.run, step.name);
  if (end) return explainEnd(view, step, end);
  const attempt = workingAttempt(view.run, step.name);
  if (isTask(step)) return transfer(view, step, attempt, known);
  return step.kind === 'mkdir' ? directory(view, step, attempt) : job(view, step, attempt);
}

/** What can be done about the refusal that ended a step; nothing where none did. */
export function adviceOn(run: RunState, step: string): readonly string[] {
  const {transfer, jobs} = currentAttempt(run, step);
  return transfer?.refused?.next ?? jobs.findLast(({role}) => role === 'job')?.refused?.next ?? [];
}

function explainEnd({run}: View, step: Step, end: Outcome): Reason {
  if (end.state === 'succeeded') return succeeded(end.skippedErrors, workingAttempt(run, step.name).transfer?.task);
  if (end.state === 'skipped')
    return {standing: 'fine', code: 'STEP_SKIPPED', what: 'it was skipped', why: end.why, next: []};
  return {
    standing: 'action',
    code: end.state === 'cancelled' ? 'STEP_CANCELLED' : 'STEP_FAILED',
    what: end.state === 'cancelled' ? 'it was cancelled' : 'it has failed',
    why: end.why,
    next: [
      ...adviceOn(run, step.name),
      `What it said: stage logs ${run.spec.run} --step ${step.name}`,
      `Mend the cause, then try it again: stage resume ${run.spec.run}`,
    ],
  };
}

/** A transfer that went on without some files has succeeded, and says so. */
export function succeeded(skippedErrors: number | undefined, task: TaskId | undefined): Reason {
  if (!skippedErrors) return {standing: 'fine', code: 'STEP_SUCCEEDED', what: 'it has succeeded', next: []};
  return {
    standing: 'fine',
    code: 'STEP_SUCCEEDED_WITH_SKIPS',
    what: `it has succeeded, ${count(skippedErrors, 'file')} skipped`,
    why: 'their source is missing or may not be read, and skip_source_errors goes on without them',
    next: task ? [`Which they are: stage transfer skipped ${task}`] : [],
  };
}

function transfer(view: View, step: TaskStep, attempt: Attempt, known: Knowledge): Reason {
  const {run, seen} = view;
  const record = attempt.transfer;
  if (attempt.signIn && !record?.task && !record?.refused) return signInNeeded(attempt.signIn);
  if (!record) return notBegun(view, step);
  if (record.refused)
    return {
      standing: 'action',
      code: 'TRANSFER_REFUSED',
      what: 'Globus refused the transfer',
      why: record.refused.why,
      next: [...(record.refused.next ?? []), `When that is mended, try it again: stage resume ${run.spec.run}`],
    };
  if (!record.task)
    return {
      standing: 'trouble',
      code: 'SUBMISSION_UNCONFIRMED',
      what: 'it is not known yet whether Globus took the transfer',
      why: 'it is asked again under the same submission id, so that it is moved once only',
      next: [`Ask now: stage status ${run.spec.run}`],
    };
  const task = seen.tasks.get(record.task);
  if (task === undefined)
    return {
      standing: 'waiting',
      code: 'TASK_SUBMITTED',
      what: 'Globus has taken it, and has not been asked since',
      next: [],
    };
  if (task.kind === 'no-evidence') return cannotAsk('Globus', task.why, run.spec.run);
  if (task.kind === 'unknown')
    return {
      standing: 'action',
      code: 'TASK_UNKNOWN',
      what: `Globus does not list task ${record.task} for this identity`,
      why: 'it belongs to another identity, or is so old that Globus has forgotten it',
      next: [
        'See as whom stage is signed in, and sign in as whoever started it.',
        `If it is gone for good: stage cancel ${run.spec.run}, then stage resume ${run.spec.run}`,
      ],
    };
  const place = {run: run.spec.run, ...endsOf(step), now: seen.now};
  return explainTask(task, known.get(record.task) ?? {}, place);
}

/** Monitors go on asking, so that nothing has to be typed twice. */
function signInNeeded({what, why, next, at}: SignInDemand): Reason {
  return {standing: 'action', code: 'SIGN_IN_NEEDED', what, ...(why ? {why} : {}), next, since: at};
}

function directory(view: View, step: MkdirStep, {signIn}: Attempt): Reason {
  return signIn ? signInNeeded(signIn) : notBegun(view, step);
}

function job(view: View, step: JobStep, attempt: Attempt): Reason {
  const {run, seen, settings} = view;
  const record = standingJob(attempt, 'job');
  const last = attempt.jobs.findLast((each) => each.role === 'job');
  if (!record) return last?.refused ? refused(view, last, last.refused.why) : notBegun(view, step);
  const id = jobOf(attempt, record);
  if (!id)
    return {
      standing: 'trouble',
      code: 'SUBMISSION_UNCLEAR',
      what: 'it is not known yet whether PBS took the job',
      why: `PBS is asked for it after ${renderTime(record.intent.deadline)}; until then it is not submitted again`,
      next: [`Ask then: stage status ${run.spec.run}`],
    };
  const verdict = verdictOf(view, step);
  const stands = judgeJob(attempt, record, seen, settings, step.array);
  switch (stands.is) {
    case 'live': {
      const hold = holdOn(run, step.name);
      return explainJob(stands.seen, {
        run: run.spec.run,
        job: id,
        now: seen.now,
        waitsOn: verdict.is === 'waiting' ? verdict.on : [],
        nameOf: (other) => roleOf(view, other),
        heldByUs: record.intent.hold && (record.releasedAt === undefined || record.releasedAt >= seen.now),
        ...(hold ? {heldBy: hold.by} : {}),
        ...(seen.reservations ? {reservations: seen.reservations} : {}),
      });
    }
    case 'ended':
      return {
        standing: 'waiting',
        code: 'JOB_ENDED',
        what: `its job has ended (${stands.why})`,
        next: [`The next look concludes it: stage status ${run.spec.run}`],
      };
    case 'deleted-by-hand':
      return {
        standing: 'action',
        code: 'JOB_DELETED',
        what: stands.why,
        next: ['Submit it again: the "stage run" of this workflow', `Or end the run: stage cancel ${run.spec.run}`],
      };
    case 'absent':
      return {
        standing: 'trouble',
        code: 'JOB_ABSENT',
        what: `PBS does not know job ${id} (any more)`,
        why: 'nothing is concluded from one such answer: a marker of its end may still be on its way',
        next: [`It is submitted again when this is still so later. Look again: stage status ${run.spec.run}`],
        ...(record.absentSince === undefined ? {} : {since: record.absentSince}),
      };
    case 'lost':
      return {
        standing: 'trouble',
        code: 'JOB_LOST',
        what: `its job was lost: ${stands.why}`,
        next: [`It is submitted again at the next look: stage status ${run.spec.run}`],
      };
    case 'no-evidence':
      return seen.jobs.has(id)
        ? cannotAsk('PBS', stands.why, run.spec.run)
        : {
            standing: 'waiting',
            code: 'JOB_SUBMITTED',
            what: 'PBS has taken it, and has not been asked since',
            next: [],
          };
  }
}

function cannotAsk(whom: 'PBS' | 'Globus', why: string, run: string): Reason {
  return {
    standing: 'trouble',
    code: whom === 'PBS' ? 'PBS_NOT_ASKED' : 'GLOBUS_NOT_ASKED',
    what: `${whom} could not be asked`,
    why,
    next: [
      'Nothing is lost, and nothing was concluded.',
      whom === 'PBS'
        ? 'See whether PBS answers you: qstat -B'
        : 'See whether Globus is well: https://status.globus.org',
      `Ask again later: stage why ${run}`,
    ],
  };
}

function refused({run, settings}: View, record: JobRecord, why: string): Reason {
  const at = record.refused?.at ?? 0;
  const again = at + refusedPauseMs(record.serial, settings.refusedRetryMs);
  const away = record.refused?.unreachable;
  return {
    standing: 'trouble',
    ...(away
      ? {code: 'PBS_WAS_AWAY', what: 'PBS could not be reached when its job was submitted'}
      : {code: 'JOB_REFUSED_FOR_NOW', what: 'PBS takes no further job for now'}),
    why,
    next: [
      `It is tried again by itself after ${renderTime(again)}.`,
      away ? 'See whether PBS answers you: qstat -B' : 'See your jobs, which count against the limits: qstat -u $USER',
      `To try at once: the "stage run" of ${run.spec.name}`,
    ],
    since: at,
    times: record.serial,
  };
}

/** Nothing of it was started: it waits for others, for a pause to pass, or for a person. */
function notBegun(view: View, step: Step): Reason {
  const {run, seen, settings} = view;
  const retry = retryAt(run, step.name);
  const outcome = currentAttempt(run, step.name).outcome;
  if (retry !== undefined && retry > seen.now)
    return {
      standing: 'waiting',
      code: 'RETRY_PAUSE',
      what: `attempt ${currentAttempt(run, step.name).number} failed; the next one begins ${renderTime(retry)}`,
      ...(outcome ? {why: outcome.why, since: outcome.at} : {}),
      next: [`What it said: stage logs ${run.spec.run} --step ${step.name}`],
    };
  const verdict = verdictOf(view, step);
  const hold = holdOn(run, step.name);
  if (verdict.is === 'waiting')
    return {
      standing: 'waiting',
      code: 'STEP_WAITS',
      what: `it waits for ${verdict.on.join(', ')}`,
      next: verdict.on.slice(0, 1).map((name) => `What that is waiting for: stage why ${run.spec.run} ${name}`),
    };
  if (verdict.is === 'impossible')
    return {standing: 'waiting', code: 'STEP_IMPOSSIBLE', what: 'it can no longer run', why: verdict.why, next: []};
  if (hold)
    return {
      standing: 'action',
      code: 'RUN_HELD',
      what: `the run is held by ${hold.by}`,
      next: [`End the hold: stage release ${run.spec.run}`],
      since: hold.at,
    };
  if (step.kind === 'job' && lostInARow(run, step.name) >= settings.lostAttempts)
    return {
      standing: 'action',
      code: 'JOB_LOST_TOO_OFTEN',
      what: `its job was lost ${settings.lostAttempts} times, and is not submitted again by itself`,
      ...(outcome ? {why: outcome.why} : {}),
      next: ['Find out who or what removes it, then submit it again: the "stage run" of this workflow'],
    };
  return {
    standing: 'waiting',
    code: 'STEP_TO_BE_STARTED',
    what: 'it is started at the next look',
    next: [`Look now: stage status ${run.spec.run}`],
  };
}

const ROLES = {
  job: 'step',
  launcher: 'the launcher of',
  sentinel: 'the sentinel of',
  wait: 'the job that waits for',
} as const;

/** Whose job of this run it is. */
function roleOf({run}: View, id: JobId): string | undefined {
  const number = id.split('.')[0];
  for (const [step, attempts] of run.attempts)
    for (const attempt of attempts)
      for (const record of attempt.jobs)
        if (record.job?.split('.')[0] === number) return `${ROLES[record.role]} ${step}`;
  return undefined;
}
