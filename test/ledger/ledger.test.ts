import {execFileSync, spawn} from 'node:child_process';
import {mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import fc from 'fast-check';
import {afterEach, beforeEach, describe, expect, test} from 'vitest';
import * as z from 'zod/mini';
import {createFact} from '../../src/disk/facts.ts';
import {type FactKind, readFact, readFacts} from '../../src/disk/read-fact.ts';
import {LedgerDamaged} from '../../src/ledger/damage.ts';
import {foldRun} from '../../src/ledger/fold/fold-run.ts';
import {appendEvent, readEvents} from '../../src/ledger/journal.ts';
import {openLedger} from '../../src/ledger/open-ledger.ts';
import {openRuns} from '../../src/ledger/open-runs.ts';
import {parseRunId, type RunId} from '../../src/ledger/state-directory.ts';
import {CLASSIC, specOf} from '../support/a-run.ts';

// Real processes: several processes race for one fact.

let top: string;
beforeEach(() => {
  top = mkdtempSync(join(tmpdir(), 'ledger-'));
});
afterEach(() => rmSync(top, {recursive: true, force: true}));

/** A module of ours as a process can load it. */
async function bundled(input: string, file: string): Promise<void> {
  const {rolldown} = await import('rolldown');
  const build = await rolldown({input, platform: 'node'});
  await build.write({file, format: 'esm'});
}

describe('a fact', () => {
  test('is created once, and what it says never changes', () => {
    expect(createFact(top, 'a.1.job.intent', {tag: 'first'})).toBe(true);
    expect(createFact(top, 'a.1.job.intent', {tag: 'second'})).toBe(false);
    expect(readFact(top, 'a.1.job.intent', ANY)).toEqual({is: 'whole', value: {tag: 'first'}});
    expect(readdirSync(top)).toEqual(['a.1.job.intent.json']);
  });

  test('is for its owner alone to read', () => {
    createFact(top, 'a', {});
    expect(statSync(join(top, 'a.json')).mode & 0o777).toBe(0o600);
  });

  test('is created by one of eight processes that try at the same instant', async () => {
    const program = `
      const {linkSync, writeFileSync, existsSync} = await import('node:fs');
      const {createFact} = await import(process.argv[1]);
      while (!existsSync(process.argv[2] + '/go')) await new Promise((resolve) => setImmediate(resolve));
      process.stdout.write(createFact(process.argv[2], 'claim', {by: process.pid}) ? 'won' : 'lost');`;
    await bundled(join(import.meta.dirname, '../../src/disk/facts.ts'), join(top, 'facts.mjs'));
    const facts = join(top, 'facts');
    mkdirSync(facts);
    const tries = Array.from({length: 8}, () => {
      const child = spawn(process.execPath, ['--input-type=module', '-e', program, join(top, 'facts.mjs'), facts], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      return new Promise<string>((resolve) => {
        let said = '';
        child.stdout.on('data', (chunk) => {
          said += chunk;
        });
        child.on('close', () => resolve(said));
      });
    });
    writeFileSync(join(facts, 'go'), '');
    expect((await Promise.all(tries)).sort()).toEqual(['lost', 'lost', 'lost', 'lost', 'lost', 'lost', 'lost', 'won']);
    expect(readdirSync(facts).sort()).toEqual(['claim.json', 'go']);
  });

  test('that cannot be written leaves nothing behind', () => {
    writeFileSync(join(top, 'file'), '');
    expect(() => createFact(join(top, 'file'), 'a', {})).toThrow(/ENOTDIR/);
    expect(() => createFact(join(top, 'missing'), 'a', {})).toThrow(/ENOENT/);
  });

  test('that the disk refuses is named in the error, whatever call failed', () => {
    expect(() => createFact(join(top, 'missing'), 'a.1.outcome', {})).toThrow(
      expect.objectContaining({code: 'ENOENT', path: join(top, 'missing', 'a.1.outcome.json')}),
    );
  });

  test('is not missing because its directory is: no facts would mean that nothing was done yet', () => {
    expect(() => readFacts(join(top, 'missing'), () => ANY)).toThrow(/ENOENT/);
  });

  test('a leftover of a killed process is no fact', () => {
    writeFileSync(join(top, '.new-host-1-ab'), '{"tag":');
    expect(readFacts(top, () => ANY)).toEqual({whole: new Map(), unusable: new Map()});
  });

  test('that was read is not read again; one that is new is, one that was not whole, and none that is gone', () => {
    const put = (name: string, text: string) => writeFileSync(join(top, `${name}.json`), text);
    for (const name of ['old', 'cut', 'gone']) put(name, name === 'cut' ? '{"job":"1.' : '{"at":1}');
    const before = readFacts(top, () => ANY).whole;
    for (const name of ['old', 'cut', 'new']) put(name, '{"at":2}'); // no fact changes: only a reading would tell
    rmSync(join(top, 'gone.json'));
    const {whole} = readFacts(top, () => ANY, before);
    expect(Object.fromEntries(whole)).toEqual({old: {at: 1}, cut: {at: 2}, new: {at: 2}});
  });
});

const ANY: FactKind<Readonly<Record<string, unknown>>> = {what: 'anything', schema: z.looseObject({})};

describe('the fold', () => {
  const FACTS = new Map<string, Record<string, unknown>>([
    ['stage-in.1.transfer.intent', {at: 1, submissionId: 's', request: {}}],
    ['stage-in.1.transfer.confirmed', {at: 2, task: 't'}],
    ['compute.1.job.intent', {at: 1, tag: 'x', hold: true, dependsOn: [], deadline: 5}],
    ['compute.1.job.confirmed', {at: 2, job: '1.s'}],
    ['compute.1.sentinel.intent', {at: 1, tag: 'y', dependsOn: ['1.s']}],
    ['compute.1.sentinel-2.intent', {at: 1, tag: 'z', dependsOn: ['1.s']}],
    ['compute.1.start.1', {job: '1.s', at: '2026-01-01T00:00:00Z'}],
    ['compute.1.end.1', {job: '1.s', exit: 0, terminated: false}],
    ['compute.1.outcome', {at: 9, state: 'lost', why: 'x'}],
    ['compute.2.job.intent', {at: 10, tag: 'q', hold: false, dependsOn: []}],
    ['decision.cancel', {at: 11, by: 'me', cleanup: true}],
  ]);

  test('does not depend on the order in which facts are read', () => {
    const expected = foldRun(specOf(CLASSIC), FACTS);
    fc.assert(
      fc.property(fc.shuffledSubarray([...FACTS], {minLength: FACTS.size}), (shuffled) => {
        expect(foldRun(specOf(CLASSIC), new Map(shuffled))).toEqual(expected);
      }),
    );
  });

  test('gives attempts, jobs and markers their places', () => {
    const {attempts, cancel} = foldRun(specOf(CLASSIC), FACTS);
    const [first, second] = attempts.get('compute') ?? [];
    expect(attempts.get('compute')).toHaveLength(2);
    expect(first?.jobs.map(({key}) => key)).toEqual(['compute.1.job', 'compute.1.sentinel', 'compute.1.sentinel-2']);
    expect(first?.starts).toEqual([{job: '1.s', at: Date.UTC(2026, 0, 1)}]);
    expect(first?.ends.get(1)).toMatchObject({exit: 0, terminated: false});
    expect(second?.jobs[0]?.intent.tag).toBe('q');
    expect(attempts.get('stage-out')).toEqual([expect.objectContaining({number: 1, jobs: []})]);
    expect(cancel).toMatchObject({by: 'me'});
  });

  test.each([
    ['1', '1.s', '1'],
    ['1.s', '1.S.example.org', '1.s'],
    ['1.s', '2.s', '2.s'],
  ])('a job on record as %s that calls itself %s goes by %s', (printed, own, id) => {
    const facts = new Map(FACTS)
      .set('compute.1.job.confirmed', {at: 2, job: printed})
      .set('compute.1.start.1', {job: own, at: 3});
    expect(foldRun(specOf(CLASSIC), facts).attempts.get('compute')?.[0]?.starts).toEqual([{job: id, at: 3}]);
  });

  test.each([
    [{exit: 0}, [], {exit: 0, terminated: false}],
    [{exit: 3}, [], {exit: 3, terminated: false}],
    [{exit: 143}, [], {exit: 143, terminated: true}],
    [{exit: 137}, [], {exit: 137, terminated: true}],
    [{exit: 0}, ['compute.1.term.1'], {exit: 0, terminated: true}],
    [{}, [], undefined],
  ] as const)('the status of a script counts where its wrapper left no end marker: %j', (status, more, end) => {
    const facts = new Map<string, Record<string, unknown>>([
      ['compute.1.start.1', {job: '1.s'}],
      ['compute.1.status.1', {job: '1.s', ...status}],
      ...more.map((name) => [name, {job: '1.s'}] as const),
    ]);
    const found = foldRun(specOf(CLASSIC), facts).attempts.get('compute')?.[0]?.ends.get(1);
    if (end) expect(found).toMatchObject(end);
    else expect(found).toBeUndefined();
    const written = new Map(facts).set('compute.1.end.1', {job: '1.s', exit: 7, terminated: false});
    expect(foldRun(specOf(CLASSIC), written).attempts.get('compute')?.[0]?.ends.get(1)).toMatchObject({exit: 7});
  });

  test('an end marker without an exit status is no end', () => {
    const run = foldRun(
      specOf(CLASSIC),
      new Map([
        ['compute.1.start.1', {job: '1.s'}],
        ['compute.1.end.1', {}],
      ]),
    );
    expect(run.attempts.get('compute')?.[0]?.ends.size).toBe(0);
  });
});

describe('a run', () => {
  const create = (number: number) => {
    const {run: _, number: __, nonce: ___, format: ____, ...spec} = specOf(CLASSIC);
    return openLedger(top).createRun(number, spec, new Map([['compute', Buffer.from('#!/bin/sh\n')]]));
  };

  test('appears whole, and its number is given once', () => {
    expect(create(1)).toBe('r.1');
    expect(create(1)).toBeUndefined();
    expect(create(2)).toBe('r.2');
    expect(readdirSync(join(top, 'runs')).sort()).toEqual(['r.1', 'r.2']);
    expect(readFileSync(join(top, 'runs', 'r.1', 'scripts', 'compute.script'), 'utf8')).toBe('#!/bin/sh\n');
  });

  test('is found by its name, newest first, and by its id', () => {
    create(1);
    create(2);
    const ledger = openLedger(top);
    expect([ledger.find('r'), ledger.find('r.1'), ledger.find('r.3'), ledger.find('other')]).toEqual([
      'r.2',
      'r.1',
      undefined,
      undefined,
    ]);
  });

  test('half a directory of a killed process is no run', () => {
    mkdirSync(join(top, 'runs', '.new-abc'), {recursive: true});
    expect(openLedger(top).runs()).toEqual([]);
  });

  test('sealed, it is not looked at again, and its summary says how it ended', () => {
    create(1);
    const ledger = openLedger(top);
    for (const step of CLASSIC)
      ledger.create('r.1' as RunId, `${step.name}.1.outcome`, {
        at: 5,
        state: step.name === 'cleanup' ? 'skipped' : 'succeeded',
        why: 'x',
        files: 3,
      });
    const {summary} = ledger.seal(ledger.open('r.1' as RunId), 99);
    expect(summary).toMatchObject({state: 'succeeded', endedAt: 99, steps: [{files: 3}, {}, {}, {state: 'skipped'}]});
    expect(ledger.activeRuns()).toEqual([]);
    expect(ledger.seal(ledger.open('r.1' as RunId), 100)).toMatchObject({first: false, summary: {endedAt: 99}});
  });

  test.each(['runs/r.1/spec.json', 'runs/r.1/facts/decision.update-1.json', 'resumed/r.1~1.json'])(
    'of which %s cannot be read is told by that path, and does not stop the others',
    (file) => {
      create(1);
      create(2);
      mkdirSync(join(top, 'resumed'), {recursive: true});
      writeFileSync(join(top, file), '{"at": 12');
      const {runs, damaged} = openRuns(openLedger(top), ['r.1' as RunId, 'r.2' as RunId]);
      expect(runs.map(({id}) => id)).toEqual(['r.2']);
      expect(damaged.map(({why}) => why)).toEqual([expect.stringContaining(join(top, file))]);
    },
  );

  test('without its facts is told by that path, and not taken for one that has done nothing yet', () => {
    create(1);
    rmSync(join(top, 'runs', 'r.1', 'facts'), {recursive: true});
    expect(() => openLedger(top).open('r.1' as RunId)).toThrow(LedgerDamaged);
  });

  test('that was updated is still known as it was asked for at first when it is read again', () => {
    create(1);
    const ledger = openLedger(top);
    const read = ledger.open('r.1' as RunId);
    const {workflow, fingerprint, scriptHashes} = read.state.spec;
    const changed = {...workflow, steps: workflow.steps.map((step) => ({...step, retries: 3}))};
    const decision = {fingerprint, scriptHashes, scripts: {}, at: 1, by: 'ann', changed: [], removed: [], steps: {}};
    ledger.update(read, {...decision, workflow: changed}, new Map());
    const again = ledger.refresh(ledger.refresh(read)).state;
    expect([again.original.workflow, again.spec.workflow]).toEqual([workflow, changed]);
  });

  test('as the first version of stage wrote it, without what came later, is still read', () => {
    const {run, number, ...spec} = specOf(CLASSIC);
    const directory = join(top, 'runs', run);
    mkdirSync(join(directory, 'facts'), {recursive: true});
    mkdirSync(join(top, 'sealed'));
    const put = (path: string, value: object) => writeFileSync(join(top, `${path}.json`), JSON.stringify(value));
    const {format: _, ...unnumbered} = {...spec, run, number};
    put(`runs/${run}/spec`, unnumbered);
    const intent = {at: 1, deadline: 5, tag: 't', hold: true, dependsOn: [], by: 'a@h:1'};
    const {workflow, fingerprint, scriptHashes} = spec;
    for (const [name, value] of Object.entries({
      'compute.1.job.intent': intent,
      'compute.1.job.confirmed': {at: 2, job: '1.s'},
      'compute.1.job.absent': {at: 2, job: '1.s'},
      'compute.1.start.1': {job: '1.s', host: 'n', at: '2026-01-01T00:00:00Z'},
      'compute.1.end.1': {job: '1.s', exit: 0, terminated: false, at: '2026-01-01T00:00:00Z'},
      'compute.1.outcome': {at: 3, state: 'succeeded', why: 'exit status 0'},
      'decision.update-1': {
        at: 4,
        by: 'ann',
        workflow,
        fingerprint,
        scriptHashes,
        scripts: {},
        changed: [],
        removed: [],
      },
    }))
      put(`runs/${run}/facts/${name}`, value);
    const step = {step: 'compute', kind: 'job', state: 'succeeded', why: 'exit status 0', attempts: 1};
    const seal = {run, name: 'r', number: 1, profile: 'test', state: 'succeeded', why: 'x', fingerprint: 'f'};
    put(`sealed/${run}`, {...seal, createdAt: 1, endedAt: 2, steps: [step]});
    const ledger = openLedger(top);
    const {state} = ledger.open(run);
    expect(state.attempts.get('compute')).toMatchObject([{outcome: {state: 'succeeded'}, starts: [{job: '1.s'}]}]);
    expect(state.updates).toMatchObject([{steps: {}}]);
    expect(ledger.summary(run)).toMatchObject({state: 'succeeded', steps: [{step: 'compute', needs: []}]});
  });

  test.each(['r', 'r.0', 'r.01', '../x.1', 'r.1.2', '.1', `${'r'.repeat(64)}.1`])('"%s" is no run id', (text) => {
    expect(parseRunId(text)).toBeUndefined();
  });
});

test('an event that cannot be written is left out, and no half of it stays', async () => {
  // A limit of one block (512 or 1024 bytes) lets a part of the second line through, as a disk does that fills up.
  const program = `
    const {appendEvent} = await import(process.argv[1]);
    const line = (event, why) => appendEvent(process.argv[2], {at: 1, event, why, by: 'x'});
    process.stdout.write(JSON.stringify([line('first', ''), line('long', 'w'.repeat(5000)), line('last', '')]));`;
  const limited = `trap '' XFSZ; ulimit -f 1; exec "$0" "$@"`;
  const journal = join(import.meta.dirname, '../../src/ledger/journal.ts');
  const bundle = join(top, 'journal.mjs');
  await bundled(journal, bundle);
  const directory = join(top, 'journal');
  const argv = ['-c', limited, process.execPath, '--input-type=module', '-e', program, bundle, directory];
  expect(JSON.parse(execFileSync('/bin/sh', argv, {encoding: 'utf8'}))).toEqual([true, false, true]);
  expect(readEvents(directory).map(({event}) => event)).toEqual(['first', 'last']);
});

test('a journal is made in no run that is not there', () => {
  expect(appendEvent(join(top, 'gone', 'journal'), {at: 1, event: 'a', by: 'x'})).toBe(false);
  expect(readdirSync(top)).toEqual([]);
});

test('events of several processes are merged in time, and half a line is left out', () => {
  appendEvent(top, {at: 2, event: 'b', by: 'x'});
  writeFileSync(join(top, 'other.1.ndjson'), '{"at":1,"event":"a","by":"y"}\n{"at":3,"ev');
  expect(readEvents(top).map(({event}) => event)).toEqual(['a', 'b']);
});
