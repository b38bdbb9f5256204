import {posix} from 'node:path';
import type {TransferItem} from '../../base/task-request.ts';
import {quote} from '../file/problems.ts';
import {readChecksum} from './checksums.ts';
import type {TransferStep} from './workflow.ts';

/** An item as a workflow file or a batch line has it. */
export interface WrittenItem {
  readonly from: string;
  readonly to: string;
  readonly recursive?: boolean | undefined;
  readonly external_checksum?: string | undefined;
  readonly checksum_algorithm?: string | undefined;
}

/** The directories that relative paths of items are taken from. Both end in `/`. */
export interface ItemBase {
  readonly from: string;
  readonly to: string;
}

/** More than this is a directory's worth: `stage` reads what a run was asked to do at every look. */
const MOST_ITEMS = 100_000;

/** What a transfer step moves, item by item. */
export function itemsOf(step: Pick<TransferStep, 'from' | 'to' | 'recursive' | 'items'>): readonly TransferItem[] {
  return step.items ?? [{from: step.from.path, to: step.to.path, recursive: step.recursive}];
}

/** An item in full. Pure. @returns the item, or one sentence on what is wrong with it */
export function readItem(written: WrittenItem, base: ItemBase): TransferItem | string {
  const {external_checksum: checksum, checksum_algorithm: algorithm} = written;
  for (const path of [written.from, written.to])
    if (path === '' || /[\r\n\0]/.test(path)) return `the path ${quote(path)} is empty, or has a line end or NUL in it`;
  const [from, to] = [absolute(written.from, base.from), absolute(written.to, base.to)];
  const recursive = written.recursive ?? (from.endsWith('/') && to.endsWith('/'));
  const wrong = wrongSlashes(from, to, written.recursive);
  if (wrong) return wrong;
  if (checksum === undefined) {
    return algorithm === undefined ? {from, to, recursive} : 'has a checksum_algorithm and no external_checksum';
  }
  if (recursive) return 'has a checksum, which is for one file; leave it out for a directory';
  const read = readChecksum(checksum, algorithm);
  return typeof read === 'string' ? read : {from, to, recursive, ...read};
}

/** Paths below the base, as `globus transfer --batch` joins them; absolute ones, and those of a home directory, are left as they are. */
function absolute(path: string, base: string): string {
  if (path === '~') return '/~/';
  if (path.startsWith('~/')) return `/${path}`;
  return posix.normalize(path.startsWith('/') ? path : base + path);
}

function wrongSlashes(from: string, to: string, recursive: boolean | undefined): string | undefined {
  if (recursive === true) return undefined;
  const [fromDirectory, toDirectory] = [from.endsWith('/'), to.endsWith('/')];
  if (fromDirectory !== toDirectory)
    return `${quote(fromDirectory ? from : to)} ends in "/" (a directory) and ${quote(fromDirectory ? to : from)} does not (a file); end both in "/", or neither`;
  if (fromDirectory && recursive === false) return 'both paths end in "/" (directories), and it is not to be recursive';
  return undefined;
}

/** What is wrong with items taken together. Pure. @param name how a person knows each item */
export function wrongTogether(items: readonly TransferItem[], name: (index: number) => string): string[] {
  if (items.length > MOST_ITEMS)
    return [
      `has ${items.length} items; at most ${MOST_ITEMS} fit into a step: move whole directories, or make several steps`,
    ];
  const first = new Map<string, number>();
  return items.flatMap(({to}, index) => {
    const before = first.get(to);
    if (before === undefined) first.set(to, index);
    return before === undefined ? [] : [`${name(index)}: goes to ${quote(to)}, as ${name(before)} does`];
  });
}
