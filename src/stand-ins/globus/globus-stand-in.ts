import {chmodSync, mkdirSync} from 'node:fs';
import {join} from 'node:path';
import {z} from 'zod';
import {asInReality, type Lasts} from '../day.ts';
import {createOutages, type Outages} from '../outages.ts';
import {routeAuth} from './auth/auth.ts';
import type {AuthService} from './auth/auth-service.ts';
import {openConsents} from './auth/consents.ts';
import {openIdTokenSigner} from './auth/id-token.ts';
import {type Identity, openIdentities} from './auth/identities.ts';
import {openLogins} from './auth/logins.ts';
import {type Requirements, requirements} from './auth/requirements.ts';
import {openSignInCode} from './auth/sign-in-code.ts';
import {closeKept} from './copy/confine.ts';
import {FAULT_CODES} from './copy/fault.ts';
import {readPath} from './copy/paths.ts';
import type {PlannedFault} from './copy/planned-faults.ts';
import {openHttpServer} from './http/http-server.ts';
import {answerGlobus} from './http/outage.ts';
import {TransferProblem} from './http/problem.ts';
import type {Answer, Request} from './http/request.ts';
import {readJsonFile, writeJsonFile} from './store/atomic-file.ts';
import {openBookmarks} from './store/bookmarks.ts';
import {type Collection, openCollections} from './store/collections.ts';
import {type Mail, openOutbox} from './store/outbox.ts';
import {openPermissions} from './store/permissions.ts';
import {openTaskStore} from './store/task-store.ts';
import {openTokenStore} from './store/token-store.ts';
import {type LimitValues, openLimits} from './transfer/limits.ts';
import {cancelByManager} from './transfer/managed-task.ts';
import {ALL_TASKS, openPauseRules, type PauseRules} from './transfer/pause-rules.ts';
import {tellOwnerBy} from './transfer/task-mail.ts';
import {startTaskRunner} from './transfer/task-runner.ts';
import {hasEnded, type TaskState} from './transfer/task-state.ts';
import type {TransferApi} from './transfer/transfer-api.ts';
import {routeTransfer} from './transfer/transfer-routes.ts';

export interface GlobusStandInOptions {
  /** directory for all its state; made with mode 0700 */
  readonly root: string;
  /** 0 or absent: the port of last time if it is free, else any. Another one must be free */
  readonly port?: number | undefined;
  /** wait before what faulted is tried again: the first and the longest, in milliseconds */
  readonly retryMs?: {readonly first: number; readonly longest: number};
  readonly log?: (line: string) => void;
  /** hears of every request, in one line without tokens */
  readonly onRequest?: ((line: string) => void) | undefined;
  /** what trouble its clients meet */
  readonly outages?: Outages;
  /** how long lasts here what the service counts in hours and days; as long as there when absent */
  readonly lasts?: Lasts;
}

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

/** Globus Auth and Transfer on this machine: the real documents over HTTP, files really copied between directories. */
export interface GlobusStandIn {
  /** base URL of both services, with a trailing slash */
  readonly url: string;
  /** a confidential client, the same after a restart */
  credentials(): {clientId: string; clientSecret: string};
  collections(): LocalCollection[];
  /** Kept; the directory is made when it is missing. The same name and directory again is the same collection. */
  addCollection(collection: {name: string; directory: string; id?: string}): LocalCollection;
  /**
   * Make a guest collection of a directory of another collection. It is the person's at this machine, and nobody else may use
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
  /** Throttle every task to so many bytes per second; kept. null: as fast as the disk. */
  setRate(bytesPerSecond: number | null): void;
  /** A manager of its collections cancels a task. @throws {RangeError} when there is none under way */
  cancelTask(id: string, message: string): Promise<void>;
  /** A task is not shown to anybody any more, as after weeks at the service; one under way goes on. @throws {RangeError} */
  forgetTask(id: string): void;
  /** what would have been sent so far */
  mail(): Mail[];
  counts(): {active: number; queued: number; inactive: number; ended: number};
  close(): Promise<void>;
}

function shown(one: Collection, rules: PauseRules): LocalCollection {
  const rule = rules.all().find((each) => each.endpointId === one.id);
  if (!rule) return one;
  return {...one, pausedBy: {message: rule.message, since: new Date(rule.createdAt).toISOString(), rule: rule.id}};
}

/** Name of the file, in the directory of its state, with the code that the sign-in page asks for. */
export const SIGN_IN_CODE = 'sign-in-code';

const withSlash = (path: string): string => (path === '/' ? '/' : `${path}/`);

const settingsSchema = z.object({port: z.number().default(0), rate: z.number().positive().nullable().default(null)});

export async function openGlobusStandIn(options: GlobusStandInOptions): Promise<GlobusStandIn> {
  const {root, log = () => undefined, outages = createOutages(), lasts = asInReality} = options;
  mkdirSync(root, {recursive: true, mode: 0o700});
  chmodSync(root, 0o700); // it may have existed with more
  const settingsFile = join(root, 'settings.json');
  const settings = settingsSchema.parse(settingsSchema.safeParse(readJsonFile(settingsFile)).data ?? {});
  const identities = openIdentities(root);
  const tokens = openTokenStore(root);
  const collections = openCollections(root);
  const [consents, logins, limits, pauseRules] = [
    openConsents(root),
    openLogins(root),
    openLimits(root),
    openPauseRules(root),
  ];
  const permissions = openPermissions(root);
  const store = openTaskStore(root, log);
  const outbox = openOutbox(root, log);
  const runner = startTaskRunner(store, collections, {
    rate: () => settings.rate,
    retryMs: options.retryMs ?? {first: 1000, longest: 10_000},
    pauseRules,
    logins,
    limits,
    guestRules: {identities, permissions},
    lasts,
    tellOwner: tellOwnerBy(outbox, (id) => identities.get(id)?.username ?? id),
    log,
  });
  let url = '';
  const auth: AuthService = {
    identities,
    tokens,
    consents,
    logins,
    signInCode: openSignInCode(join(root, SIGN_IN_CODE)),
    signer: openIdTokenSigner(root),
    signedIn: () => runner.tryNow(),
    hasDataAccess: (id) => collections.get(id)?.requires?.consent === true,
    url: () => url,
    lasts,
    log,
  };
  const api: TransferApi = {
    tokens,
    collections,
    store,
    runner,
    pauseRules,
    limits,
    permissions,
    access: {consents, logins, identities, permissions},
    bookmarks: openBookmarks(root),
    lasts,
    mostPending: () => limits.values.pending,
  };
  const rulesOf = (id: string) => pauseRules.all().filter((rule) => rule.endpointId === id);
  const knownTask = (id: string): TaskState => {
    const task = store.get(id);
    if (!task) throw new RangeError(`there is no task "${id}"`);
    return task;
  };
  const handle = async (request: Request): Promise<Answer> => {
    const answer = request.path.startsWith('/v0.10/') ? routeTransfer(api, request) : routeAuth(auth, request);
    if (!answer) throw new TransferProblem(404, 'ClientError.NotFound', `No such resource: ${request.path}`);
    return answer;
  };
  const server = await openHttpServer(
    options.port || settings.port,
    (request) => answerGlobus(outages, request, () => handle(request)),
    log,
    {onRequest: options.onRequest, thisPort: Boolean(options.port)},
  ).catch(async (error: unknown) => {
    await runner.close();
    throw error;
  });
  url = `http://127.0.0.1:${server.port}/`;
  settings.port = server.port;
  writeJsonFile(settingsFile, settings);
  log(`the stand-in Globus answers at ${url}`);
  return {
    url,
    credentials: () => ({clientId: identities.own.id, clientSecret: identities.own.secret}),
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
    setRate(bytesPerSecond) {
      settings.rate = z.number().positive().nullable().parse(bytesPerSecond);
      writeJsonFile(settingsFile, settings);
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
    mail: () => outbox.all(),
    counts: () => ({...runner.counts(), ended: store.all.filter(hasEnded).length}),
    async close() {
      await server.close();
      await runner.close();
      closeKept();
    },
  };
}
