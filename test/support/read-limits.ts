import {lstatSync, readdirSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
import {type Checked, checkLog, type Written, type WrittenEvent} from '../limits/check-log.ts';

/** What the independent checker makes of a limits directory, of which it knows the files and nothing else. */
export function checkDirectory(directory: string): Checked {
  const log = join(directory, 'log');
  const entries = readdirSync(log)
    .filter((file) => /^[0-9]+\.json$/.test(file))
    .toSorted()
    .map((file): Written => {
      const path = join(log, file);
      const {uid} = lstatSync(path);
      return {number: Number.parseInt(file, 10), writer: uid, does: eventsOf(path)};
    });
  return checkLog(entries, lstatSync(directory).uid);
}

function eventsOf(path: string): readonly WrittenEvent[] | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')).does;
  } catch {
    return undefined;
  }
}
