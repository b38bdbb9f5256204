import {spawn} from 'node:child_process';
import {closeSync, mkdirSync, openSync} from 'node:fs';
import {join} from 'node:path';
import {RequestWrong} from '../errors.ts';
import {askStandIns, type LocalStatus, StandInsDown} from './control.ts';
import {writeDay} from './day.ts';
import {type StandInHome, standInHome} from './stand-in-home.ts';

export interface StandInsUp {
  readonly home: StandInHome;
  readonly status: LocalStatus;
  /** this call started them */
  readonly started: boolean;
}

const START_SECONDS = 30;

/**
 * Make sure the background process with the stand-ins runs. Several at once start one.
 *
 * @param options.dayMs how long a day is to last there; kept for later starts. As it was last when absent
 * @throws {StandInsDown} when it does not come up in time; its log says why
 * @throws {RequestWrong} when it runs already, with days of another length
 */
export async function ensureStandIns(
  stageHome: string,
  options: {readonly version: string; readonly daemonJs: string; readonly dayMs?: number},
): Promise<StandInsUp> {
  const home = standInHome(stageHome);
  const already = await statusOf(home);
  const {dayMs} = options;
  if (already) {
    if (dayMs !== undefined && dayMs / 1000 !== already.daySeconds) throw otherDay(already.daySeconds);
    return {home, status: already, started: false};
  }
  if (dayMs !== undefined) writeDay(home.day, dayMs);
  const failure = startProcess(home, stageHome, options);
  const until = Date.now() + START_SECONDS * 1000;
  while (Date.now() < until) {
    const status = await statusOf(home);
    if (status) return {home, status, started: true};
    const why = failure();
    if (why) throw new StandInsDown(`${why}; see the end of ${home.log}`);
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
  throw new StandInsDown(`they did not come up within ${START_SECONDS} s; see ${home.log}`);
}

function otherDay(seconds: number): RequestWrong {
  return new RequestWrong(`the stand-ins run already, and a day lasts ${seconds} s there`, {
    why: 'deadlines and tokens that were given out count by it',
    next: ['End them first: stage local down'],
  });
}

/** @returns undefined when nothing answers */
export async function statusOf(home: StandInHome): Promise<LocalStatus | undefined> {
  try {
    return (await askStandIns(home.socket, {do: 'status'})).status;
  } catch (error) {
    if (error instanceof StandInsDown) return undefined;
    throw error;
  }
}

/** @returns what tells why the process will never answer, once that is known. One that finds another serving ends well. */
function startProcess(
  home: StandInHome,
  stageHome: string,
  {version, daemonJs}: {version: string; daemonJs: string},
): () => string | undefined {
  mkdirSync(home.root, {recursive: true, mode: 0o700});
  const log = openSync(home.log, 'a', 0o600);
  const {NODE_OPTIONS: _, STAGE_CLIENT_SECRET: __, ...env} = process.env; // jobs inherit what the process has
  const child = spawn(process.execPath, [daemonJs, stageHome, version], {
    cwd: '/',
    detached: true,
    stdio: ['ignore', log, log],
    env,
  });
  let failure: string | undefined;
  child.once('error', (error) => {
    failure = `their process could not be started: ${error.message}`;
  });
  child.once('exit', (code, signal) => {
    if (code !== 0) failure = `their process ended with ${signal ?? code}`;
  });
  child.unref();
  closeSync(log);
  return () => failure;
}

/** The bundled background process, beside the command that starts it. */
export function daemonPath(packageDirectory: string): string {
  return join(packageDirectory, 'dist', 'local-daemon.js');
}

/** For `stage local env`: variables that point a shell's PBS commands and Globus clients at the stand-ins. */
export function shellEnvironment(up: StandInsUp, stageHome: string, path: string): Readonly<Record<string, string>> {
  const rest = path.split(':').filter((directory) => directory !== up.home.bin);
  return {
    PATH: [up.home.bin, ...rest].join(':'),
    STAGE_HOME: stageHome,
    STAGE_PROFILE: 'local',
    // With a trailing slash: the globus CLI appends to it as it stands.
    GLOBUS_SDK_SERVICE_URL_AUTH: up.status.url,
    GLOBUS_SDK_SERVICE_URL_TRANSFER: up.status.url,
    // Keeps the stand-in's logins apart from real ones in the CLI's storage.
    GLOBUS_SDK_ENVIRONMENT: 'sandbox',
  };
}
