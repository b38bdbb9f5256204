import {readFileSync, renameSync, rmSync, writeFileSync} from 'node:fs';
import {hostname, userInfo} from 'node:os';
import {join} from 'node:path';
import {chooseProfile, loadConfig} from '../config/choose-profile.ts';
import {type Locations, locations} from '../config/locations.ts';
import type {Profile, SchedulerSettings} from '../config/profile.ts';
import {proxyEnvironment} from '../config/proxy.ts';
import type {EngineContext} from '../engine/context.ts';
import {RequestWrong} from '../errors.ts';
import {ensureDirectory} from '../ledger/directories.ts';
import {type Ledger, openLedger} from '../ledger/ledger.ts';
import {openMonitorLedger} from '../ledger/monitor-facts.ts';
import {newWord} from '../ledger/new-word.ts';
import type {JobHistory} from '../scheduler/history.ts';
import type {Scheduler} from '../scheduler/scheduler.ts';
import type {Site} from '../scheduler/site.ts';
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
  /** PBS alone, for what needs no Globus, and no credentials for it */
  scheduler(): Promise<Scheduler>;
  /** what PBS remembers of jobs, for people */
  history(): Promise<JobHistory>;
  /** what this PBS offers: commands, server, queues */
  site(): Promise<Site>;
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
  Object.assign(process.env, proxyEnvironment(profile.proxy)); // what asks over HTTPS reads it there, and so do commands
  const stateDirectory = join(where.home, profile.name);
  const by = `${userInfo().username}@${hostname()}:${process.pid}`;
  const ledger = openLedger(stateDirectory);
  const standIns = once(() => startStandIns(where, cliVersion));
  const engine = once(async () => createContext({profile, where, ledger, by, standIns}));
  return {
    profile,
    locations: where,
    ledger,
    by,
    engine,
    scheduler: once(() => createScheduler({profile, where, ledger, by, standIns})),
    history: once(async () => createHistory({profile, where, ledger, by, standIns})),
    site: once(async () => createSite({profile, where, ledger, by, standIns})),
    async collections() {
      if (profile.transfer.kind !== 'local') return profile.collections;
      const {collectionNames, standInHome} = await import('../local/stand-in-home.ts');
      return {...collectionNames(standInHome(where.home)), ...profile.collections};
    },
  };
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

async function binOf({profile, standIns}: Parts): Promise<string | undefined> {
  return profile.scheduler.kind === 'local' ? (await standIns()).home.bin : profile.scheduler.bin;
}

async function createHistory(parts: Parts): Promise<JobHistory> {
  const {createPbsHistory} = await import('../scheduler/pbs/pbs-history.ts');
  const {createRunCommand} = await import('../process/run-command.ts');
  const binDirectory = await binOf(parts);
  const {timeoutMs} = parts.profile.scheduler;
  const run = createRunCommand(binDirectory === undefined ? {} : {binDirectory});
  return createPbsHistory((command, argv, options) => run(command, argv, {timeoutMs, ...options}));
}

async function createSite(parts: Parts): Promise<Site> {
  const {profile} = parts;
  const bin = await binOf(parts);
  return openSite({timeoutMs: profile.scheduler.timeoutMs, ...(bin === undefined ? {} : {bin})});
}

/** The PBS whose commands lie in a directory, or on PATH, before there is a profile for it. */
export async function openSite({bin, timeoutMs}: Omit<SchedulerSettings, 'kind'>): Promise<Site> {
  const {createRunCommand} = await import('../process/run-command.ts');
  const {createPbsSite} = await import('../scheduler/pbs/pbs-site.ts');
  const run = createRunCommand(bin === undefined ? {} : {binDirectory: bin});
  return createPbsSite({
    run: (command, argv, options) => run(command, argv, {timeoutMs, ...options}),
    user: userInfo().username,
    ...(bin === undefined ? {} : {binDirectory: bin}),
  });
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
