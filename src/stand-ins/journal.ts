import {appendFileSync, closeSync, fstatSync, ftruncateSync, openSync, readFileSync, readSync, rmSync} from 'node:fs';
import {type Reads, readValue, writeWhole} from './record.ts';
import {DamagedRecord} from './stand-in-error.ts';

/*
 * Records that only grow: a line of JSON each. A kill may cut the last line short, which is passed over, and removed
 * before the next one is written; whatever else is no line of ours is damage.
 */

/** An append-only file of JSON lines that may be long: lines gather for a moment before they are written. */
export interface Journal {
  append(value: unknown): void;
  /** @throws what the disk says; the lines stay gathered, and go out with the next flush that works */
  flush(): void;
}

/**
 * Append all of a text or nothing of it: a disk that fills up must not leave half a line for the next to be glued to.
 * A journal that exists is never empty.
 *
 * @throws {DamagedRecord} for one that is
 */
export function appendWhole(path: string, text: string): void {
  let file: number;
  try {
    file = openSync(path, 'r+');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    writeWhole(path, text);
    return;
  }
  try {
    const size = lengthOfWholeLines(file, path);
    ftruncateSync(file, size);
    try {
      appendAt(path, text);
    } catch (error) {
      ftruncateSync(file, size);
      if (size === 0) rmSync(path, {force: true});
      throw error;
    }
  } finally {
    closeSync(file);
  }
}

const appendAt = (path: string, text: string): void => appendFileSync(path, text, {mode: 0o600});

const LOOK_BYTES = 64 * 1024;

/** How many bytes of a journal are whole lines. @throws {DamagedRecord} when it is empty */
function lengthOfWholeLines(file: number, path: string): number {
  const {size} = fstatSync(file);
  if (size === 0) throw emptied(path);
  const buffer = Buffer.alloc(LOOK_BYTES);
  for (let end = size; end > 0; ) {
    const start = Math.max(0, end - LOOK_BYTES);
    const read = readSync(file, buffer, 0, end - start, start);
    const at = buffer.subarray(0, read).lastIndexOf(10);
    if (at >= 0) return start + at + 1;
    end = start;
  }
  return 0;
}

const emptied = (path: string) => new DamagedRecord(path, 'it is empty', path);

const GATHER_BYTES = 64 * 1024;

export function createJournal(path: string): Journal {
  let flushAt = GATHER_BYTES;
  let gathered = '';
  return {
    append(value) {
      gathered += `${JSON.stringify(value)}\n`;
      if (gathered.length < flushAt) return;
      try {
        this.flush();
      } catch {
        flushAt = gathered.length + GATHER_BYTES; // the flush at the end reports it
      }
    },
    flush() {
      if (gathered === '') return;
      appendWhole(path, gathered);
      gathered = '';
      flushAt = GATHER_BYTES;
    },
  };
}

/** All whole lines. @throws {DamagedRecord} */
export function readJournal<T>(path: string, schema: Reads<T>): T[] {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    const {code, message} = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return []; // nothing has been written yet
    throw new DamagedRecord(path, `it cannot be read: ${message}`, path);
  }
  if (text === '') throw emptied(path);
  return parseLines(path, text, schema);
}

export interface JournalPage<T> {
  readonly values: T[];
  /** where the next page starts, in bytes; null at the end */
  readonly next: number | null;
}

/** One page of a journal that starts at a byte offset, at most so many lines. Reads no more than it needs. */
export function readJournalPage<T>(path: string, schema: Reads<T>, offset: number, lines: number): JournalPage<T> {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch (error) {
    const {code, message} = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return {values: [], next: null};
    throw new DamagedRecord(path, `it cannot be read: ${message}`, path);
  }
  try {
    const size = fstatSync(file).size;
    if (size === 0) throw emptied(path);
    const buffer = Buffer.alloc(Math.max(0, Math.min(size - offset, lines * 9000)));
    const read = readSync(file, buffer, 0, buffer.length, offset);
    let end = 0;
    let count = 0;
    for (let at = buffer.indexOf(10); at !== -1 && at < read && count < lines; at = buffer.indexOf(10, end)) {
      end = at + 1;
      count++;
    }
    const values = parseLines(path, buffer.toString('utf8', 0, end), schema);
    return {values, next: end > 0 && offset + end < size ? offset + end : null};
  } finally {
    closeSync(file);
  }
}

function parseLines<T>(path: string, text: string, schema: Reads<T>): T[] {
  const whole = text.slice(0, text.lastIndexOf('\n') + 1);
  return whole
    .split('\n')
    .flatMap((line, at) => (line === '' ? [] : [readValue(path, line, schema, {where: `line ${at + 1}`})]));
}
