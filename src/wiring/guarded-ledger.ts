import {isDirectory} from '../disk/directories.ts';
import {openNote, StateDirectoryGone} from '../disk/state-note.ts';
import type {Ledger} from '../ledger/ledger.ts';

export interface GuardOptions {
  /** where the note lies that runs are active: not in the state directory */
  readonly notes: string;
  /** a job of ours runs this command: there was a state directory when it was submitted */
  readonly expected: boolean;
}

export interface GuardedLedger extends Ledger {
  /** To be called before anything else is made in the state directory. @throws {StateDirectoryGone} */
  requireState(): void;
}

/**
 * A ledger that tells a state directory that is gone from one that has not been made yet.
 *
 * A file system that is not mounted leaves an empty place. A process that took it for a new state directory would do all work twice.
 * So this host's cache holds a note while runs are active, and what finds no runs although there is a note, or within
 * a job of ours, ends with {StateDirectoryGone}. The note may be lost at any time: then only this protection is.
 */
export function guardLedger(ledger: Ledger, {notes, expected}: GuardOptions): GuardedLedger {
  const {home, runs} = ledger.layout;
  const note = openNote(notes, home, 'active');
  const requireState = () => {
    if (isDirectory(runs)) return;
    if (expected) throw new StateDirectoryGone(home, 'job');
    if (note.stands()) throw new StateDirectoryGone(home, 'active', note.path);
  };
  /** @param active how many runs there are, as was just read */
  const keepNote = (active: number) => {
    if (active > 0 && !expected) note.write();
    if (active === 0) note.remove();
  };
  return {
    ...ledger,
    requireState,
    runs() {
      const found = ledger.runs();
      if (found.length === 0) requireState();
      return found;
    },
    activeRuns() {
      const found = ledger.activeRuns();
      if (found.length === 0) requireState();
      keepNote(found.length);
      return found;
    },
    nextNumber(name) {
      requireState();
      return ledger.nextNumber(name);
    },
    find(nameOrId) {
      const found = ledger.find(nameOrId);
      if (found === undefined) requireState();
      return found;
    },
    createRun(number, spec, scripts, environment) {
      requireState();
      const created = ledger.createRun(number, spec, scripts, environment);
      keepNote(1);
      return created;
    },
    publishPrepared(directory, run) {
      requireState();
      const published = ledger.publishPrepared(directory, run);
      keepNote(1);
      return published;
    },
    withdraw(run) {
      ledger.withdraw(run);
      keepNote(ledger.activeRuns().length);
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
