import {randomUUID} from 'node:crypto';
import {join} from 'node:path';
import {z} from 'zod';
import {readRecord, writeRecord} from '../../record.ts';
import {TransferProblem} from '../http/problem.ts';
import type {TaskState} from './task-state.ts';

const flag = z.boolean().default(false);
/** What a rule may pause. Source: Globus Transfer API, "pause_rule". */
export const pauseFlags = z.object({
  pause_ls: flag,
  pause_mkdir: flag,
  pause_symlink: flag,
  pause_rename: flag,
  pause_task_delete: flag,
  pause_task_transfer_write: flag,
  pause_task_transfer_read: flag,
  pause_task_transfer_delete: flag,
});
export type PauseFlags = z.output<typeof pauseFlags>;

const kept = z.object({
  id: z.string(),
  endpointId: z.string(),
  /** whom it concerns; everybody when null */
  identityId: z.string().nullable(),
  message: z.string(),
  /** from when on; at once when null */
  startsAt: z.number().nullable(),
  createdAt: z.number(),
  modifiedAt: z.number(),
  modifiedBy: z.string(),
  flags: pauseFlags,
});
export type PauseRule = z.output<typeof kept>;

export type WantedRule = Pick<PauseRule, 'endpointId' | 'identityId' | 'message' | 'startsAt' | 'flags'>;

/** What managers of collections have paused there. */
export interface PauseRules {
  all(): PauseRule[];
  /** @throws {TransferProblem} 404 */
  get(id: string): PauseRule;
  add(wanted: WantedRule, by: string): PauseRule;
  change(id: string, wanted: Partial<WantedRule>, by: string): PauseRule;
  remove(id: string): void;
  /** Those that keep a task from going on now. */
  onTask(task: TaskState, now: number): PauseRule[];
  /** @throws {TransferProblem} 409 `OperationPaused` when a rule says so. Its status is not known */
  requireUnpaused(collection: string, identity: string, operation: keyof PauseFlags): void;
}

/** @param root directory of the stand-in's state; `pause-rules.json` lies in it */
export function openPauseRules(root: string): PauseRules {
  const file = join(root, 'pause-rules.json');
  let rules = readRecord(file, z.array(kept)) ?? [];
  const save = (now: PauseRule[]) => {
    rules = now;
    writeRecord(file, rules);
  };
  const applies = (rule: PauseRule, collection: string, identity: string, now: number): boolean =>
    rule.endpointId === collection &&
    (rule.identityId === null || rule.identityId === identity) &&
    (rule.startsAt ?? 0) <= now;
  return {
    all: () => [...rules],
    get(id) {
      const found = rules.find((one) => one.id === id.toLowerCase());
      if (!found) throw new TransferProblem(404, 'PauseRuleNotFound', `No pause rule found with id '${id}'`);
      return found;
    },
    add(wanted, by) {
      const now = Date.now();
      const made = {...wanted, id: randomUUID(), createdAt: now, modifiedAt: now, modifiedBy: by};
      save([...rules, made]);
      return made;
    },
    change(id, wanted, by) {
      const found = this.get(id);
      const changed = {...found, ...wanted, modifiedAt: Date.now(), modifiedBy: by};
      save(rules.map((one) => (one === found ? changed : one)));
      return changed;
    },
    remove(id) {
      const found = this.get(id);
      save(rules.filter((one) => one !== found));
    },
    onTask: (task, now) =>
      rules.filter((rule) =>
        [
          {end: task.source, flags: sourceFlags(task)},
          {end: task.destination, flags: destinationFlags(task)},
        ].some(({end, flags}) => end && flags.some((one) => rule.flags[one]) && applies(rule, end.id, task.owner, now)),
      ),
    requireUnpaused(collection, identity, operation) {
      const rule = rules.find((one) => one.flags[operation] && applies(one, collection, identity, Date.now()));
      if (rule)
        throw new TransferProblem(409, 'OperationPaused', `Paused by the collection's manager: ${rule.message}`);
    },
  };
}

const sourceFlags = ({type}: TaskState): (keyof PauseFlags)[] =>
  type === 'DELETE' ? ['pause_task_delete'] : ['pause_task_transfer_read'];

const destinationFlags = ({options}: TaskState): (keyof PauseFlags)[] =>
  options.deleteDestinationExtra
    ? ['pause_task_transfer_write', 'pause_task_transfer_delete']
    : ['pause_task_transfer_write'];

/** All that tasks do, and no operation: what `stage local pause` pauses. */
export const ALL_TASKS: PauseFlags = {
  ...pauseFlags.parse({}),
  pause_task_delete: true,
  pause_task_transfer_write: true,
  pause_task_transfer_read: true,
  pause_task_transfer_delete: true,
};
