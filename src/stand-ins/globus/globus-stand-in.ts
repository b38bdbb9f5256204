import {chmodSync, mkdirSync} from 'node:fs';
import {join} from 'node:path';
import {z} from 'zod';
import {asInReality, type Lasts} from '../day.ts';
import {createOutages, type Outages} from '../outages.ts';
import {readRecord, writeRecord} from '../record.ts';
import type {DamagedRecord} from '../stand-in-error.ts';
import {routeAuth} from './auth/auth.ts';
import type {AuthService} from './auth/auth-service.ts';
import {openConsents} from './auth/consents.ts';
import {openIdTokenSigner} from './auth/id-token.ts';
import {openIdentities} from './auth/identities.ts';
import {openLogins} from './auth/logins.ts';
import {openSignInCode} from './auth/sign-in-code.ts';
import {closeKept} from './copy/held-directories.ts';
import {openHttpServer} from './http/http-server.ts';
import {answerGlobus} from './http/outage.ts';
import {TransferProblem} from './http/problem.ts';
import type {Answer, Request} from './http/request.ts';
import {createOrders, type Orders} from './orders.ts';
import {openBookmarks} from './store/bookmarks.ts';
import {openCollections} from './store/collections.ts';
import {type Mail, openOutbox} from './store/outbox.ts';
import {openPermissions} from './store/permissions.ts';
import {openTaskStore} from './store/task-store.ts';
import {openTokenStore} from './store/token-store.ts';
import {openLimits} from './transfer/limits.ts';
import {openPauseRules} from './transfer/pause-rules.ts';
import {tellOwnerBy} from './transfer/task-mail.ts';
import {startTaskRunner} from './transfer/task-runner.ts';
import {hasEnded} from './transfer/task-state.ts';
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

/** Globus Auth and Transfer on this machine: the real documents over HTTP, files really copied between directories. */
export interface GlobusStandIn extends Orders {
  /** base URL of both services, with a trailing slash */
  readonly url: string;
  /** a confidential client, the same after a restart */
  credentials(): {clientId: string; clientSecret: string};
  /** Throttle every task to so many bytes per second; kept. null: as fast as the disk. */
  setRate(bytesPerSecond: number | null): void;
  /** what would have been sent so far */
  mail(): Mail[];
  /** records of tasks that are damaged, as met while it runs */
  damaged(): DamagedRecord[];
  counts(): {active: number; queued: number; inactive: number; ended: number};
  close(): Promise<void>;
}

/** Name of the file, in the directory of its state, with the code that the sign-in page asks for. */
const SIGN_IN_CODE = 'sign-in-code';

const settingsSchema = z.object({port: z.number().default(0), rate: z.number().positive().nullable().default(null)});

export async function openGlobusStandIn(options: GlobusStandInOptions): Promise<GlobusStandIn> {
  const {root, log = () => undefined, outages = createOutages(), lasts = asInReality} = options;
  mkdirSync(root, {recursive: true, mode: 0o700});
  chmodSync(root, 0o700); // it may have existed with more
  const settingsFile = join(root, 'settings.json');
  const settings = readRecord(settingsFile, settingsSchema) ?? settingsSchema.parse({});
  const identities = openIdentities(root);
  const tokens = openTokenStore(root);
  const collections = openCollections(root);
  const [consents, logins, limits, pauseRules] = [
    openConsents(root),
    openLogins(root),
    openLimits(root),
    openPauseRules(root),
  ];
  const [permissions, bookmarks] = [openPermissions(root), openBookmarks(root)];
  const [signInCode, signer] = [openSignInCode(join(root, SIGN_IN_CODE)), openIdTokenSigner(root)];
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
    signInCode,
    signer,
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
    bookmarks,
    lasts,
    mostPending: () => limits.values.pending,
  };
  const orders = createOrders({identities, collections, permissions, pauseRules, limits, tokens, store, runner});
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
  writeRecord(settingsFile, settings);
  log(`the stand-in Globus answers at ${url}`);
  return {
    url,
    credentials: () => ({clientId: identities.own.id, clientSecret: identities.own.secret}),
    ...orders,
    setRate(bytesPerSecond) {
      settings.rate = z.number().positive().nullable().parse(bytesPerSecond);
      writeRecord(settingsFile, settings);
    },
    mail: () => outbox.all(),
    damaged: () => store.damaged(),
    counts: () => ({...runner.counts(), ended: store.all.filter(hasEnded).length}),
    async close() {
      await server.close();
      await runner.close();
      closeKept();
    },
  };
}
