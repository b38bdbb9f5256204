import {z} from 'zod';
import type {Identities, Identity} from './auth/identities.ts';
import {type Requirements, requirements} from './auth/requirements.ts';
import {FAULT_CODES} from './copy/fault.ts';
import {readPath} from './copy/paths.ts';
import type {PlannedFault} from './copy/planned-faults.ts';
import type {Collection, Collections} from './store/collections.ts';
import type {Permissions} from './store/permissions.ts';
import type {TaskStore} from './store/task-store.ts';
import type {TokenStore} from './store/token-store.ts';
import type {Limits, LimitValues} from './transfer/limits.ts';
import {cancelByManager} from './transfer/managed-task.ts';
import {ALL_TASKS, type PauseRules} from './transfer/pause-rules.ts';
import type {TaskRunner} from './transfer/task-runner.ts';
import {hasEnded, type TaskState} from './transfer/task-state.ts';

export interface LocalCollection {
  id: string;
  name: string;
  directory: string;
  pausedBy?: {message: string; since: string; rule: string};
  /** its credential has lapsed: nothing can be done there until it is renewed */
  expired?: {since: string};
  /** what reads and writes beneath these paths meet */
  faults?: readonly PlannedFault[];
  /** what it asks of those who use it */
  requires?: Requirements;
  /** of a guest collection: id of its host, and where on it its directory lies */
  guest?: {host: string; path: string};
}

/** What the owner of the stand-in asks of it, past HTTP: what clients are to meet. */
export interface Orders {
  collections(): LocalCollection[];
  /** Kept; the directory is made when it is missing. The same name and directory again is the same collection. */
  addCollection(collection: {name: string; directory: string; id?: string}): LocalCollection;
  /**
   * Make a guest collection of a directory of another collection. It is the person's at this machine, and no other identity may use
   * it before a rule says so.
   *
   * @throws {RangeError} when there is no such host {TransferProblem} when the path is no directory of it
   */
  shareCollection(wanted: {host: string; path: string; name: string}): Promise<LocalCollection>;
  /**
   * Let an identity, or everybody who has signed in, read or write below a path of a guest collection; or no more.
   *
   * @param wanted `username` null: everybody; `permissions` null: nothing any more
   * @throws {RangeError} when there is no such guest collection or identity
   */
  permit(collection: string, path: string, wanted: {username: string | null; permissions: 'r' | 'rw' | null}): void;
  /** Pause every task that touches a collection. @param collection name or id @throws {RangeError} when there is none */
  pause(collection: string, message?: string): void;
  resume(collection: string): void;
  /** Let the credentials of collections lapse; all of them when none is named. Kept. @throws {RangeError} */
  expire(collections: readonly string[]): void;
  renew(collections: readonly string[]): void;
  /**
   * Let a collection ask for a consent, or for a sign-in of a certain kind; kept. undefined: for nothing.
   * @throws {RangeError} when there is no such collection
   */
  require(collection: string, wanted: Omit<Requirements, 'since'> | undefined): void;
  /** Its directory stays. @throws {RangeError} while tasks use it */
  removeCollection(collection: string): void;
  /** who can sign in */
  people(): Identity[];
  /** @param linked a further identity of the first person. @throws {RangeError} */
  addPerson(username: string, linked: boolean): Identity;
  limits(): LimitValues;
  /** Kept. */
  setLimits(wanted: Partial<LimitValues>): void;
  /** No access token issued so far is accepted any more. */
  expireTokens(): void;
  /** Let what tasks read or write beneath a path fault; kept. null clears it. @throws {RangeError} {PathRefused} */
  setFault(collection: string, path: string, code: string | null): void;
  /** A manager of its collections cancels a task. @throws {RangeError} when there is none under way */
  cancelTask(id: string, message: string): Promise<void>;
  /** A task is not shown to anybody any more, as after weeks at the service; one under way goes on. @throws {RangeError} */
  forgetTask(id: string): void;
}

/** What orders are carried out on. */
export interface OrderParts {
  readonly identities: Identities;
  readonly collections: Collections;
  readonly permissions: Permissions;
  readonly pauseRules: PauseRules;
  readonly limits: Limits;
  readonly tokens: TokenStore;
  readonly store: TaskStore;
  readonly runner: TaskRunner;
}

export function createOrders({
  identities,
  collections,
  permissions,
  pauseRules,
  limits,
  tokens,
  store,
  runner,
}: OrderParts): Orders {
  const rulesOf = (id: string) => pauseRules.all().filter((rule) => rule.endpointId === id);
  const knownTask = (id: string): TaskState => {
    const task = store.get(id);
    if (!task) throw new RangeError(`there is no task "${id}"`);
    return task;
  };
  return {
    collections: () => collections.all().map((one) => shown(one, pauseRules)),
    addCollection: (collection) => collections.add(collection),
    async shareCollection({host, path, name}) {
      const {guest, ...found} = collections.named(host);
      if (guest) throw new RangeError(`collection "${host}" is a guest collection itself`);
      return await collections.share(found, readPath(path, 'from-home'), name, identities.user.id);
    },
    permit(collection, path, {username, permissions: wanted}) {
      const {id, guest} = collections.named(collection);
      if (!guest) throw new RangeError(`collection "${collection}" is not a guest collection`);
      const identity = username === null ? undefined : identities.byUsername(username);
      if (username !== null && !identity) throw new RangeError(`there is no identity "${username}"`);
      permissions.setRule(
        {
          collection: id,
          principalType: identity ? 'identity' : 'all_authenticated_users',
          principal: identity?.id ?? '',
          path: withSlash(readPath(path, 'from-home')),
        },
        wanted,
      );
      runner.tryNow();
    },
    pause(collection, message = 'paused') {
      const {id} = collections.named(collection);
      for (const rule of rulesOf(id)) pauseRules.remove(rule.id);
      const wanted = {endpointId: id, identityId: null, message, startsAt: null, flags: ALL_TASKS};
      pauseRules.add(wanted, identities.user.id);
      runner.look();
    },
    resume(collection) {
      for (const rule of rulesOf(collections.named(collection).id)) pauseRules.remove(rule.id);
      runner.look();
    },
    expire(named) {
      collections.expire(named, Date.now());
      runner.look();
    },
    renew(named) {
      collections.renew(named);
      runner.tryNow();
    },
    require(collection, wanted) {
      collections.require(collection, wanted && requirements.parse({...wanted, since: Date.now()}));
    },
    removeCollection(collection) {
      const {id} = collections.named(collection);
      if (store.all.some((task) => !hasEnded(task) && [task.source.id, task.destination?.id].includes(id))) {
        throw new RangeError(`collection "${collection}" is used by tasks that have not ended`);
      }
      for (const rule of rulesOf(id)) pauseRules.remove(rule.id);
      collections.remove(collection);
      permissions.forget(id);
    },
    people: () => identities.people(),
    addPerson: (username, linked) => identities.addPerson(username, linked),
    limits: () => limits.values,
    setLimits(wanted) {
      limits.set(wanted);
      runner.look();
    },
    expireTokens: () => tokens.revokeAccess(),
    setFault(collection, path, code) {
      collections.setFault(collection, readPath(path, 'from-home'), z.enum(FAULT_CODES).nullable().parse(code));
      if (code === null) runner.tryNow();
    },
    async cancelTask(id, message) {
      const task = knownTask(id);
      if (hasEnded(task)) throw new RangeError(`task ${id} has ended`);
      await cancelByManager(runner, task, message);
    },
    forgetTask(id) {
      const task = knownTask(id);
      task.removed = true;
      store.save(task);
    },
  };
}

function shown(one: Collection, rules: PauseRules): LocalCollection {
  const rule = rules.all().find((each) => each.endpointId === one.id);
  if (!rule) return one;
  return {...one, pausedBy: {message: rule.message, since: new Date(rule.createdAt).toISOString(), rule: rule.id}};
}

const withSlash = (path: string): string => (path === '/' ? '/' : `${path}/`);
