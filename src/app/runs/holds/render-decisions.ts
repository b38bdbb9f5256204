import {type ProblemText, renderProblems, renderRun} from '../../shared/render-status.ts';
import type {RunView} from '../../shared/run-view.ts';
import {type Style, wrapped} from '../../shared/text-layout.ts';

/** What `stage hold` and `stage release` did, a line a run, and the jobs below it. */
export function renderHold(report: {
  readonly runs: readonly {readonly message: string; readonly jobs: readonly string[]}[];
  readonly problems: readonly ProblemText[];
}): string {
  if (report.runs.length === 0 && report.problems.length === 0) return 'There is no run that has not ended.';
  const runs = report.runs.flatMap(({message, jobs}) => [message, ...jobs.map((job) => `  ${job}`)]);
  return [...runs, ...renderProblems(report.problems)].join('\n');
}

/** What `stage resume` did, run by run. */
export function renderResumed(
  report: {
    readonly runs: readonly {readonly message: string; readonly run: RunView}[];
    readonly problems: readonly ProblemText[];
  },
  style: Style,
): string {
  if (report.runs.length === 0 && report.problems.length === 0) return 'There is no run that has not ended.';
  const runs = report.runs.flatMap(({message, run}) => [wrapped(message, style), renderRun(run, style)]);
  return [...runs, ...renderProblems(report.problems, style)].join('\n');
}
