import type {TaskId} from '../../../base/ids.ts';
import type {EngineContext} from '../../../engine/context.ts';
import {reconcile} from '../../../engine/turn.ts';
import {EXIT, type ExitCode, RequestWrong, StageError} from '../../../errors.ts';
import {endOf, workingAttempt} from '../../../ledger/attempts.ts';
import type {OpenRun} from '../../../ledger/ledger.ts';
import {attemptKey, currentAttempt, isAdopted, type Outcome, type TransferRecord} from '../../../ledger/run-facts.ts';
import type {RunId} from '../../../ledger/state-directory.ts';
import type {RunsStage} from '../../../wiring/stage.ts';
import type {TransferStep} from '../../../workflow/model/workflow.ts';
import {chooseTransfer, openRun, taskId} from '../../shared/choose.ts';
import type {Finding} from '../../shared/findings.ts';
import {exitOf, type ProblemDocument, problemsOf, runViewAfter} from '../../shared/look-results.ts';
import type {RunView} from '../../shared/run-view.ts';
import {reopening, resumeDecision} from '../run/reopen.ts';
import {ResumedMeanwhile} from '../run/resume.ts';
import {type CheckedTask, checkTask, uncomparedNote} from './check-adopted.ts';
import {findTasks} from './find-tasks.ts';

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
  /** what is worth knowing of the task; mostly empty */
  readonly notes: readonly Finding[];
  readonly problems: readonly ProblemDocument[];
  readonly exit: ExitCode;
}

/**
 * Graft a task that exists onto a transfer step: from then on it is the step's task, whatever became of it.
 *
 * @throws {NoSuchRun} {NoSuchStep} {RequestWrong} {TaskDiffers} {TransferUnreachable} {SignInNeeded}
 */
export async function adoptTask(stage: RunsStage, request: AdoptRequest): Promise<AdoptReport> {
  const open = openRun(stage, request.run);
  const {id: run, state} = open;
  const step = chooseTransfer(state.spec.workflow, request.step, run);
  const engine = await stage.engine();
  const task = request.task === undefined ? await findOne(engine, run, step, {exists: true}) : taskId(request.task);
  const checked = await checkTask(engine.transfers, task, step, {run, force: request.force});
  const did = graft(stage, engine, open, step, {...checked, forced: request.force});
  const looked = await reconcile(engine, {about: [run], rebuild: true});
  const problems = problemsOf(looked);
  const view = await runViewAfter(stage, run, looked);
  const message = `${task} ${did} ${step.name} of ${run}`;
  const notes = uncomparedNote(step.name, checked, state);
  return {message, task, run: view, notes, problems, exit: exitOf(view, problems)};
}

/**
 * The one task that does the work of a step.
 *
 * @param of.exists false: the run is yet to be created, and bears no name that other commands know
 * @throws {RequestWrong} for none, or several
 */
export async function findOne(
  {transfers}: EngineContext,
  run: RunId,
  step: TransferStep,
  {exists}: {readonly exists: boolean},
): Promise<TaskId> {
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
      next: [found.length === 0 ? moveItAgain(run, step, exists) : nameTheRight(run, step, exists)],
    },
  );
}

function moveItAgain(run: RunId, {name}: TransferStep, exists: boolean): string {
  return exists
    ? `Have ${name} move the data itself: stage resume ${run}`
    : `Have ${name} move the data itself: the same command without --adopt`;
}

function nameTheRight(run: RunId, {name}: TransferStep, exists: boolean): string {
  return exists
    ? `Name the right one: stage adopt ${run} ${name} TASK_ID`
    : `Name the right one: the same command with --adopt ${name}=TASK_ID`;
}

/**
 * Write down that the task is the step's.
 *
 * @param open as it was read last: a person who resumed it since is met by {ResumedMeanwhile}
 * @param adopted.forced it counts whatever it moves
 * @returns what that came to, in words
 * @throws {HasTask} {ResumedMeanwhile}
 */
export function graft(
  stage: RunsStage,
  engine: EngineContext,
  open: OpenRun,
  step: TransferStep,
  adopted: CheckedTask & {readonly forced: boolean},
): string {
  const {id: run, state} = open;
  const by = stage.person;
  const {forced} = adopted;
  const {task} = adopted.task;
  const end = endOf(state, step.name);
  const present = (end ? currentAttempt(state, step.name) : workingAttempt(state, step.name)).transfer;
  if (present?.task === task && !isPardoned(present, end, adopted)) {
    if (!forced || end || present.forced || !isAdopted(present)) return 'is already the task of';
    const {number} = workingAttempt(state, step.name);
    stage.ledger.create(run, `${attemptKey(step.name, number)}.transfer.forced`, {at: engine.clock(), by});
    return 'is accepted, whatever it moves, as the task of';
  }
  if (end?.state === 'succeeded') throw new HasTask(run, step.name, present?.task, 'it has succeeded');
  if (end) {
    if (state.original.campaign && stage.ledger.summary(run)) throw new EndedItem(run, step.name);
    const opened = reopening(state, [], false)?.steps ?? {[step.name]: currentAttempt(state, step.name).number};
    if (
      !stage.ledger.resume(
        open,
        resumeDecision({steps: opened, redo: []}, {at: engine.clock(), by, adopt: {[step.name]: task}, forced}),
      )
    )
      throw new ResumedMeanwhile(run);
  } else {
    if (present?.task) throw new HasTask(run, step.name, present.task, 'it has not ended');
    // Globus may be moving data for it already: only the same submission id tells, and the next look asks under it.
    if (present) throw new HasTask(run, step.name, undefined, 'its submission has not been confirmed yet');
    const key = `${attemptKey(step.name, workingAttempt(state, step.name).number)}.transfer`;
    // The names of a submission's facts: a process that submits this moment and this one exclude each other.
    const mine = stage.ledger.create(run, `${key}.intent`, {
      at: engine.clock(),
      adopted: task,
      forced: forced || undefined,
      by,
    });
    if (!mine || !stage.ledger.create(run, `${key}.confirmed`, {at: engine.clock(), task, adopted: true}))
      throw new HasTask(run, step.name, undefined, 'another process started one at this moment');
  }
  stage.ledger.append(run, {at: engine.clock(), event: 'task-adopted', step: step.name, task, by: stage.by});
  return 'is now the task of';
}

/** The step failed because its task had moved something else, and a person says that it counts all the same. */
function isPardoned(
  transfer: TransferRecord,
  end: Outcome | undefined,
  adopted: CheckedTask & {readonly forced: boolean},
): boolean {
  const differed = isAdopted(transfer) && !transfer.forced && end?.state === 'failed';
  return adopted.forced && differed && adopted.task.state === 'succeeded';
}

class HasTask extends StageError {
  constructor(run: RunId, step: string, task: TaskId | undefined, why: string) {
    super({
      code: 'HAS_TASK',
      exit: EXIT.conflict,
      what: `${step} of ${run} has ${task ? `the task ${task}` : 'a task'} already`,
      why,
      next: [
        `See its state: stage status ${run}`,
        ...(task ? [`To have another one do its work, cancel it first: stage transfer cancel ${task}`] : []),
      ],
    });
  }
}

/** That an item of a campaign is active again is for "stage resume" to put on record. */
class EndedItem extends RequestWrong {
  constructor(run: RunId, step: string) {
    super(`${run} has ended, and is the run of an item of a campaign`, {
      code: 'ITEM_ENDED',
      why: 'it counts among the active runs of the campaign again before anything of it is done',
      next: [`Resume it first: stage resume ${run}`, `Then: stage adopt ${run} ${step} TASK_ID`],
    });
  }
}
