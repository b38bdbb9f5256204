import {statfsSync} from 'node:fs';
import {join} from 'node:path';
import {isDirectory} from '../disk/directories.ts';
import {LimitsNotUsable, openSharedLimits} from './find-directory.ts';
import {type LimitsDirectory, makeLimitsDirectory, openLimitsDirectory, readMarker} from './limits-directory.ts';
import {type Capacity, keyPrefix, type LimitEvent, type LimitsState} from './log.ts';
import type {Free} from './next-grants.ts';

/** What a profile says of limits. */
export interface LimitSettings {
  /** the directory that a group shares */
  readonly directory?: string | undefined;
  /** how much there is of the profile's own */
  readonly own: ReadonlyMap<string, Capacity>;
}

/** What the profile's section says, in the words of the log. */
export function limitSettings(
  section:
    | {
        readonly directory?: string | undefined;
        readonly slots: Readonly<Record<string, number>>;
        readonly pools: Readonly<Record<string, Omit<Capacity & {kind: 'pool'}, 'kind'>>>;
      }
    | undefined,
): LimitSettings {
  const slots = Object.entries(section?.slots ?? {}).map(([name, size]) => [name, {kind: 'slots', size}] as const);
  const pools = Object.entries(section?.pools ?? {}).map(([name, pool]) => [name, {kind: 'pool', ...pool}] as const);
  return {directory: section?.directory, own: new Map<string, Capacity>([...slots, ...pools])};
}

/** The limits of a state directory: its own, and those that it shares with a group. */
export interface Limits {
  /** Those of the group before its own: they are claimed in this order, so that no two wait for each other. @throws {LimitsNotUsable} */
  all(): readonly LimitsDirectory[];
  /** The same, without one's own where nothing has been claimed yet: it is not made. */
  existing(): readonly LimitsDirectory[];
  /** names this state directory among holders */
  home(): string;
  /** how keys of its claims begin in a directory */
  prefix(directory: LimitsDirectory): string;
  readonly settings: LimitSettings;
  /** there may be claims: the profile has limits, or had */
  inUse(): boolean;
}

/** Limits of one's own have a place in the state directory. */
export const OWN_LIMITS = 'limits';

/**
 * @param state the state directory, which is there
 * @param by `user@host:pid`
 */
export function openLimits(
  state: string,
  settings: LimitSettings,
  {by, clock}: {readonly by: string; readonly clock: () => number},
): Limits {
  let own: LimitsDirectory | undefined;
  let shared: LimitsDirectory | undefined;
  const openOwn = () => {
    own ??= openOwnLimits(join(state, OWN_LIMITS), {by, clock});
    return own;
  };
  return {
    settings,
    all() {
      if (settings.directory !== undefined) shared ??= openSharedLimits(settings.directory);
      const mine = openOwn();
      return shared ? [shared, mine] : [mine];
    },
    existing() {
      if (settings.directory !== undefined) shared ??= openSharedLimits(settings.directory);
      const isThere = readMarker(join(state, OWN_LIMITS)).is !== 'absent';
      return [...(shared ? [shared] : []), ...(isThere ? [openOwn()] : [])];
    },
    inUse: () => settings.directory !== undefined || settings.own.size > 0 || isDirectory(join(state, OWN_LIMITS)),
    home: () => openOwn().id,
    prefix: (directory) => `${keyPrefix(directory.me)}${openOwn().id}/`,
  };
}

function openOwnLimits(
  directory: string,
  {by, clock}: {readonly by: string; readonly clock: () => number},
): LimitsDirectory {
  let marker = readMarker(directory);
  if (marker.is === 'absent') {
    makeLimitsDirectory(directory, {shared: false, by, at: clock()});
    marker = readMarker(directory);
  }
  if (marker.is === 'whole') return openLimitsDirectory(directory, marker.value);
  throw marker.is === 'absent'
    ? new Error(`${directory}/limits.json was made, and is not there`)
    : new LimitsNotUsable(directory, `${marker.path}: ${marker.why}`, ['Restore that file from a backup.']);
}

/** What has to be written so that a directory of one's own says as much as the profile. */
export function capacitiesToSet(state: LimitsState, own: LimitSettings['own']): LimitEvent[] {
  const set = [...own].flatMap(([limit, capacity]): LimitEvent[] => {
    return same(state.capacities.get(limit), capacity) ? [] : [{do: 'capacity', limit, capacity}];
  });
  const gone = [...state.capacities].flatMap(([limit, capacity]): LimitEvent[] => {
    return own.has(limit) || capacity.size === 0 ? [] : [{do: 'capacity', limit, capacity: {...capacity, size: 0}}];
  });
  return [...set, ...gone];
}

function same(one: Capacity | undefined, other: Capacity): boolean {
  if (one?.kind !== other.kind || one.size !== other.size) return false;
  if (one.kind === 'slots' || other.kind === 'slots') return true;
  return one.reserve === other.reserve && one.path === other.path;
}

/** The bytes that are really free for the pools of a directory. One without a path is about no file system. */
export function freeOf(state: LimitsState): Free {
  const seen = new Map<string, number | undefined>();
  return (limit) => {
    const capacity = state.capacities.get(limit);
    if (capacity?.kind !== 'pool') return undefined;
    if (capacity.path === undefined) return Number.MAX_SAFE_INTEGER;
    if (!seen.has(limit)) seen.set(limit, freeAt(capacity.path));
    return seen.get(limit);
  };
}

function freeAt(path: string): number | undefined {
  try {
    const {bavail, bsize} = statfsSync(path);
    return bavail * bsize;
  } catch {
    return undefined; // not to be seen from this host: nothing of it is granted by this process
  }
}
