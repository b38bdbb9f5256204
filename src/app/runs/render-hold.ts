import {type ProblemText, renderProblems} from '../shared/render-status.ts';

/** What `stage hold` and `stage release` did, a line a run, and the jobs below it. */
export function renderHold(report: {
  readonly runs: readonly {readonly message: string; readonly jobs: readonly string[]}[];
  readonly problems: readonly ProblemText[];
}): string {
  if (report.runs.length === 0 && report.problems.length === 0) return 'There is no run that has not ended.';
  const runs = report.runs.flatMap(({message, jobs}) => [message, ...jobs.map((job) => `  ${job}`)]);
  return [...runs, ...renderProblems(report.problems)].join('\n');
}
