import {basename, resolve} from 'node:path';
import type {WrittenItem} from '../model/items.ts';
import {readBatch} from './batch.ts';
import {isMap, MISTAKES_SHOWN} from './problems.ts';

/** The contents of a file; or, in one sentence, why it cannot be read. */
export type ReadText = (path: string) => {readonly text: string} | {readonly wrong: string};

/** A batch file as it was read. */
export interface BatchRead {
  readonly items: readonly WrittenItem[];
  /** `files.txt:12` */
  lineOf(index: number): string;
  /** what keeps it from being used, lines and all */
  readonly wrong?: string;
}

/** By step. */
export type Batches = ReadonlyMap<string, BatchRead>;

/**
 * Read every batch file that a workflow names, once: what is read here is what the run moves, whatever becomes of the
 * file afterwards.
 *
 * @param raw       the file, its parameters put in, right or wrong
 * @param directory that relative paths are taken from
 */
export function readBatches(raw: unknown, directory: string, readText: ReadText): Batches {
  const steps = isMap(raw) && isMap(raw.steps) ? raw.steps : {};
  return new Map(
    Object.entries(steps).flatMap(([name, step]) => {
      const transfer = isMap(step) ? step.transfer : undefined;
      const batch = isMap(transfer) ? transfer.batch : undefined;
      return typeof batch === 'string' ? [[name, readOne(batch, directory, readText)] as const] : [];
    }),
  );
}

function readOne(file: string, directory: string, readText: ReadText): BatchRead {
  const nothing = (wrong: string): BatchRead => ({items: [], lineOf: () => file, wrong});
  if (/^~(\/|$)/.test(file))
    return nothing('"~" is not expanded; needs a path from the directory of the workflow file');
  const read = readText(resolve(directory, file));
  if ('wrong' in read) return nothing(`${file} cannot be read: ${read.wrong}`);
  return batchOf(read.text, basename(file));
}

/** @param name how the file is called in messages */
export function batchOf(text: string, name: string): BatchRead {
  const {items, problems} = readBatch(text);
  const shown = problems.slice(0, MISTAKES_SHOWN).map((problem) => `${name}:${problem}`);
  const more = problems.length > shown.length ? [`and ${problems.length - shown.length} more lines`] : [];
  const wrong =
    problems.length > 0 ? [...shown, ...more].join('; ') : items.length === 0 ? `${name} names no items` : undefined;
  return {
    items: items.map(({line: _, ...item}) => item),
    lineOf: (index) => `${name}:${items[index]?.line ?? '?'}`,
    ...(wrong === undefined ? {} : {wrong}),
  };
}
