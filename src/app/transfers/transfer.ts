import type {TaskId} from '../../base/ids.ts';
import {iso} from '../../base/time.ts';
import {count} from '../../base/units.ts';
import {managerInWords} from '../../engine/plan/tasks/conclude-task.ts';
import {EXIT, type ExitCode, StageError} from '../../errors.ts';
import {
  type SkippedFile,
  type TransferService,
  type TransferTask,
  taskHasEnded,
} from '../../transfer/transfer-service.ts';
import type {TransfersStage} from '../../wiring/stage.ts';
import {taskId} from '../shared/choose.ts';
import {lookUntil} from '../shared/look-until.ts';

/** One task as the `transfer` commands show it. */
export interface TaskView {
  readonly task: string;
  readonly state: TransferTask['state'] | 'unknown';
  readonly reason: string;
  readonly label?: string;
  readonly from?: string;
  readonly to?: string;
  readonly bytesTransferred?: number;
  readonly filesTransferred?: number;
  readonly files?: number;
  /** what it goes on without, since its source could not be read */
  readonly skippedErrors?: number;
  readonly bytesPerSecond?: number;
  readonly faults?: number;
  readonly requestedAt?: string;
  readonly completedAt?: string;
  /** when Globus gives it up, where it says so */
  readonly deadline?: string | undefined;
}

export interface TaskReport {
  readonly tasks: readonly TaskView[];
  readonly exit: ExitCode;
}

/** Look at tasks once. */
export async function showTransfers(stage: TransfersStage, texts: readonly string[]): Promise<TaskReport> {
  return look((await stage.engine()).transfers, texts.map(taskId));
}

export interface SkippedReport {
  readonly task: string;
  readonly files: readonly SkippedFile[];
  /** there are more than were asked for */
  readonly more: boolean;
}

/** What a task with `skip_source_errors` went on without. */
export async function listSkipped(stage: TransfersStage, text: string, limit: number): Promise<SkippedReport> {
  const task = taskId(text);
  return {task, ...(await (await stage.engine()).transfers.skipped(task, limit))};
}

/** The newest tasks of this identity. */
export async function listTransfers(stage: TransfersStage, limit: number): Promise<TaskReport> {
  const tasks = await (await stage.engine()).transfers.recent();
  return {tasks: tasks.slice(0, limit).map(viewTask), exit: EXIT.ok};
}

/** Cancel one task. @returns how it stands afterwards; exit 0 when it will move nothing more */
export async function cancelTransfer(stage: TransfersStage, text: string): Promise<TaskReport> {
  const {transfers} = await stage.engine();
  const id = taskId(text);
  const before = await look(transfers, [id]);
  if (before.tasks[0]?.state === 'unknown') return before;
  await transfers.cancel(id);
  const after = await look(transfers, [id]);
  return {...after, exit: after.exit === EXIT.failed ? EXIT.ok : after.exit};
}

async function look(transfers: TransferService, ids: readonly TaskId[]): Promise<TaskReport> {
  const seen = await transfers.look(ids);
  const tasks = ids.map((id): TaskView => {
    const task = seen.get(id);
    if (task?.kind === 'task') return viewTask(task);
    return {
      task: id,
      state: 'unknown',
      reason:
        task?.kind === 'no-evidence'
          ? `Globus could not be queried: ${task.why}`
          : 'Globus lists no such task for this identity',
    };
  });
  return {tasks, exit: exitOfTasks(tasks, seen)};
}

function exitOfTasks(tasks: readonly TaskView[], seen: Awaited<ReturnType<TransferService['look']>>): ExitCode {
  if (tasks.some((task) => task.state === 'failed' || task.state === 'cancelled')) return EXIT.failed;
  if ([...seen.values()].some((task) => task.kind === 'no-evidence')) return EXIT.unreachable;
  if (tasks.some((task) => task.state === 'unknown')) return EXIT.usage;
  return tasks.some((task) => task.state === 'inactive') ? EXIT.actionNeeded : EXIT.ok;
}

function viewTask(task: TransferTask): TaskView {
  return {
    task: task.task,
    state: task.state,
    reason: endInWords(task) ?? task.trouble ?? skips(task),
    label: task.label,
    from: task.sourceName || task.sourceCollection,
    to: task.destinationName || task.destinationCollection,
    bytesTransferred: task.bytesTransferred,
    filesTransferred: task.filesTransferred,
    files: task.files,
    skippedErrors: task.skippedErrors,
    bytesPerSecond: task.rate,
    faults: task.faults,
    requestedAt: iso(task.requestedAt),
    completedAt: iso(task.completedAt),
    deadline: iso(task.deadline),
  };
}

/** In Globus's own words, and those of the manager who cancelled it. */
function endInWords(task: TransferTask): string | undefined {
  if (task.fatalError) return `${task.fatalError.code}: ${task.fatalError.description}`;
  return task.cancelledByManager && `cancelled by ${managerInWords(task)}`;
}

function skips({state, skippedErrors}: TransferTask): string {
  if (!skippedErrors) return '';
  return state === 'succeeded'
    ? `succeeded, ${count(skippedErrors, 'file')} skipped`
    : `${count(skippedErrors, 'file')} skipped so far`;
}

/**
 * Wait until all tasks have ended. Paused, inactive and unreachable are no ends: they are waited through.
 *
 * @returns with exit 130 when the person left before, by Ctrl-C: the tasks go on
 * @throws {WaitedTooLong} when they have not ended in time; {RequestWrong} for a task Globus does not know
 */
export async function waitForTransfers(
  stage: TransfersStage,
  texts: readonly string[],
  timeoutSeconds: number | undefined,
  onLook: (report: TaskReport) => void,
): Promise<TaskReport> {
  const ids = texts.map(taskId);
  const {transfers} = await stage.engine();
  const once = async () => {
    const report = await look(transfers, ids);
    onLook(report);
    return report;
  };
  const {seen, so, left} = await lookUntil(
    once,
    ({exit, tasks}) => exit === EXIT.usage || tasks.every((task) => taskHasEnded(task)),
    timeoutSeconds,
  );
  if (left) return {...seen, exit: EXIT.interrupted};
  if (!so) throw new WaitedTooLong(seen.tasks, timeoutSeconds ?? 0);
  return seen;
}

/** The tasks go on; only the waiting ended. */
export class WaitedTooLong extends StageError {
  constructor(tasks: readonly TaskView[], seconds: number) {
    super({
      code: 'WAITED_TOO_LONG',
      exit: EXIT.unreachable,
      what: `not all tasks ended within ${seconds} s`,
      details: tasks
        .filter((task) => !taskHasEnded(task))
        .map((task) => `${task.task} is ${task.state}${task.reason ? `: ${task.reason}` : ''}`),
      next: ['They continue: wait again with the same command.'],
    });
  }
}
