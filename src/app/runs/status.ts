import {reconcile} from '../../engine/turn.ts';
import {EXIT, type ExitCode, RequestWrong} from '../../errors.ts';
import {parseRunId, type RunId} from '../../ledger/layout.ts';
import {type RunView, viewSummary} from '../../standing/run-view.ts';
import type {Stage} from '../../wiring/stage.ts';
import {blindSpots, exitOf, exitUnderWay, type ProblemDocument, problemDocuments, viewOf} from '../shared/report.ts';

export interface StatusReport {
  /** newest last; active runs in full */
  readonly runs: readonly RunView[];
  readonly problems: readonly ProblemDocument[];
  /** what could not be learnt this time */
  readonly notKnown: readonly string[];
  readonly exit: ExitCode;
}

/** Look at everything once, do what is to be done, and show one run or all. @throws {NoSuchRun} */
export async function showStatus(stage: Stage, nameOrId: string | undefined): Promise<StatusReport> {
  const run = nameOrId === undefined ? undefined : findRun(stage, nameOrId);
  const summary = run && stage.ledger.summary(run);
  if (summary)
    return {runs: [viewSummary(summary)], problems: [], notKnown: [], exit: exitOf(viewSummary(summary), [])};
  if (run === undefined && stage.ledger.activeRuns().length === 0) {
    return {runs: endedRuns(stage), problems: [], notKnown: [], exit: EXIT.ok};
  }
  const looked = await reconcile(await stage.engine());
  const problems = problemDocuments(looked.problems);
  const notKnown = blindSpots(looked);
  if (run !== undefined) {
    const view = await viewOf(stage, run, looked);
    return {runs: [view], problems, notKnown, exit: exitOf(view, problems, notKnown)};
  }
  const active = await Promise.all(
    looked.runs
      .filter((open) => !stage.ledger.summary(open.id))
      .map((open) => viewOf(stage, open.id, looked, {ofMany: true})),
  );
  return {runs: [...endedRuns(stage), ...active], problems, notKnown, exit: exitUnderWay(active, problems, notKnown)};
}

export function endedRuns(stage: Stage): RunView[] {
  return stage.ledger
    .runs()
    .flatMap((id) => stage.ledger.summary(id) ?? [])
    .sort((a, b) => a.createdAt - b.createdAt)
    .map(viewSummary);
}

/** @throws {NoSuchRun} */
export function findRun(stage: Stage, nameOrId: string): RunId {
  const run = stage.ledger.find(nameOrId);
  if (run) return run;
  throw new NoSuchRun(nameOrId, stage.profile.name, stage.ledger.runs());
}

/** @throws {RequestWrong} for a name that is no step of the run */
export function requireSteps(stage: Stage, run: RunId, steps: readonly string[]): void {
  if (steps.length === 0) return;
  const names = stage.ledger.open(run).state.spec.workflow.steps.map(({name}) => name);
  const unknown = steps.find((step) => !names.includes(step));
  if (unknown === undefined) return;
  throw new RequestWrong(`run ${run} has no step "${unknown}"`, {
    code: 'NO_SUCH_STEP',
    why: `its steps are ${names.join(', ')}`,
    next: [`All of them: stage why ${run}`],
  });
}

export class NoSuchRun extends RequestWrong {
  constructor(asked: string, profile: string, known: readonly RunId[]) {
    const names = [...new Set(known.map((run) => parseRunId(run)?.name ?? run))].sort();
    super(`there is no run "${asked}" in profile "${profile}"`, {
      code: 'NO_SUCH_RUN',
      why:
        names.length > 0
          ? `known are ${names.slice(0, 10).join(', ')}${names.length > 10 ? ` and ${names.length - 10} more` : ''}`
          : 'there are no runs yet',
      next: ['List them: stage list', 'Another profile may hold it: --profile'],
    });
  }
}
