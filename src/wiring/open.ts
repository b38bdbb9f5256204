import {hostname, userInfo} from 'node:os';
import {join, resolve} from 'node:path';
import type {ClientCredentials} from '../auth/credentials.ts';
import {newWord} from '../base/ids.ts';
import {sleep} from '../base/time.ts';
import type {Campaigns} from '../campaign/campaigns.ts';
import {chooseProfile, loadConfig} from '../config/choose-profile.ts';
import {type Locations, locations} from '../config/locations.ts';
import {mappingsById} from '../config/map-path.ts';
import type {Profile} from '../config/profile.ts';
import {proxyEnvironment} from '../config/proxy.ts';
import {packageRoot} from '../disk/package-root.ts';
import type {EngineContext} from '../engine/context.ts';
import {openRateHints} from '../engine/rate-hints.ts';
import {globusVariablesIn, readGlobusVariables} from '../ledger/globus-variables.ts';
import {openJobStore} from '../ledger/job-store.ts';
import {openMonitorLedger} from '../ledger/monitor-facts.ts';
import {openLedger} from '../ledger/open-ledger.ts';
import {isJob, openTroubles, type ProcessOfStage} from '../ledger/troubles.ts';
import {type Limits, limitSettings, openLimits} from '../limits/open-limits.ts';
import {openLog} from '../log/open-log.ts';
import {openAreas} from '../outputs/areas.ts';
import type {Watched} from '../submission/crash-points.ts';
import {submissionDeadlineMs} from '../submission/deadline.ts';
import {transfersByWay} from '../transfer/by-way.ts';
import type {CallerSettings} from '../transfer/globus/caller.ts';
import {lazyAdmission} from './admission.ts';
import {guardJobs} from './guarded-jobs.ts';
import {type GuardedLedger, guardLedger} from './guarded-ledger.ts';
import {lazyActs, lazyScheduler, lazyTransfers, once} from './lazy-ports.ts';
import {logged} from './logged.ts';
import {noteTroubles, type TroubleNotes} from './noted-troubles.ts';
import {createTransfers, globusSettings, openSignIn} from './open-globus.ts';
import {createHistory, createReservations, createScheduler, createSite} from './open-pbs.ts';
import {createOutputAreas, openOutputs} from './outputs.ts';
import {reasonsToKeep} from './reasons-to-keep.ts';
import {requireSignIn} from './sign-in-settings.ts';
import type {OutputsOnDisk, Stage} from './stage.ts';
import type {StartStandIns} from './stand-ins.ts';
import {requireTrustedPlaces, requireTrustedState, trustedJobs, trustedLedger} from './trusted-places.ts';
import {openCommandWay, openCopyWay, type WaysParts, waysHere} from './ways.ts';

export interface OpenOptions {
  readonly profile: string | undefined;
  readonly cliVersion: string;
  /** what kind of process this is, and which run it serves; a command of a person when absent */
  readonly process?: ProcessOfStage | undefined;
  /** which command this is, for the log */
  readonly command: string;
  /** shows each line of the log, too */
  readonly verbose?: ((line: string) => void) | undefined;
}

/** The one place where adapters meet ports. @throws {RequestWrong} when no profile, or a wrong one, was chosen */
export async function openStage(options: OpenOptions): Promise<Stage> {
  const {profile: asked, cliVersion, process: me = {kind: 'command'}, command, verbose} = options;
  const inJob = isJob(me);
  const where = locations(process.env);
  const trusted = await requireTrustedPlaces(where, process.env);
  const config = await loadConfig(where.configFile, Boolean(process.env.STAGE_CONFIG), where.cache);
  const profile = chooseProfile(config, asked, where.configFile);
  // What asks over HTTPS; PBS commands are given the same (commandsOf).
  if (profile.proxy) {
    const {nameProxies} = await import('../auth/proxies.ts');
    nameProxies({...process.env, ...proxyEnvironment(profile.proxy)});
  }
  const stateDirectory = join(where.home, profile.name);
  const person = `${userInfo().username}@${hostname()}`;
  const by = `${person}:${process.pid}`;
  const watched = await crashPoints(process.env.STAGE_CRASH_POINTS);
  const log = openLog({
    ...profile.log,
    directory: join(where.home, 'logs'),
    beside: stateDirectory,
    host: hostname(),
    always: {command, pid: process.pid, profile: profile.name},
    clock: Date.now,
    verbose,
  });
  const wrap = logged(log);
  const found = openLedger(stateDirectory, watched.around);
  const troubles = noteTroubles(
    openTroubles(found.layout.cache),
    {...me, host: hostname(), job: process.env.PBS_JOBID || undefined, by},
    Date.now,
  );
  requireTrustedState(found.layout, trusted);
  const opened = trustedLedger(guardLedger(watched.ledger(found), {notes: where.cache, expected: inJob}));
  const ledger = wrap.ledger(opened);
  const standIns = once(async () => (await openLocal(where, cliVersion)).up());
  const environment = await environmentCredentials();
  const globus = once(() => globusSettings({profile, ledger, standIns, environment, troubles}));
  const outputs = openOutputs(watched.areas(openAreas(ledger.layout.outputs)));
  const ways = {where, layout: ledger.layout, log, by};
  const campaigns = once(async () => {
    const {openCampaigns} = await import('../campaign/campaigns.ts');
    return watched.campaigns(openCampaigns(ledger.layout));
  });
  const limits = openLimits(stateDirectory, limitSettings(profile.limits), {by, clock: Date.now});
  const parts = {
    profile,
    where,
    ledger,
    limits,
    campaigns,
    by,
    standIns,
    environment,
    globus,
    wrap,
    troubles,
    ways,
    outputs,
    collections,
  };
  const engine = once(async () => watched.context(await createContext(parts)));
  async function collections(): Promise<Readonly<Record<string, string>>> {
    if (profile.transfer.kind !== 'local') return profile.collections;
    return {...(await openLocal(where, cliVersion)).collectionNames(), ...profile.collections};
  }
  const collectionService = once(async () => {
    requireSignIn(profile, environment);
    const {createGlobusCollections} = await import('../transfer/globus/globus-collections.ts');
    return createGlobusCollections(await globus());
  });
  return {
    profile,
    locations: where,
    log,
    ledger,
    jobs: trustedJobs(guardJobs(watched.jobs(openJobStore(stateDirectory)), ledger, where.cache), stateDirectory),
    limits,
    campaigns,
    requireState: ledger.requireState,
    outputs,
    by,
    person,
    engine,
    ways: waysHere(ways),
    scheduler: once(async () => watched.scheduler(await createScheduler(parts))),
    history: once(async () => createHistory(parts)),
    reasonsToKeep: reasonsToKeep(ledger.layout, limits),
    reservations: once(async () => createReservations(parts)),
    site: once(async () => createSite(parts)),
    collectionService,
    async bookmarks() {
      if (profile.transfer.kind === 'local') {
        if (!(await openLocal(where, cliVersion)).haveServed()) return [];
      }
      return (await collectionService()).bookmarks();
    },
    async signIn() {
      requireSignIn(profile, environment);
      return openSignIn(parts);
    },
    collections,
  };
}

const UNWATCHED: Watched = {
  around: (_effect, _run, act) => act(),
  areas: (areas) => areas,
  ledger: (ledger) => ledger,
  jobs: (store) => store,
  campaigns: (campaigns) => campaigns,
  scheduler: (scheduler) => scheduler,
  context: (context) => context,
};

/** For tests alone: a directory that says at which effects this process is to die. Nothing is loaded without it. */
async function crashPoints(directory: string | undefined): Promise<Watched> {
  if (!directory) return UNWATCHED;
  const [{watchEffects}, {crashPointsInDirectory}] = await Promise.all([
    import('../submission/crash-points.ts'),
    import('../submission/crash-points-on-disk.ts'),
  ]);
  return watchEffects(crashPointsInDirectory(directory));
}

async function environmentCredentials(): Promise<ClientCredentials | undefined> {
  if (process.env.STAGE_CLIENT_ID === undefined && process.env.STAGE_CLIENT_SECRET === undefined) return undefined;
  const {takeEnvironmentCredentials} = await import('../auth/credentials.ts');
  return takeEnvironmentCredentials(process.env);
}

async function openLocal(where: Locations, version: string) {
  const {connectStandIns} = await import('./stand-ins.ts');
  return connectStandIns(where, version);
}

interface Parts {
  readonly profile: Profile;
  readonly where: Locations;
  readonly ledger: GuardedLedger;
  readonly limits: Limits;
  readonly campaigns: () => Promise<Campaigns>;
  readonly by: string;
  readonly standIns: StartStandIns;
  /** `STAGE_CLIENT_ID` and `STAGE_CLIENT_SECRET` */
  readonly environment: ClientCredentials | undefined;
  readonly globus: () => Promise<CallerSettings>;
  readonly wrap: ReturnType<typeof logged>;
  readonly troubles: TroubleNotes;
  readonly outputs: OutputsOnDisk;
  readonly collections: () => Promise<Readonly<Record<string, string>>>;
  readonly ways: WaysParts;
}

/** The path this process was started by (bin/stage says it, links not resolved). */
function calledBy({STAGE_CLI}: NodeJS.ProcessEnv): string {
  return STAGE_CLI ? resolve(STAGE_CLI) : join(packageRoot(), 'bin', 'stage');
}

async function createContext(parts: Parts): Promise<EngineContext> {
  const {profile, where, ledger, limits, campaigns, by, environment} = parts;
  const [{createJobFiles}, {directoryOnPath}] = await Promise.all([
    import('../batch-scripts/job-files.ts'),
    import('../process/find-command.ts'),
  ]);
  const {kind, bin} = profile.scheduler;
  const callBack = {
    node: process.execPath,
    cli: profile.cli ?? calledBy(process.env),
    stageHome: where.home,
    configFile: where.configFile,
    profile,
    monitorDirectory: ledger.layout.monitor,
    globusVariables: () =>
      profile.transfer.signIn === 'globus-cli'
        ? (readGlobusVariables(ledger.layout.home) ?? globusVariablesIn(process.env))
        : {},
    pbsDirectory: () => (kind === 'pbs' && bin === undefined ? directoryOnPath('qsub') : undefined),
  };
  requireSignIn(profile, environment);
  let loading: Promise<unknown> | undefined;
  const openScheduler = () => {
    const scheduler = createScheduler(parts);
    loading = scheduler.catch(() => {}); // the caller that asked for it is told
    return scheduler;
  };
  const scheduler = lazyScheduler(once(openScheduler));
  return {
    ledger,
    monitors: openMonitorLedger(ledger.layout.monitor),
    // Loaded when first asked: PBS is answering already while the Globus client is still being read.
    scheduler,
    transfers: transfersByWay(
      lazyTransfers(
        once(async () => {
          await loading; // PBS takes longer to answer: its question goes first
          return createTransfers(parts);
        }),
      ),
      {
        command: once(() => openCommandWay(parts.ways)),
        copy: once(() => openCopyWay(parts.ways, {scheduler, profile})),
      },
    ),
    jobFiles: createJobFiles(callBack),
    // Loaded when there is something to do to files: few looks have that.
    acts: lazyActs(async () => {
      const [{actsApart}, {startWorker}] = await Promise.all([
        import('./acts-apart.ts'),
        import('../process/worker.ts'),
      ]);
      const here = async () => (await import('../files/acts.ts')).createActs();
      return actsApart({start: () => startWorker(callBack.cli, ['acts']), here});
    }),
    rates: openRateHints(join(ledger.layout.cache, 'rates.json')),
    packing:
      profile.keepRunsMs === undefined
        ? undefined
        : {olderThanMs: profile.keepRunsMs, reasonsToKeep: reasonsToKeep(ledger.layout, limits)},
    runApart: async (kind, limitMs) => {
      const {partsByStage} = await import('./parts.ts');
      return partsByStage({cli: callBack.cli, profile: profile.name})(kind, limitMs);
    },
    admission: lazyAdmission({ledger, by, campaigns, reservations: once(async () => createReservations(parts))}),
    limits,
    outputs: createOutputAreas({
      ...parts.outputs,
      by,
      clock: Date.now,
      mappings: once(async () =>
        mappingsById(profile.paths, profile.paths.length > 0 ? await parts.collections() : {}),
      ),
    }),
    clock: Date.now,
    sleep,
    newWord,
    by,
    settings: {
      bounds: profile.monitor,
      lostGraceMs: profile.lostGraceMs,
      refusedRetryMs: profile.monitor.minMs,
      lostAttempts: 5,
      strategy: profile.strategy,
      stagingJobs: profile.staging.network,
      maxQueued: profile.maxQueued ?? Number.POSITIVE_INFINITY,
      maxPending: profile.maxPending ?? Number.POSITIVE_INFINITY,
      intentDeadlineMs: submissionDeadlineMs(profile.scheduler.timeoutMs),
    },
  };
}
