import type {TaskId} from '../../../base/ids.ts';
import {RequestWrong} from '../../../errors.ts';
import type {RunState} from '../../../ledger/run-facts.ts';
import type {RunId} from '../../../ledger/state-directory.ts';
import type {RunsStage} from '../../../wiring/stage.ts';
import {listNames} from '../../../workflow/file/problems.ts';
import type {Workflow} from '../../../workflow/model/workflow.ts';
import {chooseTransfer, taskId} from '../../shared/choose.ts';
import type {Finding} from '../../shared/findings.ts';
import {findOne} from './adopt.ts';
import {type CheckedTask, checkTask, uncomparedNote} from './check-adopted.ts';

export interface AdoptedTask {
  readonly step: string;
  readonly task: CheckedTask;
  readonly notes: readonly Finding[];
}

/**
 * The tasks that `stage run --adopt` names, seen to do their steps' work as far as can be told.
 *
 * @param texts `[STEP=]TASK_ID`, or `find` for the id
 * @param on.state undefined: the run is yet to be created
 * @throws {NoSuchStep} {RequestWrong} {TaskDiffers} {TransferUnreachable} {SignInNeeded}
 */
export async function tasksToAdopt(
  stage: RunsStage,
  texts: readonly string[],
  workflow: Workflow,
  on: {readonly run: RunId; readonly state: RunState | undefined},
): Promise<AdoptedTask[]> {
  if (texts.length === 0) return [];
  const {run, state} = on;
  const engine = await stage.engine();
  const exists = state !== undefined;
  const adopted: AdoptedTask[] = [];
  for (const [step, asked] of Object.entries(readAdoptions(texts, workflow))) {
    const transfer = chooseTransfer(workflow, step);
    const id = asked === 'find' ? await findOne(engine, run, transfer, {exists}) : asked;
    const task = await checkTask(engine.transfers, id, transfer, {run: exists ? run : undefined, force: false});
    adopted.push({step, task, notes: uncomparedNote(step, task, state)});
  }
  return adopted;
}

/** `--adopt [STEP=]TASK_ID`, or `find` for the id: without a step it is the one transfer that needs nothing. @throws {RequestWrong} */
function readAdoptions(texts: readonly string[], workflow: Workflow): Readonly<Record<string, TaskId | 'find'>> {
  const adopted: Record<string, TaskId | 'find'> = {};
  for (const text of texts) {
    const at = text.lastIndexOf('=');
    const step = at < 0 ? onlyStageIn(workflow) : chooseTransfer(workflow, text.slice(0, at)).name;
    if (Object.hasOwn(adopted, step)) throw new RequestWrong(`--adopt: two tasks are given for ${step}`);
    const task = text.slice(at + 1);
    adopted[step] = task === 'find' ? task : taskId(task);
  }
  return adopted;
}

function onlyStageIn(workflow: Workflow): string {
  const first = workflow.steps.filter(
    (step) => step.kind === 'transfer' && step.needs.length + step.after.length + step.onFailureOf.length === 0,
  );
  const [only] = first;
  if (only && first.length === 1) return only.name;
  const names = workflow.steps.flatMap((step) => (step.kind === 'transfer' ? [step.name] : []));
  throw new RequestWrong('--adopt TASK_ID: it is not clear which step the task is for', {
    why: names.length > 0 ? `the transfers are ${listNames(names)}` : 'the workflow has no transfers',
    next: ['Say it: --adopt STEP=TASK_ID'],
  });
}
