import {accessSync, constants, existsSync, statfsSync, statSync} from 'node:fs';
import {dirname} from 'node:path';
import {EXIT} from '../../../errors.ts';
import {type Finding, fine, note, problem} from '../findings.ts';

/** Facts, scripts and logs of a run take kilobytes; output of jobs takes more. */
const LITTLE_BYTES = 100 * 1024 * 1024;

const UNWRITABLE = 'the state directory cannot be written';
const FULL = 'no space is left for the state directory';

/** Is it a finding with which no run can be created, checked or not? */
export function stopsEveryRun({what}: Finding): boolean {
  return what === UNWRITABLE || what === FULL;
}

/** Whether the state directory can be used, by looking alone; `stage doctor` tries it out. */
export function findDirectory(home: string): Finding[] {
  const there = nearestLocalDirectory(home);
  const elsewhere = 'Correct its permissions, or put STAGE_HOME elsewhere.';
  try {
    accessSync(there, constants.W_OK | constants.X_OK);
  } catch {
    return [problem(UNWRITABLE, there, EXIT.unreachable, elsewhere)];
  }
  if (there === home && (statSync(home).mode & 0o002) !== 0)
    return [problem('the state directory can be written by everybody', home, EXIT.usage, `chmod o-w ${home}`)];
  const {bfree, bavail, bsize} = statfsSync(there);
  if (bfree === 0)
    return [
      problem(
        FULL,
        `${home}: its disk is full, or accepts no files`,
        EXIT.unreachable,
        'Free some space, or put STAGE_HOME elsewhere.',
      ),
    ];
  if (bavail * bsize < LITTLE_BYTES)
    return [
      note(
        'little space is left for the state directory',
        `${Math.round((bavail * bsize) / 1e6)} MB are free at ${there}`,
        'Free some space, or put STAGE_HOME elsewhere.',
      ),
    ];
  return [fine('the state directory can be written', home)];
}

function nearestLocalDirectory(path: string): string {
  return existsSync(path) || dirname(path) === path ? path : nearestLocalDirectory(dirname(path));
}
