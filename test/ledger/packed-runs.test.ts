import {execFileSync} from 'node:child_process';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterEach, beforeEach, describe, expect, test} from 'vitest';
import {collectLogs} from '../../src/app/runs/logs/logs.ts';
import {pruneRuns, renderPrune} from '../../src/app/runs/prune/prune.ts';
import {resumeRuns} from '../../src/app/runs/run/resume.ts';
import {listRuns} from '../../src/app/runs/status/list.ts';
import {showStatus} from '../../src/app/runs/status/status.ts';
import {explainWhy} from '../../src/app/runs/why/why.ts';
import {requireSame} from '../../src/disk/tar-file.ts';
import {packEnded} from '../../src/engine/packing.ts';
import {PACK_RUNS} from '../../src/engine/parts/pack-runs.ts';
import {reconcile} from '../../src/engine/turn.ts';
import {type AroundEffect, openLedger} from '../../src/ledger/open-ledger.ts';
import {type RunId, runId} from '../../src/ledger/state-directory.ts';
import type {LimitEvent} from '../../src/limits/log.ts';
import {capacitiesToSet, limitSettings, openLimits} from '../../src/limits/open-limits.ts';
import {reasonsToKeep} from '../../src/wiring/reasons-to-keep.ts';
import {jobStep, specOf} from '../support/a-run.ts';
import {fakeStage} from '../support/fake-stage.ts';

// Real processes: tar.

const R1 = 'r.1' as RunId;
let top: string;
beforeEach(() => {
  top = mkdtempSync(join(tmpdir(), 'packed-'));
});
afterEach(() => rmSync(top, {recursive: true, force: true}));

const {run: _, number: __, nonce: ___, format: ____, ...spec} = specOf([jobStep('a')]);
const ledger = (around?: AroundEffect) => openLedger(top, around);
const scripts = new Map([['a', Buffer.from('#!/bin/sh\necho hello\n')]]);
const begin = (number = 1, name = 'r') => ledger().createRun(number, {...spec, name}, scripts);
function end(run: RunId = R1, at = 2, state = 'succeeded') {
  const open = ledger();
  open.create(run, `a.${open.open(run).state.resumes.length + 1}.outcome`, {at: 1, state, why: `it ${state}`});
  open.append(run, {at: 1, event: 'step-ended', step: 'a', by: 'x'});
  writeFileSync(join(open.layout.runs, run, 'logs', 'a.1.out'), 'hello\n', {mode: 0o600});
  open.seal(open.open(run), at);
}
const again = {at: 3, by: 'ann', steps: {a: 1}, redo: []};
const packedFile = (run: RunId = R1) => join(top, 'packed', `${run}.tar.gz`);
const lines = () =>
  readFileSync(join(top, 'ended.jsonl'), 'utf8')
    .split('\n')
    .filter((line) => line !== '');
/** What commands learn of a run. */
function whatIsRead(open = ledger()) {
  const stage = {...fakeStage(top), ledger: open};
  return {
    runs: open.runs(),
    found: [open.find('r'), open.find(R1)],
    list: listRuns(stage, []),
    summary: open.summary(R1),
    state: open.withEnd(open.open(R1)).open.state,
    ended: open.withEnd(open.open(R1)).ended,
    facts: open.open(R1).facts,
    logs: collectLogs(stage, {run: 'r', steps: [], own: true}),
    next: open.nextNumber('r'),
    active: open.activeRuns(),
  };
}

describe('a run that is packed', () => {
  beforeEach(() => {
    begin();
    end();
  });

  test('is one file and one line, and every command reads it as before', async () => {
    const before = whatIsRead();
    const status = await showStatus(fakeStage(top), 'r');
    expect(ledger().pack(R1)).toBe(true);
    expect([readdirSync(join(top, 'runs')), readdirSync(join(top, 'sealed'))]).toEqual([[], []]);
    expect([readdirSync(join(top, 'packed')), lines()]).toEqual([
      ['r.1.tar.gz'],
      [expect.stringContaining('"run":"r.1"')],
    ]);
    expect(statSync(packedFile()).mode & 0o777).toBe(0o600);
    expect(whatIsRead()).toEqual(before);
    expect(await showStatus(fakeStage(top), 'r')).toEqual(status);
    expect(await showStatus(fakeStage(top), undefined)).toMatchObject({runs: [{run: R1, state: 'succeeded'}]});
    expect(await explainWhy(fakeStage(top), {run: 'r', step: undefined})).toMatchObject({run: R1, state: 'succeeded'});
  });

  test('can be put back by hand, with tar', () => {
    const before = whatIsRead();
    ledger().pack(R1);
    execFileSync('tar', ['-xzf', packedFile(), '-C', top]);
    expect(whatIsRead()).toEqual(before);
  });

  test('is unpacked before it is resumed, and packed again when it has ended again', () => {
    ledger().pack(R1);
    const packed = ledger().open(R1);
    expect(ledger().resume(packed, again)).toBe(true);
    expect([existsSync(packedFile()), ledger().activeRuns()]).toEqual([false, [R1]]);
    expect(readFileSync(join(top, 'runs/r.1/scripts/a.script'), 'utf8')).toContain('echo hello');
    end(R1, 9, 'failed');
    const before = whatIsRead();
    expect(ledger().pack(R1)).toBe(true);
    expect([lines().length, ledger().summary(R1)]).toEqual([2, expect.objectContaining({state: 'failed', endedAt: 9})]);
    expect(whatIsRead()).toEqual(before);
    expect(ledger().newestSeal(R1)).toMatchObject({number: 1, summary: {state: 'failed'}});
    expect(ledger().timesResumed(R1)).toBe(1);
  });

  test('is resumed by the command as any other', async () => {
    const failed = runId('r', 2);
    begin(2);
    end(failed, 2, 'failed');
    ledger().pack(failed);
    const report = await resumeRuns(fakeStage(top), {run: 'r', redo: []} as never);
    expect(report.runs).toMatchObject([{again: ['a'], run: {run: failed}}]);
    expect(ledger().activeRuns()).toEqual([failed]);
  });

  test('is not packed while it is active, was resumed, or PBS may still take a job of it', () => {
    ledger().resume(ledger().open(R1), again);
    expect([ledger().packable(0), ledger().pack(R1)]).toEqual([[], false]);
    begin(2);
    expect([ledger().packable(0), ledger().pack(runId('r', 2))]).toEqual([[], false]);
    end(runId('r', 2));
    mkdirSync(join(top, 'late'));
    writeFileSync(join(top, 'late', 'r.2.json'), '{}');
    expect(ledger().packable(0)).toEqual([]);
    rmSync(join(top, 'late', 'r.2.json'));
    expect(ledger().packable(0)).toEqual(['r.2']);
    expect(ledger().packable(60_000)).toEqual([]);
  });
});

const EFFECTS = ['packed-file', 'packed-line', 'packed-removal'].flatMap((effect) => [
  `before ${effect}`,
  `after ${effect}`,
]);
/** At one of its effects something happens. */
const at =
  (point: string, happen: () => void): AroundEffect =>
  (effect, _run, act) => {
    if (point === `before ${effect}`) happen();
    const result = act();
    if (point === `after ${effect}`) happen();
    return result;
  };
const die = (point: string) =>
  at(point, () => {
    throw new Error(point);
  });

describe.each(EFFECTS)('at %s', (point) => {
  beforeEach(() => {
    begin();
    end();
  });

  test('a process that dies loses nothing, and the next one packs what is left', () => {
    const before = whatIsRead();
    expect(() => ledger(die(point)).pack(R1)).toThrow(point);
    expect(whatIsRead()).toEqual(before);
    const packing = {olderThanMs: 0, reasonsToKeep: []};
    packEnded(ledger(), packing);
    expect(whatIsRead()).toEqual(before);
    expect([existsSync(join(top, 'runs', R1)), readdirSync(join(top, 'sealed')), lines().length]).toEqual([
      false,
      [],
      1,
    ]);
  });

  test('a process that dies leaves a run that can be resumed', () => {
    expect(() => ledger(die(point)).pack(R1)).toThrow(point);
    expect(ledger().resume(ledger().open(R1), again)).toBe(true);
    expect([ledger().activeRuns(), ledger().open(R1).state.resumes.length]).toEqual([[R1], 1]);
    packEnded(ledger(), {olderThanMs: 0, reasonsToKeep: []});
    expect([ledger().activeRuns(), ledger().open(R1).state.resumes.length]).toEqual([[R1], 1]);
  });

  test('a resumption wins: the run is there, and open', () => {
    const resume = at(point, () => ledger().resume(ledger().open(R1), again));
    expect(ledger(resume).pack(R1)).toBe(false);
    ledger().tidyActive('ann@h:1');
    ledger().tidyPacked();
    expect([ledger().activeRuns(), existsSync(join(top, 'runs', R1, 'spec.json'))]).toEqual([[R1], true]);
    expect(ledger().open(R1).state.resumes.length).toBe(1);
    end(R1, 9);
    expect([ledger().pack(R1), ledger().summary(R1)?.endedAt]).toEqual([true, 9]);
  });

  test('a process that dies just as another resumes the run: the next look puts it back', () => {
    const both = at(point, () => {
      ledger().resume(ledger().open(R1), again);
      throw new Error(point);
    });
    expect(() => ledger(both).pack(R1)).toThrow(point);
    ledger().tidyActive('ann@h:1');
    expect([ledger().activeRuns(), ledger().open(R1).state.resumes.length]).toEqual([[R1], 1]);
    expect(existsSync(join(top, 'runs', R1, 'spec.json'))).toBe(true);
  });

  test('another process packs it, too: one of them removes it, and nothing is lost', () => {
    const before = whatIsRead();
    let other: boolean | undefined;
    const packs = at(point, () => {
      other ??= ledger().pack(R1);
    });
    const own = ledger(packs).pack(R1);
    expect([own, other].filter((packed) => packed)).toHaveLength(1);
    expect(whatIsRead()).toEqual(before);
    requireSame(packedFile(), `${join(top, 'cache/unpacked')}/${readdirSync(join(top, 'cache/unpacked'))[0]}`);
  });
});

test.each(['before unpacked', 'after unpacked'])('a process that dies %s leaves the run in its place', (point) => {
  begin();
  end();
  const before = whatIsRead();
  ledger().pack(R1);
  const packed = ledger().open(R1);
  expect(() => ledger(die(point)).resume(packed, again)).toThrow(point);
  rmSync(join(top, 'cache'), {recursive: true});
  expect(whatIsRead()).toEqual(before);
  expect(ledger().resume(ledger().open(R1), again)).toBe(true);
  end(R1, 9);
  expect([ledger().pack(R1), ledger().summary(R1)?.endedAt]).toEqual([true, 9]);
});

describe('a packed file that was cut short', () => {
  beforeEach(() => {
    begin();
    end();
    ledger().pack(R1);
    truncateSync(packedFile(), statSync(packedFile()).size - 40);
    rmSync(join(top, 'cache'), {recursive: true, force: true});
  });

  test('is not believed, and is told by its path; how the run ended is known from its line', () => {
    expect(() => ledger().open(R1)).toThrow(expect.objectContaining({code: 'TAR_FAILED', path: packedFile()}));
    expect(ledger().summary(R1)).toMatchObject({state: 'succeeded'});
    expect(() => ledger().resume({id: R1, state: {resumes: []}} as never, again)).toThrow(/could not make or read/);
    expect([ledger().activeRuns(), existsSync(join(top, 'runs', R1))]).toEqual([[], false]);
  });

  test('leaves nothing half unpacked', () => {
    expect(() => ledger().open(R1)).toThrow();
    expect([readdirSync(join(top, 'cache/unpacked')), readdirSync(join(top, 'packed'))]).toEqual([[], ['r.1.tar.gz']]);
  });
});

test('a file that differs from what is on the disk is not taken for the run', () => {
  begin();
  end();
  const change = at('before packed-file', () => {});
  expect(ledger(change).pack(R1)).toBe(true);
  execFileSync('tar', ['-xzf', packedFile(), '-C', top]);
  requireSame(packedFile(), top);
  appendFileSync(join(top, 'runs/r.1/logs/a.1.out'), 'more');
  expect(() => requireSame(packedFile(), top)).toThrow(expect.objectContaining({code: 'TAR_FAILED'}));
});

test.each([
  ['is missing', () => rmSync(join(top, 'ended.jsonl'))],
  ['is cut short', () => truncateSync(join(top, 'ended.jsonl'), 40)],
  [
    'was overwritten by that of another process',
    () => writeFileSync(join(top, 'ended.jsonl'), '\n{"format":1,"run":"x.1"}\n'),
  ],
])('a line of summary that %s is read from the packed file, and made again', (_what, damage) => {
  begin();
  end();
  const before = whatIsRead();
  ledger().pack(R1);
  damage();
  expect(whatIsRead()).toEqual(before);
  expect([ledger().tidyPacked(), ledger().tidyPacked()]).toEqual([1, 0]);
  rmSync(join(top, 'cache'), {recursive: true, force: true});
  expect(ledger().summary(R1)).toEqual(before.summary);
  expect(existsSync(join(top, 'cache'))).toBe(false);
});

describe('pruning', () => {
  const old = (run: RunId) => {
    const at = Date.now() / 1000 - 40 * 86_400;
    utimesSync(join(top, 'sealed', `${run}.json`), at, at);
  };
  beforeEach(() => {
    for (const number of [1, 2, 3]) {
      begin(number);
      end(runId('r', number));
    }
    begin(4);
    old(R1);
    old(runId('r', 2));
  });

  test('shows first what it would do, then packs what ended so long ago', () => {
    const stage = fakeStage(top);
    const dry = pruneRuns(stage, {dryRun: true});
    expect(dry).toMatchObject({dryRun: true, packed: ['r.1', 'r.2'], exit: 0});
    expect(existsSync(join(top, 'packed'))).toBe(false);
    expect(renderPrune(dry)).toContain('2 runs would be packed; nothing was changed.');
    expect(pruneRuns(stage, {dryRun: false}).packed).toEqual(['r.1', 'r.2']);
    expect(pruneRuns(stage, {dryRun: false}).packed).toEqual([]);
    expect(pruneRuns(stage, {olderThan: '90d', dryRun: true}).packed).toEqual([]);
    expect(() => pruneRuns(stage, {olderThan: 'soon', dryRun: true})).toThrow(/--older-than soon/);
    expect(readdirSync(join(top, 'runs')).sort()).toEqual(['r.3', 'r.4']);
  });

  test('leaves what something else needs, and says why', () => {
    const stage = {...fakeStage(top), reasonsToKeep: [(run: RunId) => (run === R1 ? 'it holds scratch' : undefined)]};
    const report = pruneRuns(stage, {dryRun: false});
    expect(report).toMatchObject({packed: ['r.2'], kept: [{run: 'r.1', why: 'it holds scratch'}]});
  });

  test('leaves runs of a campaign that is open', () => {
    const run = runId('many-000017', 1);
    begin(1, 'many-000017');
    end(run);
    mkdirSync(join(top, 'campaigns', '.open'), {recursive: true});
    const limits = openLimits(top, limitSettings(undefined), {by: 'ada@host:1', clock: Date.now});
    const [reason] = reasonsToKeep(ledger().layout, limits);
    expect(reason?.(run)).toBeUndefined();
    writeFileSync(join(top, 'campaigns', '.open', 'many~3.json'), '{}');
    expect([reason?.(run), reason?.(R1)]).toEqual(['campaign many has not ended', undefined]);
  });

  test('leaves runs that hold a claim of a limit', () => {
    const section = {slots: {licence: 2}, pools: {}};
    const limits = openLimits(top, limitSettings(section), {by: 'ada@host:1', clock: Date.now});
    const why = (run: RunId) => reasonsToKeep(ledger().layout, limits).flatMap((reason) => reason(run) ?? []);
    const [directory] = limits.all();
    if (!directory) throw new Error('there are no limits');
    const key = `${limits.prefix(directory)}${R1}`;
    const settle = (events: readonly LimitEvent[]) => {
      const left = [...events];
      directory.settle({wanted: () => left.splice(0), by: 'ada@host:1', clock: Date.now});
    };
    settle(capacitiesToSet(directory.read(), limits.settings.own));
    const holder = {who: 'ada@host', home: limits.home(), run: R1};
    settle([{do: 'claim', key, wants: [{limit: 'licence', amount: 1}], holder}]);
    expect([why(R1), why(runId('r', 2))]).toEqual([['it holds licence'], []]);
    settle([{do: 'release', key, why: 'the step has ended'}]);
    expect(why(R1)).toEqual([]);
  });

  test('is part of a look, hourly, where the profile says after how long; what its time does not allow is left', async () => {
    const stage = fakeStage(top);
    const {world} = stage;
    const packing = {olderThanMs: 30 * 86_400_000, reasonsToKeep: []};
    const look = () => reconcile({...world.context(), packing}, {until: world.now + 60_000}, [PACK_RUNS]);
    const end = await PACK_RUNS.run({...world.context(), packing}, {isSpent: () => true});
    expect([end, readdirSync(join(top, 'runs')).length]).toEqual(['left', 4]);
    await look();
    expect(readdirSync(join(top, 'runs')).sort()).toEqual(['r.3', 'r.4']);
    old(runId('r', 3));
    await look();
    expect(readdirSync(join(top, 'runs')).sort()).toEqual(['r.3', 'r.4']);
    world.now += 3_600_000;
    await look();
    expect(readdirSync(join(top, 'runs'))).toEqual(['r.4']);
  });
});
