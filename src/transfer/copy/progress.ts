import {closeSync, fstatSync, openSync, readSync} from 'node:fs';

/** How far a copy job has come. */
export interface CopyProgress {
  readonly bytes: number;
  readonly files: number;
  /** bytes per second; 0 when not told */
  readonly rate: number;
}

const TAIL = 4096;

/** What rsync said last in the file of a job's progress; undefined where there is none, or nothing yet. */
export function readProgressFile(path: string): CopyProgress | undefined {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch {
    return undefined; // it has not begun, or has ended: then its end tells
  }
  try {
    const {size} = fstatSync(file);
    const part = (at: number, length: number) => {
      const bytes = Buffer.alloc(length);
      return bytes.toString('latin1', 0, readSync(file, bytes, 0, length, at));
    };
    return readProgress(part(0, 64), part(Math.max(0, size - TAIL), TAIL));
  } finally {
    closeSync(file);
  }
}

/**
 * The sum of what was moved before this call of rsync and of what it says itself. Pure. Source: rsync(1), `--info=progress2`;
 * each record ends in a carriage return, and the last one may be cut.
 *
 * @param head begins with `@ BYTES FILES`, what was moved before
 */
export function readProgress(head: string, tail: string): CopyProgress | undefined {
  const [, bytes, files] = /^@ (\d+) (\d+)\n/.exec(head) ?? [];
  if (bytes === undefined) return undefined;
  const records = [...tail.matchAll(/(?:^|[\r\n]) *(\d+) +\d+% +([\d.]+)([kMGT]?)B\/s/g)];
  const [, moved, rate, unit] = records.at(-1) ?? [];
  const [, number] = [...tail.matchAll(/\(xfr#(\d+),/g)].at(-1) ?? [];
  return {
    bytes: Number(bytes) + Number(moved ?? 0),
    files: Number(files) + Number(number ?? 0),
    rate: Math.round(Number(rate ?? 0) * (UNITS[unit ?? ''] ?? 1)),
  };
}

const UNITS: Readonly<Record<string, number>> = {k: 1024, M: 1024 ** 2, G: 1024 ** 3, T: 1024 ** 4};
