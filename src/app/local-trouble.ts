import {RequestWrong} from '../errors.ts';
import type {LocalStatus} from '../local/control.ts';
import {FAULT_CODES} from '../local/globus/planned-faults.ts';
import {faultOfWish, OUTAGE_TARGETS, type OutageTarget} from '../local/outage-modes.ts';
import {steer} from './local.ts';

/** An outage as it is typed. */
export interface OutageAsked {
  readonly target: string;
  readonly mode: string | undefined;
  readonly rate: string | undefined;
  readonly for: string | undefined;
  readonly count: number | undefined;
  readonly command: string | undefined;
  readonly auth: boolean;
}

/** Let one of the stand-ins fail from now on. @throws {StandInsDown} {RequestWrong} */
export async function beginOutage(asked: OutageAsked): Promise<LocalStatus> {
  const outage = {
    target: readTarget(asked.target),
    mode: asked.mode ?? 'down',
    rate: asked.rate === undefined ? 1 : Number(asked.rate),
    seconds: asked.for === undefined ? null : readSpan(asked.for),
    count: asked.count ?? null,
    command: asked.command ?? null,
    auth: asked.auth,
  };
  const wrong = faultOfWish(outage);
  if (wrong) throw new RequestWrong(wrong.what, {why: wrong.why, next: ['See the modes: stage local outage --help']});
  return (await steer({do: 'outage', outage})).status;
}

/** @param target `pbs` ends those of its database, too; all outages when absent */
export async function endOutage(target: string | undefined): Promise<LocalStatus> {
  const named = target === undefined ? undefined : readTarget(target);
  const targets = named === undefined ? OUTAGE_TARGETS : named === 'pbs' ? (['pbs', 'pbs-db'] as const) : [named];
  return (await steer({do: 'end-outage', targets})).status;
}

/** Let credentials lapse: of a collection, of the tokens, or, with neither, of all collections. */
export async function expire(asked: {
  readonly collection: string | undefined;
  readonly tokens: boolean;
}): Promise<LocalStatus> {
  const collections =
    asked.collection === undefined ? (asked.tokens ? undefined : []) : ([asked.collection] as readonly string[]);
  return (await steer({do: 'expire', tokens: asked.tokens, ...(collections ? {collections} : {})})).status;
}

export async function renew(collection: string | undefined): Promise<LocalStatus> {
  return (await steer({do: 'renew', collections: collection === undefined ? [] : [collection]})).status;
}

export interface FaultAsked {
  readonly collection: string;
  readonly path: string;
  readonly code: string | undefined;
  readonly clear: boolean;
}

/** Let what tasks read or write beneath a path fault, or no more. */
export async function setFault({collection, path, code, clear}: FaultAsked): Promise<LocalStatus> {
  if (clear === (code !== undefined))
    throw new RequestWrong('either --code or --clear is needed', {next: ['See stage local fault --help']});
  if (code !== undefined && !FAULT_CODES.some((known) => known === code))
    throw new RequestWrong(`Globus has no fault "${code}"`, {why: `its codes are ${FAULT_CODES.join(', ')}`});
  return (await steer({do: 'fault', collection, path, code: code ?? null})).status;
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
export function readSpan(text: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h)?$/.exec(text);
  const seconds = match ? Number(match[1]) * ({ms: 0.001, s: 1, m: 60, h: 3600}[match[2] ?? 's'] ?? 1) : 0;
  if (seconds <= 0 || seconds > LONGEST_SECONDS)
    throw new RequestWrong(`"${text}" is not a time`, {why: 'a time is a number with ms, s, m or h, such as 60s'});
  return seconds;
}
