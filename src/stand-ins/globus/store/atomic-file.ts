import {mkdirSync, readFileSync, renameSync, writeFileSync} from 'node:fs';
import {dirname} from 'node:path';

/**
 * Replace a small JSON file so that a reader, or the next start after a kill, finds the old or the new text.
 *
 * Written in place and synchronously: what an HTTP answer promises (a task id, a token) is on disk before the answer.
 */
export function writeJsonFile(path: string, value: unknown, mode = 0o600): void {
  mkdirSync(dirname(path), {recursive: true, mode: 0o700});
  const temporary = `${path}.${process.pid}.tmp`;
  writeFileSync(temporary, `${JSON.stringify(value)}\n`, {mode});
  renameSync(temporary, path);
}

/** @returns undefined when there is no such file, or when it holds no JSON */
export function readJsonFile(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return undefined; // a file of ours that cannot be read counts as missing: it is written again
  }
}
