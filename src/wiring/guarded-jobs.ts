import {isDirectory} from '../disk/directories.ts';
import {openNote, StateDirectoryGone} from '../disk/state-note.ts';
import type {JobStore} from '../ledger/job-store.ts';
import type {GuardedLedger} from './guarded-ledger.ts';

/**
 * The jobs of "stage job submit", protected as its runs are (guarded-ledger.ts): records that are not there although
 * this host has a note of them end with {StateDirectoryGone}, where another job would be submitted in their place.
 *
 * A name stands for its job for good, so this note stays.
 *
 * @param notes where the note lies: not in the state directory
 */
export function guardJobs(store: JobStore, {layout, requireState}: GuardedLedger, notes: string): JobStore {
  const {home} = layout;
  const note = openNote(notes, home, 'jobs');
  const requireThere = () => {
    requireState();
    if (!isDirectory(store.directory) && note.stands()) throw new StateDirectoryGone(home, 'jobs', note.path);
  };
  return {
    ...store,
    newest(name) {
      const found = store.newest(name);
      if (found === undefined) requireThere();
      return found;
    },
    newestNumber(name) {
      const number = store.newestNumber(name);
      if (number === 0) requireThere();
      return number;
    },
    withIds(jobs) {
      const found = store.withIds(jobs);
      if (found.size < jobs.length) requireThere();
      return found;
    },
    index(name, number, value) {
      requireThere();
      store.index(name, number, value);
    },
    create(name, number, kind, value) {
      requireThere();
      const created = store.create(name, number, kind, value);
      note.write();
      return created;
    },
  };
}
