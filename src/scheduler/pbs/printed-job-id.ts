import {type JobId, readJobId} from '../../base/job-id.ts';

/**
 * The id that qsub printed, if any. Site wrappers print banners around it: it is the last line that looks like one. A
 * line with a server's name comes before a bare number, which may be a balance or a year.
 */
export function printedJobId(stdout: string): JobId | undefined {
  const ids = stdout.split('\n').flatMap((line) => readJobId(line.trim()) ?? []);
  return ids.findLast((id) => id.includes('.')) ?? ids.at(-1);
}
