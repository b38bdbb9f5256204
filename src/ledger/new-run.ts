import {copyFileSync, linkSync, renameSync, rmSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {newWord} from '../base/ids.ts';
import {ensureDirectory, ensureSubdirectory, isDirectory} from '../disk/directories.ts';
import {createFact, flushDirectoryOf, namesIn} from '../disk/facts.ts';
import {readFact} from '../disk/read-fact.ts';
import {naming, removeIfPossible} from '../disk/whole-file.ts';
import {SPEC} from './fact-schemas/run-record.ts';
import {type KeptVariables, keepVariables} from './kept-environment.ts';
import type {RunSpec} from './run-facts.ts';
import {type RunId, type RunLayout, runLayout, runLayoutAt, type StateLayout} from './state-directory.ts';

/** The scripts of a new run, by step: their contents, or a file that is kept elsewhere and never changes. */
export type NewScripts = ReadonlyMap<string, Uint8Array | {readonly kept: string}>;

/** Sees to it that looks find a run. Called before it is published and, since its name is cleared when that takes too long, after. */
export type MakeFound = (run: RunId) => void;

/**
 * Make a run appear whole or not at all: its directory is filled under a temporary name and renamed.
 * rename(2) onto a directory that holds something fails, so of two processes one wins.
 */
export function publishRun(
  state: StateLayout,
  spec: RunSpec,
  scripts: NewScripts,
  environment: KeptVariables | undefined,
  makeFound: MakeFound,
): boolean {
  ensureDirectory(state.runs);
  removeWithdrawn(state.runs);
  const temporary = runLayoutAt(join(state.runs, `.new-${spec.nonce}`));
  const final = runLayout(state, spec.run);
  try {
    fill(temporary, spec, scripts, environment);
    makeFound(spec.run);
    renameSync(temporary.directory, final.directory);
  } catch (error) {
    removeIfPossible(temporary.directory);
    // A network file system may repeat a rename whose answer was lost: then the run is there, and ours.
    if (isDirectory(final.directory)) {
      const there = readFact(final.directory, 'spec', SPEC);
      return there.is === 'whole' && there.value.nonce === spec.nonce;
    }
    throw error;
  }
  makeFound(spec.run);
  // Jobs and tasks are about to be submitted for it: after a loss of power it must be there still.
  naming(final.directory, () => flushDirectoryOf(final.directory));
  return true;
}

/** Make a run in a directory where no look finds it. @throws the system's error; nothing is left behind then */
export function prepareRun(
  directory: string,
  spec: RunSpec,
  scripts: NewScripts,
  environment: KeptVariables | undefined,
): void {
  try {
    fill(runLayoutAt(directory), spec, scripts, environment);
    naming(directory, () => flushDirectoryOf(directory));
  } catch (error) {
    removeIfPossible(directory);
    throw error;
  }
}

/**
 * Move a run that was prepared to its place. There it can be moved once, whichever process does it and however late.
 *
 * @returns `absent` where nothing is prepared there (any more); `taken` where another run is in its place
 */
export function publishPrepared(
  state: StateLayout,
  prepared: string,
  run: RunId,
  makeFound: MakeFound,
): 'published' | 'absent' | 'taken' {
  ensureDirectory(state.runs);
  const {directory} = runLayout(state, run);
  if (!isDirectory(prepared)) return 'absent';
  makeFound(run);
  try {
    renameSync(prepared, directory);
  } catch (error) {
    if (!isDirectory(prepared)) return 'absent';
    if (['ENOTEMPTY', 'EEXIST'].includes((error as NodeJS.ErrnoException).code ?? '')) return 'taken';
    throw error;
  }
  makeFound(run);
  naming(directory, () => flushDirectoryOf(directory));
  return 'published';
}

function fill(layout: RunLayout, spec: RunSpec, scripts: NewScripts, environment: KeptVariables | undefined): void {
  for (const directory of [layout.directory, layout.facts, layout.scripts, layout.logs]) ensureSubdirectory(directory);
  for (const [step, content] of scripts) {
    const script = join(layout.scripts, `${step}.script`);
    naming(script, () => {
      if ('kept' in content) linkOrCopy(content.kept, script);
      else writeFileSync(script, content, {mode: 0o700, flush: true});
    });
  }
  const kept = keepVariables(layout.directory, spec.run, environment);
  createFact(layout.directory, 'spec', {...spec, environment: kept});
}

/** Some file systems have no hard links, and all have a most of them for one file. */
export function linkOrCopy(from: string, to: string): void {
  try {
    linkSync(from, to);
  } catch (error) {
    if (['ENOENT', 'EEXIST'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
    copyFileSync(from, to);
  }
}

const GONE = '.gone-';

/** Gone at one stroke, as it came; what a process that dies meanwhile leaves of it is removed with the next one. */
export function withdrawRun({runs}: StateLayout, directory: string): void {
  const aside = join(runs, `${GONE}${newWord()}`);
  try {
    renameSync(directory, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error; // another process was first
  }
  removeWithdrawn(runs);
}

function removeWithdrawn(runs: string): void {
  for (const name of namesIn(runs)) {
    if (!name.startsWith(GONE)) continue;
    try {
      rmSync(join(runs, name), {recursive: true, force: true});
    } catch {
      // Another process removes it, or a file of it is open on a network file system: the next one tries again.
    }
  }
}
