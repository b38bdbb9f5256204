import type {TaskId} from '../../base/ids.ts';
import type {TransferService} from '../../transfer/transfer-service.ts';
import {isTrouble} from '../plan/task-trouble.ts';

/**
 * The last thing that stood in a task's way, in one line with the file it concerns.
 *
 * @returns undefined when nothing did, or Globus cannot be asked: it is told for people, and nothing depends on it
 */
export async function lastError(transfers: TransferService, task: TaskId): Promise<string | undefined> {
  try {
    const events = await transfers.events(task, {limit: 5, errorsOnly: true});
    const event = events.find(isTrouble);
    return event && [event.description, event.details].filter(Boolean).join(': ').replace(/\s+/g, ' ').slice(0, 300);
  } catch {
    return undefined;
  }
}
