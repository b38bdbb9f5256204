import {reconcile} from '../../engine/turn.ts';
import type {ExitCode} from '../../errors.ts';
import {adviceOn} from '../../standing/reasons/explain-step.ts';
import {type Explanation, explainRun, explainSummary} from '../../standing/reasons/why-view.ts';
import {viewRun, viewSummary} from '../../standing/run-view.ts';
import type {Stage} from '../../wiring/stage.ts';
import {chooseSteps, openRun} from '../shared/choose.ts';
import {blindSpots, exitOf, type ProblemDocument, problemDocuments} from '../shared/report.ts';
import {withReservations} from '../shared/reservation-knowledge.ts';
import {learnAbout, tasksOf} from '../shared/task-knowledge.ts';

export interface WhyReport {
  readonly run: string;
  readonly state: 'active' | 'succeeded' | 'failed' | 'cancelled' | 'cancelling';
  /** those first that a person can do something about */
  readonly reasons: readonly Explanation[];
  readonly problems: readonly ProblemDocument[];
  readonly notKnown: readonly string[];
  readonly exit: ExitCode;
}

/** Look once, do what is to be done, and say of each step that does not move why, and what to do. @throws {NoSuchRun} {NoSuchStep} */
export async function explainWhy(stage: Stage, asked: {run: string; step: string | undefined}): Promise<WhyReport> {
  const {id: run, state: recorded} = openRun(stage, asked.run);
  chooseSteps(recorded.spec.workflow, asked.step === undefined ? [] : [asked.step], run);
  const sealed = stage.ledger.summary(run);
  if (sealed) {
    const reasons = explainSummary(sealed, asked.step, (step) => adviceOn(recorded, step));
    return {run, state: sealed.state, reasons, problems: [], notKnown: [], exit: exitOf(viewSummary(sealed), [])};
  }
  const engine = await stage.engine();
  const looked = await reconcile(engine);
  const state = looked.runs.find((open) => open.id === run)?.state ?? stage.ledger.open(run).state;
  const settings = {...engine.settings, rebuild: false};
  const known = await learnAbout(engine.transfers, tasksOf(state, looked.seen));
  const seen = await withReservations(stage, [state], looked.seen, true);
  const view = viewRun(state, seen, settings, known);
  const problems = problemDocuments(looked.problems);
  const notKnown = blindSpots(looked);
  return {
    run,
    state: view.state,
    reasons: explainRun({run: state, seen, settings}, known, asked.step, problems),
    problems,
    notKnown,
    exit: exitOf(view, problems, notKnown),
  };
}
