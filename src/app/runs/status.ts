import {reconcile} from '../../engine/turn.ts';
import {EXIT, type ExitCode} from '../../errors.ts';
import type {RunsStage} from '../../wiring/stage.ts';
import {findRun} from '../shared/choose.ts';
import {
  exitOf,
  exitUnderWay,
  notLearnt,
  type ProblemDocument,
  problemDocuments,
  standingAfter,
} from '../shared/look-results.ts';
import {type RunView, viewRun, viewSummary} from '../shared/run-view.ts';

export interface StatusReport {
  /** newest last; active runs in full */
  readonly runs: readonly RunView[];
  readonly problems: readonly ProblemDocument[];
  /** what could not be learnt this time */
  readonly notKnown: readonly string[];
  readonly exit: ExitCode;
}

/** Look at one run or all, do what is to be done, and show it. @throws {NoSuchRun} */
export async function showStatus(stage: RunsStage, nameOrId: string | undefined): Promise<StatusReport> {
  const run = nameOrId === undefined ? undefined : findRun(stage, nameOrId);
  const summary = run && stage.ledger.summary(run);
  if (summary)
    return {runs: [viewSummary(summary)], problems: [], notKnown: [], exit: exitOf(viewSummary(summary), [])};
  if (run === undefined && stage.ledger.activeRuns().length === 0 && stage.ledger.late().length === 0) {
    return {runs: endedRuns(stage), problems: [], notKnown: [], exit: EXIT.ok};
  }
  const looked = await reconcile(await stage.engine(), {about: run && [run]});
  const problems = problemDocuments(looked.problems);
  const notKnown = notLearnt(looked);
  if (run !== undefined) {
    const standing = await standingAfter(stage, run, looked);
    return {runs: [viewRun(standing)], problems, notKnown, exit: exitOf(standing, problems, notKnown)};
  }
  const active = await Promise.all(
    looked.runs
      .filter((open) => !stage.ledger.summary(open.id))
      .map((open) => standingAfter(stage, open.id, looked, {ofMany: true})),
  );
  const runs = [...endedRuns(stage), ...active.map(viewRun)];
  return {runs, problems, notKnown, exit: exitUnderWay(active, problems, notKnown)};
}

function endedRuns(stage: RunsStage): RunView[] {
  return stage.ledger
    .runs()
    .flatMap((id) => stage.ledger.summary(id) ?? [])
    .sort((a, b) => a.createdAt - b.createdAt)
    .map(viewSummary);
}
