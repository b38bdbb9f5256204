import {readFileSync, rmSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {EXIT, StageError} from '../errors.ts';
import {ensureDirectory, isDirectory} from '../ledger/directories.ts';
import type {Ledger} from '../ledger/ledger.ts';

export interface GuardOptions {
  /** where the note lies that runs are active: not in the state directory */
  readonly notes: string;
  /** a job of ours runs this command: there was a state directory when it was submitted */
  readonly expected: boolean;
}

/**
 * A ledger that tells a state directory that is gone from one that has not been made yet.
 *
 * A file system that is not mounted leaves an empty place. Whoever took it for a fresh start would do all work twice.
 * So this host's cache holds a note while runs are active, and what finds no runs although there is a note, or within
 * a job of ours, ends with {StateDirectoryGone}. The note may be lost at any time: then only this protection is.
 */
export function guardLedger(ledger: Ledger, {notes, expected}: GuardOptions): Ledger {
  const {home, runs} = ledger.layout;
  const note = join(notes, `active${home.replaceAll('/', '-').slice(-150)}.json`);
  const requireThere = () => {
    if (isDirectory(runs)) return;
    if (expected || noted(note, home)) throw new StateDirectoryGone(home, expected ? undefined : note);
  };
  /** @param active how many runs there are, as was just read */
  const keepNote = (active: number) => {
    if (active > 0 && !expected && !noted(note, home)) writeNote(notes, note, home);
    if (active === 0) tryTo(() => rmSync(note, {force: true}));
  };
  return {
    ...ledger,
    runs() {
      const found = ledger.runs();
      if (found.length === 0) requireThere();
      return found;
    },
    activeRuns() {
      const found = ledger.activeRuns();
      if (found.length === 0) requireThere();
      keepNote(found.length);
      return found;
    },
    nextNumber(name) {
      requireThere();
      return ledger.nextNumber(name);
    },
    find(nameOrId) {
      const found = ledger.find(nameOrId);
      if (found === undefined) requireThere();
      return found;
    },
    createRun(number, spec, scripts) {
      requireThere();
      const created = ledger.createRun(number, spec, scripts);
      keepNote(1);
      return created;
    },
    resume(run, decision) {
      const resumed = ledger.resume(run, decision);
      keepNote(1);
      return resumed;
    },
    seal(run, endedAt) {
      const sealed = ledger.seal(run, endedAt);
      keepNote(ledger.activeRuns().length);
      return sealed;
    },
  };
}

function noted(note: string, home: string): boolean {
  try {
    // Written below; anything else in its place has no fitting directory.
    return (JSON.parse(readFileSync(note, 'utf8')) as {directory?: unknown}).directory === home;
  } catch {
    return false;
  }
}

function writeNote(notes: string, note: string, home: string): void {
  tryTo(() => {
    ensureDirectory(notes);
    writeFileSync(note, `${JSON.stringify({directory: home})}\n`, {mode: 0o600});
  });
}

/** For notes: a home directory that is full or read-only is no reason to fail. */
function tryTo(work: () => void): void {
  try {
    work();
  } catch {
    // Without a note there is one protection less.
  }
}

/** The state directory is not where it was. Nothing was made in its place. */
export class StateDirectoryGone extends StageError {
  constructor(home: string, note: string | undefined) {
    super({
      code: 'STATE_DIRECTORY_GONE',
      exit: EXIT.unreachable,
      what: `the state directory ${home} is gone`,
      why: note
        ? 'runs were active in it; its file system may not be mounted here, or it was moved or removed'
        : 'a job that was submitted from it finds no runs there; its file system may not be mounted on this node',
      next: [
        'Nothing was made in its place: bring it back, then run the same command again.',
        ...(note ? [`If you removed it on purpose and mean to start from nothing: rm ${note}`] : []),
      ],
    });
  }
}
