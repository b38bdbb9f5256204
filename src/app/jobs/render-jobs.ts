interface JobText {
  readonly job: string;
  readonly state: string;
  readonly reason: string;
}

/** One line a job: id, state, reason. The first two are words without blanks, so that a shell can `read` them. */
export function renderJobs(jobs: readonly JobText[]): string {
  return jobs.map(({job, state, reason}) => [job, state, reason].filter((part) => part !== '').join(' ')).join('\n');
}
