import type {JobId} from '../scheduler.ts';

/**
 * `4.pbs-sn1`, `4`, `4[].pbs_server` (hosts have names that DNS would not give them). qstat takes anything that starts
 * with a letter for a queue, and `''` for everything.
 */
const JOB_ID = /^(\d+(?:\[\d*\])?)(?:\.([A-Za-z0-9._-]+))?$/;

/** The id in a line of a PBS answer, or nothing. */
export function readJobId(text: string): JobId | undefined {
  return JOB_ID.test(text) ? (text as JobId) : undefined; // the one place besides facts where an id is made
}

/**
 * The id that qsub printed, if any. Site wrappers print banners around it: it is the last line that looks like one. A
 * line with a server's name comes before a bare number, which may be a balance or a year.
 */
export function printedJobId(stdout: string): JobId | undefined {
  const ids = stdout.split('\n').flatMap((line) => readJobId(line.trim()) ?? []);
  return ids.findLast((id) => id.includes('.')) ?? ids.at(-1);
}

/** The number part, with the brackets of an array. */
export function numberOf(id: string): string | undefined {
  return JOB_ID.exec(id)?.[1];
}

/** The server part, in small letters; empty in an id without one. */
export function serverOf(id: string): string {
  return JOB_ID.exec(id)?.[2]?.toLowerCase() ?? '';
}

/**
 * Do both ids name one job? Numbers must be equal; server names may be missing, differ in case, or be short in
 * one and fully qualified in the other, as they are between the commands of some sites.
 */
export function isSameJob(one: string, other: string): boolean {
  const a = JOB_ID.exec(one);
  const b = JOB_ID.exec(other);
  if (!a || !b || a[1] !== b[1]) return false;
  const [from, to] = [a[2]?.toLowerCase(), b[2]?.toLowerCase()];
  if (from === undefined || to === undefined || from === to) return true;
  return from.startsWith(`${to}.`) || to.startsWith(`${from}.`);
}

/** The id of one member of an array, whose own id has empty brackets: `4[].pbs` and 3 give `4[3].pbs`. */
export function memberOf(array: JobId, index: number): JobId {
  return array.replace('[]', `[${index}]`) as JobId; // of the form of the array's, which was read as an id
}
