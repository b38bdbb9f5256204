import type {JobId} from '../../base/job-id.ts';
import {renderDuration, renderTime} from '../../base/units.ts';
import {type PersonHold, readQholdComment} from '../../engine/plan/jobs/person-hold.ts';
import type {Reservation} from '../../scheduler/reservations.ts';
import type {LiveJob} from '../../scheduler/scheduler.ts';
import type {Reason} from '../standing.ts';
import {meaningOfComment} from './explain-comment.ts';
import {
  isBeforeReservation,
  maintenanceAhead,
  RESERVATION_QUEUE,
  waitsForItsReservation,
} from './explain-reservation.ts';
import {waitsForSteps} from './not-begun.ts';

/** A user hold of ours on a job: it stands, PBS may not have shown its end yet, or there is none. */
export type OurHold = 'stands' | 'just ended' | 'none';

/** What the run's records say of a job, beside what PBS shows. */
export interface JobContext {
  readonly run: string;
  readonly job: JobId;
  readonly now: number;
  /** steps it waits for by the workflow; none when it may start */
  readonly waitsOn: readonly string[];
  /** what a job of ours is for, such as `step prepare` or `the sentinel of prepare`; undefined for a stranger's */
  readonly nameOf: (job: JobId) => string | undefined;
  readonly ourHold: OurHold;
  /** a user hold that a person put on it with qhold */
  readonly personHold?: PersonHold | undefined;
  /** it was submitted under a hold, and runs nothing before `stage` lets it go */
  readonly needsPermit?: boolean;
  /** time that PBS has promised to reservations, as far as it was asked for */
  readonly reservations?: readonly Reservation[];
  /** who holds the run by `stage hold` */
  readonly heldBy?: string;
}

/** Why a job of a run stands where it stands at PBS. Pure. Source of the states: OpenPBS 23.06, measured. */
export function explainJob(job: LiveJob, context: JobContext): Reason {
  if (context.needsPermit && !job.userHold && context.waitsOn.length > 0) return releasedEarly(context);
  switch (job.state) {
    case 'running':
      return {
        standing: 'fine',
        code: 'JOB_RUNNING',
        what: 'it runs',
        ...comment(job),
        next: [],
        ...from(job.startedAt),
      };
    case 'ending':
      return {
        standing: 'fine',
        code: 'JOB_ENDING',
        what: 'its script has ended; PBS delivers its output files',
        why: 'that takes half a minute and more where a directory for them is missing',
        next: [],
      };
    case 'held':
      return held(job, context);
    case 'waiting':
      return {
        standing: 'waiting',
        code: 'JOB_NOT_BEFORE',
        what:
          job.startAt === undefined
            ? 'it has a start time in the future'
            : `it may not start before ${renderTime(job.startAt)}`,
        why: 'a start time was asked for (qsub -a)',
        next: [
          ...(job.startAt === undefined
            ? []
            : [`It may start in ${renderDuration((job.startAt - context.now) / 1000)}.`]),
          `To let it start now: qalter -a ${new Date(context.now).getFullYear() - 1}01010000 ${context.job}`,
        ],
      };
    case 'suspended':
      return {
        standing: 'trouble',
        code: 'JOB_SUSPENDED',
        what: 'PBS has suspended it to make room for others, or an operator has',
        ...comment(job),
        next: ['It continues by itself when PBS resumes it.', 'If it lasts, ask the operators of the site.'],
      };
    case 'moved':
      return {
        standing: 'waiting',
        code: 'JOB_MOVED',
        what: 'PBS moved it to another server',
        ...comment(job),
        next: [`Ask that server: qstat -f ${context.job}`],
      };
    case 'queued':
      return withMaintenance(queuedJob(job, context), job, context);
    case 'unlisted':
      return {
        standing: 'waiting',
        code: 'JOB_STATE_UNLISTED',
        what: `PBS shows it in state ${job.stateLetter ?? '?'}, which stage does not know`,
        ...comment(job),
        next: [`See what PBS says of it: qstat -f ${context.job}`],
      };
    case 'in-transit':
      return {
        standing: 'waiting',
        code: 'JOB_IN_TRANSIT',
        what: 'PBS is moving it between queues',
        ...comment(job),
        next: [],
      };
  }
}

function held(job: LiveJob, context: JobContext): Reason {
  const holds = job.holds ?? [
    ...(job.userHold ? ['user' as const] : []),
    ...(job.otherHold ? ['system' as const] : []),
  ];
  if (context.heldBy !== undefined && job.userHold)
    return {
      standing: 'action',
      code: 'RUN_HELD',
      what: `the run is held by ${context.heldBy}`,
      brief: `the run is held by ${context.heldBy}; release it with: stage release ${context.run}`,
      next: [`End the hold: stage release ${context.run}`],
    };
  if (holds.includes('bad-password'))
    return {
      standing: 'action',
      code: 'JOB_BAD_PASSWORD',
      what: 'PBS holds it because it does not accept your password',
      ...comment(job),
      next: ['Renew it: pbs_password', `Then: qrls -h p ${context.job}`],
    };
  if (holds.includes('operator'))
    return {
      standing: 'action',
      code: 'JOB_OPERATOR_HOLD',
      what: 'an operator of the site holds it',
      ...comment(job),
      next: ['Ask the operators of the site: only they can end this hold (qrls -h o).'],
    };
  if (context.personHold) return heldByPerson(context.personHold, context);
  if (holds.includes('user') && context.ourHold === 'none' && context.waitsOn.length === 0)
    return heldByPerson(readQholdComment(job.comment), context);
  if (holds.includes('system') && job.waitsFor === undefined) return heldBySystem(job, context);
  if (context.waitsOn.length > 0) return waitsForSteps(context.waitsOn, context.run);
  if (job.waitsFor !== undefined) return waitsForJobs(job.waitsFor, context);
  if (holds.includes('user'))
    return {
      standing: 'waiting',
      code: 'JOB_TO_BE_RELEASED',
      ...(context.ourHold === 'just ended'
        ? {what: 'its user hold was ended just now; PBS has not shown that yet', brief: 'released just now'}
        : {
            what: 'everything it waits for is ready; its user hold ends at the next look',
            brief: 'to be released at the next look',
          }),
      next: [`Look now: stage status ${context.run}`],
    };
  return {standing: 'waiting', code: 'JOB_HELD', what: 'PBS has not released it yet', ...comment(job), next: []};
}

/** @param hold undefined where PBS does not say whose it is */
function heldByPerson(hold: PersonHold | undefined, {job: id, run, waitsOn, needsPermit}: JobContext): Reason {
  const held = hold === undefined ? 'a user hold was put on it' : `${hold.by} put a user hold on it`;
  const since = hold?.on === undefined ? '' : ` on ${hold.on}`;
  const waits = waitsOn.length > 0;
  // Ended by qrls before its data is there it would run nothing, and be submitted again.
  const way = waits && needsPermit ? `stage release ${run} --qhold` : `qrls ${id}`;
  return {
    standing: 'action',
    code: 'JOB_USER_HOLD',
    what: `${held}${since}`,
    brief: `${waits ? `waits for ${waitsOn.join(', ')}; ` : ''}${held}; end it with: ${way}`,
    why: waits
      ? `it waits for ${waitsOn.join(', ')}, too; stage does not end a hold that a person put on a job`
      : 'everything it waits for is ready',
    next: [waits && needsPermit ? `Let it start when its data is there: ${way}` : `End it: ${way}`],
  };
}

/** It cannot run its script: that it was let go has no effect but that it is submitted again. */
function releasedEarly({run, waitsOn}: JobContext): Reason {
  const before = waitsOn.join(', ');
  return {
    standing: 'trouble',
    code: 'JOB_RELEASED_EARLY',
    what: `its user hold was ended by hand (qrls) before ${before} had ended`,
    brief: `waits for ${before}; its hold was ended by hand, and it does not run its script before that`,
    why: 'without the permit of stage it runs nothing; it is then submitted again under a hold, and counts neither as failed nor as lost',
    next: [`Nothing: stage ends the hold itself when ${before} has ended. See: stage why ${run} ${waitsOn[0] ?? ''}`],
  };
}

function heldBySystem(job: LiveJob, context: JobContext): Reason {
  const meaning = meaningOfComment(job.comment ?? '');
  if (meaning) return fromMeaning(meaning, job, context);
  if (context.waitsOn.length > 0) return waitsForSteps(context.waitsOn, context.run);
  return {
    standing: 'action',
    code: 'JOB_SYSTEM_HOLD',
    what: 'PBS itself, or a manager, holds it',
    ...comment(job),
    next: [
      'Ask the operators of the site: only they can end this hold (qrls -h s).',
      `What PBS says about it: qstat -f ${context.job}`,
    ],
  };
}

function waitsForJobs(jobs: readonly JobId[], {nameOf}: JobContext): Reason {
  const names = jobs.map((job) => {
    const name = nameOf(job);
    return name === undefined ? `job ${job}` : `${name} (job ${job})`;
  });
  return {
    standing: 'waiting',
    code: 'JOB_DEPENDENCY',
    what: `PBS starts it after ${names.join(', ')}`,
    why: 'it depends on that (depend=)',
    next: [`See it: qstat -f ${jobs[0] ?? ''}`],
  };
}

function queuedJob(job: LiveJob, context: JobContext): Reason {
  if (context.waitsOn.length > 0) return waitsForSteps(context.waitsOn, context.run);
  if ((job.runCount ?? 0) > 0 && job.comment === undefined)
    return {
      standing: 'waiting',
      code: 'JOB_REQUEUED',
      what: `PBS requeued it in ${job.queue} after it had started`,
      why: `it was started ${job.runCount} ${job.runCount === 1 ? 'time' : 'times'} (qrerun, or a node that failed)`,
      next: [],
    };
  if (RESERVATION_QUEUE.test(job.queue))
    return {
      standing: 'waiting',
      code: 'JOB_IN_RESERVATION',
      ...waitsForItsReservation(job, context.reservations ?? [], context.now),
      ...comment(job),
      ...expected(job),
    };
  const meaning = meaningOfComment(job.comment ?? '');
  if (meaning) return fromMeaning(meaning, job, context);
  const long = job.submittedAt !== undefined && context.now - job.submittedAt > UNTOLD_MS;
  if (job.comment !== undefined)
    return {
      standing: 'waiting',
      code: 'JOB_QUEUED',
      what: `it waits in queue ${job.queue}`,
      why: `PBS says: "${job.comment}"`,
      next: [`Details: qstat -f ${context.job}`],
      ...from(job.submittedAt),
      ...expected(job),
    };
  return {
    standing: 'waiting',
    code: 'JOB_QUEUED',
    what: `it waits in queue ${job.queue}`,
    why: long
      ? 'the scheduler has not commented on it: scheduling may be switched off'
      : 'the scheduler has not looked at it yet',
    next: long ? ['See whether scheduling is on: qmgr -c "list server scheduling"'] : [],
    ...from(job.submittedAt),
    ...expected(job),
  };
}

/** A scheduler looks at every queued job within minutes, and says why it does not start. */
const UNTOLD_MS = 10 * 60_000;

function fromMeaning(
  meaning: NonNullable<ReturnType<typeof meaningOfComment>>,
  job: LiveJob,
  {run, job: id, reservations = [], now}: JobContext,
): Reason {
  const words: Readonly<Record<string, string>> = {run, job: id, queue: job.queue};
  const fill = (text: string) => text.replace(/\{(\w+)\}/g, (_, name: string) => words[name] ?? name);
  return {
    standing: meaning.person ? 'action' : 'waiting',
    code: meaning.code,
    what: fill(meaning.means),
    ...(job.comment ? {why: `PBS says: "${job.comment}"`} : {}),
    next: meaning.next.map(fill),
    ...(meaning.code === 'JOB_BEFORE_RESERVATION' ? isBeforeReservation(job, reservations, now, id) : {}),
    ...from(job.submittedAt),
    ...expected(job),
  };
}

/** Maintenance is not the job's own reason: it is told beside that. */
function withMaintenance(reason: Reason, job: LiveJob, {reservations = [], now}: JobContext): Reason {
  if (/^JOB_(BEFORE|IN)_RESERVATION$/.test(reason.code)) return reason;
  return {...reason, next: [...reason.next, ...maintenanceAhead(job, reservations, now)]};
}

/** Few sites have the scheduler estimate this. */
function expected(job: LiveJob): {estimatedStart?: number} {
  return job.estimatedStart === undefined ? {} : {estimatedStart: job.estimatedStart};
}

function comment(job: LiveJob): {why?: string} {
  return job.comment ? {why: `PBS says: "${job.comment}"`} : {};
}

function from(since: number | undefined): {since?: number} {
  return since === undefined ? {} : {since};
}
