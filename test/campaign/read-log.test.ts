import {expect, test} from 'vitest';
import {nextItems} from '../../src/campaign/admission.ts';
import type {LogEntry} from '../../src/campaign/changes.ts';
import {apply, begin, type CampaignState} from '../../src/campaign/fold.ts';
import {CHECKPOINT_EVERY, readLog} from '../../src/campaign/read-log.ts';
import {admitted, defined, ended, items, logOf} from './campaign-of.ts';

/** A log in which so many items have ended, with its checkpoints; and what was read of it. */
function longLog(endedItems: number) {
  const entries: LogEntry[] = logOf(defined({maxActive: 50}), items(1, endedItems + 100));
  let state = entries.slice(1).reduce(apply, begin(entries[0] as LogEntry)); // just made
  const checkpoints = new Map<number, CampaignState>();
  const add = (entry: LogEntry) => {
    entries.push(entry);
    state = apply(state, entry);
    if (state.position % CHECKPOINT_EVERY === 0) checkpoints.set(state.position, state);
  };
  for (let number = 1; number <= 50; number++) for (const entry of logOf(admitted(number))) add(entry);
  for (let number = 1; number <= endedItems; number++)
    for (const entry of logOf([ended(number), admitted(number + 50)])) add(entry);
  const read = {entries: 0, checkpoints: 0, bytes: 0};
  const files = {
    checkpoints: () => [...checkpoints.keys()],
    checkpoint: (position: number) => {
      const found = checkpoints.get(position);
      read.checkpoints++;
      read.bytes += JSON.stringify([...(found?.active ?? [])]).length + JSON.stringify(found?.waiting).length;
      return found;
    },
    entry: (position: number) => {
      read.entries++;
      return entries[position - 1];
    },
  };
  return {files, read, state, checkpoints};
}

test('a look reads the same few facts beside a thousand items that have ended and beside a hundred thousand', async () => {
  const [few, many] = [longLog(1_000), longLog(100_000)];
  for (const {files, state} of [few, many]) expect(readLog(files)?.state).toEqual(state);
  for (const {read} of [few, many]) {
    expect(read.checkpoints).toBe(1);
    expect(read.entries).toBeLessThanOrEqual(CHECKPOINT_EVERY + 1);
    expect(read.bytes).toBeLessThan(6_000);
  }
  const next = nextItems(many.state, 3, () => Promise.reject(new Error('no segment is read for priorities')));
  expect(await next).toEqual([100_051, 100_052, 100_053]);
});

test('a checkpoint that cannot be used is passed over, also the only one', () => {
  const {files, state, checkpoints} = longLog(600);
  const newest = Math.max(...checkpoints.keys());
  const without = {...files, checkpoint: (at: number) => (at === newest ? undefined : checkpoints.get(at))};
  expect(readLog(without)?.state).toEqual(state);
  expect(readLog({...files, checkpoint: () => undefined})?.state).toEqual(state);
});

test('what was read before is not read again', () => {
  const {files, read, state} = longLog(600);
  expect(readLog(files, state)?.state).toBe(state);
  expect(read).toEqual({entries: 1, checkpoints: 0, bytes: 0});
});

test('there is no campaign without a first entry', () => {
  expect(readLog({checkpoints: () => [], checkpoint: () => undefined, entry: () => undefined})).toBeUndefined();
});
