import {closeSync, fstatSync, ftruncateSync, openSync, readFileSync, statSync, writeSync} from 'node:fs';
import {hostname} from 'node:os';
import {join} from 'node:path';
import * as z from 'zod/mini';
import {NOT_COMPILED, parseJson} from '../base/json.ts';
import {ensureSubdirectory} from '../disk/directories.ts';
import {namesIn} from '../disk/facts.ts';

/** What a transfer has moved, in all when it has ended; sizes in bytes. Documents have it in these names, too. */
export interface ProgressText {
  readonly bytesTransferred?: number | undefined;
  readonly bytesExpected?: number | undefined;
  readonly filesTransferred?: number | undefined;
  readonly files?: number | undefined;
  readonly bytesPerSecond?: number | undefined;
  readonly secondsRemaining?: number | undefined;
  readonly noEstimate?: string | undefined;
}

/** Something that happened to a run, for people. Nothing is decided by events. */
export interface RunEvent extends ProgressText {
  readonly at: number;
  /** such as `job-submitted`, `transfer-succeeded`; the list is in docs/formats/ledger.md */
  readonly event: string;
  readonly step?: string;
  readonly attempt?: number;
  readonly job?: string;
  readonly task?: string;
  readonly why?: string;
  /** who noticed or did it: `user@host:pid` */
  readonly by: string;
}

/**
 * Append an event to this process's own journal file; no other process writes it, so no lock is needed.
 *
 * An event that the disk does not take is left out: nothing is decided by it, and the work it tells of was done. When
 * the disk is full indeed, the next fact fails, and says so.
 *
 * @returns whether it was written
 */
export function appendEvent(directory: string, event: RunEvent): boolean {
  try {
    ensureSubdirectory(directory);
    appendWhole(join(directory, `${hostname()}.${process.pid}.ndjson`), Buffer.from(`${JSON.stringify(event)}\n`));
    return true;
  } catch (error) {
    if (error instanceof Error && 'errno' in error) return false;
    throw error;
  }
}

/** A line of which a part was written only is taken back, so that the next one stands alone. */
function appendWhole(path: string, line: Buffer): void {
  const file = openSync(path, 'a', 0o600);
  try {
    const {size} = fstatSync(file);
    try {
      for (let written = 0; written < line.length; ) written += writeSync(file, line, written);
    } catch (error) {
      ftruncateSync(file, size);
      throw error;
    }
  } finally {
    closeSync(file);
  }
}

const optionalNumber = z.optional(z.number());
const optionalText = z.optional(z.string());

/** A line of a journal. */
const EVENT: z.ZodMiniType<RunEvent> = z.looseObject({
  at: z.number(),
  event: z.string(),
  step: optionalText,
  attempt: optionalNumber,
  job: optionalText,
  task: optionalText,
  why: optionalText,
  bytesTransferred: optionalNumber,
  bytesExpected: optionalNumber,
  filesTransferred: optionalNumber,
  files: optionalNumber,
  bytesPerSecond: optionalNumber,
  secondsRemaining: optionalNumber,
  by: z.string(),
});

/** All events of a run, oldest first. Half a line (its writer was killed), and whatever else is no event, is left out. */
export function readEvents(directory: string): RunEvent[] {
  return namesIn(directory)
    .filter((name) => name.endsWith('.ndjson') && isFile(join(directory, name)))
    .flatMap((name) => readFileSync(join(directory, name), 'utf8').split('\n'))
    .flatMap((line) => parseEvent(line))
    .sort((a, b) => a.at - b.at);
}

function isFile(path: string): boolean {
  return statSync(path, {throwIfNoEntry: false})?.isFile() ?? false;
}

function parseEvent(line: string): RunEvent[] {
  if (line === '') return [];
  const read = EVENT.safeParse(parseJson(line), NOT_COMPILED);
  return read.success ? [read.data] : [];
}
