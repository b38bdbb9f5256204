import {existsSync} from 'node:fs';
import {dirname} from 'node:path';
import {
  type BackgroundOptions,
  endStandIns,
  ensureStandIns,
  type StandInsUp,
  shellEnvironment,
  statusOf,
} from './background.ts';
import {askStandIns, type ControlAnswer, type ControlRequest, type LocalStatus} from './control.ts';
import type {DaemonOptions} from './daemon.ts';
import {collectionNames, standInHome} from './stand-in-home.ts';

/*
 * The one module of the stand-ins that the product may import. It loads what a question to the background process
 * needs; the stand-ins themselves are loaded only by what serves them in its own process.
 */

export type {StandInsUp} from './background.ts';
export type {ControlAnswer, ControlRequest, LocalStatus} from './control.ts';
export type {Requirements} from './globus/auth/requirements.ts';
export {FAULT_CODES} from './globus/copy/fault.ts';
export {faultOfWish, OUTAGE_MODES, OUTAGE_TARGETS, type OutageTarget} from './outage-modes.ts';
export type {LocalOutage} from './outages.ts';
export {StandInError, standInsDown} from './stand-in-error.ts';

export interface StandInsOptions {
  /** the directory that holds the state of everything; theirs lies in it */
  readonly stageHome: string;
  /** of the stage that asks: stand-ins of another version are named, and not asked for anything but their end */
  readonly version: string;
  /** directory of the built programs `local-daemon.cjs` and `local-pbs-client.cjs` */
  readonly programs: string;
}

/** What `serve` is told beside directory and version. */
export type ServeOptions = Omit<DaemonOptions, 'stageHome' | 'version' | 'programs'>;

/** The stand-ins of a state directory. All methods throw {@link StandInError} alone for what an asker can meet. */
export interface StandIns {
  readonly stageHome: string;
  /** the directory of all their state */
  readonly directory: string;
  /** where their socket lies, and the commands of PBS: what is believed, and run */
  readonly trusted: readonly string[];
  /** a file with the client's credentials, once they have served */
  readonly credentialsFile: string;
  /** a file with what their sign-in page asks for, once they have served */
  readonly signInCodeFile: string;
  /** they have served here before */
  haveServed(): boolean;
  /** friendly names of their collections and ids, whether they run or not */
  collectionNames(): Readonly<Record<string, string>>;
  /** Start them, unless they run. @param dayMs how long a day lasts there; as it was last when absent */
  up(dayMs?: number): Promise<StandInsUp>;
  /** @returns undefined when they do not run */
  status(): Promise<LocalStatus | undefined>;
  ask(request: ControlRequest): Promise<ControlAnswer>;
  /** Variables that point a shell's PBS commands and Globus clients at them. @param path the shell's PATH */
  shellEnvironment(status: LocalStatus, path: string): Readonly<Record<string, string>>;
  /** End those that run, of whatever version. @returns false when none do */
  down(): Promise<boolean>;
  /** Serve in this process until a signal ends it. @returns false at once when another process does */
  serve(options: ServeOptions): Promise<boolean>;
}

export function openStandIns({stageHome, version, programs}: StandInsOptions): StandIns {
  const home = standInHome(stageHome);
  const options: BackgroundOptions = {home, stageHome, version, programs};
  return {
    stageHome,
    directory: home.root,
    trusted: [home.root, home.bin, home.pbs, home.globus, dirname(home.socket)],
    credentialsFile: home.credentials,
    signInCodeFile: home.signInCode,
    haveServed: () => existsSync(home.root),
    collectionNames: () => collectionNames(home),
    up: (dayMs) => ensureStandIns(options, dayMs),
    status: () => statusOf(options),
    ask: (request) => askStandIns({socket: home.socket, version}, request),
    shellEnvironment: (status, path) => shellEnvironment(options, status, path),
    down: () => endStandIns(home),
    async serve(more) {
      const {serveStandIns} = await import('./daemon.ts');
      return serveStandIns({stageHome, version, programs, ...more});
    },
  };
}
