import type {JobId} from '../../base/job-id.ts';
import {renderTime} from '../../base/units.ts';
import {tallySubjobs} from '../../engine/plan/jobs/array-tally.ts';
import {evidenceAt} from '../../engine/plan/jobs/job-seen.ts';
import {hasHoldOfRun, personHold} from '../../engine/plan/jobs/person-hold.ts';
import type {View} from '../../engine/plan/view.ts';
import {refusedPauseMs, TRIES_OF_UNKNOWN_SERVER} from '../../engine/plan/view.ts';
import {hasBegun, type JobRecord} from '../../ledger/run-facts.ts';
import type {LiveJob} from '../../scheduler/scheduler.ts';
import type {JobStep} from '../../workflow/model/workflow.ts';
import {inOneLine, type Reason} from '../standing.ts';
import type {JobFacts, StepFacts} from '../step-facts.ts';
import {unansweredInStep} from '../unanswered.ts';
import {explainJob, type OurHold} from './explain-job.ts';
import {cannotAsk, type Judgement, judged} from './judgement.ts';
import {notBegun, waitsItsTurn} from './not-begun.ts';

/** How a step stands that has not ended and whose work is a PBS job. Pure. */
export function judgeJobStep(facts: StepFacts<JobStep>): Judgement {
  return withEarlierRelease(facts, judgeJobOf(facts));
}

/** A job that waits again says why, where the one before it was released by hand. */
function withEarlierRelease({view, step, attempt, job}: StepFacts<JobStep>, judgement: Judgement): Judgement {
  const before = view.run.attempts.get(step.name)?.findLast(({number}) => number < attempt.number);
  if (!before?.outcome?.unpermitted || !['held', 'queued', 'waiting'].includes(judgement.state)) return judgement;
  const id = before.jobs.findLast(({role}) => role === 'job')?.job;
  const {reason} = judgement;
  const again = job ? ', and it was submitted again' : '';
  const told = `job ${id ?? 'before'} was released by hand (qrls) before its data was there: its script was not run${again}`;
  return judged(judgement.state, {
    ...reason,
    why: reason.why ? `${reason.why}; ${told}` : told,
    brief: `${inOneLine({...reason, estimatedStart: undefined})}; released by hand before, without effect`,
  });
}

function judgeJobOf(facts: StepFacts<JobStep>): Judgement {
  const {view, job, lastJob} = facts;
  const run = view.run.spec.run;
  if (!job && lastJob?.refused) {
    // What is to be submitted does not change by itself: whenever it is asked, a person has to act.
    const state = lastJob.refused.notAsked ? 'action-needed' : 'waiting';
    return judged(state, refused(view, lastJob, lastJob.refused.why));
  }
  if (!job) return notBegun(facts);
  const {id, record, verdict} = job;
  if (!id)
    return judged('unknown', {
      standing: 'trouble',
      code: 'SUBMISSION_UNCLEAR',
      what: 'it is not known yet whether PBS accepted the job',
      why: `PBS is queried for it after ${renderTime(record.intent.deadline)}; until then it is not submitted again`,
      brief: 'it is not known yet whether PBS accepted it; PBS will be queried for it',
      next: [`Look then: stage status ${run}`],
    });
  switch (verdict.is) {
    case 'live':
      return live(facts, job, id, verdict.seen);
    case 'ended':
      return judged('running', {
        standing: 'waiting',
        code: 'JOB_ENDED',
        what: `its job has ended (${verdict.why})`,
        brief: `ended (${verdict.why})`,
        next: [`The next look records its end: stage status ${run}`],
      });
    case 'deleted-by-hand':
      return judged('deleted', {
        standing: 'action',
        code: 'JOB_DELETED',
        what: verdict.why,
        brief: `${verdict.why}; "stage run" submits it again, "stage cancel" ends the run`,
        next: ['Submit it again: the "stage run" of this workflow', `Or end the run: stage cancel ${run}`],
      });
    case 'absent':
      return judged('unknown', {
        standing: 'trouble',
        code: 'JOB_ABSENT',
        what: `PBS does not know job ${id} (any more)`,
        why: 'nothing is concluded from one such answer: a marker of its end may still arrive',
        brief: 'PBS does not know it (any more); looking again before anything is concluded',
        next: [`It is submitted again when this is still so later. Look again: stage status ${run}`],
        ...(record.absentSince === undefined ? {} : {since: record.absentSince}),
      });
    case 'lost':
      return judged('lost', {
        standing: 'trouble',
        code: 'JOB_LOST',
        what: `its job was lost: ${verdict.why}`,
        why: facts.known.routes?.get(facts.step.name)?.why,
        next: [`It is submitted again at the next look: stage status ${run}`],
      });
    case 'no-evidence':
      return job.seen === undefined
        ? judged(record.intent.hold ? 'held' : 'queued', submitted(facts))
        : judged('unknown', cannotAsk(facts, 'PBS', verdict.why, unansweredInStep(view.seen, 'PBS', verdict.why)));
  }
}

function live(facts: StepFacts<JobStep>, job: JobFacts, id: JobId, seen: LiveJob): Judgement {
  const {view, step, verdict, hold, attempt} = facts;
  const isOursAlone = seen.userHold && !hold && !personHold(job.record, seen) && ourHold(view, job.record) === 'stands';
  if (verdict.is === 'later' && seen.state === 'held' && isOursAlone)
    return judged('held', waitsItsTurn(verdict, view.run.spec.run));
  const reason = explainJob(seen, {
    run: view.run.spec.run,
    job: id,
    now: view.seen.now,
    waitsOn: verdict.is === 'waiting' ? verdict.on : [],
    nameOf: (other) => roleOf(view, other),
    ourHold: ourHold(view, job.record),
    personHold: personHold(job.record, seen),
    needsPermit: job.record.intent.hold && !job.record.releaseIntended && !hasBegun(attempt),
    ...(hold ? {heldBy: hold.by} : {}),
    ...(view.seen.reservations ? {reservations: view.seen.reservations} : {}),
  });
  const runs = seen.state === 'running' || seen.state === 'ending';
  if (reason.code === 'JOB_RELEASED_EARLY')
    return judged(runs ? 'running' : seen.state === 'held' ? 'held' : 'queued', reason);
  if (seen.state === 'ending') return judged('running', {...reason, brief: reason.what});
  if (seen.state === 'running')
    return judged('running', {...reason, brief: subjobs(step, attempt) ?? seen.comment ?? ''});
  return judged(seen.state === 'held' ? 'held' : 'queued', reason);
}

/** PBS, or what stands between it and us, may show a hold for so long after its end. */
const SHOWN_LATE_MS = 60_000;

/** A user hold of ours: the one that it was submitted under, or one that `stage hold` put on it. */
function ourHold({seen}: View, record: JobRecord): OurHold {
  const {intent, job, releasedAt, holds} = record;
  if (hasHoldOfRun(record)) return 'stands';
  if (intent.hold && releasedAt === undefined) return 'stands';
  // A look that is not younger than the release may show the job as it was before.
  const at = job === undefined ? seen.now : evidenceAt(seen, job);
  return Math.max(releasedAt ?? 0, holds.endedAt ?? 0) + SHOWN_LATE_MS >= at ? 'just ended' : 'none';
}

/** Nothing has been seen of it: what it waits for by the workflow is known all the same. */
function submitted({verdict}: StepFacts): Reason {
  const later = verdict.is === 'later' ? verdict.why : undefined;
  const waits = verdict.is === 'waiting' ? `waits for ${verdict.on.join(', ')}` : later;
  return {
    standing: 'waiting',
    code: 'JOB_SUBMITTED',
    what: 'PBS has accepted it, and has not been queried since',
    brief: waits ?? 'submitted',
    next: [],
  };
}

/** How far an array is, by the markers of its subjobs: PBS's comment speaks of the array as a whole. */
function subjobs({array}: JobStep, attempt: StepFacts['attempt']): string | undefined {
  if (!array) return undefined;
  const {succeeded, failed, open, notStarted} = tallySubjobs(attempt, array);
  const ended = succeeded.length + failed.length;
  const failures = failed.length > 0 ? `, ${failed.length} of them failed` : '';
  return `${ended} of ${ended + open.length + notStarted} subjobs ended${failures}`;
}

function refused({run, settings}: View, record: JobRecord, why: string): Reason {
  const at = record.refused?.at ?? 0;
  const again = at + refusedPauseMs(record.serial, settings.refusedRetryMs);
  const away = record.refused?.unreachable;
  if (record.refused?.unknownServer !== undefined)
    return {
      standing: 'action',
      code: 'PBS_SERVER_UNKNOWN',
      what: `its queue is on a PBS server that is not known: ${record.refused.unknownServer}`,
      why,
      brief: `PBS has not accepted it yet: ${why}`,
      next: [
        `Correct it, then: the "stage run" of ${run.spec.name} with --update`,
        ...(record.refused.next?.slice(1) ?? []),
        `It is tried again after ${renderTime(again)}, ${TRIES_OF_UNKNOWN_SERVER} times in all; then the step fails.`,
      ],
      since: at,
      times: record.serial,
    };
  if (record.refused?.notAsked)
    return {
      standing: 'action',
      code: 'JOB_NOT_SUBMITTED',
      what: 'its job cannot be submitted',
      why,
      brief: `not submitted: ${why}`,
      next: [
        ...(record.refused.next ?? []),
        `It is tried again by itself after ${renderTime(again)}.`,
        `To try at once: the "stage run" of ${run.spec.name}`,
      ],
      since: at,
      times: record.serial,
    };
  return {
    standing: 'trouble',
    ...(away
      ? {code: 'PBS_WAS_AWAY', what: 'PBS could not be reached when its job was submitted'}
      : {code: 'JOB_REFUSED_FOR_NOW', what: 'PBS accepts no further jobs for now'}),
    why,
    brief: `PBS has not accepted it yet: ${why}`,
    next: [
      `It is tried again by itself after ${renderTime(again)}.`,
      away ? 'Check whether PBS answers: qstat -B' : 'See your jobs, which count against the limits: qstat -u $USER',
      `To try at once: the "stage run" of ${run.spec.name}`,
    ],
    since: at,
    times: record.serial,
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
