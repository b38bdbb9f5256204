import {appendFileSync, closeSync, fstatSync, ftruncateSync, openSync, readFileSync, readSync} from 'node:fs';

/** An append-only file of JSON lines that may be long: lines gather for a moment before they are written. */
export interface Journal {
  append(value: unknown): void;
  /** @throws what the disk says; the lines stay gathered, and go out with the next flush that works */
  flush(): void;
}

/** Append all of a text or nothing of it: a disk that fills up must not leave half a line for the next to be glued to. */
export function appendWhole(path: string, text: string): void {
  const file = openSync(path, 'a', 0o600);
  try {
    const {size} = fstatSync(file);
    try {
      appendFileSync(file, text);
    } catch (error) {
      ftruncateSync(file, size);
      throw error;
    }
  } finally {
    closeSync(file);
  }
}

const GATHER_BYTES = 64 * 1024;

export function createJournal(path: string): Journal {
  // A kill may have cut the last line short: the next one must not be glued to it.
  const before = readText(path);
  let flushAt = GATHER_BYTES;
  let gathered = before === '' || before.endsWith('\n') ? '' : '\n';
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

/** All whole lines. One that a kill cut short, or that is not JSON, is passed over. */
export function readJournal(path: string): unknown[] {
  return parseLines(readText(path));
}

export interface JournalPage {
  readonly values: unknown[];
  /** where the next page starts, in bytes; null at the end */
  readonly next: number | null;
}

/** One page of a journal that starts at a byte offset, at most so many lines. Reads no more than it needs. */
export function readJournalPage(path: string, offset: number, lines: number): JournalPage {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch {
    return {values: [], next: null};
  }
  try {
    const size = fstatSync(file).size;
    const buffer = Buffer.alloc(Math.max(0, Math.min(size - offset, lines * 9000)));
    const read = readSync(file, buffer, 0, buffer.length, offset);
    let end = 0;
    let count = 0;
    for (let at = buffer.indexOf(10); at !== -1 && at < read && count < lines; at = buffer.indexOf(10, end)) {
      end = at + 1;
      count++;
    }
    const values = parseLines(buffer.toString('utf8', 0, end));
    return {values, next: end > 0 && offset + end < size ? offset + end : null};
  } finally {
    closeSync(file);
  }
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return ''; // nothing has been written yet
  }
}

function parseLines(text: string): unknown[] {
  return text.split('\n').flatMap((line) => {
    try {
      return line === '' ? [] : [JSON.parse(line) as unknown];
    } catch {
      return [];
    }
  });
}
