import type {Change, ItemEnded, LogEntry} from '../../src/campaign/changes.ts';
import {apply, begin, type CampaignState} from '../../src/campaign/fold.ts';

/** A log of these entries, each of one change or several. */
export function logOf(...entries: readonly (Change | readonly Change[])[]): LogEntry[] {
  return entries.map((changes, index) => ({
    at: index,
    by: 'ana@login1',
    changes: Array.isArray(changes) ? changes : [changes as Change],
  }));
}

export function stateOf(...entries: readonly (Change | readonly Change[])[]): CampaignState {
  const [first, ...rest] = logOf(...entries);
  if (!first) throw new RangeError('a log has an entry');
  return rest.reduce(apply, begin(first));
}

export const defined = (bounds: {maxActive?: number; prefetch?: number; pauseAfter?: number} = {}): Change => ({
  is: 'defined',
  definition: 'd1',
  maxActive: 2,
  pauseAfter: 0,
  ...bounds,
});
export const items = (first: number, count: number, priority: number | undefined = 0): Change => ({
  is: 'items',
  segment: `s${first}`,
  first,
  count,
  priority,
});
export const admitted = (number: number, of = 1): Change => ({
  is: 'admitted',
  number,
  try: of,
  prepared: `0-${number}.${of}`,
});
export const ended = (number: number, more: Partial<ItemEnded> = {}): ItemEnded => ({
  is: 'ended',
  number,
  try: 1,
  seal: 0,
  state: 'succeeded',
  why: 'every step succeeded',
  at: 0,
  ...more,
});
