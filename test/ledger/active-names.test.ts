import {existsSync, mkdirSync, readdirSync, renameSync, rmSync, utimesSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {afterEach, beforeEach, describe, expect, test} from 'vitest';
import {showList} from '../../src/app/runs/status/list.ts';
import {reconcile} from '../../src/engine/turn.ts';
import {type AroundEffect, openLedger} from '../../src/ledger/open-ledger.ts';
import {type RunId, runId} from '../../src/ledger/state-directory.ts';
import {jobStep, specOf} from '../support/a-run.ts';
import {profileOf} from '../support/fake-stage.ts';
import {fakeWorld} from '../support/fakes.ts';
import {memoryDirectory} from '../support/memory-directory.ts';

const R1 = 'r.1' as RunId;
const DAY_S = 86_400;

let top: string;
beforeEach(() => {
  top = memoryDirectory('active-');
});
afterEach(() => rmSync(top, {recursive: true, force: true}));

const {run: _, number: __, nonce: ___, format: ____, ...spec} = specOf([jobStep('a')]);
const ledger = () => openLedger(top);
const begin = (number = 1, open = ledger()) => open.createRun(number, spec, new Map());
const end = (open = ledger()) => {
  open.create(R1, `a.${open.open(R1).state.resumes.length + 1}.outcome`, {at: 1, state: 'succeeded', why: 'x'});
  open.seal(open.open(R1), 2);
};
const resume = (open = ledger()) => open.resume(open.open(R1), {at: 3, by: 'ann', steps: {a: 1}, redo: ['a']});
const names = () => readdirSync(join(top, 'active')).sort();
const tidy = () => ledger().tidyActive('ann@h:1');
/** The process dies at one of its effects. */
const dying = (point: string) => {
  const around: AroundEffect = (effect, _run, act) => {
    if (point === `before ${effect}`) throw new Error(point);
    const result = act();
    if (point === `after ${effect}`) throw new Error(point);
    return result;
  };
  return openLedger(top, around);
};

test('a run has its name from before it is there until after its seal, and another one for each resumption', () => {
  begin();
  tidy();
  expect([names(), ledger().activeRuns()]).toEqual([['complete.json', 'r.1'], [R1]]);
  end();
  expect([names(), ledger().activeRuns()]).toEqual([['complete.json'], []]);
  resume();
  expect([names(), ledger().activeRuns()]).toEqual([['complete.json', 'r.1~1'], [R1]]);
  end();
  expect([names(), ledger().activeRuns()]).toEqual([['complete.json'], []]);
});

describe('a process that dies', () => {
  beforeEach(() => {
    begin(9);
    tidy();
  });
  const active = () =>
    ledger()
      .activeRuns()
      .filter((run) => run === R1);

  test('between the name and the publication leaves a name that counts for nothing, and is cleared after a day', () => {
    expect(() => begin(1, dying('after active-name'))).toThrow('after active-name');
    expect([names(), ledger().runs(), active()]).toEqual([['complete.json', 'r.1', 'r.9'], ['r.9'], []]);
    tidy();
    expect(names()).toContain('r.1'); // its process may be about to publish it
    utimesSync(join(top, 'active', 'r.1'), 0, Date.now() / 1000 - DAY_S - 60);
    tidy();
    expect(names()).toEqual(['complete.json', 'r.9']);
    expect([begin(1), active()]).toEqual([R1, [R1]]);
  });

  test('between the name and the resumption leaves a name that counts for nothing, and that the next resumption takes', () => {
    begin();
    end();
    expect(() => resume(dying('after active-name'))).toThrow('after active-name');
    expect([names(), active()]).toEqual([['complete.json', 'r.1~1', 'r.9'], []]);
    expect([resume(), active()]).toEqual([true, [R1]]);
  });

  test('between the seal and the removal leaves a name that counts for nothing, and is cleared by the next look', () => {
    begin();
    expect(() => end(dying('after seal-fact'))).toThrow('after seal-fact');
    expect([names(), active()]).toEqual([['complete.json', 'r.1', 'r.9'], []]);
    tidy();
    expect(names()).toEqual(['complete.json', 'r.9']);
  });

  test('before the seal leaves the run active', () => {
    begin();
    expect(() => end(dying('before seal-fact'))).toThrow('before seal-fact');
    tidy();
    expect([names(), active()]).toEqual([['complete.json', 'r.1', 'r.9'], [R1]]);
  });
});

test('a run that took more than a day to be published has its name all the same', () => {
  begin(9);
  tidy();
  const slow: AroundEffect = (effect, _run, act) => {
    const result = act();
    if (effect === 'active-name') rmSync(join(top, 'active', 'r.1')); // a look has cleared it
    return result;
  };
  let calls = 0;
  begin(
    1,
    openLedger(top, (effect, run, act) => (calls++ === 0 ? slow(effect, run, act) : act())),
  );
  expect(ledger().activeRuns()).toContain(R1);
});

test('a run that was resumed before it had ended is active once, and its old name is cleared', () => {
  begin();
  tidy();
  resume();
  expect(ledger().activeRuns()).toEqual([R1]);
  end();
  expect(ledger().activeRuns()).toEqual([]);
  tidy();
  expect(names()).toEqual(['complete.json']);
});

test('the name of a run that was taken back counts for nothing, and serves the next run of that number', () => {
  begin();
  tidy();
  ledger().withdraw(ledger().open(R1));
  expect(ledger().activeRuns()).toEqual([]);
  begin();
  expect(ledger().activeRuns()).toEqual([R1]);
});

test('a run that was prepared elsewhere has its name before it is moved to its place', () => {
  begin(9);
  tidy();
  const prepared = join(top, 'prepared');
  ledger().prepareRun(prepared, 1, spec, new Map());
  expect(() => dying('after active-name').publishPrepared(prepared, R1)).toThrow();
  expect([existsSync(prepared), names()]).toEqual([true, ['complete.json', 'r.1', 'r.9']]);
  expect([ledger().publishPrepared(prepared, R1), ledger().activeRuns().sort()]).toEqual(['published', [R1, 'r.9']]);
  expect(ledger().publishPrepared(prepared, R1)).toBe('absent');
});

describe('a state directory of an older version', () => {
  beforeEach(() => {
    begin();
    end();
    begin(2);
    begin(3);
    rmSync(join(top, 'active'), {recursive: true});
  });

  test('is entered once, by the first look; until then active is what has no seal', () => {
    expect(ledger().activeRuns().sort()).toEqual(['r.2', 'r.3']);
    tidy();
    expect([names(), ledger().activeRuns().sort()]).toEqual([
      ['complete.json', 'r.2', 'r.3'],
      ['r.2', 'r.3'],
    ]);
  });

  test('of which a process that died has entered one run is entered whole by the next', () => {
    mkdirSync(join(top, 'active'));
    writeFileSync(join(top, 'active', 'r.2'), '');
    expect(ledger().activeRuns().sort()).toEqual(['r.2', 'r.3']);
    tidy();
    expect(names()).toEqual(['complete.json', 'r.2', 'r.3']);
  });
});

test('no state directory is made where there is none', () => {
  rmSync(top, {recursive: true});
  tidy();
  expect(existsSync(top)).toBe(false);
  mkdirSync(top);
  tidy();
  expect(readdirSync(top)).toEqual([]);
});

describe('a run whose name is missing', () => {
  beforeEach(() => {
    begin();
    begin(2);
    tidy();
    rmSync(join(top, 'active', 'r.1'));
  });

  test('is found again by "stage list", which says so', () => {
    expect(ledger().activeRuns()).toEqual(['r.2']);
    const stage = {ledger: ledger(), profile: profileOf('{transfer: local}')};
    expect(showList(stage, []).foundAgain).toEqual([R1]);
    expect(ledger().activeRuns().sort()).toEqual([R1, 'r.2']);
    expect(showList(stage, []).foundAgain).toBeUndefined();
  });

  test('is found again by a look that names it, and one that has ended is not', async () => {
    const world = fakeWorld(top);
    await reconcile(world.context(), {about: [R1]});
    expect(ledger().activeRuns().sort()).toEqual([R1, 'r.2']);
    end();
    expect(ledger().enterNamed([R1, runId('r', 7)])).toEqual([]);
  });

  test('as when its damaged seal was moved away', () => {
    ledger().enterMissing();
    end();
    renameSync(join(top, 'sealed', 'r.1.json'), join(top, 'elsewhere'));
    expect(ledger().enterMissing()).toEqual([R1]);
  });
});
