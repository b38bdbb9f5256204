import {partsOf} from '../../base/job-id.ts';
import type {JobId} from '../scheduler.ts';

/**
 * The id in a line of a PBS answer, or nothing. qstat takes anything that starts with a letter for a queue, and `''` for
 * everything.
 */
export function readJobId(text: string): JobId | undefined {
  return partsOf(text) ? (text as JobId) : undefined; // the one place besides facts where an id is made
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
  return partsOf(id)?.number;
}

/** The server part, in small letters; empty in an id without one. */
export function serverOf(id: string): string {
  return partsOf(id)?.server ?? '';
}

/** The id of one member of an array, whose own id has empty brackets: `4[].pbs` and 3 give `4[3].pbs`. */
export function memberOf(array: JobId, index: number): JobId {
  return array.replace('[]', `[${index}]`) as JobId; // of the form of the array's, which was read as an id
}
