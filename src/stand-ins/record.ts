import {mkdirSync, readFileSync, renameSync, rmSync, writeFileSync} from 'node:fs';
import {dirname} from 'node:path';
import {DamagedRecord} from './stand-in-error.ts';

/*
 * The records of the stand-ins. One is absent, whole or damaged; what is damaged is never taken for absent, since a
 * service that has lost its collections or a task answers with what is not true.
 */

/**
 * Replace a small file so that a reader, or the next start after a kill, finds the old or the new text.
 *
 * Written in place and synchronously: what an answer promises (a task id, a token, a job) is on disk before the answer.
 */
export function writeWhole(path: string, text: string, mode = 0o600): void {
  mkdirSync(dirname(path), {recursive: true, mode: 0o700});
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    writeFileSync(temporary, text, {mode});
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, {force: true}); // on a disk that is full it takes room
    throw error;
  }
}

export function writeRecord(path: string, value: unknown): void {
  writeWhole(path, `${JSON.stringify(value)}\n`);
}

/** What reads a value: a schema of zod, of the small one too. */
export interface Reads<T> {
  safeParse(
    value: unknown,
  ):
    | {readonly success: true; readonly data: T}
    | {readonly success: false; readonly error: {readonly issues: readonly Issue[]}};
}

interface Issue {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

/**
 * @param remove what is to be removed to do without the record; the file itself when absent
 * @returns undefined when there is no such file. @throws {DamagedRecord}
 */
export function readRecord<T>(path: string, schema: Reads<T>, remove = path): T | undefined {
  const text = readTextRecord(path, remove);
  return text === undefined ? undefined : readValue(path, text, schema, {remove});
}

/** @returns undefined when there is no such file. @throws {DamagedRecord} when it is empty or cannot be read */
export function readTextRecord(path: string, remove = path): string | undefined {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    const {code, message} = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw new DamagedRecord(path, `it cannot be read: ${message}`, remove);
  }
  if (text.trim() === '') throw new DamagedRecord(path, 'it is empty', remove);
  return text;
}

/** Read one JSON text of a record. @param where a line of it; all of it when absent */
export function readValue<T>(
  path: string,
  text: string,
  schema: Reads<T>,
  {where = 'it', remove = path}: {where?: string; remove?: string} = {},
): T {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new DamagedRecord(path, `${where} is cut short, or is not JSON`, remove);
  }
  const read = schema.safeParse(value);
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  const field = issue?.path.map(String).join('.');
  throw new DamagedRecord(
    path,
    `${where} does not hold what was written: ${field ? `${field}: ` : ''}${issue?.message}`,
    remove,
  );
}
