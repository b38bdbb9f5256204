import path from 'node:path';
import {type JobArray, writeArrayRange} from '../../base/job-array.ts';
import {readJobId} from '../../base/job-id.ts';
import {isJobName} from '../directives/option-values.ts';
import type {JobRequest} from '../scheduler.ts';
import {IN_UTC, startDate} from './dates.ts';

/** Values of `-v` with commas, quotes or backslashes arrive mangled; JSON answers turn `007`, `1e5` and `true` into other types. */
const TAG = /^[A-Za-z][A-Za-z0-9_.-]*$/;

/**
 * The arguments of the qsub that asks for a job.
 *
 * `-f` keeps qsub from leaving a background process: measured on OpenPBS 23.06, a qsub killed at a frozen server
 * still submitted its job later through that process, and did not with `-f`.
 */
export function qsubArgv(request: JobRequest): string[] {
  const extra = takeVariables(request.extraArgs);
  const resources = Object.entries(request.resources).flatMap(([name, value]) => ['-l', `${name}=${value}`]);
  const depend = dependList([...(request.ownDependencies ?? []), ...request.dependencies]);
  // Ours stands first: a quote or backslash in a later value can swallow what follows it, but not what precedes it.
  const variables = [`STAGE_INTENT=${request.tag}`, ...request.userVariables, ...extra.variables].filter(
    (v) => v !== '',
  );
  return [
    '-f',
    ...option('-N', request.name),
    ...(request.hold ? ['-h'] : []),
    ...option('-a', request.startAt === undefined ? undefined : startDate(request.startAt)),
    ...option('-J', request.array && writeArrayRange(request.array)),
    ...option('-W', depend === '' ? undefined : `depend=${depend}`),
    ...option('-q', request.queue),
    ...option('-A', request.account),
    ...option('-P', request.project),
    ...resources,
    ...option('-o', request.stdout),
    ...option('-e', request.stderr),
    ...(request.joinOutput ? ['-j', 'oe'] : []),
    ...(request.noMail ? ['-m', 'n'] : []),
    ...extra.others,
    // one -v, and after the profile's arguments: of two, qsub obeys only the last
    '-v',
    variables.join(','),
    request.script,
  ];
}

/**
 * What is added to qsub's environment.
 *
 * The tag: `-V` hands on all of that environment, and what it says comes after `-v` and wins (measured on OpenPBS 23.06).
 * In a job of ours, such as a monitor, it holds the tag of that job, and a script with `#PBS -V` would bear that one.
 *
 * UTC only where we give a start time: a `#PBS -a 1800` of the user's own means local time. PBS does not hand it to the
 * job unless the script says `-V`; besides that TZ shows up as PBS_O_TZ, which nothing reads.
 *
 * What it tells of the person's shell, where it has not that whole environment anyway.
 */
export function qsubEnvironment({tag, startAt, environment, origin}: JobRequest): Record<string, string | undefined> {
  return {
    ...(environment === undefined ? origin : {}),
    STAGE_INTENT: tag,
    ...(startAt === undefined ? {} : IN_UTC),
  };
}

/** What the commands of PBS themselves are told by their environment (pbs.conf(8)), and Kerberos by its own. */
const FOR_PBS =
  /^(PBS_(CONF_FILE|DATA_SERVICE_\w+|DEFAULT|EXEC|HOME|LEAF_\w+|PRIMARY|PUBLIC_HOST_NAME|SECONDARY|SERVER\w*|START_\w+)|KRB5\w+)$/;

/** The whole environment of a qsub that is to hand on another one than that of this process. */
export function environmentFor(
  {environment}: Pick<JobRequest, 'environment'>,
  own: Readonly<Record<string, string | undefined>>,
): Record<string, string> | undefined {
  if (environment === undefined) return undefined;
  const needed = Object.entries(own).filter(
    (entry): entry is [string, string] => entry[1] !== undefined && FOR_PBS.test(entry[0]),
  );
  return {...environment, ...Object.fromEntries(needed)};
}

/** What is wrong with a request, in words, before PBS is bothered with it; nothing when it is fine. */
export function whatIsWrong(request: JobRequest): string | undefined {
  if (!TAG.test(request.tag))
    return `the tag "${request.tag}" has other characters than A-Z a-z 0-9 _ . -, or does not start with a letter`;
  if (request.name !== undefined && !isJobName(request.name))
    return `the job name "${request.name}" is not 1 to 230 characters of A-Z a-z 0-9 _ . + -`;
  for (const file of [request.script, request.stdout, request.stderr, request.workdir])
    if (file !== undefined && !path.isAbsolute(file)) return `the path "${file}" is not absolute`;
  if (request.startAt !== undefined && !Number.isFinite(request.startAt)) return 'the start time is not an instant';
  if (request.array && !isRange(request.array))
    return `the array ${writeArrayRange(request.array)} is not FIRST-LAST:STEP%AT_ONCE in whole numbers with FIRST below LAST`;
  for (const id of request.dependencies.flatMap((dependency) => dependency.jobs))
    if (readJobId(id) === undefined) return `the dependency "${id}" is not a PBS job id`;
  return undefined;
}

/** `5`, `1-1`, `3-1` and a step of 0 are refused by qsub. Measured on OpenPBS 23.06. */
function isRange({first, last, step, atOnce}: JobArray): boolean {
  const whole = [first, last, step, atOnce ?? 1].every(Number.isSafeInteger);
  return whole && first >= 0 && first < last && step >= 1 && (atOnce ?? 1) >= 1;
}

/**
 * `afterok:1:2,afternotok:3`. An id that stands twice in one list is never met, and the job waits for ever; the user's
 * own ids may lack the server's name that ours have.
 */
function dependList(dependencies: readonly {readonly type: string; readonly jobs: readonly string[]}[]): string {
  const byType = new Map<string, Set<string>>();
  for (const {type, jobs} of dependencies) {
    const ids = byType.get(type) ?? new Set();
    for (const job of jobs) ids.add(job.trim());
    byType.set(type, ids);
  }
  return [...byType]
    .map(([type, ids]) => [type, ...[...ids].filter((id) => !isRepeated(id, ids))])
    .filter(([, ...ids]) => ids.length > 0)
    .map((words) => words.join(':'))
    .join(',');
}

/** `12` beside `12.server`. */
function isRepeated(id: string, ids: ReadonlySet<string>): boolean {
  return [...ids].some((other) => other.startsWith(`${id}.`));
}

/** A `-v` among the profile's arguments would replace ours whole, and with it the tag: its variables join ours instead. */
function takeVariables(args: readonly string[]): {variables: string[]; others: string[]} {
  const variables: string[] = [];
  const others: string[] = [];
  for (let at = 0; at < args.length; at += 1) {
    const word = args[at] ?? '';
    if (word === '-v') {
      at += 1;
      variables.push(args[at] ?? '');
    } else if (word.startsWith('-v')) variables.push(word.slice(2));
    else others.push(word);
  }
  return {variables, others};
}

function option(flag: string, value: string | undefined): string[] {
  return value === undefined ? [] : [flag, value];
}
