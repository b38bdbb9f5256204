import type {EngineContext} from '../engine/context.ts';
import {reconcile} from '../engine/reconcile.ts';
import {EXIT, type ExitCode, RequestWrong, StageError} from '../errors.ts';
import {endOf, workingAttempt} from '../ledger/attempts.ts';
import type {RunId} from '../ledger/layout.ts';
import {attemptKey, currentAttempt} from '../ledger/run-facts.ts';
import type {RunView} from '../report/run-view.ts';
import {
  type TaskId,
  type TransferService,
  type TransferTask,
  TransferUnreachable,
} from '../transfer/transfer-service.ts';
import {itemsOf} from '../workflow/items.ts';
import {listNames} from '../workflow/problems.ts';
import type {TransferStep, Workflow} from '../workflow/workflow.ts';
import {findTasks} from './find-tasks.ts';
import {reopening, resumeDecision} from './reopen.ts';
import {exitOf, type ProblemDocument, problemsOf, viewOf} from './report.ts';
import {ResumedMeanwhile} from './resume.ts';
import {findRun} from './status.ts';
import {isWithin} from './task-paths.ts';
import {taskId} from './transfer.ts';
import type {Stage} from './wiring.ts';

export interface AdoptRequest {
  readonly run: string;
  readonly step: string;
  /** undefined: look for it */
  readonly task: string | undefined;
  /** graft it on although it does not move what the step says */
  readonly force: boolean;
}

export interface AdoptReport {
  readonly message: string;
  readonly task: string;
  readonly run: RunView;
  readonly problems: readonly ProblemDocument[];
  readonly exit: ExitCode;
}

/**
 * Graft a task that exists onto a transfer step: from then on it is the step's task, whatever became of it.
 *
 * @throws {NoSuchRun} {RequestWrong} {TaskDiffers} {TransferUnreachable} {SignInNeeded}
 */
export async function adoptTask(stage: Stage, request: AdoptRequest): Promise<AdoptReport> {
  const run = findRun(stage, request.run);
  const {state} = stage.ledger.open(run);
  const step = transferStep(state.spec.workflow, request.step, `run ${run}`);
  const engine = await stage.engine();
  const task = request.task === undefined ? await findOne(engine, run, step) : taskId(request.task);
  await checkTask(engine.transfers, task, step, request.force);
  const did = graft(stage, engine, run, step, task);
  const looked = await reconcile(engine, {rebuild: true});
  const problems = problemsOf(looked);
  const view = await viewOf(stage, run, looked);
  return {message: `${task} ${did} ${step.name} of ${run}`, task, run: view, problems, exit: exitOf(view, problems)};
}

/** @throws {RequestWrong} when a workflow has no such step, or it is no transfer */
export function transferStep(workflow: Workflow, name: string, of: string): TransferStep {
  const step = workflow.steps.find((each) => each.name === name);
  if (step?.kind === 'transfer') return step;
  const names = workflow.steps.flatMap((each) => (each.kind === 'transfer' ? [each.name] : []));
  throw new RequestWrong(step ? `step ${name} of ${of} is a ${step.kind}` : `${of} has no step "${name}"`, {
    why: names.length > 0 ? `its transfers are ${listNames(names)}` : 'it has no transfers',
  });
}

/** The one task that does the work of a step. @throws {RequestWrong} for none, or several */
export async function findOne({transfers}: EngineContext, run: RunId, step: TransferStep): Promise<TaskId> {
  const found = await findTasks(transfers, run, step);
  const [only] = found;
  if (only && found.length === 1) return only.task.task;
  const lines = found.map(
    ({task, why}) => `${task.task} ${task.state}, asked for ${new Date(task.requestedAt).toISOString()}: ${why}`,
  );
  throw new RequestWrong(
    found.length === 0
      ? `no task was found that does the work of ${step.name}`
      : `${found.length} tasks may do the work of ${step.name}`,
    {
      code: 'TASK_NOT_FOUND',
      details: lines,
      why: 'tasks are looked for by the label that stage gives them, and by where they move data',
      next:
        found.length === 0
          ? ['Start it anew: stage resume RUN']
          : [`Name the right one: stage adopt ${run} ${step.name} TASK_ID`],
    },
  );
}

/**
 * See that a task exists, belongs to this identity, and moves what the step says.
 *
 * @throws {TaskDiffers} for another source or destination, unless `force`; {RequestWrong} for a task Globus does not list
 */
export async function checkTask(
  transfers: TransferService,
  id: TaskId,
  step: TransferStep,
  force: boolean,
): Promise<void> {
  const seen = (await transfers.look([id])).get(id);
  if (seen === undefined || seen.kind === 'no-evidence')
    throw new TransferUnreachable(`GET /task_list of ${id}`, seen?.why ?? 'it was not answered');
  if (seen.kind === 'unknown')
    throw new RequestWrong(`Globus lists no transfer task ${id} for this identity`, {
      code: 'TASK_UNKNOWN',
      why: 'the id is wrong, or another identity owns the task',
      next: ['See your own tasks: stage transfer list'],
    });
  const differences = await differencesOf(transfers, seen, step);
  if (differences.length > 0 && !force) throw new TaskDiffers(id, step.name, differences);
}

/** How a task differs from what a step says. Paths are compared as far as files have arrived: Globus does not tell what was asked for. */
async function differencesOf(transfers: TransferService, task: TransferTask, step: TransferStep): Promise<string[]> {
  const differences: string[] = [];
  if (task.sourceCollection !== step.from.collection)
    differences.push(
      `source: the task reads ${task.sourceName} (${task.sourceCollection}), the step ${step.from.collection}`,
    );
  if (task.destinationCollection !== step.to.collection)
    differences.push(
      `destination: the task writes ${task.destinationName} (${task.destinationCollection}), the step ${step.to.collection}`,
    );
  if (differences.length > 0 || task.filesTransferred === 0) return differences;
  const [file] = await transfers.moved(task.task);
  const items = itemsOf(step);
  if (file && !items.some(({from}) => isWithin(file.from, from)))
    differences.push(`source: the task moved ${file.from}, the step says ${step.from.path}`);
  if (file && !items.some(({to}) => isWithin(file.to, to)))
    differences.push(`destination: the task wrote ${file.to}, the step says ${step.to.path}`);
  return differences;
}

/** Write down that the task is the step's. @returns what that came to, in words @throws {HasTask} {ResumedMeanwhile} */
export function graft(stage: Stage, engine: EngineContext, run: RunId, step: TransferStep, task: TaskId): string {
  const open = stage.ledger.open(run);
  const {state} = open;
  const by = stage.person;
  const end = endOf(state, step.name);
  const present = (end ? currentAttempt(state, step.name) : workingAttempt(state, step.name)).transfer;
  if (present?.task === task) return 'is already the task of';
  if (end?.state === 'succeeded') throw new HasTask(run, step.name, present?.task, 'it has succeeded');
  if (end) {
    const opened = reopening(state, [], false)?.steps ?? {[step.name]: currentAttempt(state, step.name).number};
    if (
      !stage.ledger.resume(
        open,
        resumeDecision({steps: opened, redo: []}, {at: engine.clock(), by, adopt: {[step.name]: task}}),
      )
    )
      throw new ResumedMeanwhile(run);
  } else {
    if (present?.task) throw new HasTask(run, step.name, present.task, 'it has not ended');
    // Globus may be moving data for it already: only the same submission id tells, and the next look asks under it.
    if (present) throw new HasTask(run, step.name, undefined, 'its submission has not been confirmed yet');
    const key = `${attemptKey(step.name, workingAttempt(state, step.name).number)}.transfer`;
    // The names of a submission's facts: a process that submits this moment and this one exclude each other.
    const mine = stage.ledger.create(run, `${key}.intent`, {at: engine.clock(), adopted: task, by});
    if (!mine || !stage.ledger.create(run, `${key}.confirmed`, {at: engine.clock(), task, adopted: true}))
      throw new HasTask(run, step.name, undefined, 'another process started one at this moment');
  }
  stage.ledger.append(run, {at: engine.clock(), event: 'task-adopted', step: step.name, task, by: stage.by});
  return 'is now the task of';
}

/** The task moves something else than the step says. */
export class TaskDiffers extends RequestWrong {
  constructor(task: TaskId, step: string, differences: readonly string[]) {
    super(`task ${task} does not do the work of ${step}`, {
      code: 'TASK_DIFFERS',
      details: differences,
      next: ['If it is the right one all the same: the same command with --force'],
    });
  }
}

class HasTask extends StageError {
  constructor(run: RunId, step: string, task: TaskId | undefined, why: string) {
    super({
      code: 'HAS_TASK',
      exit: EXIT.conflict,
      what: `${step} of ${run} has ${task ? `the task ${task}` : 'a task'} already`,
      why,
      next: [
        `See how it stands: stage status ${run}`,
        ...(task ? [`To have another one do its work, cancel it first: stage transfer cancel ${task}`] : []),
      ],
    });
  }
}

/** `--adopt [STEP=]TASK_ID`, or `find` for the id: without a step it is the one transfer that needs nothing. @throws {RequestWrong} */
export function readAdoptions(texts: readonly string[], workflow: Workflow): Readonly<Record<string, TaskId | 'find'>> {
  const adopted: Record<string, TaskId | 'find'> = {};
  for (const text of texts) {
    const at = text.lastIndexOf('=');
    const step = at < 0 ? onlyStageIn(workflow) : transferStep(workflow, text.slice(0, at), 'the workflow').name;
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
