import {chmodSync, lstatSync, mkdirSync, statSync} from 'node:fs';
import {join} from 'node:path';
import {newWord} from '../base/ids.ts';
import {ensureSubdirectory} from '../disk/directories.ts';
import {createFact, namesIn} from '../disk/facts.ts';
import {type FactRead, readSharedFact} from '../disk/read-fact.ts';
import {naming, writeWhole} from '../disk/whole-file.ts';
import {type Checkpoints, openCheckpoints} from './checkpoints.ts';
import {DIRECTORY, type DirectoryFact, ENTRY, LAST_LOOK, type LastLook} from './limit-facts.ts';
import {type EntryRead, type LimitsState, NO_ENTRIES} from './log.ts';
import {type EntryLog, type Request, readOn, settle} from './settle.ts';

// A limits directory: the log, an entry a file, and beside it what can be made again.
const MARKER = 'limits';
const LOG = 'log';
const CHECKPOINTS = 'checkpoints';
const LOOKS = 'looks';

const MOST_ENTRY_BYTES = 1024 * 1024;
const MOST_NOTE_BYTES = 4096;

/** How a directory and its files are kept: by their owner alone, or by a group. */
const PRIVATE = {directory: 0o700, file: 0o600};
/** Files go to the group of the directory (setgid), and each user removes none but their own (sticky). */
const SHARED = {directory: 0o3770, file: 0o640};

/** One directory of limits, as this process reads it. */
export interface LimitsDirectory {
  readonly directory: string;
  readonly shared: boolean;
  /** names it, unlike any other */
  readonly id: string;
  /** the user that this process is, as the file system shows it: keys of claims begin with it */
  readonly me: number;
  /** the user who says how much there is, and may free what others hold */
  readonly keeper: number;
  /** What is on record now. It changes nothing. */
  read(): LimitsState;
  /** Write what is wanted, and grant what is due. */
  settle(request: Request): LimitsState;
  /** Note that a state directory has looked. */
  noteLook(look: LastLook): void;
  /** The last look of each state directory, by its name among claims. */
  lastLooks(): ReadonlyMap<string, LastLook>;
}

/** Whether this is a directory of limits. @throws the system's error when the disk does not answer */
export function readMarker(directory: string): FactRead<DirectoryFact> {
  return readSharedFact(directory, MARKER, DIRECTORY, MOST_NOTE_BYTES).read;
}

/**
 * Make a directory of limits. Doing so again changes nothing.
 *
 * @param shared members of its group use it together; else it is its owner's alone
 * @returns false when it was one already
 */
export function makeLimitsDirectory(
  directory: string,
  {shared, by, at}: {readonly shared: boolean; readonly by: string; readonly at: number},
): boolean {
  const modes = shared ? SHARED : PRIVATE;
  for (const each of [directory, ...[LOG, CHECKPOINTS, LOOKS].map((name) => join(directory, name))])
    shared ? ensureShared(each) : ensureSubdirectory(each);
  return createFact(directory, MARKER, {at, by, id: newWord(), ...(shared && {shared})}, modes.file);
}

function ensureShared(path: string): void {
  const there = lstatSync(path, {throwIfNoEntry: false});
  if (!there) mkdirSync(path, {mode: 0o700});
  // The mode of what another process has made since is its own matter.
  if (!there || there.uid === process.getuid?.()) chmodSync(path, SHARED.directory);
}

/**
 * @param marker what {@link readMarker} read
 */
export function openLimitsDirectory(directory: string, marker: DirectoryFact): LimitsDirectory {
  const shared = marker.shared ?? false;
  const modes = shared ? SHARED : PRIVATE;
  const keeper = naming(directory, () => statSync(directory)).uid;
  const me = shared ? (process.getuid?.() ?? keeper) : keeper;
  const [logs, looks] = [join(directory, LOG), join(directory, LOOKS)];
  const log: EntryLog = {
    keeper,
    me,
    read: (number) => readEntry(logs, number),
    create: (number, entry) => createFact(logs, nameOf(number), {number, ...entry}, modes.file),
  };
  const checkpoints: Checkpoints = openCheckpoints(join(directory, CHECKPOINTS), me, keeper, modes.file);
  let known: LimitsState | undefined;
  /** how many entries had been read at the last checkpoint that this process knows of */
  let checkpoint = 0;
  const begin = (): LimitsState => {
    if (known) return known;
    const state = checkpoints.newest() ?? NO_ENTRIES;
    checkpoint = state.next;
    return state;
  };
  return {
    directory,
    shared,
    id: marker.id,
    me,
    keeper,
    read() {
      known = readOn(log, begin());
      return known;
    },
    settle(request) {
      known = settle(log, begin(), request);
      if (checkpoints.offer(known, known.next - checkpoint)) checkpoint = known.next;
      return known;
    },
    noteLook(look) {
      try {
        writeWhole(join(looks, `${me}-${look.home}.json`), JSON.stringify(look), {mode: modes.file, flush: false});
        if (shared) chmodSync(join(looks, `${me}-${look.home}.json`), modes.file);
      } catch {
        // It is for people: a full disk must not look like anything else.
      }
    },
    lastLooks() {
      const found = namesIn(looks).flatMap((file) => {
        if (!file.endsWith('.json')) return [];
        const {read, writer} = readSharedFact(looks, file.slice(0, -5), LAST_LOOK, MOST_NOTE_BYTES);
        const isOwn = read.is === 'whole' && file === `${writer}-${read.value.home}.json`;
        return isOwn ? [[read.value.home, read.value] as const] : [];
      });
      return new Map(found);
    },
  };
}

/** Nine digits, so that `ls` shows them in their order. */
function nameOf(number: number): string {
  return String(number).padStart(9, '0');
}

function readEntry(directory: string, number: number): EntryRead | undefined {
  const {read, writer} = readSharedFact(directory, nameOf(number), ENTRY, MOST_ENTRY_BYTES);
  if (read.is === 'absent') return undefined;
  if (read.is !== 'whole') return {is: 'unreadable', path: read.path, why: read.why, writer};
  if (read.value.number !== number || writer === undefined) {
    const path = join(directory, `${nameOf(number)}.json`);
    return {is: 'unreadable', path, why: `it says that it is entry ${read.value.number}`, writer};
  }
  return {is: 'whole', entry: read.value, writer};
}
