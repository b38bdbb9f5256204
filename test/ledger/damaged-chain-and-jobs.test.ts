import {mkdirSync, readFileSync, writeFileSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {describe, expect, test} from 'vitest';
import {showJobs} from '../../src/app/jobs/job.ts';
import {waitForJobs} from '../../src/app/jobs/job-wait.ts';
import type {JobId} from '../../src/base/job-id.ts';
import {reconcile} from '../../src/engine/turn.ts';
import {MONITOR_FACTS} from '../../src/ledger/fact-schemas/monitor-facts.ts';
import {JOB_FACTS} from '../../src/ledger/fact-schemas/single-job-facts.ts';
import {openJobStore} from '../../src/ledger/job-store.ts';
import type {MonitorFactKind} from '../../src/ledger/monitor-facts.ts';
import {specOf, transferStep} from '../support/a-run.ts';
import {DAMAGES, moveAway, restore, waysTo} from '../support/damages.ts';
import {fakeStage, profileOf} from '../support/fake-stage.ts';
import {memoryDirectory} from '../support/memory-directory.ts';
import {singleJob} from '../support/single-job.ts';

const AT = 1_000_000;

function putIfMissing(path: string, value: object): string {
  mkdirSync(dirname(path), {recursive: true});
  writeFileSync(path, `${JSON.stringify(value)}\n`, {flag: 'a'});
  return readFileSync(path, 'utf8');
}

describe('a link of the monitor chain of which a fact is damaged', () => {
  const LINK: Readonly<Record<MonitorFactKind, object | undefined>> = {
    intent: undefined,
    confirmed: undefined,
    refused: {at: AT, why: 'would exceed limit', retry: true},
    'never-arrived': {at: AT},
    unwanted: {at: AT, by: 'x'},
    look: {at: AT, tasks: {t: {subtasksPending: 1}}, nextAt: AT + 1},
  };
  const cases = (Object.keys(MONITOR_FACTS) as MonitorFactKind[]).flatMap((kind) =>
    DAMAGES.map((damage) => [kind, damage] as const),
  );

  test.each(cases)(
    '%s: %s; it is set aside once, another takes its place, and the run goes on',
    async (kind, damage) => {
      const stage = fakeStage(memoryDirectory('chain-'));
      const {run: _, nonce: __, format: ___, number, ...spec} = specOf([transferStep('in')]);
      stage.ledger.createRun(number, spec, new Map());
      const engine = await stage.engine();
      await reconcile(engine, {rebuild: true});
      const fileOf = (generation: number) =>
        join(stage.ledger.layout.monitor, `${String(generation).padStart(6, '0')}.${kind}.json`);
      const value = LINK[kind];
      if (value) putIfMissing(fileOf(1), value);
      const whole = readFileSync(fileOf(1), 'utf8');
      let generation = 1;
      for (const [index] of waysTo(damage, fileOf(1), MONITOR_FACTS[kind]).entries()) {
        const path = fileOf(generation);
        restore(path, whole);
        waysTo(damage, path, MONITOR_FACTS[kind])[index]?.();
        const looked = await reconcile(engine);
        const told = looked.problems.filter(({why}) => why?.includes(path));
        expect(told.map(({exit}) => exit)).toEqual(kind === 'look' ? [] : [4]);
        if (kind === 'look') continue; // a hint, which is written again
        generation += 1;
        expect([engine.monitors.newest()?.generation, looked.gap]).toEqual([generation, undefined]);
        expect((await reconcile(engine)).problems).toEqual([]);
        expect(engine.monitors.newest()?.generation).toBe(generation);
      }
      stage.world.transfers.finish([...stage.world.transfers.tasks.values()][0]?.task as never);
      expect((await reconcile(engine)).sealed).toMatchObject([{state: 'succeeded'}]);
    },
  );

  test('whose process it is submits its successor all the same', async () => {
    const stage = fakeStage(memoryDirectory('chain-'));
    const {run: _, nonce: __, format: ___, number, ...spec} = specOf([transferStep('in')]);
    stage.ledger.createRun(number, spec, new Map());
    const engine = await stage.engine();
    await reconcile(engine, {rebuild: true});
    restore(join(stage.ledger.layout.monitor, '000001.confirmed.json'), '');
    await reconcile(engine, {monitor: 1});
    expect(engine.monitors.newest()).toEqual(expect.objectContaining({generation: 2, job: expect.any(String)}));
  });
});

describe('a single job of which a fact is damaged', () => {
  type Kind = Exclude<keyof typeof JOB_FACTS, 'index' | 'end'>;
  /** a fact of the newest try, and whether it is one that the try has when its job was submitted */
  const FACTS: Readonly<Record<Kind, object | undefined>> = {
    intent: undefined,
    confirmed: undefined,
    checked: {at: AT, dropped: false},
    refused: {at: AT, why: 'no', retry: false},
    'never-arrived': {at: AT},
    environment: undefined,
    claim: {job: '1.s'},
  };
  const problem = (path: string) => ({
    code: expect.stringMatching(/^LEDGER_(DAMAGED|NEWER)$/),
    exit: 4,
    why: expect.stringContaining(path),
  });
  const begin = async () => {
    const directory = memoryDirectory('job-');
    const job = singleJob(directory, profileOf('{transfer: local}'));
    const variables = ['DAY=1'];
    const first = await job.submit({variables});
    const stage = {...fakeStage(directory), scheduler: async () => job.world.scheduler, jobs: openJobStore(directory)};
    return {directory, job, stage, first, submit: () => job.submit({variables})};
  };
  const apart: readonly string[] = ['environment', 'claim', 'end', 'index']; // each has a test of its own below
  const kinds = (Object.keys(JOB_FACTS) as Kind[]).filter((kind) => !apart.includes(kind));

  test.each(kinds)('%s: nothing is submitted in its place, it is named, and other jobs go on', async (kind) => {
    const {job, stage, submit} = await begin();
    const path = `${stage.jobs.prefix('one', 1)}.${kind}.json`;
    const value = FACTS[kind];
    const whole = value ? putIfMissing(path, value) : readFileSync(path, 'utf8');
    const other = await job.submit({name: 'two'});
    const submitted = job.world.scheduler.jobs.size;
    for (const damage of DAMAGES)
      for (const apply of waysTo(damage, path, JOB_FACTS[kind])) {
        apply();
        await expect(submit()).rejects.toMatchObject(problem(path));
        const shown = await showJobs(stage, ['one', 'two']);
        expect(shown).toMatchObject({
          exit: 4,
          jobs: [
            {job: other.job, state: 'queued'},
            {name: 'one', state: 'no-evidence', reason: expect.stringContaining(path)},
          ],
        });
        expect(await waitForJobs(stage, ['one'], 1, () => {})).toMatchObject({exit: 4});
        restore(path, whole);
      }
    expect(job.world.scheduler.jobs.size).toBe(submitted);
  });

  test.each(DAMAGES)(
    'its claim: %s; that PBS has no job with its tag is not concluded without an end',
    async (damage) => {
      const {stage, submit} = await begin();
      moveAway(`${stage.jobs.prefix('one', 1)}.confirmed.json`);
      const path = `${stage.jobs.prefix('one', 1)}.claim.json`;
      const whole = putIfMissing(path, {job: '1.s'});
      for (const apply of waysTo(damage, path, JOB_FACTS.claim)) {
        apply();
        await expect(submit()).rejects.toMatchObject(problem(path));
        restore(path, whole);
      }
      expect(await submit()).toMatchObject({job: '1.s', submitted: false});
    },
  );

  test('it is submitted anew under its name with --again, as is advised', async () => {
    const {stage, job} = await begin();
    restore(`${stage.jobs.prefix('one', 1)}.confirmed.json`, '');
    await expect(job.submit()).rejects.toMatchObject({
      next: expect.arrayContaining([expect.stringContaining('--again')]),
    });
    expect(await job.submit({again: true})).toMatchObject({submitted: true, job: '2.s'});
    expect(stage.jobs.newest('one')).toMatchObject({number: 2, job: '2.s'});
  });

  test('its end marker: how it ended is not guessed where PBS has forgotten it', async () => {
    const {stage, job, first} = await begin();
    job.world.scheduler.jobs.delete(first.job);
    const path = `${stage.jobs.prefix('one', 1)}.end.1.json`;
    const whole = putIfMissing(path, {job: first.job, exit: 0, pid: 1, at: '2026-11-30T16:25:20Z'});
    for (const damage of DAMAGES)
      for (const apply of waysTo(damage, path, JOB_FACTS.end)) {
        apply();
        const shown = await showJobs(stage, ['one']);
        expect(shown).toMatchObject({exit: 4, jobs: [{state: 'no-evidence', reason: expect.stringContaining(path)}]});
        restore(path, whole);
      }
    expect(await showJobs(stage, ['one'])).toMatchObject({exit: 0, jobs: [{state: 'succeeded'}]});
  });

  test('its environment: a further try is not submitted in another one', async () => {
    const {stage, job, submit, first} = await begin();
    // It came to nothing: the same request is to be submitted again, in the environment in which it was first asked for.
    const prefix = stage.jobs.prefix('one', 1);
    moveAway(`${prefix}.confirmed.json`);
    putIfMissing(`${prefix}.refused.json`, {at: AT, why: 'no such queue', retry: true});
    const path = `${prefix}.environment.json`;
    const whole = putIfMissing(path, {variables: {DAY: '1'}});
    for (const damage of DAMAGES)
      for (const apply of waysTo(damage, path, JOB_FACTS.environment)) {
        apply();
        await expect(submit()).rejects.toMatchObject(problem(path));
        restore(path, whole);
      }
    expect([...job.world.scheduler.jobs.keys()]).toEqual([first.job]);
    expect(await submit()).toMatchObject({submitted: true, job: '2.s'});
  });

  test('the index by its id: it is found all the same, in whatever way that is damaged', async () => {
    const {directory, stage, first} = await begin();
    const path = join(directory, 'jobs', 'by-id', '0xx', '1.one.1.json');
    const whole = readFileSync(path, 'utf8');
    for (const damage of DAMAGES)
      for (const apply of waysTo(damage, path, JOB_FACTS.index)) {
        apply();
        expect(stage.jobs.withIds([first.job as JobId]).get(first.job)).toMatchObject({name: 'one', number: 1});
        restore(path, whole);
      }
  });
});
