import type {TaskId, TransferService} from '../transfer/transfer-service.ts';

/** Ends of a task that Globus files as errors too, and that say nothing of what stood in its way. */
const ENDS = ['CANCELED', 'EXPIRED'];

/**
 * The last thing that stood in a task's way, in one line with the file it concerns.
 *
 * @returns undefined when nothing did, or Globus cannot be asked: it is told for people, and nothing depends on it
 */
export async function lastError(transfers: TransferService, task: TaskId): Promise<string | undefined> {
  try {
    const events = await transfers.events(task, {limit: 5, errorsOnly: true});
    const event = events.find((each) => !ENDS.includes(each.code));
    return event && [event.description, event.details].filter(Boolean).join(': ').replace(/\s+/g, ' ').slice(0, 300);
  } catch {
    return undefined;
  }
}
