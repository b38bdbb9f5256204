import {appendFileSync, lstatSync, mkdirSync, readFileSync, renameSync, rmSync, statSync} from 'node:fs';
import {join} from 'node:path';
import {newWord} from '../base/ids.ts';
import {ensureSubdirectory, isDirectory} from '../disk/directories.ts';
import {flushDirectoryOf, namesIn} from '../disk/facts.ts';
import {readFactText} from '../disk/read-fact.ts';
import {flush, packInto, requireSame, TarFailed, unpackInto} from '../disk/tar-file.ts';
import {naming, removeIfPossible} from '../disk/whole-file.ts';
import {SEAL} from './fact-schemas/run-record.ts';
import {linkOrCopy} from './new-run.ts';
import {parseNumberedName, parseRunId, type RunId, runLayout, type StateLayout} from './state-directory.ts';
import {type RunSummary, summaryOf} from './summary.ts';

/**
 * Runs that have ended, packed: `packed/RUN.tar.gz` holds the run's directory, its seals and its resumptions, by the paths
 * that these have below the state directory; `ended.jsonl` has the summary of each in one line.
 *
 * The packed file is complete, compared and on the disk before anything of the run is removed. While the run's directory is
 * there it is what counts, whatever lies in `packed/`. A line of `ended.jsonl` only saves opening the packed file: one that is
 * missing, or damaged, is made again from it.
 */
export interface PackedRuns {
  /** It is packed, and its directory is gone. */
  has(run: RunId): boolean;
  runs(): RunId[];
  /** @throws {TarFailed} where neither its line nor its packed file can be read */
  summary(run: RunId): RunSummary | undefined;
  /** A state directory of this run alone, for reading; it may vanish, and is made again. @throws {TarFailed} */
  unpacked(run: RunId): string;
  /**
   * Pack a run that has ended. Safe to repeat, and to die in anywhere.
   *
   * @param names what is recorded of it beside its directory: `sealed/RUN.json`, `resumed/RUN~1.json`
   * @param hasEnded it was not resumed; asked before anything is removed, and after
   * @returns false when it was taken up again meanwhile, or another process is at it: then it is as it was
   * @throws {TarFailed}
   */
  pack(run: RunId, names: readonly string[], summary: RunSummary, hasEnded: () => boolean): boolean;
  /** Put a run back to its place. Safe to repeat. @throws {TarFailed} */
  unpack(run: RunId): void;
  /** Finish what processes that died have left: names of packed runs elsewhere, lines that are missing. @returns how many lines were made */
  tidy(): number;
}

const SUFFIX = '.tar.gz';

/** @param around tests let a process die at an effect */
export function openPackedRuns(
  layout: StateLayout,
  around: <T>(effect: string, run: RunId, act: () => T) => T,
  summaryIn: (home: string, run: RunId) => RunSummary | undefined,
): PackedRuns {
  const {home, packed, ended} = layout;
  const fileOf = (run: RunId) => join(packed, `${run}${SUFFIX}`);
  const directoryOf = (run: RunId) => runLayout(layout, run).directory;
  const isPacked = (run: RunId) => statSync(fileOf(run), {throwIfNoEntry: false})?.isFile() ?? false;
  const has = (run: RunId) => !isDirectory(directoryOf(run)) && isPacked(run);
  const named = () =>
    namesIn(packed).flatMap((name) =>
      name.endsWith(SUFFIX) ? (parseRunId(name.slice(0, -SUFFIX.length))?.id ?? []) : [],
    );
  const index = openIndex(ended);

  const unpacked = (run: RunId): string => {
    const {size, mtimeMs} = statSync(fileOf(run));
    const top = join(layout.cache, 'unpacked');
    const made = join(top, `${run}-${size}-${Math.floor(mtimeMs)}`);
    if (isDirectory(made)) return made;
    for (const directory of [layout.cache, top]) ensureSubdirectory(directory);
    const temporary = join(top, `.new-${newWord()}`);
    try {
      mkdirSync(temporary, {mode: 0o700});
      unpackInto(fileOf(run), temporary);
      renameSync(temporary, made);
    } catch (error) {
      removeIfPossible(temporary);
      if (!isDirectory(made)) throw error; // else another process was first
    }
    return made;
  };
  const removeRecords = (names: readonly string[]) => {
    // Seals last: a resumption without the seal that ended it would make the run active.
    const resumed = names.filter((name) => !name.startsWith('sealed/'));
    for (const name of [...resumed, ...names.filter((one) => !resumed.includes(one))])
      rmSync(join(home, name), {force: true});
  };

  return {
    has,
    runs: () => named().filter(has),
    summary: (run) => (has(run) ? (index.read(run) ?? summaryIn(unpacked(run), run)) : undefined),
    unpacked,
    pack(run, names, summary, hasEnded) {
      ensureSubdirectory(packed);
      const directory = directoryOf(run);
      const before = lstatSync(directory, {throwIfNoEntry: false});
      if (before === undefined) return false;
      const temporary = join(packed, `.new-${newWord()}`);
      const isAsBefore = () => lstatSync(directory, {throwIfNoEntry: false})?.ino === before.ino && hasEnded();
      try {
        packInto(temporary, home, [`runs/${run}`, ...names]);
        requireSame(temporary, home);
        flush(temporary);
        // Another process that packs it moves the directory first, and removes its files after that: so this is all of it.
        if (!isAsBefore()) return false;
        around('packed-file', run, () => naming(fileOf(run), () => renameSync(temporary, fileOf(run))));
      } catch (error) {
        if (!isOfMoving(error) || isAsBefore()) throw error;
        return false; // it was moved under our hands
      } finally {
        removeIfPossible(temporary);
      }
      flushDirectoryOf(fileOf(run));
      around('packed-line', run, () => index.add(summary));
      if (!isAsBefore()) return false;
      const aside = join(layout.runs, `.gone-${newWord()}`);
      if (!around('packed-removal', run, () => moved(directory, aside))) return false;
      if (!hasEnded()) {
        // Who takes it up puts it back where it is missing, so one of the two does.
        renameUnlessThere(aside, directory);
        return false;
      }
      removeRecords(names);
      removeIfPossible(aside);
      return true;
    },
    unpack(run) {
      if (!has(run)) return;
      const temporary = join(packed, `.new-${newWord()}`);
      try {
        mkdirSync(temporary, {mode: 0o700});
        unpackInto(fileOf(run), temporary);
        for (const part of ['sealed', 'resumed'] as const) {
          for (const name of namesIn(join(temporary, part))) {
            ensureSubdirectory(layout[part]);
            linkUnlessThere(join(temporary, part, name), join(layout[part], name));
          }
          if (isDirectory(layout[part])) flush(layout[part]);
        }
        ensureSubdirectory(layout.runs);
        renameUnlessThere(join(temporary, 'runs', run), directoryOf(run));
        flushDirectoryOf(directoryOf(run));
      } finally {
        removeIfPossible(temporary);
      }
      around('unpacked', run, () => rmSync(fileOf(run), {force: true}));
    },
    tidy() {
      for (const part of ['resumed', 'sealed'] as const)
        for (const name of namesIn(layout[part])) {
          const run = parseRunId(parseNumberedName(name.replace(/\.json$/, '')).run)?.id;
          if (run && has(run) && !isTakenUp(layout, run)) rmSync(join(layout[part], name), {force: true});
        }
      const without = named().filter((run) => has(run) && index.read(run) === undefined);
      for (const run of without) {
        const summary = summaryIn(unpacked(run), run);
        if (summary) index.add(summary);
      }
      return without.length;
    },
  };
}

/** Somebody has named it in `active/`: it is to be put back, and its records with it. */
function isTakenUp({active}: StateLayout, run: RunId): boolean {
  return namesIn(active).some((name) => parseNumberedName(name).run === run);
}

/** The lines of `ended.jsonl`. The newest of a run counts. */
function openIndex(path: string) {
  let read: {readonly size: number; readonly lines: ReadonlyMap<string, string>} | undefined;
  const lines = (): ReadonlyMap<string, string> => {
    const size = statSync(path, {throwIfNoEntry: false})?.size ?? 0;
    if (read?.size === size) return read.lines;
    const found = new Map<string, string>();
    if (size > 0)
      for (const line of readFileSync(path, 'utf8').split('\n')) {
        const run = /^\{"format":1,"run":"([^"]+)"/.exec(line)?.[1];
        if (run !== undefined) found.set(run, line);
      }
    read = {size, lines: found};
    return found;
  };
  const readLine = (run: RunId): RunSummary | undefined => {
    const line = lines().get(run);
    const fact = line === undefined ? undefined : readFactText(path, line, SEAL, {run});
    return fact?.is === 'whole' ? summaryOf(fact.value) : undefined;
  };
  return {
    read: readLine,
    /** Once: the same line again is left out. */
    add(summary: RunSummary): void {
      const {format: _, run, ...rest} = summary;
      const line = JSON.stringify({format: 1, run, ...rest});
      if (lines().get(run) === line) return;
      // What a process that died has left of its line ends before this one begins.
      naming(path, () => appendFileSync(path, `\n${line}\n`, {mode: 0o600, flush: true}));
    },
  };
}

function linkUnlessThere(from: string, to: string): void {
  try {
    linkOrCopy(from, to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}

/** What packing meets where another process moves the directory, or a file of it changes. */
function isOfMoving(error: unknown): boolean {
  return error instanceof TarFailed || (error as NodeJS.ErrnoException).code === 'ENOENT';
}

/** @returns false when another process was first */
function moved(from: string, to: string): boolean {
  try {
    renameSync(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return false;
  }
}

/** A directory that is there, and holds something, is not replaced by rename(2). */
function renameUnlessThere(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    if (!isDirectory(to)) throw error;
  }
}
