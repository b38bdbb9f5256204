import type {SourceTotals} from '../../../base/source-totals.ts';
import {count, renderBytes} from '../../../base/units.ts';
import {ofTheSystem} from '../../../disk/system-error.ts';
import {EXIT, StageError} from '../../../errors.ts';
import {openSharedLimits} from '../../../limits/find-directory.ts';
import type {Capacity} from '../../../limits/log.ts';
import type {LimitSettings} from '../../../limits/open-limits.ts';
import type {PoolClaim, Workflow} from '../../../workflow/model/workflow.ts';
import {type Finding, fine, problem, problemOf} from '../findings.ts';

/** A limit by its name, and where it is set. */
interface Known {
  readonly capacity: Capacity;
  readonly where: string;
}

/**
 * Whether a workflow asks limits for what they can grant at all. Nothing is claimed.
 *
 * @param sources what the sources of its transfers hold, as far as they were listed
 */
export function findLimits(
  settings: LimitSettings,
  {steps, claims = []}: Workflow,
  sources: ReadonlyMap<string, SourceTotals> = new Map(),
): Finding[] {
  if (claims.length === 0 && steps.every(({uses}) => uses === undefined)) return [];
  let known: ReadonlyMap<string, Known>;
  try {
    known = knownLimits(settings);
  } catch (error) {
    const told = error instanceof StageError ? error : ofTheSystem(error);
    if (!told) throw error;
    return [problemOf(told)];
  }
  const found = [
    ...steps.flatMap(({name, uses = {}}) =>
      Object.entries(uses).flatMap(([limit, slots]) => judge(`step ${name}`, limit, 'slots', slots, known)),
    ),
    ...claims.flatMap((claim) => judgeClaim(claim, known, sources.get(claim.from))),
  ];
  return found.length > 0 ? found : [fine('its limits are known', [...known.keys()].join(', '))];
}

function knownLimits({directory, own}: LimitSettings): ReadonlyMap<string, Known> {
  const shared = directory === undefined ? [] : openSharedLimits(directory).read().capacities;
  const all = (capacities: Iterable<readonly [string, Capacity]>, where: string) =>
    [...capacities].map(([name, capacity]) => [name, {capacity, where}] as const);
  return new Map([...all(shared, directory ?? ''), ...all(own, 'the profile')]);
}

function judgeClaim(
  {pool, amount, factor = 1, from}: PoolClaim,
  known: ReadonlyMap<string, Known>,
  source: SourceTotals | undefined,
): Finding[] {
  if (amount !== 'auto') return judge(`claim ${pool}`, pool, 'pool', amount, known);
  if (!source) return judge(`claim ${pool}`, pool, 'pool', 1, known);
  if (!source.cut) return judge(`claim ${pool}`, pool, 'pool', Math.ceil(source.bytes * factor), known);
  return [
    problem(
      `claim ${pool}: the listing of the source of ${from} was cut off, so that "auto" is not known`,
      source.why ?? 'it holds too many files',
      EXIT.usage,
      'Say an amount in place of auto.',
    ),
  ];
}

/** The first thing that no grant could ever be made for. */
function judge(
  what: string,
  limit: string,
  kind: Capacity['kind'],
  amount: number,
  known: ReadonlyMap<string, Known>,
): Finding[] {
  const found = known.get(limit);
  if (!found) {
    const names = [...known.keys()];
    const why =
      names.length > 0 ? `known: ${names.join(', ')}` : 'the profile sets none, and names no directory that has some';
    return [
      problem(
        `${what}: there is no limit "${limit}"`,
        why,
        EXIT.usage,
        'Set it under "limits" of the profile, or in the directory that it names: stage limits set',
      ),
    ];
  }
  const {capacity, where} = found;
  if (capacity.kind !== kind) {
    const [is, key] = capacity.kind === 'pool' ? ['a pool', 'claims'] : ['slots', 'uses'];
    return [problem(`${what}: "${limit}" is ${is}`, `set in ${where}`, EXIT.usage, `Name it under "${key}".`)];
  }
  if (amount <= capacity.size) return [];
  const words = (number: number) => (kind === 'pool' ? renderBytes(number) : count(number, 'slot'));
  return [
    problem(
      `${what}: it asks for ${words(amount)} of ${limit}, which has ${words(capacity.size)}`,
      `set in ${where}: it could never be granted`,
      EXIT.usage,
      'Ask for less, or have the limit raised.',
    ),
  ];
}
