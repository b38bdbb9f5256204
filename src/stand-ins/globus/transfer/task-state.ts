import {z} from 'zod';
import {filterRule} from './submission.ts';

/** Of which end an identity is a manager. */
const sides = z.enum(['SOURCE', 'DESTINATION', 'BOTH']);
export type Sides = z.output<typeof sides>;

const count = z.number().default(0);

/** What is kept of a task beside its request: everything that changes, and what documents show of it. */
export const taskStateSchema = z.object({
  id: z.string(),
  type: z.enum(['TRANSFER', 'DELETE']),
  owner: z.string(),
  submissionId: z.string(),
  pathsDigest: z.string(),
  label: z.string().nullable(),
  status: z.enum(['ACTIVE', 'INACTIVE', 'SUCCEEDED', 'FAILED']),
  fatalError: z.object({code: z.string(), description: z.string()}).nullable(),
  /** milliseconds since the epoch, as all times here */
  requestedAt: z.number(),
  /** order of submission, for tasks of the same instant */
  sequence: z.number(),
  startedAt: z.number().nullable(),
  completedAt: z.number().nullable(),
  deadline: z.number(),
  /** a deadline that a user gave is never moved */
  deadlineGiven: z.boolean(),
  /** the collection of a delete task is its source */
  source: z.object({id: z.string(), name: z.string()}),
  destination: z.object({id: z.string(), name: z.string()}).nullable(),
  options: z.object({
    syncLevel: z.union([z.literal(0), z.literal(1), z.literal(2), z.literal(3)]).nullable(),
    verifyChecksum: z.boolean(),
    preserveTimestamp: z.boolean(),
    encryptData: z.boolean(),
    skipSourceErrors: z.boolean(),
    failOnQuotaErrors: z.boolean(),
    deleteDestinationExtra: z.boolean(),
    recursiveSymlinks: z.enum(['ignore', 'keep', 'copy']),
  }),
  filterRules: z.array(filterRule).nullable(),
  paused: z.boolean(),
  /** a manager paused this one task; the sides they manage */
  adminPause: z.object({message: z.string(), by: z.string(), sides}).optional(),
  canceledByAdmin: z.object({message: z.string(), sides}).optional(),
  /** of which of its ends its owner is told by mail */
  notify: z
    .object({succeeded: z.boolean(), failed: z.boolean(), inactive: z.boolean()})
    .default({succeeded: false, failed: false, inactive: false}),
  /** its owner has taken it off the list, or the service has forgotten it */
  removed: z.boolean().default(false),
  /** the last thing that went wrong and is not yet fixed */
  trouble: z.object({code: z.string(), at: z.number()}).nullable(),
  counts: z.object({
    faults: count,
    files: count,
    directories: count,
    symlinks: count,
    filesSkipped: count,
    filesTransferred: count,
    bytesTransferred: count,
    bytesChecksummed: count,
    subtasksTotal: count,
    subtasksRetrying: count,
    subtasksSucceeded: count,
    subtasksExpired: count,
    subtasksCanceled: count,
    subtasksFailed: count,
    subtasksSkippedErrors: count,
  }),
});
export type TaskState = z.output<typeof taskStateSchema>;
export type TaskCounts = TaskState['counts'];

export const hasEnded = (task: TaskState): boolean => task.status === 'SUCCEEDED' || task.status === 'FAILED';

/** Subtasks that neither ended nor wait for another try. */
export const pendingSubtasks = ({counts}: TaskState): number =>
  Math.max(
    0,
    counts.subtasksTotal -
      counts.subtasksRetrying -
      counts.subtasksSucceeded -
      counts.subtasksExpired -
      counts.subtasksCanceled -
      counts.subtasksFailed -
      counts.subtasksSkippedErrors,
  );

export const eventSchema = z.object({
  code: z.string(),
  description: z.string(),
  details: z.string(),
  isError: z.boolean(),
  at: z.number(),
});
export type TaskEvent = z.output<typeof eventSchema>;

/** Put into the state of a task how it ended. What was still open of it goes by the reason. */
export function concludeTask(
  task: TaskState,
  status: 'SUCCEEDED' | 'FAILED',
  fatalError: TaskState['fatalError'],
  now: number,
): void {
  const {counts} = task;
  const open = pendingSubtasks(task) + counts.subtasksRetrying;
  counts.subtasksRetrying = 0;
  if (fatalError?.code === 'CANCELED') counts.subtasksCanceled += open;
  else if (fatalError?.code === 'EXPIRED') counts.subtasksExpired += open;
  else counts.subtasksFailed += open;
  task.status = status;
  task.fatalError = fatalError;
  task.completedAt = now;
  task.paused = false;
  task.trouble = null;
}
