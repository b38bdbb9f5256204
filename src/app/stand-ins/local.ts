import {existsSync, readFileSync} from 'node:fs';
import {readDuration} from '../../base/duration.ts';
import {DAY_MS} from '../../base/time.ts';
import {EXIT, RequestWrong, StageError} from '../../errors.ts';
import type {LocalStatus, StandIns} from '../../stand-ins/door.ts';

export type {LocalStatus, StandIns} from '../../stand-ins/door.ts';

export interface UpReport {
  readonly started: boolean;
  readonly status: LocalStatus;
}

/**
 * Start the stand-ins, unless they run.
 *
 * @param day how long a day is to last there, such as `5s`; as it was last when absent
 * @throws {StageError} `STAND_INS_DAMAGED` also when they run without one of their records
 */
export async function localUp(standIns: StandIns, day?: string): Promise<UpReport> {
  const {started, status} = await standIns.up(day === undefined ? undefined : readDay(day));
  const [damaged] = status.damaged ?? [];
  if (damaged) throw standInsDamaged(damaged);
  return {started, status};
}

/** One that they met while they run: all that does not need it goes on. */
function standInsDamaged({file, why, next}: NonNullable<LocalStatus['damaged']>[number]): StageError {
  const what = `the stand-ins run, and a record of theirs is damaged: ${file}`;
  return new StageError({code: 'STAND_INS_DAMAGED', exit: EXIT.unreachable, what, why, next});
}

/** The stand-ins look after their tasks every second: a shorter day would end before they noticed. */
const SHORTEST_DAY_MS = 5000;

/** @throws {RequestWrong} for what is no duration from five seconds to a day */
function readDay(text: string): number {
  const dayMs = readDuration(text);
  if (dayMs !== undefined && dayMs >= SHORTEST_DAY_MS && dayMs <= DAY_MS) return dayMs;
  throw new RequestWrong(`a day cannot last "${text}"`, {why: 'a day lasts from 5s to 1d, such as 5s or 10m'});
}

export interface DownReport {
  readonly ended: boolean;
}

/** End the stand-ins, and the jobs that run in them; what is queued stays for the next time. */
export async function localDown(standIns: StandIns): Promise<DownReport> {
  return {ended: await standIns.down()};
}

export interface LocalReport {
  readonly running: boolean;
  readonly status?: LocalStatus | undefined;
}

export async function localStatus(standIns: StandIns): Promise<LocalReport> {
  const status = await standIns.status();
  return status ? {running: true, status} : {running: false};
}

export interface EnvReport {
  readonly environment: Readonly<Record<string, string>>;
}

/** What points a shell at the stand-ins; starts them, since a shell that points at nothing is of no use. */
export async function localEnvironment(standIns: StandIns, withCredentials: boolean): Promise<EnvReport> {
  const environment = standIns.shellEnvironment((await standIns.up()).status, process.env.PATH ?? '');
  return {environment: withCredentials ? {...environment, ...(await cliCredentials(standIns))} : environment};
}

export interface CodeReport {
  readonly code: string;
  readonly file: string;
}

/** What the sign-in page of the stand-in asks for; starts the stand-ins when they never ran. */
export async function signInCode(standIns: StandIns): Promise<CodeReport> {
  const file = standIns.signInCodeFile;
  if (!existsSync(file)) await standIns.up();
  return {code: readFileSync(file, 'utf8').trim(), file};
}

/** The stand-in's client, in the variables that the globus CLI reads. */
export async function cliCredentials(standIns: StandIns): Promise<Readonly<Record<string, string>>> {
  const {readCredentials} = await import('../../auth/credentials.ts');
  const {clientId, clientSecret} = await readCredentials(standIns.credentialsFile);
  return {GLOBUS_CLI_CLIENT_ID: clientId, GLOBUS_CLI_CLIENT_SECRET: clientSecret};
}
