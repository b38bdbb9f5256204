import {itemsOf} from './items.ts';
import type {TransferStep} from './workflow.ts';

/** A file that a task moved: absolute paths. */
export interface MovedFile {
  readonly from: string;
  readonly to: string;
}

/** Files enough to tell by. A step may have a hundred thousand items, and each file is held against all of them. */
const COMPARED = 100;

/**
 * The first file that a task moved elsewhere than its step says. Pure.
 *
 * @returns undefined when none of them did, so also when there are none
 */
export function strayFile(step: TransferStep, moved: readonly MovedFile[]): MovedFile | undefined {
  const items = itemsOf(step);
  return moved
    .slice(0, COMPARED)
    .find((file) => !items.some((item) => isWithin(file.from, item.from) && isWithin(file.to, item.to)));
}

/** Where a stray file differs from what its step says, a line each. Pure. */
export function strayInWords(step: TransferStep, {from, to}: MovedFile): string[] {
  const items = itemsOf(step);
  const [first] = items;
  const more = items.length > 1 ? ` and ${items.length - 1} more` : '';
  const says = (end: 'from' | 'to') => `the step says ${first?.[end] ?? step[end].path}${more}`;
  const lines: string[] = [];
  if (!items.some((item) => isWithin(from, item.from))) lines.push(`source: the task moved ${from}, ${says('from')}`);
  if (!items.some((item) => isWithin(to, item.to))) lines.push(`destination: the task wrote ${to}, ${says('to')}`);
  // Each end is one of the step's, and they belong to different items.
  if (lines.length === 0) lines.push(`the task moved ${from} to ${to}, which is not one of the step's items`);
  return lines;
}

/** Is a file that a task moved in, or at, the place a step names? A path below "/~/" may be told by where it lies below the home directory. Pure. */
function isWithin(file: string, place: string): boolean {
  const home = /^\/~\/?/.exec(place);
  if (!home) return file === place || file.startsWith(place.endsWith('/') ? place : `${place}/`);
  const rest = place.slice(home[0].length);
  return file.startsWith(place) || rest === '' || `${file}/`.includes(`/${rest}`);
}
