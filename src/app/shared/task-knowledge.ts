import type {TaskId} from '../../base/ids.ts';
import type {Place} from '../../base/task-request.ts';
import type {Observed} from '../../engine/plan/actions.ts';
import {readTrouble} from '../../engine/plan/tasks/task-trouble.ts';
import {StageError} from '../../errors.ts';
import {SignInNeeded} from '../../globus-errors.ts';
import {waitingForTasks} from '../../ledger/attempts.ts';
import type {RunState} from '../../ledger/run-facts.ts';
import type {Demand, TaskKnowledge} from '../../standing/reasons/explain-task.ts';
import {TRANSFERS_AT_ONCE, type TransferService, type TransferTask} from '../../transfer/transfer-service.ts';
import {endsOf} from '../../workflow/model/steps.ts';

/** A task that a step waits for, and what it moves. */
export interface StepTask {
  readonly task: TransferTask;
  readonly from: Place;
  readonly to: Place;
}

/** The tasks of a run that have not been concluded, as the last look saw them. */
export function tasksOf(run: RunState, seen: Observed): StepTask[] {
  return waitingForTasks(run).flatMap(({step, task: id}) => {
    const task = seen.tasks.get(id);
    return task?.kind === 'task' ? [{task, ...endsOf(step)}] : [];
  });
}

/**
 * What stands in the way of these tasks: a question or two for each that does not move, side by side. It is told for
 * people and nothing depends on it, so what cannot be learnt is left out.
 */
export async function learnAbout(
  transfers: TransferService,
  tasks: readonly StepTask[],
): Promise<ReadonlyMap<TaskId, TaskKnowledge>> {
  let unfinished: Promise<readonly TransferTask[]> | undefined;
  const ask = async (one: StepTask): Promise<TaskKnowledge | undefined> => {
    const {task} = one;
    if (task.state === 'paused')
      return {...(await pauses(transfers, task.task)), ...(await trouble(transfers, task.task))};
    if (task.state === 'inactive')
      return {...(await trouble(transfers, task.task)), demands: await demands(transfers, [one.from, one.to])};
    if (task.trouble !== undefined || task.state === 'failed') return await trouble(transfers, task.task);
    if (task.state !== 'queued') return undefined;
    unfinished ??= transfers.recent({unfinished: true});
    const ahead = (await orNothing(unfinished)) ?? [];
    return {
      ahead: ahead.filter((other) => other.state === 'active' && other.task !== task.task).slice(0, TRANSFERS_AT_ONCE),
    };
  };
  const learnt = await Promise.all(tasks.map(async (one) => [one.task.task, await ask(one)] as const));
  return new Map(learnt.flatMap(([id, known]) => (known ? [[id, known] as const] : [])));
}

/** errors of one task that are read: the newest */
const EVENTS = 100;

async function trouble(transfers: TransferService, task: TaskId): Promise<TaskKnowledge> {
  const events = await orNothing(transfers.events(task, {limit: EVENTS, errorsOnly: true}));
  const found = events && readTrouble(events, EVENTS);
  return found ? {trouble: found} : {};
}

async function pauses(transfers: TransferService, task: TaskId): Promise<TaskKnowledge> {
  const found = await orNothing(transfers.pauses(task));
  if (!found) return {};
  const ids = [...new Set(found.flatMap(({collection}) => collection?.id ?? []))];
  const seen = await Promise.all(ids.map(async (id) => [id, await orNothing(transfers.collection(id))] as const));
  return {pauses: found, collections: new Map(seen.flatMap(([id, one]) => (one ? [[id, one] as const] : [])))};
}

/** What the collections themselves ask for, in the words of their refusal. */
async function demands(transfers: TransferService, places: readonly Place[]): Promise<Demand[]> {
  const asked = await Promise.all(
    places.map(async (place): Promise<Demand | undefined> => {
      try {
        await transfers.stat(place);
      } catch (error) {
        if (error instanceof SignInNeeded) return {what: error.message, why: error.why || undefined, next: error.next};
        if (!(error instanceof StageError)) throw error;
      }
      return undefined;
    }),
  );
  return asked.flatMap((demand) => demand ?? []);
}

async function orNothing<T>(asking: Promise<T>): Promise<T | undefined> {
  try {
    return await asking;
  } catch (error) {
    if (error instanceof StageError) return undefined;
    throw error;
  }
}
