import {writeFileSync} from 'node:fs';
import {join} from 'node:path';
import * as z from 'zod/mini';
import {shellQuote} from '../../base/shell.ts';
import {sleep} from '../../base/time.ts';
import {readFact} from '../../disk/read-fact.ts';
import {EXIT, type ExitCode, StageError} from '../../errors.ts';
import {SubmissionUnclear} from '../../submission/submit-job.ts';
import type {SignInStage} from '../../wiring/stage.ts';
import {exitOfFindings, type Finding, fine, isProblem, problemOf} from '../shared/findings.ts';
import {findSite} from './profile-check.ts';
import {tryDirectory} from './try-directory.ts';

/** What the probe job writes. */
const FROM_JOB = {what: 'a file of the probe job', schema: z.looseObject({host: z.string()})} as const;

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
    if (options.job && !found.some(isProblem))
      found.push(
        await tryOut('a job on another node sees the state directory', () =>
          examineFromJob(stage, probe, options.jobTimeoutSeconds),
        ),
      );
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

/** A job links a fact beside one of ours; both sides must see the other's. */
async function examineFromJob(stage: SignInStage, probe: string, timeoutSeconds: number): Promise<string> {
  const {scheduler, newWord} = await stage.engine();
  const name = 'stage-doctor';
  const script = join(probe, 'probe.sh');
  const lines = [
    '#!/bin/sh',
    `cd ${shellQuote(probe)} || exit 1`,
    '[ -f fact.json ] || exit 2',
    'printf \'{"host":"%s"}\\n\' "$(hostname)" > .new-from-job && ln .new-from-job from-job.json && ! ln .new-from-job fact.json 2>/dev/null',
  ];
  writeFileSync(script, `${lines.join('\n')}\n`, {mode: 0o700});
  const {staging} = stage.profile;
  const {queue, account, project, resources, extraArgs} = staging;
  const submission = await scheduler.submit({
    name,
    script,
    workdir: probe,
    tag: `s-doctor.${newWord()}`,
    userVariables: [],
    hold: false,
    dependencies: [],
    queue,
    account,
    project,
    resources,
    stdout: '/dev/null',
    joinOutput: true,
    noMail: true,
    extraArgs,
  });
  if (submission.kind === 'refused' || submission.kind === 'unreachable') throw submission.error;
  if (submission.kind === 'unclear') throw new SubmissionUnclear(name, submission.why, []);
  const until = Date.now() + timeoutSeconds * 1000;
  while (Date.now() < until) {
    const fact = readFact(probe, 'from-job', FROM_JOB);
    if (fact.is === 'whole')
      return `job ${submission.job} on ${fact.value.host} saw the files of this host, and this host saw its file`;
    await sleep(500);
  }
  await scheduler.delete(submission.job);
  throw new StageError({
    code: 'PROBE_NOT_SEEN',
    exit: EXIT.unreachable,
    what: `the probe job ${submission.job} wrote nothing within ${timeoutSeconds} s, and was deleted`,
    why: 'it did not start in time, or its node does not see the state directory',
    next: ['Give it longer with --job-timeout, or put STAGE_HOME on a file system that compute nodes share.'],
  });
}
