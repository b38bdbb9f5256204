import {readFileSync, renameSync, rmSync, writeFileSync} from 'node:fs';
import {hostname, userInfo} from 'node:os';
import {join} from 'node:path';
import {chooseProfile, loadConfig} from '../config/choose-profile.ts';
import {type Locations, locations} from '../config/locations.ts';
import type {Profile} from '../config/profile.ts';
import type {EngineContext} from '../engine/context.ts';
import type {watchEffects} from '../engine/crash-points.ts';
import {RequestWrong} from '../errors.ts';
import {ensureDirectory} from '../ledger/directories.ts';
import {type Ledger, openLedger} from '../ledger/ledger.ts';
import {openMonitorLedger} from '../ledger/monitor-facts.ts';
import {newWord} from '../ledger/new-word.ts';
import type {Scheduler} from '../scheduler/scheduler.ts';
import type {TransferService} from '../transfer/transfer-service.ts';
import {packageRoot} from './package-root.ts';

/** Everything a use-case works with, for one profile. */
export interface Stage {
  readonly profile: Profile;
  readonly locations: Locations;
  readonly ledger: Ledger;
  readonly by: string;
  /** PBS and Globus, opened when first asked for: much of what people ask needs neither */
  engine(): Promise<EngineContext>;
  /** friendly names of collections: the configuration's, and the stand-in's where it serves; starts nothing */
  collections(): Promise<Readonly<Record<string, string>>>;
}

export interface OpenOptions {
  readonly profile: string | undefined;
  readonly cliVersion: string;
}

/** The one place where adapters meet ports. @throws {RequestWrong} when no profile, or a wrong one, was chosen */
export async function openStage({profile: asked, cliVersion}: OpenOptions): Promise<Stage> {
  const where = locations(process.env);
  const config = await loadConfig(where.configFile, Boolean(process.env.STAGE_CONFIG), where.cache);
  const profile = chooseProfile(config, asked, where.configFile);
  const stateDirectory = join(where.home, profile.name);
  const by = `${userInfo().username}@${hostname()}:${process.pid}`;
  const watched = await crashPoints(process.env.STAGE_CRASH_POINTS);
  const ledger = watched.ledger(openLedger(stateDirectory));
  const standIns = once(() => startStandIns(where, cliVersion));
  const engine = once(async () => watched.context(await createContext({profile, where, ledger, by, standIns})));
  return {
    profile,
    locations: where,
    ledger,
    by,
    engine,
    async collections() {
      if (profile.transfer.kind !== 'local') return profile.collections;
      const {collectionNames, standInHome} = await import('../local/stand-in-home.ts');
      return {...collectionNames(standInHome(where.home)), ...profile.collections};
    },
  };
}

/** For tests alone: a directory that says at which effects this process is to die. Nothing is loaded without it. */
async function crashPoints(directory: string | undefined): Promise<ReturnType<typeof watchEffects>> {
  if (!directory) return {ledger: (ledger) => ledger, context: (context) => context};
  const [{watchEffects}, {dieWhereToldIn}] = await Promise.all([
    import('../engine/crash-points.ts'),
    import('../engine/crash-points-on-disk.ts'),
  ]);
  return watchEffects(dieWhereToldIn(directory));
}

type StandIns = () => Promise<import('../local/ensure-up.ts').StandInsUp>;

async function startStandIns(where: Locations, version: string) {
  const {daemonPath, ensureStandIns} = await import('../local/ensure-up.ts');
  return ensureStandIns(where.home, {version, daemonJs: daemonPath(packageRoot())});
}

interface Parts {
  readonly profile: Profile;
  readonly where: Locations;
  readonly ledger: Ledger;
  readonly by: string;
  readonly standIns: StandIns;
}

async function createContext(parts: Parts): Promise<EngineContext> {
  const {profile, where, ledger, by} = parts;
  const {createJobFiles} = await import('./job-files.ts');
  const callBack = {
    node: process.execPath,
    cli: join(packageRoot(), 'dist', 'stage.js'),
    stageHome: where.home,
    configFile: where.configFile,
    profile,
    monitorDirectory: ledger.layout.monitor,
  };
  requireCredentials(profile);
  let loading: Promise<unknown> | undefined;
  const openScheduler = () => {
    const scheduler = createScheduler(parts);
    loading = scheduler.catch(() => {}); // whoever asked for it is told
    return scheduler;
  };
  return {
    ledger,
    monitors: openMonitorLedger(ledger.layout.monitor),
    // Loaded when first asked: PBS is answering already while the Globus client is still being read.
    scheduler: deferred(openScheduler),
    transfers: deferred(async () => {
      await loading; // PBS takes longer to answer: its question goes first
      return createTransfers(parts);
    }),
    jobFiles: createJobFiles(callBack),
    clock: Date.now,
    sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    newWord,
    by,
    settings: {
      bounds: profile.monitor,
      lostGraceMs: profile.lostGraceMs,
      refusedRetryMs: profile.monitor.minMs,
      lostAttempts: 5,
      strategy: profile.strategy,
      intentDeadlineMs: profile.scheduler.timeoutMs * 1.5 + 5_000,
    },
  };
}

async function createScheduler({profile, ledger, standIns}: Parts): Promise<Scheduler> {
  const local = profile.scheduler.kind === 'local';
  // All at once: the stand-ins answer while modules are being read.
  const [up, {createRunCommand}, {createPbsScheduler}] = await Promise.all([
    local ? standIns() : undefined,
    import('../process/run-command.ts'),
    import('../scheduler/pbs/pbs-scheduler.ts'),
    import('execa'),
  ]);
  const binDirectory = up ? up.home.bin : profile.scheduler.bin;
  const run = createRunCommand(binDirectory === undefined ? {} : {binDirectory});
  return createPbsScheduler({
    run: (command, argv, options) => run(command, argv, {timeoutMs: profile.scheduler.timeoutMs, ...options}),
    user: userInfo().username,
    cache: fileCache(join(ledger.layout.cache, 'scheduler.json')),
  });
}

async function createTransfers({profile, ledger, standIns}: Parts): Promise<TransferService> {
  const {createGlobusTransfer} = await import('../transfer/globus/globus-transfer.ts');
  const {createClientTokenSource} = await import('../auth/client-credentials.ts');
  const up = profile.transfer.kind === 'local' ? await standIns() : undefined;
  const credentialsFile = profile.transfer.credentials ?? up?.home.credentials;
  if (credentialsFile === undefined) throw new NoCredentials(profile);
  const authUrl = up?.status.url ?? profile.transfer.authUrl;
  return createGlobusTransfer({
    tokens: createClientTokenSource({
      credentialsFile,
      tokenDirectory: ledger.layout.tokens,
      authUrl,
      ...(profile.transfer.scopes ? {scopes: profile.transfer.scopes} : {}),
    }),
    transferUrl: up?.status.url ?? profile.transfer.transferUrl,
  });
}

/** Known before anything is recorded or submitted. */
function requireCredentials(profile: Profile): void {
  if (profile.transfer.kind === 'globus' && profile.transfer.credentials === undefined)
    throw new NoCredentials(profile);
}

class NoCredentials extends RequestWrong {
  constructor(profile: Profile) {
    super(`profile "${profile.name}" does not say how to sign in to Globus`, {
      code: 'NO_CREDENTIALS',
      why: 'it names no transfer.credentials',
      next: [
        'Put client_id and client_secret into a JSON file of mode 0600, and name it under transfer: credentials: in the profile.',
      ],
    });
  }
}

type Methods = Record<string, (...values: unknown[]) => unknown>;

/** An object whose methods all wait until it has been made, at the first call. For ports, whose methods all return promises. */
function deferred<T extends object>(make: () => Promise<T>): T {
  const made = once(make);
  const call =
    (name: string) =>
    async (...values: unknown[]) =>
      ((await made()) as Methods)[name]?.(...values);
  // Not a promise: `await` must not take it for one. The cast holds as long as T has async methods only.
  return new Proxy({} as T, {get: (_, name) => (name === 'then' ? undefined : call(String(name)))});
}

/** A file that may vanish at any time, for what is cheap to learn again. */
function fileCache<T>(path: string): {read(): T | undefined; write(value: T): void} {
  return {
    read() {
      try {
        // Written below; whatever else stands there is learnt again.
        return JSON.parse(readFileSync(path, 'utf8')) as T;
      } catch {
        return undefined;
      }
    },
    write(value) {
      const temporary = `${path}.${process.pid}`;
      try {
        ensureDirectory(join(path, '..'));
        writeFileSync(temporary, JSON.stringify(value), {mode: 0o600});
        renameSync(temporary, path);
      } catch {
        rmSync(temporary, {force: true}); // it is learnt again next time: a full disk must not look like an absent PBS
      }
    },
  };
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
