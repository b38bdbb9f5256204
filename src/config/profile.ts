import type {PaceLimit} from '../base/pace.ts';
import type {NotifyOn} from '../base/task-request.ts';
import type {LogFormat, LogLevel} from '../log/log.ts';
import type {WayBetween} from '../workflow/model/places.ts';
import type {Strategy} from '../workflow/model/workflow.ts';
import type {PathMapping} from './map-path.ts';

/** How the jobs of one kind are submitted. */
export interface JobDefaults {
  readonly queue?: string;
  readonly account?: string;
  readonly project?: string;
  /** `-l key=value` */
  readonly resources: Readonly<Record<string, string>>;
  /** further qsub arguments, passed as they are */
  readonly extraArgs: readonly string[];
}

/** How launchers, sentinels and monitors are submitted, and what they can do. */
export interface StagingDefaults extends JobDefaults {
  /** its jobs may reach PBS and Globus; where they may not, cron or a person on the submit node must look */
  readonly network: boolean;
}

/** How a profile's machines reach Globus when only by a proxy. No user and password: they would stand in scripts. */
export interface ProxySettings {
  readonly http?: string;
  readonly https?: string;
  /** hosts that are reached without it */
  readonly noProxy: readonly string[];
}

export interface SchedulerSettings {
  readonly kind: 'pbs' | 'local';
  /** directory of qsub and its kin; absent: PATH */
  readonly bin?: string;
  /** after which a PBS command is given up */
  readonly timeoutMs: number;
  /** how often this host may ask PBS, all processes of stage together; absent: as often as they like */
  readonly pace?: PaceLimit | undefined;
}

/** As a person with a native app, as a client with a secret, or with the login that `globus login` made. */
export type SignInMethod = 'native-app' | 'client' | 'globus-cli';
export type TokenStoreKind = 'file' | 'keyring';

export interface TransferSettings {
  /** `none`: this site has no Globus; data goes by other ways */
  readonly kind: 'globus' | 'local' | 'none';
  readonly authUrl: string;
  readonly transferUrl: string;
  /** absent: as a client, or as a person where `clientId` alone is given */
  readonly signIn?: SignInMethod;
  /** of the native app that people sign in with, or of the client whose secret is elsewhere */
  readonly clientId?: string;
  /** where tokens are kept; absent: in files, which jobs on other nodes can read too */
  readonly tokenStore?: TokenStoreKind;
  /** JSON file with `client_id` and `client_secret`, mode 0600 */
  readonly credentials?: string;
  /** scopes to ask for instead of that of Globus Transfer alone, such as one with a collection's data_access in brackets */
  readonly scopes?: readonly string[];
  /** of which ends of a task Globus writes a mail, where neither step nor command says; absent: of none */
  readonly notify?: readonly NotifyOn[] | undefined;
}

/** What stage writes into its own log, and for how many days it is kept. */
export interface LogDefaults {
  readonly level: LogLevel;
  readonly format: LogFormat;
  readonly keepDays: number;
}

/** The limits that a profile sets for its own runs, and where those are that a group shares. */
export interface ProfileLimits {
  /** a directory that `stage limits init` made */
  readonly directory?: string | undefined;
  readonly slots: Readonly<Record<string, number>>;
  /** in bytes; `path`: a directory on the file system that it is about */
  readonly pools: Readonly<
    Record<string, {readonly size: number; readonly reserve: number; readonly path?: string | undefined}>
  >;
}

/** Where work goes: which PBS, which Globus, which queues. */
export interface Profile {
  readonly name: string;
  readonly scheduler: SchedulerSettings;
  readonly transfer: TransferSettings;
  /** defaults for the user's jobs */
  readonly compute: JobDefaults;
  readonly staging: StagingDefaults;
  /** by which path jobs call `stage`, such as a link that upgrades move on; absent: the path by which it was called */
  readonly cli?: string | undefined;
  /** shell lines that make `stage` run in a job, such as `module load node` */
  readonly setup: readonly string[];
  readonly proxy?: ProxySettings;
  /** how transfers are waited for whose step does not say */
  readonly strategy: Strategy;
  /** walltime of the one long job of `strategy: wait`, `HH:MM:SS` */
  readonly waitWalltime: string;
  /** how many jobs of ours may stand in the queue at once; absent: as many as there are */
  readonly maxQueued?: number;
  /** how many tasks of ours may be pending at Globus at once; absent: as many as there are */
  readonly maxPending?: number | undefined;
  /** what steps and runs may claim; absent: nothing */
  readonly limits?: ProfileLimits | undefined;
  /** which directories of the cluster a collection shows, and where in it */
  readonly paths: readonly PathMapping[];
  /** between which places data is moved otherwise than by Globus, where a step does not say; the first that fits counts */
  readonly ways: readonly WayBetween[];
  /** configuration of ssh for copies to other hosts; absent: the user's own */
  readonly sshConfig?: string | undefined;
  readonly monitor: {readonly minMs: number; readonly maxMs: number};
  /** friendly names of collections */
  readonly collections: Readonly<Record<string, string>>;
  /** how long PBS must not know a job before it counts as lost */
  readonly lostGraceMs: number;
  /** how long runs that have ended stay as they are before they are packed; absent: for good */
  readonly keepRunsMs?: number | undefined;
  readonly log: LogDefaults;
}

const STAGING_RESOURCES = {select: '1:ncpus=1', walltime: '00:05:00'};
const NO_DEFAULTS: JobDefaults = {resources: {}, extraArgs: []};

/**
 * Each command takes a reserved port of the host for a minute, of which there are about 512 for everybody: then all
 * commands hang (measured on OpenPBS 23.06).
 */
export const PBS_PACE: PaceLimit = {perSecond: 2, burst: 20};

/** What a profile is when its section of the configuration is silent. */
export function defaultProfile(name: string): Profile {
  return {
    name,
    scheduler: {kind: 'pbs', timeoutMs: 60_000, pace: PBS_PACE},
    transfer: {kind: 'globus', authUrl: 'https://auth.globus.org/', transferUrl: 'https://transfer.api.globus.org/'},
    compute: NO_DEFAULTS,
    staging: {resources: STAGING_RESOURCES, extraArgs: [], network: true},
    setup: [],
    strategy: 'monitor',
    waitWalltime: '12:00:00',
    paths: [],
    ways: [],
    monitor: {minMs: 30_000, maxMs: 30 * 60_000},
    collections: {},
    // A marker on a network file system may stay hidden from another node for a minute (NFS acdirmax is 60 s).
    lostGraceMs: 120_000,
    log: {level: 'info', format: 'text', keepDays: 30},
  };
}

/** The built-in profile `local`: both stand-ins, on this machine, where nothing needs long waits. */
export function localProfile(): Profile {
  return {
    ...defaultProfile('local'),
    scheduler: {kind: 'local', timeoutMs: 8_000},
    transfer: {kind: 'local', authUrl: '', transferUrl: ''},
    monitor: {minMs: 1_000, maxMs: 5_000},
    lostGraceMs: 3_000,
  };
}
