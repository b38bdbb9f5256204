import {reconcile} from '../../../engine/turn.ts';
import {EXIT, type ExitCode} from '../../../errors.ts';
import {cancelName} from '../../../ledger/run-facts.ts';
import type {RunSummary} from '../../../ledger/summary.ts';
import {runEnd} from '../../../ledger/summary.ts';
import type {RunsStage} from '../../../wiring/stage.ts';
import {findRun} from '../../shared/choose.ts';
import {
  exitOfProblems,
  type ProblemDocument,
  problemsOf,
  runViewAfter,
  withoutDamage,
} from '../../shared/look-results.ts';
import type {RunView} from '../../shared/run-view.ts';
import {viewSummary} from '../../shared/run-view.ts';
import {type ForgottenStep, forget, mayForget} from './forget.ts';
import {movedInWords} from './moved-in-words.ts';

export interface CancelReport {
  readonly message: string;
  readonly run: RunView;
  /** steps that ended by `--forget` */
  readonly forgotten?: readonly ForgottenStep[] | undefined;
  readonly problems: readonly ProblemDocument[];
  readonly exit: ExitCode;
}

/**
 * Cancel a run: its tasks are cancelled, its jobs deleted; what was moved stays. Its cleanup runs unless told not to.
 * Steps of whose work nothing can be learnt end at a person's word (`forget`). Safe to repeat.
 *
 * @throws {NoSuchRun} {NoSuchStep} {CannotBeForgotten} before anything is changed
 */
export async function cancelRun(
  stage: RunsStage,
  request: {readonly run: string; readonly cleanup: boolean; readonly forget: readonly string[]},
): Promise<CancelReport> {
  const run = findRun(stage, request.run);
  const ended = stage.ledger.summary(run);
  if (ended) return alreadyEnded(ended);
  const engine = await stage.engine();
  const open = stage.ledger.open(run);
  const forgetting = await mayForget(engine, open, request.forget);
  // Where every step has ended, only its seal waits for jobs that cannot be queried.
  const isOver = forgetting.length > 0 && runEnd(open.state) !== undefined;
  const decision = {at: engine.clock(), by: stage.person, cleanup: request.cleanup};
  const first = !isOver && stage.ledger.create(run, cancelName(open.state.resumes.length), decision);
  if (first) stage.ledger.append(run, {at: engine.clock(), event: 'run-cancel-asked', by: stage.by});
  const forgotten = await forget(stage, engine, open, forgetting);
  const looked = await reconcile(engine, {about: [run]});
  const view = await runViewAfter(stage, run, looked);
  const problems = problemsOf(looked);
  const message = view.endedAt ? `${run} is ${view.state}` : `${run} is being cancelled; a monitor will see its end`;
  return {
    message: [`${message}; moved so far: ${movedInWords(view.steps)}`, ...forgotten.map(forgottenLine)].join('; '),
    run: view,
    forgotten: forgotten.length > 0 ? forgotten : undefined,
    problems,
    // What could not be learnt of forgotten steps keeps nothing back any more.
    exit: isDone(view, forgotten) ? EXIT.ok : exitOfProblems(withoutDamage(problems)),
  };
}

function isDone({endedAt}: RunView, forgotten: readonly ForgottenStep[]): boolean {
  return forgotten.length > 0 && endedAt !== undefined;
}

function forgottenLine({step, warning}: ForgottenStep): string {
  return `${step} is forgotten: ${warning}`;
}

/** What a command that ends a run says of one that has ended. */
export function alreadyEnded(ended: RunSummary): CancelReport {
  const how = ended.givenUp ? 'given up' : ended.state;
  return {
    message: `${ended.run} has ended already (${how}); nothing was changed`,
    run: viewSummary(ended),
    problems: [],
    exit: EXIT.ok,
  };
}
