import {sleep} from '../../base/time.ts';
import {EXIT, type ExitCode, StageError} from '../../errors.ts';
import {SubmissionUnclear} from '../../submission/submit-job.ts';
import type {SignInStage} from '../../wiring/stage.ts';
import {exitOfFindings, type Finding, fine, isProblem, problem, problemOf} from '../shared/findings.ts';
import {judgeProbe} from './judge-probe.ts';
import {globusSurroundings, readProbe} from './probe-job.ts';
import {findSite} from './profile-check.ts';
import {tryDirectory} from './try-directory.ts';

export interface DoctorReport {
  readonly findings: readonly Finding[];
  readonly exit: ExitCode;
}

/**
 * The check of the profile, and then what only an answer of Globus and a job that runs can prove. Leaves nothing behind
 * but an empty state directory.
 */
export async function examine(
  stage: SignInStage,
  options: {readonly job: boolean; readonly jobTimeoutSeconds: number},
): Promise<DoctorReport> {
  const findings = await tryDirectory(stage, async (probe, directory) => {
    const found = [nodeVersion(), ...(await findSite(stage, directory))];
    // What needs the state directory, or a sign-in that is missing, has been told of already.
    if (!directory.some(isProblem) && !found.some(({exit}) => exit === EXIT.actionNeeded))
      found.push(await tryOut('Globus accepts the sign-in', () => submissionId(stage)));
    if (options.job && !found.some(isProblem)) found.push(...(await tryJob(stage, probe, options.jobTimeoutSeconds)));
    return found;
  });
  return {findings, exit: exitOfFindings(findings, true)};
}

/** One that is too old does not come so far (bin/stage). */
function nodeVersion(): Finding {
  return fine('Node.js', `version ${process.versions.node}`);
}

async function submissionId(stage: SignInStage): Promise<string> {
  const {transfers} = await stage.engine();
  return `a submission id was received (${(await transfers.newSubmissionId()).slice(0, 8)}…)`;
}

async function tryOut(what: string, prove: () => Promise<string>): Promise<Finding> {
  try {
    return fine(what, await prove());
  } catch (error) {
    if (!(error instanceof StageError)) throw error;
    return problemOf(error, what);
  }
}

const SEES = 'a job on another node sees the state directory';

async function tryJob(stage: SignInStage, probe: string, timeoutSeconds: number): Promise<Finding[]> {
  try {
    return await examineFromJob(stage, probe, timeoutSeconds);
  } catch (error) {
    if (!(error instanceof StageError)) throw error;
    return [problemOf(error, SEES)];
  }
}

/**
 * A job links a fact beside one of ours, and both sides must see the other's; then it asks Globus as a monitor would.
 *
 * @throws {StageError} when the job is not taken, or nothing is seen of it
 */
async function examineFromJob(stage: SignInStage, probe: string, timeoutSeconds: number): Promise<Finding[]> {
  const {scheduler, newWord, jobFiles} = await stage.engine();
  const request = jobFiles.forProbe(probe, `s-doctor.${newWord()}`);
  const submission = await scheduler.submit(request);
  if (submission.kind === 'refused' || submission.kind === 'unreachable') throw submission.error;
  if (submission.kind === 'unclear') throw new SubmissionUnclear(request.name ?? '', submission.why, []);
  const until = Date.now() + timeoutSeconds * 1000;
  let seen = readProbe(probe);
  while (Date.now() < until && seen.ended === undefined) {
    await sleep(500);
    seen = readProbe(probe);
  }
  if (seen.ended === undefined) await scheduler.delete(submission.job);
  if (seen.host === undefined) throw new ProbeNotSeen(submission.job, timeoutSeconds);
  const sees = fine(
    SEES,
    `job ${submission.job} on ${seen.host} saw the files of this host, and this host saw its file`,
  );
  if (seen.globus) return [sees, judgeProbe(seen.globus, globusSurroundings(process.env))];
  return [sees, notStarted(seen.host, seen.ended, timeoutSeconds)];
}

/** stage itself said nothing in the job. */
function notStarted(host: string, ended: {exit: number; said: string} | undefined, seconds: number): Finding {
  const why = ended
    ? `on ${host} it ended with ${ended.exit}${ended.said ? `, and said: ${ended.said}` : ''}`
    : `on ${host} it did not end within ${seconds} s`;
  return problem(
    'stage starts in a job',
    why,
    EXIT.unreachable,
    'See that the installation and its Node.js are on a file system that nodes share; "setup" and "cli" of the profile say how jobs start it.',
    ...(ended ? [] : ['Give it longer with --job-timeout.']),
  );
}

class ProbeNotSeen extends StageError {
  constructor(job: string, seconds: number) {
    super({
      code: 'PROBE_NOT_SEEN',
      exit: EXIT.unreachable,
      what: `the probe job ${job} wrote nothing within ${seconds} s, and was deleted`,
      why: 'it did not start in time, or its node does not see the state directory',
      next: ['Give it longer with --job-timeout, or put STAGE_HOME on a file system that compute nodes share.'],
    });
  }
}
