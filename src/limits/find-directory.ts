import {join} from 'node:path';
import {shellWord} from '../base/shell.ts';
import {unfitForGroup} from '../disk/trust.ts';
import {EXIT, StageError} from '../errors.ts';
import {type LimitsDirectory, openLimitsDirectory, readMarker} from './limits-directory.ts';

/** A directory of limits cannot be used. Nothing that uses its limits begins meanwhile. */
export class LimitsNotUsable extends StageError {
  constructor(directory: string, why: string, next: readonly string[]) {
    super({
      code: 'LIMITS_NOT_USABLE',
      exit: EXIT.usage,
      what: `the limits in ${directory} cannot be used`,
      why,
      next: [...next, 'Nothing that uses these limits begins meanwhile; what was granted goes on.'],
    });
  }
}

/**
 * Open the limits that a group shares.
 *
 * @throws {LimitsNotUsable} when there are none, or others could change what is not theirs
 * @throws the system's error when the disk does not answer
 */
export function openSharedLimits(directory: string): LimitsDirectory {
  for (const path of [directory, join(directory, 'log')]) {
    const unfit = unfitForGroup(path);
    if (!unfit) continue;
    const repair = unfit.repair && `Its owner can correct that: chmod ${unfit.repair} ${shellWord(path)}`;
    throw new LimitsNotUsable(directory, `${path}: ${unfit.why}`, [
      repair ?? `Its owner makes it with: stage limits init ${shellWord(directory)}`,
    ]);
  }
  const marker = readMarker(directory);
  if (marker.is === 'absent')
    throw new LimitsNotUsable(directory, 'it has no limits.json: nothing of stage is in it', [
      `Its owner makes it with: stage limits init ${shellWord(directory)}`,
    ]);
  if (marker.is !== 'whole')
    throw new LimitsNotUsable(directory, `${marker.path}: ${marker.why}`, ['Restore that file from a backup.']);
  return openLimitsDirectory(directory, marker.value);
}
