import {hostname, userInfo} from 'node:os';
import {join} from 'node:path';
import type {Locations} from '../config/locations.ts';
import type {Profile, SchedulerSettings} from '../config/profile.ts';
import {proxyEnvironment} from '../config/proxy.ts';
import {ensureSubdirectory} from '../disk/directories.ts';
import {fileCache} from '../disk/file-cache.ts';
import type {RunCommand} from '../process/run-command.ts';
import type {JobHistory} from '../scheduler/history.ts';
import type {Reservations} from '../scheduler/reservations.ts';
import type {Scheduler} from '../scheduler/scheduler.ts';
import type {Site} from '../scheduler/site.ts';
import type {GuardedLedger} from './guarded-ledger.ts';
import type {logged} from './logged.ts';
import type {TroubleNotes} from './noted-troubles.ts';
import type {StartStandIns} from './stand-ins.ts';

// The PBS of a profile: the one place of its adapter. What is loaded late is loaded when first asked.

/** What the PBS of a profile is opened with. */
export interface PbsParts {
  readonly profile: Profile;
  readonly where: Locations;
  readonly ledger: GuardedLedger;
  readonly standIns: StartStandIns;
  readonly wrap: ReturnType<typeof logged>;
  readonly troubles: TroubleNotes;
}

async function binOf({profile, standIns}: PbsParts): Promise<string | undefined> {
  return profile.scheduler.kind === 'local' ? (await standIns()).home.bin : profile.scheduler.bin;
}

export async function createHistory(parts: PbsParts): Promise<JobHistory> {
  const {createPbsHistory} = await import('../scheduler/pbs/pbs-history.ts');
  return createPbsHistory(await commandsOf(parts));
}

/** The PBS commands of the profile, each with its timeout. */
async function commandsOf(parts: PbsParts): Promise<RunCommand> {
  const {createRunCommand} = await import('../process/run-command.ts');
  const binDirectory = await binOf(parts);
  const {scheduler, proxy} = parts.profile;
  const {timeoutMs} = scheduler;
  const run = await paced(createRunCommand({binDirectory, env: proxyEnvironment(proxy)}), parts);
  return (command, argv, options) => run(command, argv, {timeoutMs, ...options});
}

/** The same commands at the pace of the profile, which all processes of this host keep together. */
async function paced(run: RunCommand, {profile, where}: Pick<PbsParts, 'profile' | 'where'>): Promise<RunCommand> {
  const {pace, timeoutMs} = profile.scheduler;
  if (pace === undefined) return run;
  const [{sharedPace}, {pacedCommands}] = await Promise.all([
    import('../disk/shared-pace.ts'),
    import('../scheduler/pbs/paced-commands.ts'),
  ]);
  return pacedCommands(run, sharedPace(join(where.cache, `pbs-pace-${hostname()}`), pace), timeoutMs);
}

export async function createReservations(parts: PbsParts): Promise<Reservations> {
  const {createPbsReservations} = await import('../scheduler/pbs/pbs-reservations.ts');
  return createPbsReservations(await commandsOf(parts));
}

export async function createSite(parts: PbsParts): Promise<Site> {
  const {profile} = parts;
  const bin = await binOf(parts);
  return openSite({timeoutMs: profile.scheduler.timeoutMs, bin}, proxyEnvironment(profile.proxy));
}

/** The PBS whose commands lie in a directory, or on PATH, before there is a profile for it. */
export async function openSite(
  {bin, timeoutMs}: Omit<SchedulerSettings, 'kind'>,
  env: Readonly<Record<string, string>> = {},
): Promise<Site> {
  const {createRunCommand} = await import('../process/run-command.ts');
  const {createPbsSite} = await import('../scheduler/pbs/pbs-site.ts');
  const run = createRunCommand({binDirectory: bin, env});
  return createPbsSite({
    run,
    timeoutMs,
    user: userInfo().username,
    binDirectory: bin,
  });
}

export async function createScheduler({
  profile,
  where,
  ledger,
  standIns,
  wrap,
  troubles,
}: PbsParts): Promise<Scheduler> {
  const local = profile.scheduler.kind === 'local';
  // All at once: the stand-ins answer while modules are being read.
  const [up, {createRunCommand}, {createPbsScheduler}, {REMEMBERED}] = await Promise.all([
    local ? standIns() : undefined,
    import('../process/run-command.ts'),
    import('../scheduler/pbs/pbs-scheduler.ts'),
    import('../scheduler/pbs/capabilities.ts'),
  ]);
  const binDirectory = up ? up.home.bin : profile.scheduler.bin;
  const run = await paced(createRunCommand({binDirectory, env: proxyEnvironment(profile.proxy)}), {profile, where});
  const scheduler = createPbsScheduler({
    run,
    timeoutMs: profile.scheduler.timeoutMs,
    user: userInfo().username,
    cache: fileCache(join(ledger.layout.cache, 'scheduler.json'), REMEMBERED, ensureSubdirectory),
  });
  return wrap.scheduler(troubles.scheduler(scheduler));
}
