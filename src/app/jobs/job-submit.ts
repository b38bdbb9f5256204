import {resolve} from 'node:path';
import {newWord} from '../../base/ids.ts';
import type {JobId} from '../../base/job-id.ts';
import {sleep} from '../../base/time.ts';
import {EXIT, RequestWrong, StageError} from '../../errors.ts';
import {isJobStoreName, type NamedJob} from '../../ledger/job-store.ts';
import type {Dependency} from '../../scheduler/scheduler.ts';
import {submissionDeadlineMs} from '../../submission/deadline.ts';
import {type Time, waitUntilResolved} from '../../submission/resolve.ts';
import {SubmissionUnclear, submitJob} from '../../submission/submit-job.ts';
import type {JobsStage} from '../../wiring/stage.ts';
import {environmentOfScript} from '../shared/environment-kept.ts';
import {isKept} from './check-taken.ts';
import {factsOfJob} from './job-facts.ts';
import {jobRequest} from './job-request.ts';
import {ownVariables, readScript, requestFingerprint, requireJobName} from './job-script.ts';
import {dependenciesOf} from './look-at-dependencies.ts';
import type {SubmitRequest} from './submit-request.ts';

/** So many jobs that PBS drops, though what they wait for is there each time, are enough. */
const DROPS = 3;

const TIME: Time = {clock: Date.now, sleep};

export interface SubmitReport {
  readonly job: JobId;
  readonly name: string;
  /** false: the job was there already */
  readonly submitted: boolean;
}

/**
 * Submit one batch script. With a name, the same call again gives the job that exists, whatever died in between
 * (src/submission). A job that PBS drops right after its answer, for its dependencies, is not reported: they are judged
 * afresh.
 *
 * @throws {SchedulerRefused} {SchedulerUnreachable} {SubmissionUnclear}
 * @throws {RequestWrong} when the name is in use for another job
 */
export async function submitNamedJob(
  stage: JobsStage,
  request: SubmitRequest,
  time: Time = TIME,
): Promise<SubmitReport> {
  const name = request.name ?? `job-${newWord()}`;
  if (!isJobStoreName(name))
    throw new RequestWrong(`--name ${name} cannot name a job`, {
      why: 'a name is letters, digits, "_" and "-", up to 63',
    });
  const content = readScript(request, stage.profile.compute);
  requireJobName(request, content.toString());
  const fingerprint = requestFingerprint(request, content);
  let again = request.again;
  for (let dropped = 0; dropped < DROPS; ) {
    // With --again nothing of the last try is asked: its record may be damaged.
    const newest = again ? undefined : stage.jobs.newest(name);
    // The one after the try that was looked at: of several processes that find the same, the first to take it acts for all.
    const number = (again ? stage.jobs.newestNumber(name) : (newest?.number ?? 0)) + 1;
    const known = newest && (await resolved(stage, newest, time));
    if (known) {
      if (known.fingerprint !== fingerprint) throw new OtherJob(name, known.job);
      return {job: known.job, name, submitted: false};
    }
    const dependencies = await dependenciesOf(stage, request);
    // A try that comes later asks for the same job: in the environment in which it was first asked for.
    const kept = newest?.fingerprint === fingerprint ? stage.jobs.environment(name, newest.number) : undefined;
    const environment = kept ?? environmentOfScript(content.toString(), ownVariables(request));
    const asked = {request, name, number, content, fingerprint, dependencies, environment};
    const job = await submitTry(stage, asked, time);
    if (job && (await isKeptByPbs(stage, name, number, time))) return {job, name, submitted: true};
    if (job) dropped += 1; // what it waits for has changed since it was looked at: judge that afresh
    again = false; // another process took this number, or takes the next one: what it does counts for both
  }
  throw new DroppedByPbs(name);
}

type Resolved = NamedJob & {readonly job: JobId};

/** The job of a try, once it is known what became of it. @returns undefined when it came to nothing */
async function resolved(stage: JobsStage, {name, number}: NamedJob, time: Time): Promise<Resolved | undefined> {
  const {jobs} = stage;
  const read = (): NamedJob => {
    const one = jobs.read(name, number);
    if (!one) throw new RangeError(`the record of ${name}.${number} is gone`); // it was there a moment ago
    return one;
  };
  if (read().givenUp) return undefined;
  const job = await waitUntilResolved(factsOfJob(jobs, name, number), read, await stage.scheduler(), time);
  return job && (await isKeptByPbs(stage, name, number, time)) ? {...read(), job} : undefined;
}

async function isKeptByPbs(stage: JobsStage, name: string, number: number, time: Time): Promise<boolean> {
  const one = stage.jobs.read(name, number);
  return one !== undefined && isKept(stage.jobs, await stage.scheduler(), one, time);
}

interface Try {
  readonly request: SubmitRequest;
  readonly name: string;
  readonly number: number;
  readonly content: Buffer;
  readonly fingerprint: string;
  readonly dependencies: readonly Dependency[];
  readonly environment: Readonly<Record<string, string>> | undefined;
}

/** @returns undefined when another process took this number first */
async function submitTry(stage: JobsStage, one: Try, {clock}: Time): Promise<JobId | undefined> {
  const {profile, by, jobs} = stage;
  const {request, name, number, content, fingerprint, dependencies} = one;
  // On record before the intent: the process that goes on from that has it. Of two processes, the first counts.
  if (one.environment) jobs.create(name, number, 'environment', {variables: one.environment});
  const environment = jobs.environment(name, number);
  const {
    compute,
    scheduler: {timeoutMs},
  } = profile;
  const tag = `s-job.${name}.${number}.${newWord()}`;
  const done = await submitJob(
    {
      facts: factsOfJob(jobs, name, number),
      tag,
      intent: {
        essence: fingerprint,
        dependsOn: dependencies.flatMap((each) => each.jobs),
        script: resolve(request.script),
        array: request.array || undefined,
      },
      request: () =>
        jobRequest({request, content, dependencies, tag, prefix: jobs.prefix(name, number), compute, environment}),
    },
    {scheduler: await stage.scheduler(), clock, by, deadlineMs: submissionDeadlineMs(timeoutMs)},
  );
  switch (done.is) {
    case 'submitted':
      return done.job;
    case 'refused':
      throw done.error;
    case 'unclear':
      throw new SubmissionUnclear(name, done.why, [
        `Run this again: it looks for the job before it submits one: stage job submit --name ${name} …`,
      ]);
    case 'others':
    case 'overtaken':
    case 'impossible': // the last two do not happen to single jobs: no person decides about them, and no copy can be missing
      return undefined;
    default:
      return done satisfies never;
  }
}

class OtherJob extends RequestWrong {
  constructor(name: string, known: JobId) {
    super(`the name "${name}" is in use for another job`, {
      code: 'NAME_TAKEN',
      why: `${known} was submitted under it with another script or other flags`,
      next: ['Choose another name, or submit a new job under this one with --again.'],
    });
  }
}

class DroppedByPbs extends StageError {
  constructor(name: string) {
    super({
      code: 'DROPPED_BY_PBS',
      exit: EXIT.usage,
      what: `PBS accepted the job "${name}" ${DROPS} times, and deleted it at once`,
      why: 'it does so when a dependency cannot be met, but PBS shows the jobs that this one depends on',
      next: ['Ask the site why PBS does not accept the dependency; the server log says so.'],
    });
  }
}
