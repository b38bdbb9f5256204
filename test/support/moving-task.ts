import type {TransferTask} from '../../src/transfer/transfer-service.ts';
import {task} from './a-run.ts';

// A transfer as Globus shows it while it goes on: a few files at a time, each after a moment of its own; the counter of
// bytes moves in steps, files are counted when they have arrived, and `files` grows while directories are walked.

export interface Shape {
  readonly name: string;
  /** bytes of each file, in the order in which they are moved */
  readonly files: readonly number[];
  /** files found a second; all at once when absent */
  readonly foundPerSecond?: number;
}

export interface Service {
  /** bytes a second of all files together at an instant (in seconds): what there is of bandwidth */
  readonly bytesPerSecond: (second: number) => number;
  /** nothing moves, and the task says that it is paused */
  readonly paused?: {readonly from: number; readonly to: number};
}

export interface Played {
  /** seconds from the request to the end */
  readonly seconds: number;
  /** what is left to be moved takes so long, a pause that is still to come aside */
  movingMs(ms: number): number;
  /** the task as it is shown a number of milliseconds after its request */
  at(ms: number): TransferTask;
}

const AT_ONCE = 4;
/** What each file takes before its first byte moves. */
const FILE_SECONDS = 0.2;
/** The counter of a file that is under way moves in steps of so many bytes. */
const STEP_BYTES = 64e6;
/** Every so often of the second is worked out; between two of these nothing is known. */
const TICKS = 2;

/** Play a transfer to its end. @param requestedAt in milliseconds */
export function play({files, foundPerSecond}: Shape, service: Service, requestedAt = 1_000_000): Played {
  const shown: {bytes: number; arrived: number}[] = [];
  const waiting = [...files].reverse();
  let active: {size: number; moved: number; beginsIn: number}[] = [];
  let [arrived, arrivedBytes] = [0, 0];
  for (let tick = 0; arrived < files.length; tick++) {
    const second = tick / TICKS;
    shown.push({
      bytes: arrivedBytes + active.reduce((sum, {moved}) => sum + Math.floor(moved / STEP_BYTES) * STEP_BYTES, 0),
      arrived,
    });
    if (isPaused(service, second)) continue;
    while (active.length < AT_ONCE && waiting.length > 0)
      active.push({size: waiting.pop() ?? 0, moved: 0, beginsIn: FILE_SECONDS});
    const flowing = active.filter(({beginsIn}) => beginsIn <= 0);
    for (const file of active) file.beginsIn -= 1 / TICKS;
    let room = service.bytesPerSecond(second) / TICKS;
    // What a small file does not need, the others have.
    for (const [index, file] of flowing.sort((a, b) => a.size - a.moved - (b.size - b.moved)).entries()) {
      const bytes = Math.min(file.size - file.moved, room / (flowing.length - index));
      file.moved += bytes;
      room -= bytes;
    }
    const there = flowing.filter(({moved, size}) => moved >= size);
    arrived += there.length;
    arrivedBytes += there.reduce((sum, {size}) => sum + size, 0);
    active = active.filter((file) => !there.includes(file));
  }
  const seconds = shown.length / TICKS;
  return {
    seconds,
    movingMs(ms) {
      const {from, to} = service.paused ?? {from: 0, to: 0};
      const pause = Math.max(0, Math.min(to, seconds) - Math.max(from, ms / 1000));
      return 1000 * (seconds - ms / 1000 - pause);
    },
    at(ms) {
      const second = ms / 1000;
      const found = Math.min(files.length, Math.ceil((foundPerSecond ?? Number.POSITIVE_INFINITY) * second));
      const over = second >= seconds;
      const {bytes, arrived: moved} = over
        ? {bytes: arrivedBytes, arrived: files.length}
        : (shown[Math.floor(second * TICKS)] ?? {bytes: 0, arrived: 0});
      const known = Math.max(found, moved);
      return task(over ? 'succeeded' : isPaused(service, second) ? 'paused' : 'active', {
        requestedAt,
        bytesTransferred: bytes,
        filesTransferred: moved,
        files: known,
        subtasksTotal: known,
        subtasksPending: known - moved,
        rate: second > 0 ? bytes / second : 0,
      });
    },
  };
}

function isPaused({paused}: Service, second: number): boolean {
  return paused !== undefined && second >= paused.from && second < paused.to;
}

/** Numbers from 0 to 1 that are the same in each run of a test. */
export function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32;
    return state / 2 ** 32;
  };
}

const GB = 1e9;

/** The four shapes that data has. About two hours at 100 MB/s. */
export function shapes(): Shape[] {
  const draw = numbers(7);
  const tree = Array.from({length: 4_000}, () => 10 ** (3 + 6 * draw()) * (0.5 + draw()));
  const scale = (720 * GB) / tree.reduce((sum, size) => sum + size, 0);
  return [
    {name: 'one big file', files: [720 * GB]},
    {name: 'many equal files', files: Array.from({length: 2_000}, () => 0.36 * GB)},
    {name: 'tiny files beside a huge one', files: [700 * GB, ...Array.from({length: 20_000}, () => 20_000)]},
    {name: 'a tree', files: tree.map((size) => Math.round(size * scale)), foundPerSecond: 10},
  ];
}
