import {z} from 'zod';

/** A job of the stand-in, as it is kept in memory and in its file. Times are milliseconds since the epoch. */

const dependGroup = z.object({type: z.string(), jobs: z.array(z.string()), count: z.number().optional()});

export const jobSchema = z.object({
  id: z.string(),
  /** the number in the id; also the order of every listing */
  seq: z.number(),
  name: z.string(),
  /** user name, without the host */
  owner: z.string(),
  group: z.string(),
  queue: z.string(),
  account: z.string().optional(),
  project: z.string(),
  state: z.enum(['Q', 'H', 'W', 'R', 'E', 'F', 'B', 'X']),
  substate: z.number(),
  ctime: z.number(),
  qtime: z.number(),
  mtime: z.number(),
  etime: z.number().optional(),
  stime: z.number().optional(),
  obittime: z.number().optional(),
  historyTime: z.number().optional(),
  executionTime: z.number().optional(),
  /** hold letters in the order `soup`; empty for none */
  holds: z.string(),
  depend: z.array(dependGroup),
  /** dependencies whose other jobs have not been told yet; done before the next command is answered */
  unregistered: z.array(dependGroup).optional(),
  join: z.string(),
  keep: z.string(),
  mailPoints: z.string(),
  mailUsers: z.string().optional(),
  priority: z.number(),
  removeFiles: z.string().optional(),
  rerunnable: z.boolean(),
  /** host:path */
  outputPath: z.string(),
  errorPath: z.string(),
  shell: z.string().optional(),
  umask: z.string().optional(),
  sandbox: z.string().optional(),
  checkpoint: z.string(),
  userList: z.string().optional(),
  groupList: z.string().optional(),
  stagein: z.string().optional(),
  stageout: z.string().optional(),
  resources: z.record(z.string(), z.string()),
  resourcesUsed: z.record(z.string(), z.string()).optional(),
  execHost: z.string().optional(),
  execVnode: z.string().optional(),
  sessionId: z.number().optional(),
  jobdir: z.string().optional(),
  variables: z.string(),
  comment: z.string().optional(),
  runCount: z.number(),
  stageoutStatus: z.number().optional(),
  exitStatus: z.number().optional(),
  submitArguments: z.string().optional(),
  executable: z.string().optional(),
  /** of the script that was submitted; jobs from before it was kept have none */
  scriptHash: z.string().optional(),
  argumentList: z.array(z.string()).optional(),
  /** home directory of the submitter: where the job starts */
  home: z.string(),
  submitDirectory: z.string(),
  /** directory of the commands that submitted it, for the job's PATH */
  binDirectory: z.string().optional(),
  block: z.boolean().optional(),
  /** the signal the job was last sent, and when: decides Exit_status and how long left-over processes may go on */
  signalled: z.object({number: z.number(), at: z.number()}).optional(),
  /** why a running job is being ended */
  ending: z
    .object({
      why: z.enum(['deleted', 'walltime', 'requeue']),
      by: z.string(),
      at: z.number(),
      force: z.boolean().optional(),
      purge: z.boolean().optional(),
      discardOutput: z.boolean().optional(),
    })
    .optional(),
  /** of an array */
  array: z
    .object({
      submitted: z.string(),
      submittedCount: z.number(),
      /** indices not started yet */
      remaining: z.array(z.number()),
      /** how often subjobs were started that are back in the queue, by index */
      starts: z.record(z.string(), z.number()).optional(),
      limit: z.number().optional(),
      /** indices that ended, of those that ran or were deleted; with history off their records are gone */
      ended: z.number(),
      expired: z.number(),
      began: z.number().optional(),
      failed: z.boolean(),
      deleted: z.boolean(),
      lastExit: z.number().optional(),
    })
    .optional(),
  /** of a subjob */
  parent: z.string().optional(),
  index: z.number().optional(),
});

export type Job = z.infer<typeof jobSchema>;

export const RUNNING_STATES: ReadonlySet<Job['state']> = new Set(['R', 'E']);

/** Finished as the history has it. */
export function isFinished(job: Job): boolean {
  return job.state === 'F';
}

const HOLD_ORDER = 'soup';

/** Add hold letters, in the order qstat shows them. */
export function withHolds(holds: string, more: string): string {
  return [...HOLD_ORDER].filter((letter) => holds.includes(letter) || more.includes(letter)).join('');
}

export function withoutHolds(holds: string, less: string): string {
  return [...holds].filter((letter) => !less.includes(letter)).join('');
}

/** Types of a depend list that keep a job from running until they are met. */
export function waitsForDependency(job: Job): boolean {
  return job.depend.some((group) => group.type.startsWith('after') || group.type === 'on');
}

/**
 * State and substate of a job that is not running, from its holds and its start time.
 *
 * A job whose dependency was met but which still has a user hold stays in substate 22 (measured on OpenPBS 23.06).
 */
export function settle(job: Job, now: number): void {
  if (job.executionTime !== undefined && job.executionTime <= now) job.executionTime = undefined;
  if (job.holds !== '') {
    job.state = 'H';
    if (!(job.holds.includes('s') && waitsForDependency(job)) && job.substate !== 22) job.substate = 20;
    else job.substate = 22;
  } else if (job.executionTime !== undefined) {
    job.state = 'W';
    job.substate = 30;
  } else {
    const began = job.array?.began !== undefined;
    job.state = began ? 'B' : 'Q';
    job.substate = began ? 70 : 10;
    job.etime ??= now;
  }
}
