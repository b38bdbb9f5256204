import type {TaskId} from '../../../base/ids.ts';
import type {PlanSettings} from '../../../engine/plan/actions.ts';
import type {Reconciled} from '../../../engine/turn.ts';
import type {ProgressText} from '../../../ledger/journal.ts';
import type {LookFact} from '../../../ledger/monitor-facts.ts';
import type {RunId} from '../../../ledger/state-directory.ts';
import {standingOf} from '../../../standing/standing-of.ts';
import type {TransferTask} from '../../../transfer/transfer-service.ts';
import {isTask} from '../../../workflow/model/steps.ts';
import {progressDocument} from '../../shared/progress-words.ts';

/** A transfer under way, and how far it is. */
export interface Moving extends ProgressText {
  readonly run: RunId;
  readonly step: string;
  readonly attempt: number;
  readonly task: TaskId;
}

/** Transfers that move data, as a look saw them. Pure. */
export function movingIn({runs, seen}: Pick<Reconciled, 'runs' | 'seen'>, settings: PlanSettings): Moving[] {
  return runs.flatMap(({id, state: run}) => {
    // Most looks see runs without a transfer: nothing is worked out for these.
    if (!run.spec.workflow.steps.some(isTask)) return [];
    const {steps} = standingOf({run, seen, settings});
    return steps.flatMap(({step, attempt, state, task, progress}) =>
      state === 'transferring' && task && progress?.bytes
        ? [{run: id, step, attempt, task: task.id, ...progressDocument(progress)}]
        : [],
    );
  });
}

const HOUR_MS = 3_600_000;

/**
 * Is the progress of a task worth a line in the log of its run? When another tenth of it has been done since the look
 * before, and once an hour: one large file has no tenths. Pure.
 */
export function isWorthALine(task: TransferTask, now: number, before: LookFact | undefined): boolean {
  const earlier = before?.tasks[task.task];
  if (!before || !earlier) return true;
  const tenth = (pending: number) => Math.floor((10 * (task.subtasksTotal - pending)) / task.subtasksTotal);
  if (task.subtasksTotal > 0 && tenth(task.subtasksPending) !== tenth(earlier.subtasksPending)) return true;
  return Math.floor(now / HOUR_MS) !== Math.floor(before.at / HOUR_MS);
}
