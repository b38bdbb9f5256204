import {spawn} from 'node:child_process';
import {closeSync, mkdirSync, openSync} from 'node:fs';
import {join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import * as z from 'zod/mini';
import {askStatus, askToEnd, type LocalStatus} from './control.ts';
import {writeDay} from './day.ts';
import {holderOf} from './lock.ts';
import {readRecord} from './record.ts';
import {DAMAGED_EXIT, StandInError, standInsDown} from './stand-in-error.ts';
import type {StandInHome} from './stand-in-home.ts';

/** Starts and ends the background process of a directory. */

export interface StandInsUp {
  readonly home: StandInHome;
  readonly status: LocalStatus;
  /** this call started them */
  readonly started: boolean;
}

export interface BackgroundOptions {
  readonly home: StandInHome;
  readonly stageHome: string;
  /** of the stage that asks; what runs must be of the same */
  readonly version: string;
  /** directory of the built programs */
  readonly programs: string;
}

const START_SECONDS = 30;
const END_SECONDS = 30;

/**
 * Make sure the background process with the stand-ins runs. Several at once start one.
 *
 * @param dayMs how long a day is to last there; kept for later starts. As it was last when absent
 * @throws {StandInError} `down` when it does not come up in time, its log says why; `damaged` when a
 *   record keeps it from starting; `wrong` when it runs already, with days of another length; `other-version`
 */
export async function ensureStandIns(options: BackgroundOptions, dayMs?: number): Promise<StandInsUp> {
  const {home} = options;
  const already = await statusOf(options);
  if (already) {
    if (dayMs !== undefined && dayMs / 1000 !== already.daySeconds) throw otherDay(already.daySeconds);
    return {home, status: already, started: false};
  }
  if (dayMs !== undefined) writeDay(home.day, dayMs);
  let started = startProcess(options);
  const until = Date.now() + START_SECONDS * 1000;
  while (Date.now() < until) {
    const status = await statusOf(options);
    if (status) return {home, status, started: true};
    const ended = started();
    if (ended?.damaged) throw readFailure(home);
    if (ended?.why) throw standInsDown(`${ended.why}; see the end of ${home.log}`);
    // It found another one, which has ended since without serving.
    if (ended && holderOf(home.lock) === undefined) started = startProcess(options);
    await sleep(30);
  }
  throw standInsDown(`they did not start within ${START_SECONDS} s; see ${home.log}`);
}

function otherDay(seconds: number): StandInError {
  return new StandInError('wrong', `the stand-ins are already running, and a day lasts ${seconds} s there`, {
    why: 'deadlines and tokens that were given out count by it',
    next: ['End them first: stage local down'],
  });
}

/** @returns undefined when nothing answers. @throws {StandInError} `other-version` */
export async function statusOf({home, version}: BackgroundOptions): Promise<LocalStatus | undefined> {
  try {
    return await askStatus({socket: home.socket, version});
  } catch (error) {
    if (error instanceof StandInError && error.trouble === 'down') return undefined;
    throw error;
  }
}

/**
 * End the background process, whatever version it is of, and the jobs that run in it.
 *
 * @returns false when none runs. @throws {StandInError} `down` when it does not end
 */
export async function endStandIns(home: StandInHome): Promise<boolean> {
  const pid = holderOf(home.lock);
  if (pid === undefined) return false;
  await askToEnd(home.socket, 60_000);
  const until = Date.now() + END_SECONDS * 1000;
  while (lives(pid) && Date.now() < until) await sleep(20);
  if (!lives(pid)) return true;
  throw new StandInError('down', 'the local stand-ins did not end', {
    why: `their process ${pid} still runs after ${END_SECONDS} s`,
    next: [`End it: kill ${pid}`],
  });
}

function lives(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** How a background process has ended. */
interface Ended {
  /** undefined for one that found another serving */
  readonly why?: string;
  /** a record keeps it from starting: which one, it has written down */
  readonly damaged?: boolean;
}

/** @throws {DamagedRecord} for what does not say why it failed */
function readFailure({failed, log}: StandInHome): StandInError {
  const found = readRecord(failed, FAILURE);
  if (!found) return standInsDown(`a record of theirs is damaged; see the end of ${log}`);
  return new StandInError('damaged', found.what, found);
}

const FAILURE = z.object({what: z.string(), why: z.optional(z.string()), next: z.array(z.string())});

/** @returns what tells how the process has ended, once it has */
function startProcess({home, stageHome, version, programs}: BackgroundOptions): () => Ended | undefined {
  mkdirSync(home.root, {recursive: true, mode: 0o700});
  const log = openSync(home.log, 'a', 0o600);
  const {NODE_OPTIONS: _, STAGE_CLIENT_SECRET: __, ...env} = process.env; // jobs inherit what the process has
  const child = spawn(process.execPath, [join(programs, 'local-daemon.cjs'), stageHome, version], {
    cwd: '/',
    detached: true,
    stdio: ['ignore', log, log],
    env,
  });
  let ended: Ended | undefined;
  child.once('error', (error) => {
    ended = {why: `their process could not be started: ${error.message}`};
  });
  child.once('exit', (code, signal) => {
    if (code === DAMAGED_EXIT) ended = {damaged: true};
    else ended = code === 0 ? {} : {why: `their process ended with ${signal ?? code}`};
  });
  child.unref();
  closeSync(log);
  return () => ended;
}

/** What points a shell's PBS commands and Globus clients at the stand-ins. */
export function shellEnvironment(
  {home, stageHome}: BackgroundOptions,
  {url}: LocalStatus,
  path: string,
): Readonly<Record<string, string>> {
  const rest = path.split(':').filter((directory) => directory !== home.bin);
  return {
    PATH: [home.bin, ...rest].join(':'),
    STAGE_HOME: stageHome,
    STAGE_PROFILE: 'local',
    // With a trailing slash: the globus CLI appends to it as it stands.
    GLOBUS_SDK_SERVICE_URL_AUTH: url,
    GLOBUS_SDK_SERVICE_URL_TRANSFER: url,
    // Keeps the stand-in's logins apart from real ones in the CLI's storage.
    GLOBUS_SDK_ENVIRONMENT: 'sandbox',
  };
}
