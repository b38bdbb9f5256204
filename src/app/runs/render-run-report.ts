import {type FindingText, renderFindings} from '../shared/render-findings.ts';
import {type ProblemText, renderProblems, renderRun, type Style} from '../shared/render-status.ts';
import type {RunView} from '../shared/run-view.ts';

/** What a command did to a run, and the run below it. */
export function renderRunReport(
  report: {
    readonly message: string;
    readonly run: RunView;
    readonly notes?: readonly FindingText[];
    readonly problems: readonly ProblemText[];
  },
  style: Style,
): string {
  const notes = renderFindings(report.notes ?? []);
  return [report.message, renderRun(report.run, style), ...notes, ...renderProblems(report.problems)].join('\n');
}
