import {join} from 'node:path';
import {readDuration} from '../../base/duration.ts';
import {locations} from '../../config/locations.ts';
import {packageRoot} from '../../disk/package-root.ts';
import {RequestWrong} from '../../errors.ts';
import {askStandIns, type ControlAnswer, type ControlRequest, type LocalStatus} from '../../stand-ins/control.ts';
import {ensureStandIns, shellEnvironment, statusOf} from '../../stand-ins/ensure-up.ts';
import {standInHome} from '../../stand-ins/stand-in-home.ts';

export interface UpReport {
  readonly started: boolean;
  readonly status: LocalStatus;
}

const home = () => locations(process.env).home;

/**
 * Start the stand-ins, unless they run.
 *
 * @param day how long a day is to last there, such as `5s`; as it was last when absent
 */
export async function localUp(version: string, day?: string): Promise<UpReport> {
  const {started, status} = await ensureStandIns(home(), {
    version,
    daemonJs: join(packageRoot(), 'dist', 'local-daemon.js'),
    ...(day === undefined ? {} : {dayMs: readDay(day)}),
  });
  return {started, status};
}

/** The stand-ins look after their tasks every second: a shorter day would end before they noticed. */
const SHORTEST_DAY_MS = 5000;
const DAY_MS = 86_400_000;

/** @throws {RequestWrong} for what is no duration from five seconds to a day */
function readDay(text: string): number {
  const dayMs = readDuration(text);
  if (dayMs !== undefined && dayMs >= SHORTEST_DAY_MS && dayMs <= DAY_MS) return dayMs;
  throw new RequestWrong(`a day cannot last "${text}"`, {why: 'it takes from 5s to 1d, such as 5s or 10m'});
}

export interface DownReport {
  readonly ended: boolean;
}

/** End the stand-ins, and the jobs that run in them; what is queued stays for the next time. */
export async function localDown(): Promise<DownReport> {
  const place = standInHome(home());
  const status = await statusOf(place);
  if (!status) return {ended: false};
  await askStandIns(place.socket, {do: 'down'}, 60_000);
  const until = Date.now() + 30_000;
  while (lives(status.pid) && Date.now() < until) await new Promise((resolve) => setTimeout(resolve, 20));
  return {ended: !lives(status.pid)};
}

function lives(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

export interface LocalReport {
  readonly running: boolean;
  readonly status?: LocalStatus;
}

export async function localStatus(): Promise<LocalReport> {
  const status = await statusOf(standInHome(home()));
  return status ? {running: true, status} : {running: false};
}

/** Ask the stand-ins to do something. @throws {StandInsDown} {RequestWrong} */
export async function steer(request: ControlRequest): Promise<ControlAnswer> {
  return askStandIns(standInHome(home()).socket, request);
}

export interface EnvReport {
  readonly environment: Readonly<Record<string, string>>;
}

/** What points a shell at the stand-ins; starts them, since a shell that points at nothing is of no use. */
export async function localEnvironment(version: string, withCredentials: boolean): Promise<EnvReport> {
  const up = await ensureStandIns(home(), {version, daemonJs: join(packageRoot(), 'dist', 'local-daemon.js')});
  const environment = shellEnvironment(up, home(), process.env.PATH ?? '');
  if (!withCredentials) return {environment};
  const {readCredentials} = await import('../../auth/credentials-file.ts');
  const {clientId, clientSecret} = await readCredentials(up.home.credentials);
  return {environment: {...environment, GLOBUS_CLI_CLIENT_ID: clientId, GLOBUS_CLI_CLIENT_SECRET: clientSecret}};
}

/** `500`, `20k`, `1.5M`, `2G` as bytes per second; `unlimited` as null. @throws {RequestWrong} */
export function readRate(text: string): number | null {
  if (text === 'unlimited') return null;
  const match = /^(\d+(?:\.\d+)?)([kMG]?)B?$/.exec(text);
  const value = match ? Number(match[1]) * ({'': 1, k: 1e3, M: 1e6, G: 1e9}[match[2] ?? ''] ?? 1) : 0;
  if (value < 1)
    throw new RequestWrong(`"${text}" is not a rate`, {
      why: 'a rate is bytes per second, such as 500k or 20M, or "unlimited"',
    });
  return Math.round(value);
}
