import {count, renderBytes} from '../../base/units.ts';
import {reconcile} from '../../engine/turn.ts';
import type {ExitCode} from '../../errors.ts';
import {cancelName} from '../../ledger/run-facts.ts';
import type {RunsStage} from '../../wiring/stage.ts';
import {findRun} from '../shared/choose.ts';
import {exitOfProblems, type ProblemDocument, problemsOf, runViewAfter, withoutDamage} from '../shared/look-results.ts';
import type {RunView} from '../shared/run-view.ts';
import {viewSummary} from '../shared/run-view.ts';

export interface CancelReport {
  readonly message: string;
  readonly run: RunView;
  readonly problems: readonly ProblemDocument[];
  readonly exit: ExitCode;
}

/** Cancel a run: its tasks are cancelled, its jobs deleted; what was moved stays. Its cleanup runs unless told not to. Safe to repeat. */
export async function cancelRun(
  stage: RunsStage,
  request: {readonly run: string; readonly cleanup: boolean},
): Promise<CancelReport> {
  const run = findRun(stage, request.run);
  const ended = stage.ledger.summary(run);
  if (ended)
    return {
      message: `${run} has ended already (${ended.state}); nothing was changed`,
      run: viewSummary(ended),
      problems: [],
      exit: 0,
    };
  const engine = await stage.engine();
  const first = stage.ledger.create(run, cancelName(stage.ledger.open(run).state.resumes.length), {
    at: engine.clock(),
    by: stage.person,
    cleanup: request.cleanup,
  });
  if (first) stage.ledger.append(run, {at: engine.clock(), event: 'run-cancel-asked', by: stage.by});
  const looked = await reconcile(engine, {about: [run]});
  const view = await runViewAfter(stage, run, looked);
  const problems = problemsOf(looked);
  const message = view.endedAt ? `${run} is cancelled` : `${run} is being cancelled; a monitor will see its end`;
  return {
    message: `${message}; moved so far: ${movedInWords(view)}`,
    run: view,
    problems,
    exit: exitOfProblems(withoutDamage(problems)),
  };
}

function movedInWords(view: RunView): string {
  const moved = view.steps.filter((step) => step.kind === 'transfer' && (step.filesTransferred ?? 0) > 0);
  return moved.length > 0
    ? moved
        .map(
          (step) =>
            `${step.step} ${count(step.filesTransferred ?? 0, 'file')} (${renderBytes(step.bytesTransferred ?? 0)}), which stay where they are`,
        )
        .join('; ')
    : 'nothing';
}
