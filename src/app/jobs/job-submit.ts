import {isUtf8} from 'node:buffer';
import {createHash} from 'node:crypto';
import {readFileSync, writeFileSync} from 'node:fs';
import {basename, join, resolve} from 'node:path';
import {newWord} from '../../base/ids.ts';
import type {JobArray} from '../../base/job-array.ts';
import type {JobId} from '../../base/job-id.ts';
import {headOf, interpreterOf, topShell} from '../../batch-scripts/job-files.ts';
import {assign, writeScript} from '../../batch-scripts/template.ts';
import {ensureDirectory} from '../../disk/directories.ts';
import {EXIT, RequestWrong, StageError} from '../../errors.ts';
import type {JobStore} from '../../ledger/job-store.ts';
import {isJobName} from '../../scheduler/pbs/argv.ts';
import type {Dependency, DependencyType, JobRequest, JobSeen, Scheduler} from '../../scheduler/scheduler.ts';
import {readDirectives} from '../../scheduler/script.ts';
import {submissionDeadlineMs} from '../../submission/deadline.ts';
import type {Stage} from '../../wiring/stage.ts';
import {wrongLineEnd} from '../shared/line-ends.ts';
import {isKept} from './check-taken.ts';
import {type AskedJob, judgeMembers, resolveJobs} from './job.ts';
import {planDependencies} from './job-dependencies.ts';
import {type SettledJob, settleJob} from './settle-job.ts';

export interface SubmitRequest {
  readonly script: string;
  /** makes it safe to repeat: the same name twice is one job */
  readonly name: string | undefined;
  /** submit a new job under a name that has one already */
  readonly again: boolean;
  readonly jobName: string | undefined;
  readonly queue: string | undefined;
  readonly account: string | undefined;
  readonly project: string | undefined;
  readonly resources: Readonly<Record<string, string>>;
  /** `NAME=VALUE` or `NAME`, for the script's environment */
  readonly variables: readonly string[];
  readonly hold: boolean;
  readonly array: JobArray | undefined;
  readonly after: Readonly<Record<DependencyType, readonly string[]>>;
  readonly extra: readonly string[];
}

/** So many jobs that PBS drops, though what they wait for is there each time, are enough. */
const DROPS = 3;

export interface SubmitReport {
  readonly job: JobId;
  readonly name: string;
  /** false: the job was there already */
  readonly submitted: boolean;
}

/**
 * Submit one batch script. With a name, the same call again gives the job that exists: the intent is on record before
 * qsub is asked, its tag travels in the job, and what became of an answer that was lost is asked of PBS first.
 * A job that PBS drops right after its answer, for its dependencies, is not reported: they are judged afresh.
 *
 * @throws {SchedulerRefused} {SchedulerUnreachable}
 * @throws {RequestWrong} when the name stands for another job
 */
export async function submitJob(stage: Stage, request: SubmitRequest): Promise<SubmitReport> {
  const name = request.name ?? `job-${newWord()}`;
  if (!/^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$/.test(name))
    throw new RequestWrong(`--name ${name} cannot name a job`, {
      why: 'a name is letters, digits, "_" and "-", up to 63',
    });
  const content = readScript(request.script);
  const text = content.toString();
  requireJobName(request, text);
  const store = stage.jobs;
  const scheduler = await stage.scheduler();
  const essence = essenceOf(request, content);
  let again = request.again;
  for (let dropped = 0; dropped < DROPS; ) {
    const newest = store.newest(name);
    const settled = newest && !again ? await settleJob(store, scheduler, newest) : undefined;
    if (settled && (await isKept(store, scheduler, settled))) {
      if (settled.essence !== essence) throw new OtherJob(name, settled);
      return {job: settled.job, name, submitted: false};
    }
    const number = (newest?.number ?? 0) + 1;
    const dependencies = await dependenciesOf(stage, request);
    const job = await submitOnce(stage, {request, name, number, content, essence, dependencies, store, scheduler});
    const taken = job && store.read(name, number);
    if (taken && (await isKept(store, scheduler, {...taken, job}))) return {job, name, submitted: true};
    if (taken) dropped += 1; // what it waits for has changed since it was looked at: judge that afresh
    again = false; // another process took this number, or takes the next one: what it does counts for both
  }
  throw new DroppedByPbs(name);
}

interface Try {
  readonly request: SubmitRequest;
  readonly name: string;
  readonly number: number;
  /** the script, byte for byte */
  readonly content: Buffer;
  readonly essence: string;
  readonly dependencies: readonly Dependency[];
  readonly store: JobStore;
  readonly scheduler: Scheduler;
}

/** @returns undefined when another process took this number first */
async function submitOnce(stage: Stage, one: Try): Promise<JobId | undefined> {
  const {name, number, store, request} = one;
  const tag = `s-job.${name}.${number}.${newWord()}`;
  const at = Date.now();
  const deadline = at + submissionDeadlineMs(stage.profile.scheduler.timeoutMs);
  const dependsOn = one.dependencies.flatMap(({jobs}) => jobs);
  const intent = {at, tag, deadline, essence: one.essence, dependsOn, script: resolve(request.script), by: stage.by};
  if (!store.create(name, number, 'intent', {...intent, ...(request.array ? {array: request.array} : {})}))
    return undefined;
  const answer = await one.scheduler.submit(written(stage, one, tag));
  switch (answer.kind) {
    case 'submitted':
      store.create(name, number, 'confirmed', {at: Date.now(), job: answer.job});
      return answer.job;
    case 'refused':
    case 'unreachable':
      store.create(name, number, 'refused', {at: Date.now(), why: answer.error.why ?? answer.error.message});
      throw answer.error;
    case 'unclear':
      throw new SubmissionUnclear(name, answer.why);
    default:
      return answer satisfies never;
  }
}

/** The request, its script in place. When that cannot be written PBS is not asked: nobody is to wait for the intent's deadline. */
function written(stage: Stage, one: Try, tag: string): JobRequest {
  try {
    return requestOf(stage, one, tag);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    one.store.create(one.name, one.number, 'refused', {at: Date.now(), why: `its script could not be written: ${why}`});
    throw error;
  }
}

function requestOf(
  {profile}: Stage,
  {request, name, number, content, store, dependencies}: Try,
  tag: string,
): JobRequest {
  const text = content.toString();
  const directives = readDirectives(text);
  const prefix = join(store.directory, `${name}.${number}`);
  ensureDirectory(store.directory);
  writeFileSync(`${prefix}.script`, content, {mode: 0o600});
  const [shell, argument] = interpreterOf(text, directives);
  const values = {
    STAGE_MARKERS: prefix,
    STAGE_SCRIPT: `${prefix}.script`,
    STAGE_SHELL: shell,
    STAGE_SHELL_ARG: argument,
  };
  writeScript(`${prefix}.sh`, 'batch-job.sh', {
    ...headOf(shell, argument),
    '#@DIRECTIVES': directives.lines,
    '#@VALUES': assign(values),
  });
  const {compute} = profile;
  const optional = {
    name: request.jobName ?? (directives.jobName ? undefined : basename(request.script)),
    queue: request.queue ?? compute.queue,
    account: request.account ?? compute.account,
    project: request.project ?? compute.project,
    array: request.array,
  };
  return {
    ...(Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== undefined)) as Partial<JobRequest>),
    script: `${prefix}.sh`,
    workdir: process.cwd(),
    tag,
    userVariables: [...directives.variables, ...request.variables],
    hold: request.hold,
    dependencies,
    resources: {...compute.resources, ...request.resources},
    joinOutput: false,
    noMail: false,
    extraArgs: [...topShell(directives), ...compute.extraArgs, ...request.extra],
  };
}

async function dependenciesOf(stage: Stage, {after}: SubmitRequest): Promise<Dependency[]> {
  const asked = (['afterok', 'afternotok', 'afterany'] as const).flatMap((type) =>
    resolveJobs(stage, after[type]).map((one) => ({type, ...one})),
  );
  if (asked.length === 0) return [];
  const store = stage.jobs;
  const scheduler = await stage.scheduler();
  const seen = await scheduler.look(asked.map(({job}) => job));
  const predecessors = asked.map(async ({type, ...one}) => {
    const known = byMarker(seen.get(one.job), one.named && store.exits(one.named));
    return {type, job: one.job, seen: await byMembers(scheduler, store, one, known)};
  });
  return planDependencies(await Promise.all(predecessors));
}

/** What PBS says of an array that has ended is said of its last member alone (measured on OpenPBS 23.06). */
async function byMembers(scheduler: Scheduler, store: JobStore, one: AskedJob, seen: JobSeen): Promise<JobSeen> {
  const array =
    (seen.kind === 'ended' && seen.how === 'ran' && seen.array) || (seen.kind === 'unknown' && one.named?.array);
  if (!array) return seen;
  const {state, reason} = await judgeMembers(scheduler, store, one, array);
  if (state === 'unknown') return {kind: 'unknown'};
  if (state !== 'succeeded' && state !== 'failed') return {kind: 'no-evidence', why: reason};
  return {kind: 'ended', how: 'ran', exitStatus: state === 'succeeded' ? 0 : 1, reason, name: ''};
}

/** Where PBS has forgotten a job of ours, its marker says how it ended. */
function byMarker(seen: JobSeen | undefined, exit: number | undefined): JobSeen {
  if (seen === undefined) return {kind: 'no-evidence', why: 'it was not looked at'};
  if (seen.kind !== 'unknown' || exit === undefined) return seen;
  return {kind: 'ended', how: 'ran', exitStatus: exit, reason: `exit status ${exit}, by its marker`, name: ''};
}

/** @throws {RequestWrong} when it cannot be read, or asks for what stage cannot run */
function readScript(file: string): Buffer {
  let content: Buffer;
  try {
    content = readFileSync(file);
  } catch (error) {
    throw new RequestWrong(`the script ${file} cannot be read`, {
      why: (error as NodeJS.ErrnoException).code ?? String(error),
    });
  }
  const text = content.toString();
  const lineEnd = wrongLineEnd(file, text);
  if (lineEnd) throw new RequestWrong(`the script ${file} cannot be run`, {code: 'SCRIPT_INVALID', details: [lineEnd]});
  const problems = readDirectives(text).problems.filter(({what}) => !what.includes('-J'));
  if (problems.length > 0)
    throw new RequestWrong(`the script ${file} asks for what cannot be done here`, {
      details: problems.map(({line, what}) => `${file}:${line}: ${what}`),
    });
  return content;
}

/** Without another name a job has that of its script, as with qsub; PBS takes fewer names than a file system does. */
function requireJobName({jobName, script}: SubmitRequest, text: string): void {
  const name = jobName ?? (readDirectives(text).jobName === undefined ? basename(script) : undefined);
  if (name === undefined || isJobName(name)) return;
  throw new RequestWrong(
    jobName === undefined
      ? `the file name "${name}" cannot be the name of a job`
      : `--job-name "${name}" cannot name a job`,
    {
      why: 'PBS takes 1 to 230 of the characters A-Z a-z 0-9 _ . + -',
      next: ['Give the job another name: --job-name NAME, or a line "#PBS -N NAME" in the script.'],
    },
  );
}

/** What makes two calls ask for the same job: everything but the name. */
function essenceOf({name: _, again: __, script: ___, ...rest}: SubmitRequest, content: Buffer): string {
  const hash = createHash('sha256').update(JSON.stringify([content.toString(), rest]));
  // What is not UTF-8 reads alike as text, whatever the bytes.
  if (!isUtf8(content)) hash.update(content);
  return hash.digest('hex').slice(0, 32);
}

class OtherJob extends RequestWrong {
  constructor(name: string, known: SettledJob) {
    super(`the name "${name}" stands for another job`, {
      code: 'NAME_TAKEN',
      why: `${known.job} was submitted under it with another script or other flags`,
      next: ['Choose another name, or submit a new job under this one with --again.'],
    });
  }
}

class DroppedByPbs extends StageError {
  constructor(name: string) {
    super({
      code: 'DROPPED_BY_PBS',
      exit: EXIT.usage,
      what: `PBS took the job "${name}" ${DROPS} times, and deleted it at once`,
      why: 'it does so when a dependency cannot be met, but it shows the jobs that this one is to wait for',
      next: ['Ask the site why PBS does not take the dependency; its server log tells.'],
    });
  }
}

class SubmissionUnclear extends StageError {
  constructor(name: string, why: string) {
    super({
      code: 'SUBMISSION_UNCLEAR',
      exit: EXIT.unreachable,
      what: 'it is not known whether PBS took the job',
      why,
      next: [`Run this again: it looks for the job before it submits one: stage job submit --name ${name} …`],
    });
  }
}
