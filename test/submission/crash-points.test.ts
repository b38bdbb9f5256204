import {mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterEach, beforeEach, expect, test} from 'vitest';
import {reconcile} from '../../src/engine/turn.ts';
import {openLedger} from '../../src/ledger/ledger.ts';
import {dieWhereToldIn} from '../../src/submission/crash-points-on-disk.ts';
import {CLASSIC, specOf} from '../support/a-run.ts';
import {fakeWorld} from '../support/fakes.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'crash-points-'));
});
afterEach(() => rmSync(directory, {recursive: true, force: true}));

test('every effect of a look has a point before it and one after it, named after whose it is', async () => {
  const {run: _, number, nonce: __, format: ___, ...spec} = specOf(CLASSIC);
  openLedger(directory).createRun(number, spec, new Map());
  const world = fakeWorld(directory);
  await reconcile(world.context(), {rebuild: true});
  expect(world.effects).toEqual(
    expect.arrayContaining([
      'before fact compute.1.job.intent',
      'after qsub compute.1.job',
      'after qsub stage-out.1.launcher',
      'before submission_id',
      'before transfer stage-in.1',
      'after fact stage-in.1.transfer.confirmed',
      'before qsub monitor',
      'after fact monitor.confirmed',
    ]),
  );
  const sides = (side: string) =>
    world.effects.flatMap((point) => (point.startsWith(side) ? [point.slice(side.length)] : []));
  expect(sides('before ').sort()).toEqual(sides('after ').sort());
});

test('what is told to another run, or to another point, is left standing, and what is reached is written down', () => {
  writeFileSync(join(directory, '.record'), '');
  for (const told of ['before seal of b.1', 'after seal of a.1', 'after seal'])
    writeFileSync(join(directory, told), '');
  const reach = dieWhereToldIn(directory);
  reach('before seal', 'a.1');
  reach('before fact monitor.look');
  expect(readdirSync(directory).filter((name) => !name.startsWith('.'))).toHaveLength(3);
  const seen = readFileSync(join(directory, '.seen', String(process.pid)), 'utf8');
  expect(seen).toBe('before seal of a.1\nbefore fact monitor.look\n');
});
