import {type Finding, renderFindings} from '../../shared/findings.ts';
import {type ProblemText, renderProblems, renderRun} from '../../shared/render-status.ts';
import type {RunView} from '../../shared/run-view.ts';
import {type Style, wrapped} from '../../shared/text-layout.ts';

/** What a command did to a run, and the run below it. */
export function renderRunReport(
  report: {
    readonly message: string;
    readonly run: RunView;
    readonly notes?: readonly Finding[];
    readonly problems: readonly ProblemText[];
  },
  style: Style,
): string {
  const notes = renderFindings(report.notes ?? []).map((line) => wrapped(line, style));
  const problems = renderProblems(report.problems, style);
  return [wrapped(report.message, style), renderRun(report.run, style), ...notes, ...problems].join('\n');
}
