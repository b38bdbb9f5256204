import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterEach, beforeEach, expect, test} from 'vitest';
import {endOf} from '../../src/ledger/attempts.ts';
import type {Ledger} from '../../src/ledger/ledger.ts';
import {openLedger} from '../../src/ledger/open-ledger.ts';
import {jobStep, specOf} from '../support/a-run.ts';

let top: string;
let ledger: Ledger;
const DECISION = {at: 5, by: 'ann', steps: {compute: 1}, redo: []};

/** A run of one step that failed. */
function failed() {
  const {run: _, number, nonce: __, format: ___, ...spec} = specOf([jobStep('compute')]);
  const run = ledger.createRun(number, spec, new Map());
  if (!run) throw new Error('it exists');
  ledger.create(run, 'compute.1.outcome', {at: 1, state: 'failed', why: 'exit status 3'});
  return run;
}

beforeEach(() => {
  top = mkdtempSync(join(tmpdir(), 'resumed-'));
  ledger = openLedger(top);
});
afterEach(() => rmSync(top, {recursive: true, force: true}));

test('a sealed run that is resumed is active again, and has no summary until it is sealed again', () => {
  const run = failed();
  ledger.seal(ledger.open(run), 2);
  expect([ledger.activeRuns(), ledger.summary(run)?.state]).toEqual([[], 'failed']);
  expect(ledger.resume(ledger.open(run), DECISION)).toBe(true);
  expect([ledger.activeRuns(), ledger.summary(run)]).toEqual([[run], undefined]);
});

test('a process that read the run before it was resumed cannot seal it any more', () => {
  const run = failed();
  const stale = ledger.open(run);
  ledger.resume(ledger.open(run), DECISION);
  ledger.seal(stale, 9);
  expect(ledger.activeRuns()).toEqual([run]);
  expect(ledger.summary(run)).toBeUndefined();
});

test('of two who resume a run at the same moment one is told that the other was first', () => {
  const run = failed();
  const [one, other] = [ledger.open(run), ledger.open(run)];
  expect([ledger.resume(one, DECISION), ledger.resume(other, {...DECISION, by: 'bob'})]).toEqual([true, false]);
  expect(ledger.open(run).state.resumes.map(({by}) => by)).toEqual(['ann']);
});

test('the summary is that of the newest time, and earlier ones stay as they were', () => {
  const run = failed();
  ledger.seal(ledger.open(run), 2);
  ledger.resume(ledger.open(run), DECISION);
  ledger.create(run, 'compute.2.outcome', {at: 7, state: 'succeeded', why: 'exit status 0'});
  expect(ledger.seal(ledger.open(run), 8).first).toBe(true);
  expect(ledger.summary(run)).toMatchObject({state: 'succeeded', endedAt: 8, steps: [{attempts: 2}]});
  expect(ledger.activeRuns()).toEqual([]);
});

test('a resumed run keeps its number, also when its directory was removed', () => {
  const run = failed();
  ledger.seal(ledger.open(run), 2);
  ledger.resume(ledger.open(run), DECISION);
  expect(ledger.nextNumber('r')).toBe(2);
  rmSync(ledger.open(run).layout.directory, {recursive: true});
  expect(ledger.nextNumber('r')).toBe(2);
});

test('a run that was cancelled, and then resumed, is not cancelled any more, and can be cancelled again', () => {
  const run = failed();
  ledger.create(run, 'decision.cancel', {at: 1, by: 'ann', cleanup: true});
  expect(ledger.open(run).state.cancel).toBeDefined();
  ledger.resume(ledger.open(run), DECISION);
  expect(ledger.open(run).state.cancel).toBeUndefined();
  ledger.create(run, 'decision.cancel-1', {at: 1, by: 'bob', cleanup: true});
  expect(ledger.open(run).state.cancel?.by).toBe('bob');
});

test('a resumption that was left behind by a run that is gone counts for no new run', () => {
  const run = failed();
  ledger.resume(ledger.open(run), DECISION);
  rmSync(ledger.open(run).layout.directory, {recursive: true});
  expect(ledger.nextNumber('r')).toBe(2);
});

test('a run that ended after it was read is read again: all that its seal was made from is there', () => {
  const run = failed();
  ledger.resume(ledger.open(run), DECISION);
  const read = ledger.open(run);
  expect(ledger.withEnd(read)).toEqual({open: read, ended: undefined});
  ledger.create(run, 'compute.2.outcome', {at: 7, state: 'succeeded', why: 'exit status 0'});
  ledger.seal(ledger.open(run), 8);
  const {open, ended} = ledger.withEnd(read);
  expect([endOf(open.state, 'compute')?.state, ended?.state]).toEqual(['succeeded', 'succeeded']);
});

test('a run that ended after it was read, and was resumed since, has no end', () => {
  const run = failed();
  const read = ledger.open(run);
  ledger.seal(ledger.open(run), 2);
  ledger.resume(ledger.open(run), DECISION);
  const {open, ended} = ledger.withEnd(read);
  expect([open.state.resumes.length, ended]).toEqual([1, undefined]);
});
