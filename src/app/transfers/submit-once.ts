import type {TaskId} from '../../base/ids.ts';
import {shellWord} from '../../base/shell.ts';
import type {TaskRequest} from '../../base/task-request.ts';
import {StageError} from '../../errors.ts';
import {TransferUnreachable} from '../../globus-errors.ts';
import type {TransferService} from '../../transfer/transfer-service.ts';

/** How one task outside any run is asked for. */
export interface Asking {
  readonly submissionId: string;
  /** the command as it was typed, a word each */
  readonly typed: readonly string[];
}

/**
 * Ask for a task. When no answer comes, Globus may have begun it: the error then gives the one command that is safe to
 * repeat, the one with the submission id ("the same submission_id again gives the same task_id": Transfer API, "Submission").
 */
export async function submitOnce(
  transfers: TransferService,
  request: TaskRequest,
  {submissionId, typed}: Asking,
): Promise<TaskId> {
  try {
    return await transfers.submit(submissionId, request);
  } catch (error) {
    if (!(error instanceof TransferUnreachable)) throw error;
    throw new StageError({
      code: error.code,
      exit: error.exit,
      what: error.message,
      why: `${error.why ?? 'it could not be queried'}; it may have started the task`,
      next: [
        `Run this later; it never starts a second task: ${repeated(typed, submissionId)}`,
        'Without --submission-id it would be another task.',
      ],
      cause: error,
    });
  }
}

function repeated(typed: readonly string[], submissionId: string): string {
  const known = typed.some((word) => word === '--submission-id' || word.startsWith('--submission-id='));
  if (known) return typed.map(shellWord).join(' ');
  const end = typed.includes('--') ? typed.indexOf('--') : typed.length; // behind it nothing is a flag
  const words = [...typed.slice(0, end), '--submission-id', submissionId, ...typed.slice(end)];
  return words.map(shellWord).join(' ');
}
