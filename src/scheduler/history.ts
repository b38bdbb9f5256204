import type {JobId} from '../base/job-id.ts';

/** One thing that PBS itself put down about a job. */
export interface HistoryLine {
  /** milliseconds since the epoch */
  readonly at: number;
  readonly text: string;
}

/** What PBS remembers of jobs: for people who ask why. Nothing is decided by it. */
export interface JobHistory {
  /**
   * Everything PBS tells about one job, oldest first; empty when it remembers nothing.
   *
   * @param since when the job was submitted: logs are searched from that day on, in milliseconds since the epoch
   * @throws {SchedulerUnreachable} when PBS could not be queried
   */
  ofJob(job: JobId, since: number): Promise<readonly HistoryLine[]>;
}
