import {RequestWrong} from '../../errors.ts';
import {
  FAULT_CODES,
  faultOfWish,
  type LocalStatus,
  OUTAGE_TARGETS,
  type OutageTarget,
  type StandIns,
} from '../../stand-ins/door.ts';
import {steer} from './local-collections.ts';

export interface WipeReport {
  readonly wiped: number;
}

/** Delete every job from queue and history without a trace. */
export async function wipeJobs(standIns: StandIns): Promise<WipeReport> {
  return {wiped: (await standIns.ask({do: 'wipe'})).wiped ?? 0};
}

/** An outage as it is typed. */
export interface OutageOptions {
  readonly target: string;
  readonly mode: string | undefined;
  readonly rate: string | undefined;
  readonly for: string | undefined;
  readonly count: number | undefined;
  readonly command: string | undefined;
  readonly auth: boolean;
  readonly retryAfter?: string | undefined;
}

/** Let one of the stand-ins fail from now on. @throws {RequestWrong} */
export async function beginOutage(standIns: StandIns, asked: OutageOptions): Promise<LocalStatus> {
  const outage = {
    target: readTarget(asked.target),
    mode: asked.mode ?? 'down',
    rate: asked.rate === undefined ? 1 : Number(asked.rate),
    seconds: asked.for === undefined ? null : readSpan(asked.for),
    count: asked.count ?? null,
    command: asked.command ?? null,
    auth: asked.auth,
    retryAfter: asked.retryAfter === undefined ? undefined : Math.ceil(readSpan(asked.retryAfter)),
  };
  const wrong = faultOfWish(outage);
  if (wrong) throw new RequestWrong(wrong.what, {why: wrong.why, next: ['See the modes: stage local outage --help']});
  return steer(standIns, {do: 'outage', outage});
}

/** @param target `pbs` ends those of its database, too; all outages when absent */
export async function endOutage(standIns: StandIns, target: string | undefined): Promise<LocalStatus> {
  const named = target === undefined ? undefined : readTarget(target);
  const targets = named === undefined ? OUTAGE_TARGETS : named === 'pbs' ? (['pbs', 'pbs-db'] as const) : [named];
  return steer(standIns, {do: 'end-outage', targets});
}

/** Let credentials lapse: of a collection, of the tokens, or, with neither, of all collections. */
export async function expire(
  standIns: StandIns,
  asked: {readonly collection: string | undefined; readonly tokens: boolean},
): Promise<LocalStatus> {
  const collections =
    asked.collection === undefined ? (asked.tokens ? undefined : []) : ([asked.collection] as readonly string[]);
  return steer(standIns, {do: 'expire', tokens: asked.tokens, collections});
}

export async function renew(standIns: StandIns, collection: string | undefined): Promise<LocalStatus> {
  return steer(standIns, {do: 'renew', collections: collection === undefined ? [] : [collection]});
}

/** As a manager of its collections does, with a message for its owner. */
export function cancelTask(standIns: StandIns, task: string, message: string): Promise<LocalStatus> {
  return steer(standIns, {do: 'cancel-task', task, message});
}

/** The service knows nothing of a task any more; what it copies, it goes on copying. */
export function forgetTask(standIns: StandIns, task: string): Promise<LocalStatus> {
  return steer(standIns, {do: 'forget-task', task});
}

export interface FaultOptions {
  readonly collection: string;
  readonly path: string;
  readonly code: string | undefined;
  readonly clear: boolean;
}

/** Let what tasks read or write beneath a path fault, or no more. */
export async function setFault(
  standIns: StandIns,
  {collection, path, code, clear}: FaultOptions,
): Promise<LocalStatus> {
  if (clear === (code !== undefined))
    throw new RequestWrong('either --code or --clear is needed', {next: ['See stage local fault --help']});
  if (code !== undefined && !FAULT_CODES.some((known) => known === code))
    throw new RequestWrong(`Globus has no fault "${code}"`, {why: `its codes are ${FAULT_CODES.join(', ')}`});
  return steer(standIns, {do: 'fault', collection, path, code: code ?? null});
}

export interface RequirementsOptions {
  readonly collection: string;
  readonly consent: boolean;
  readonly domains: readonly string[];
  readonly policies: readonly string[];
  readonly mfa: boolean;
  readonly nothing: boolean;
}

/** Let a collection ask for a consent or for a kind of sign-in, or for nothing any more. @throws {RequestWrong} */
export async function setRequirements(standIns: StandIns, asked: RequirementsOptions): Promise<LocalStatus> {
  const {collection, consent, mfa, nothing} = asked;
  const [domains, policies] = [asked.domains.map((one) => one.toLowerCase()), [...asked.policies]];
  if (nothing === (consent || mfa || domains.length > 0 || policies.length > 0))
    throw new RequestWrong('either --nothing or what the collection asks for is needed', {
      next: ['See stage local require --help'],
    });
  const wanted = nothing ? null : {consent, domains, policies, mfa};
  return steer(standIns, {do: 'require', collection, wanted});
}

export interface LimitsOptions {
  readonly active: number | undefined;
  readonly pending: number | undefined;
  readonly requests: string | undefined;
  readonly files: number | undefined;
  readonly entries: number | undefined;
  readonly reset: boolean;
}

/** Those of the service, but for requests, which are counted only when that is asked for. */
export const USUAL_LIMITS: LocalStatus['limits'] = {
  active: 3,
  pending: 100,
  requests: null,
  files: 100_000_000,
  entries: 5_000_000,
};

/** Change what a user may have at once. @throws {RequestWrong} when nothing is asked for */
export async function setLimits(standIns: StandIns, {reset, requests, ...asked}: LimitsOptions): Promise<LocalStatus> {
  const given = Object.fromEntries(Object.entries(asked).filter(([, value]) => value !== undefined));
  const limits = {
    ...(reset ? USUAL_LIMITS : {}),
    ...given,
    ...(requests === undefined ? {} : {requests: readRequests(requests)}),
  };
  if (Object.keys(limits).length === 0)
    throw new RequestWrong('no limit is named', {next: ['See stage local limit --help']});
  return steer(standIns, {do: 'limit', limits});
}

function readRequests(text: string): number | null {
  if (text === 'unlimited') return null;
  const number = Number(text);
  if (!(number > 0 && Number.isFinite(number)))
    throw new RequestWrong(`"${text}" is not a number of requests a second`, {why: 'a number above 0, or "unlimited"'});
  return number;
}

function readTarget(text: string): OutageTarget {
  const target = OUTAGE_TARGETS.find((one) => one === text);
  if (!target)
    throw new RequestWrong(`there is no stand-in "${text}"`, {why: `an outage is of ${OUTAGE_TARGETS.join(', ')}`});
  return target;
}

/** Longer ones do not fit a timer. */
const LONGEST_SECONDS = 2_000_000;

/** `500ms`, `60s`, `5m`, `2h`, or bare seconds, as seconds. @throws {RequestWrong} */
function readSpan(text: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h)?$/.exec(text);
  const seconds = match ? Number(match[1]) * ({ms: 0.001, s: 1, m: 60, h: 3600}[match[2] ?? 's'] ?? 1) : 0;
  if (seconds <= 0 || seconds > LONGEST_SECONDS)
    throw new RequestWrong(`"${text}" is not a time`, {why: 'a time is a number with ms, s, m or h, such as 60s'});
  return seconds;
}
