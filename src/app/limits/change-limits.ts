import {lstatSync} from 'node:fs';
import {resolve} from 'node:path';
import {readBytes} from '../../base/bytes.ts';
import {NAME} from '../../base/names.ts';
import {ofTheSystem} from '../../disk/system-error.ts';
import {nameOfGroup, nameOfUser} from '../../disk/users.ts';
import {RequestWrong} from '../../errors.ts';
import {openSharedLimits} from '../../limits/find-directory.ts';
import {type LimitsDirectory, makeLimitsDirectory} from '../../limits/limits-directory.ts';
import type {Capacity, LimitEvent, LimitsState} from '../../limits/log.ts';
import {freeOf} from '../../limits/open-limits.ts';
import type {LimitsStage} from '../../wiring/stage.ts';
import {type ClaimView, showLimits} from './limits.ts';

export interface InitReport {
  readonly directory: string;
  /** false: it was one already */
  readonly made: boolean;
  readonly group: string;
}

/** Make a directory of limits for the members of its group. @throws the system's error, explained */
export function initLimits(path: string, by: string): InitReport {
  const directory = resolve(path);
  try {
    const made = makeLimitsDirectory(directory, {shared: true, by, at: Date.now()});
    openSharedLimits(directory);
    return {directory, made, group: nameOfGroup(lstatSync(directory).gid)};
  } catch (error) {
    throw ofTheSystem(error) ?? error;
  }
}

export interface SetRequest {
  readonly limit: string;
  readonly slots?: number | undefined;
  readonly size?: string | undefined;
  readonly reserve?: string | undefined;
  readonly path?: string | undefined;
  /** absent: the one that the profile names */
  readonly directory?: string | undefined;
}

export interface SetReport {
  readonly directory: string;
  readonly limit: string;
  readonly capacity: Capacity;
  readonly was?: Capacity | undefined;
}

/** Say how much there is of a limit that a group shares. @throws {RequestWrong} {LimitsNotUsable} */
export function setLimit({limits, by}: LimitsStage, request: SetRequest): SetReport {
  const {limit} = request;
  const path = request.directory ?? limits.settings.directory;
  if (path === undefined)
    throw new RequestWrong('no directory of limits was named', {
      why: 'the profile names none, and its own limits are set in it',
      next: ['Name one: --directory DIR', 'Limits of the profile: under "limits" of the configuration file.'],
    });
  if (!NAME.test(limit))
    throw new RequestWrong(`"${limit}" cannot be the name of a limit`, {
      why: 'a name is at most 63 letters, digits, "_" and "-", first a letter or digit',
    });
  const capacity = capacityOf(request);
  const directory = openSharedLimits(resolve(path));
  requireKeeper(directory, 'sets its limits');
  const was = directory.read().capacities.get(limit);
  write(directory, by, (state) => {
    const isSo = JSON.stringify(state.capacities.get(limit)) === JSON.stringify(capacity);
    return isSo ? [] : [{do: 'capacity', limit, capacity}];
  });
  return {directory: directory.directory, limit, capacity, was};
}

function capacityOf({slots, size, reserve, path}: SetRequest): Capacity {
  if ((slots === undefined) === (size === undefined))
    throw new RequestWrong('either --slots or --size says how much there is', {
      next: ['So many at once: --slots 4', 'So many bytes: --size 2TB --reserve 100GB --path /scratch/group'],
    });
  if (slots !== undefined) {
    if (reserve !== undefined || path !== undefined)
      throw new RequestWrong('--reserve and --path are about bytes', {next: ['Leave them out, or give --size.']});
    if (!Number.isSafeInteger(slots) || slots < 0) throw new RequestWrong('--slots needs a whole number, 0 or more');
    return {kind: 'slots', size: slots};
  }
  const bytes = (flag: string, text: string): number => {
    const read = text === '0' ? 0 : readBytes(text);
    if (read === undefined) throw new RequestWrong(`${flag} needs bytes, such as 500MB or 2TB: "${text}"`);
    return read;
  };
  return {
    kind: 'pool',
    size: bytes('--size', size ?? ''),
    reserve: bytes('--reserve', reserve ?? '0'),
    ...(path === undefined ? {} : {path: resolve(path)}),
  };
}

export interface ReleaseRequest {
  /** its number, or its key */
  readonly claim?: string | undefined;
  /** an entry that cannot be read */
  readonly entry?: number | undefined;
  readonly directory?: string | undefined;
  /** else it is only shown what would be released */
  readonly yes: boolean;
}

export interface ReleaseReport {
  readonly done: boolean;
  readonly directory: string;
  readonly claim?: ClaimView | undefined;
  readonly entry?: number | undefined;
  readonly note?: string | undefined;
}

/** A person frees a claim, or says that an entry that cannot be read counts for nothing. @throws {RequestWrong} {LimitsNotUsable} */
export function releaseClaim(stage: LimitsStage, request: ReleaseRequest): ReleaseReport {
  if ((request.claim === undefined) === (request.entry === undefined))
    throw new RequestWrong('name a claim, or an entry with --entry', {next: ['See them: stage limits']});
  return request.entry === undefined
    ? releaseOne(stage, request, request.claim ?? '')
    : voidEntry(stage, request, request.entry);
}

function releaseOne(stage: LimitsStage, {directory: only, yes}: ReleaseRequest, wanted: string): ReleaseReport {
  const found = showLimits(stage).directories.flatMap(({directory, claims}) =>
    only !== undefined && resolve(only) !== directory
      ? []
      : claims.flatMap((claim) => (`${claim.claim}` === wanted || claim.key === wanted ? [{directory, claim}] : [])),
  );
  const [first, second] = found;
  if (!first)
    throw new RequestWrong(`there is no claim ${wanted}`, {code: 'NO_SUCH_CLAIM', next: ['See them: stage limits']});
  if (second)
    throw new RequestWrong(`there are two claims ${wanted}`, {
      next: found.map(({directory}) => `Say which: --directory ${directory}`),
    });
  const {claim} = first;
  const directory = directoryOf(stage, first.directory);
  const owner = Number(claim.key.split('/')[0]);
  if (owner !== directory.me && directory.me !== 0)
    requireKeeper(directory, `may free it, or ${nameOfUser(owner)}, whose it is`);
  const isActive = claim.own && claim.run !== undefined && stage.ledger.activeRuns().some((id) => id === claim.run);
  const note = isActive ? `Its run ${claim.run} is active: what was granted for it may be at work.` : undefined;
  if (yes)
    write(directory, stage.by, ({claims}) =>
      claims.has(claim.key) ? [{do: 'release', key: claim.key, why: `freed by ${stage.person}`}] : [],
    );
  return {done: yes, directory: first.directory, claim, note};
}

function voidEntry(stage: LimitsStage, {directory: only, yes}: ReleaseRequest, entry: number): ReleaseReport {
  const blocked = showLimits(stage).directories.filter(
    ({directory, unreadable}) =>
      (only === undefined || resolve(only) === directory) && unreadable.some((each) => each.entry === entry),
  );
  const [found] = blocked;
  if (!found) throw new RequestWrong(`entry ${entry} is none that cannot be read`, {next: ['See them: stage limits']});
  const why = found.unreadable.find((each) => each.entry === entry)?.why ?? '';
  if (/keeps it from being read/.test(why))
    throw new RequestWrong(`entry ${entry} can be read by others`, {
      why,
      next: ['Its owner gives the group leave to read it (chmod g+r); then all is well.'],
    });
  const directory = directoryOf(stage, found.directory);
  requireKeeper(directory, 'says so');
  if (yes) write(directory, stage.by, ({unreadable}) => (unreadable.has(entry) ? [{do: 'void', entry}] : []));
  return {done: yes, directory: found.directory, entry};
}

function directoryOf({limits}: LimitsStage, path: string): LimitsDirectory {
  const found = limits.existing().find(({directory}) => directory === path);
  if (!found) throw new RequestWrong(`${path} is no directory of limits of this profile`);
  return found;
}

function requireKeeper({me, keeper, directory}: LimitsDirectory, what: string): void {
  if (me === keeper || me === 0) return;
  throw new RequestWrong(`${directory} belongs to ${nameOfUser(keeper)}, who alone ${what}`, {
    code: 'NOT_YOURS',
    next: ['Ask them.'],
  });
}

/** Write it, and grant what is free by it. */
function write(directory: LimitsDirectory, by: string, wanted: (state: LimitsState) => readonly LimitEvent[]): void {
  let latest = directory.read();
  directory.settle({
    wanted: (state) => {
      latest = state;
      return wanted(state);
    },
    free: (limit) => freeOf(latest)(limit),
    by,
    clock: Date.now,
  });
}
