import {EXIT, StageError} from '../../errors.ts';
import type {JobsStage} from '../../wiring/stage.ts';
import {lookUntil} from '../shared/look-until.ts';
import {type JobReport, type JobView, lookAt, resolveWhole, withDamaged} from './job.ts';

/**
 * Wait until all jobs have ended. Only PBS's word of an end, or a job's own end marker, is one: while PBS cannot be
 * asked, the wait goes on.
 *
 * A job that PBS does not know, and that left no marker, is reported as unknown when it stays so for as long as the
 * profile says (`lost_after`): nothing is concluded about how it ended.
 *
 * @returns with exit 130 when the person left before, by Ctrl-C: the jobs go on
 * @throws {JobsNotEnded} when they have not ended in time
 */
export async function waitForJobs(
  stage: JobsStage,
  texts: readonly string[],
  timeoutSeconds: number | undefined,
  onLook: (report: JobReport) => void,
): Promise<JobReport> {
  const {whole: asked, damaged} = resolveWhole(stage, texts);
  if (asked.length === 0) return withDamaged({jobs: [], exit: EXIT.ok}, damaged);
  const unknownSince = new Map<string, number>();
  const look = async () => {
    const report = await lookAt(stage, asked);
    onLook(report);
    noteUnknown(report, unknownSince);
    return report;
  };
  const lost = (job: JobView) => Date.now() - (unknownSince.get(job.job) ?? Date.now()) >= stage.profile.lostGraceMs;
  const {seen, so, left} = await lookUntil(
    look,
    ({jobs}) => jobs.every((job) => hasEnded(job) || lost(job)),
    timeoutSeconds,
  );
  if (left) return {...withDamaged(seen, damaged), exit: EXIT.interrupted};
  if (!so) throw new JobsNotEnded(seen.jobs, timeoutSeconds ?? 0);
  return withDamaged(seen, damaged);
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
        ...(dark ? ['Check whether PBS answers: qstat -B'] : []),
        'Nothing was concluded: wait again with the same command.',
      ],
    });
  }
}
