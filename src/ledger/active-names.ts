import {closeSync, openSync, rmSync} from 'node:fs';
import {join} from 'node:path';
import {DAY_MS} from '../base/time.ts';
import {ensureSubdirectory, isDirectory} from '../disk/directories.ts';
import {createFact, flushDirectoryOf, isThere, namesIn} from '../disk/facts.ts';
import {agesOf} from '../disk/file-clock.ts';
import {naming, removeIfPossible} from '../disk/whole-file.ts';
import {
  numberedName,
  parseNumberedName,
  parseRunId,
  type RunId,
  runLayout,
  type StateLayout,
} from './state-directory.ts';

/** How often a run has been resumed, with the run: what a seal, a resumption and a name in `active/` are each named after. */
export interface NumberedRun {
  readonly run: RunId;
  readonly number: number;
}

/** The fact that all runs have been entered: none that has not ended is missing since. */
const COMPLETE = 'complete';

/** As long a process may take between the name of a run and its publication, and no longer. */
const LEFT_ALONE_MS = DAY_MS;

/**
 * The directory `active/`: an empty file for each run that is to be looked at, so that a look costs what is active.
 *
 * A name is made before its run is published, or before its resumption counts, and removed after the seal. A process that
 * dies between leaves a name too many, which counts for nothing and is cleared by a later look; never a name too few.
 */
export interface ActiveNames {
  /** Safe to repeat. @throws the system's error when the disk does not take it */
  add(run: RunId, number: number): void;
  /** After the seal of that number. Safe to repeat; a disk that refuses leaves it to a later look. */
  remove(run: RunId, number: number): void;
  /** All runs have been entered; not so in a state directory that an older version made. */
  isComplete(): boolean;
  /** Some name of the run is there, whatever it counts for. */
  has(run: RunId): boolean;
  /** Runs of these names that have not ended. */
  runs(): RunId[];
  /** Put on record that all runs have been entered. */
  complete(by: string): void;
  /** Remove the names that count for nothing. */
  clear(): void;
}

/** @param isPacked a run whose directory is gone, since it had ended */
export function openActiveNames(layout: StateLayout, isPacked: (run: RunId) => boolean): ActiveNames {
  const {active, sealed, resumed} = layout;
  const entered = (): NumberedRun[] =>
    namesIn(active).flatMap((name) => {
      const {run, number} = parseNumberedName(name);
      const id = parseRunId(run)?.id;
      return id && numberedName(id, number) === name ? [{run: id, number}] : [];
    });
  /** It was resumed since, or sealed: the name is over for good. */
  const isOver = ({run, number}: NumberedRun) =>
    isThere(sealed, numberedName(run, number)) || isThere(resumed, numberedName(run, number + 1));
  /** What it was made for has come. A run that is taken up again just as it is packed is put back by the next look. */
  const hasCome = ({run, number}: NumberedRun) =>
    number === 0
      ? isDirectory(runLayout(layout, run).directory)
      : isThere(resumed, numberedName(run, number)) && (isDirectory(runLayout(layout, run).directory) || isPacked(run));
  const remove = ({run, number}: NumberedRun) => removeIfPossible(join(active, numberedName(run, number)));

  return {
    add(run, number) {
      ensureSubdirectory(active);
      const path = join(active, numberedName(run, number));
      naming(path, () => {
        try {
          closeSync(openSync(path, 'wx', 0o600));
        } catch (error) {
          if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
        }
        // Also where it was there: the process that made it may have died before this.
        flushDirectoryOf(path);
      });
    },
    remove: (run, number) => remove({run, number}),
    isComplete: () => isThere(active, COMPLETE),
    has: (run) => entered().some((one) => one.run === run),
    runs: () => entered().flatMap((one) => (hasCome(one) && !isOver(one) ? [one.run] : [])),
    complete(by) {
      ensureSubdirectory(active);
      createFact(active, COMPLETE, {format: 1, by});
    },
    clear() {
      const names = entered();
      const over = names.filter(isOver);
      for (const name of over) remove(name);
      const waiting = names.filter((name) => !over.includes(name) && !hasCome(name));
      if (waiting.length === 0) return;
      const pathOf = ({run, number}: NumberedRun) => join(active, numberedName(run, number));
      const ages = agesOf(active, waiting.map(pathOf));
      for (const name of waiting)
        if ((ages.get(pathOf(name)) ?? 0) > LEFT_ALONE_MS) rmSync(pathOf(name), {force: true});
    },
  };
}
