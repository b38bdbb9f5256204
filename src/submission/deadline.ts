/**
 * How long the process that wrote an intent to submit a job may still be submitting, in milliseconds. After that PBS has the job, or
 * it came to nothing.
 *
 * All tries of one qsub share `timeoutMs` (pbs/retry-connections.ts), and ending one that does not answer takes 4 s at most
 * (run-command.ts): half of the timeout and 1 s are left for writing the intent and the script.
 */
export function submissionDeadlineMs(timeoutMs: number): number {
  return timeoutMs * 1.5 + 5_000;
}
