import {EXIT, StageError} from '../errors.ts';
import {type JobReport, type JobView, lookAt, resolveJobs} from './job.ts';
import type {Stage} from './wiring.ts';

const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 30_000;

/**
 * Wait until all jobs have ended. Only PBS's word of an end, or a job's own end marker, is one: while PBS cannot be
 * asked, the wait goes on.
 *
 * A job that PBS does not know, and that left no marker, is reported as unknown when it stays so for as long as the
 * profile says (`lost_after`): nothing is concluded about how it ended.
 *
 * @throws {JobsNotEnded} when they have not ended in time
 */
export async function waitForJobs(
  stage: Stage,
  texts: readonly string[],
  timeoutSeconds: number | undefined,
  onLook: (report: JobReport) => void,
): Promise<JobReport> {
  const asked = resolveJobs(stage, texts);
  const until = timeoutSeconds === undefined ? Number.POSITIVE_INFINITY : Date.now() + timeoutSeconds * 1000;
  const unknownSince = new Map<string, number>();
  let pauseMs = FIRST_PAUSE_MS;
  for (;;) {
    const report = await lookAt(stage, asked);
    onLook(report);
    noteUnknown(report, unknownSince);
    const lost = (job: JobView) => Date.now() - (unknownSince.get(job.job) ?? Date.now()) >= stage.profile.lostGraceMs;
    if (report.jobs.every((job) => hasEnded(job) || lost(job))) return report;
    const leftMs = until - Date.now();
    if (leftMs <= 0) throw new JobsNotEnded(report.jobs, timeoutSeconds ?? 0);
    await new Promise((resolve) => setTimeout(resolve, Math.min(pauseMs, leftMs)));
    pauseMs = Math.min(pauseMs * 1.5, LONGEST_PAUSE_MS);
  }
}

function hasEnded({state}: JobView): boolean {
  return state === 'succeeded' || state === 'failed';
}

function noteUnknown({jobs}: JobReport, since: Map<string, number>): void {
  for (const {job, state} of jobs)
    if (state !== 'unknown') since.delete(job);
    else if (!since.has(job)) since.set(job, Date.now());
}

/** The jobs go on; only the waiting ended. */
export class JobsNotEnded extends StageError {
  constructor(jobs: readonly JobView[], seconds: number) {
    const open = jobs.filter((job) => !hasEnded(job));
    const dark = open.some(({state}) => state === 'no-evidence');
    super({
      code: dark ? 'SCHEDULER_UNREACHABLE' : 'WAITED_TOO_LONG',
      exit: EXIT.unreachable,
      what: `not all jobs are known to have ended within ${seconds} s`,
      details: open.map(({job, state, reason}) => `${job} is ${state}${reason ? `: ${reason}` : ''}`),
      next: [
        ...(dark ? ['See whether PBS answers you: qstat -B'] : []),
        'Nothing is concluded: wait again with the same command.',
      ],
    });
  }
}
