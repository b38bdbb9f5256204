import {expect, test} from 'vitest';
import {isWorthALine, movingIn} from '../../../../src/app/runs/monitor/progress-events.ts';
import {renderMonitor} from '../../../../src/app/runs/monitor/render-monitor.ts';
import type {OpenRun} from '../../../../src/ledger/ledger.ts';
import type {RunId} from '../../../../src/ledger/state-directory.ts';
import {ARun, jobStep, SETTINGS, task, transferStep} from '../../../support/a-run.ts';

const HOUR = 3_600_000;
const before = (pending: number, at = 1) => ({at, tasks: {t: {subtasksPending: pending}}});
const half = task('active', {subtasksTotal: 100, subtasksPending: 50});

test('a tenth more is worth a line, less than that is not before the next hour', () => {
  expect(isWorthALine(half, 2, undefined)).toBe(true);
  expect(isWorthALine(half, 2, before(61))).toBe(true);
  expect(isWorthALine(half, 2, before(50))).toBe(false);
  expect(isWorthALine(half, HOUR + 1, before(50))).toBe(true);
});

function lookAt(run: ARun) {
  const open = {id: 'r.1' as RunId, state: run.state} as OpenRun; // nothing else of it is read
  return movingIn({runs: [open], seen: run.seen()}, SETTINGS);
}

test('a monitor tells how far each transfer is, in bytes of what its source held', () => {
  const files = {files: 4, filesTransferred: 2, bytesTransferred: 5_000_000_000, rate: 100_000_000};
  const run = new ARun([transferStep('in'), jobStep('compute')]).task('in', 't', task('active', files));
  const told = () =>
    renderMonitor({
      looked: {runs: 1, jobs: 0, tasks: 1},
      did: [],
      moving: lookAt(run),
      ended: [],
      problems: [],
      notKnown: [],
    });
  expect(told()).toContain('r.1 in: 5.0 GB (2 of 4 files), 100 MB/s, no estimate: its source was not listed before');
  const sizes = {10: [4, 10_000_000_000]};
  run.fact('in.1.transfer.source', {files: 4, directories: 1, bytes: 10_000_000_000, sizes, cut: false, listedAt: 0});
  expect(told()).toContain('r.1 in: 50 %, 5.0 GB of 10 GB (2 of 4 files), 100 MB/s, about 50 s left');
});

test('nothing is told of a transfer that stands', () => {
  expect(lookAt(new ARun([transferStep('in')]).task('in', 't', task('paused')))).toEqual([]);
  expect(lookAt(new ARun([jobStep('compute')]))).toEqual([]);
});
