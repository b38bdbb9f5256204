import {rmSync} from 'node:fs';
import {join} from 'node:path';
import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import type {Ran} from '../../support/cli.ts';
import {type Classic, classic} from '../../support/workflows.ts';
import {hashesOf, leftIn, linesIn, localWorld, type World} from '../../support/world.ts';

// Real processes: tasks come from outside of stage, and jobs that know nothing of it take them up.

let world: World;
beforeAll(async () => {
  world = await localWorld();
  await world.makeRoom(16);
});
afterAll(() => world.close());

const codeOf = (ran: Ran) => ({exit: ran.exitCode, code: ran.json<{error?: {code: string}}>().error?.code});

/** A classic workflow whose stage-in comes from a collection of its own. */
async function prepare(at: World, name: string): Promise<Classic> {
  await at.collection(name);
  return classic(at, name, {source: name});
}

/** The stage-in as somebody would start it without the workflow. */
async function startedElsewhere(
  at: World,
  name: string,
  {from = `${name}:/${name}/in/`, to = `cluster:/${name}/in/`} = {},
): Promise<string> {
  const started = await at.stage('transfer', 'start', from, to, '--label', 'by hand');
  return started.stdout.trim();
}

async function expectOneTaskOneExecution(at: World, name: string, {computed, cleaned}: Classic, seal = `${name}.1`) {
  const sealed = await at.ended(seal, 90);
  expect(sealed.steps.map(({state}) => state)).toEqual(['succeeded', 'succeeded', 'succeeded', 'skipped']);
  expect([linesIn(computed), linesIn(cleaned)]).toEqual([1, 0]);
  expect(hashesOf(at.path('archive', `${name}/out`))).toEqual(hashesOf(at.path(name, `${name}/in`)));
  await at.waitFor('nothing left', async () => leftIn(await at.jobsOf(`${name}.1`)).length === 0);
  return sealed;
}

describe.concurrent('a task that was started elsewhere', () => {
  test.for(['active', 'paused', 'succeeded'])('is the stage-in of a new run while it is %s', async (state) => {
    const name = `new-${state}`;
    const made = await prepare(world, name);
    if (state !== 'succeeded') await world.stage('local', 'pause', name);
    const task = await startedElsewhere(world, name);
    if (state === 'succeeded') await world.stage('transfer', 'wait', task);
    if (state === 'active') await world.stage('local', 'resume', name);
    const started = await world.stage('run', made.file, '--adopt', state === 'paused' ? task : `stage-in=${task}`);
    expect(started).toMatchObject({exitCode: 0, stderr: ''});
    await world.stage('local', 'resume', name);
    const sealed = await expectOneTaskOneExecution(world, name, made);
    expect(sealed.steps[0]).toMatchObject({task});
    expect(world.fact(`${name}.1`, 'stage-in.1.transfer.intent.json')).toMatchObject({adopted: task});
    expect(await world.tasksOf(`${name}.1`)).toHaveLength(2);
  });

  test('that has failed fails the stage-in, and the cleanup runs; a resume starts a task of its own', async () => {
    const made = await prepare(world, 'new-failed');
    await world.stage('local', 'pause', 'new-failed');
    const task = await startedElsewhere(world, 'new-failed');
    await world.cancelTask(task);
    await world.stage('run', made.file, '--adopt', task);
    const sealed = await world.ended('new-failed.1');
    expect(sealed.steps.map((step) => step.state)).toEqual(['failed', 'skipped', 'skipped', 'succeeded']);
    expect([linesIn(made.computed), linesIn(made.cleaned)]).toEqual([0, 1]);
    await world.stage('local', 'resume', 'new-failed');
    await world.stage('resume', 'new-failed');
    expect((await world.ended('new-failed.1~1')).state).toBe('succeeded');
    expect(world.fact('new-failed.1', 'stage-in.2.transfer.intent.json')).not.toHaveProperty('adopted');
  });

  test('is grafted onto a stage-in that has failed, and the run goes on with it', async () => {
    const made = await prepare(world, 'grafted');
    await world.stage('local', 'pause', 'grafted');
    await world.stage('run', made.file);
    await world.cancelTask(String(world.fact('grafted.1', 'stage-in.1.transfer.confirmed.json').task));
    expect((await world.ended('grafted.1')).state).toBe('failed');
    await world.stage('local', 'resume', 'grafted');
    const task = await startedElsewhere(world, 'grafted');
    const adopted = await world.stage('adopt', 'grafted', 'stage-in', task);
    expect([adopted.exitCode, adopted.stdout]).toEqual([0, expect.stringContaining('is now the task of stage-in')]);
    const sealed = await world.ended('grafted.1~1');
    expect(sealed.steps.map(({state}) => state)).toEqual(['succeeded', 'succeeded', 'succeeded', 'skipped']);
    expect(sealed.steps[0]).toMatchObject({task});
    expect(linesIn(made.computed)).toBe(1);
    expect((await world.stage('adopt', 'grafted', 'stage-in', task)).stdout).toContain('is already the task of');
  });

  test('that moves something else is refused with what differs, and taken with --force', async () => {
    const made = await prepare(world, 'differs');
    world.writeTree(world.path('archive', 'elsewhere'), 2);
    const task = await startedElsewhere(world, 'differs', {from: 'archive:/elsewhere/'});
    await world.stage('transfer', 'wait', task);
    const refused = await world.stage('run', made.file, '--adopt', task, '--json');
    expect(codeOf(refused)).toEqual({exit: 2, code: 'TASK_DIFFERS'});
    expect(refused.stdout).toMatch(/source: the task reads archive/);
    expect(world.facts('differs.1')).toEqual([]);
    await world.stage('local', 'pause', 'differs');
    await world.stage('run', made.file);
    await world.cancelTask(String(world.fact('differs.1', 'stage-in.1.transfer.confirmed.json').task));
    await world.ended('differs.1');
    expect(codeOf(await world.stage('adopt', 'differs', 'stage-in', task, '--json')).code).toBe('TASK_DIFFERS');
    const forced = await world.stage('adopt', 'differs', 'stage-in', task, '--force');
    expect(forced.exitCode).toBe(0);
    expect((await world.ended('differs.1~1')).steps[0]).toMatchObject({state: 'succeeded', task});
  });

  test('is compared with the step when it has ended, where nothing had arrived to compare by', async () => {
    const made = await prepare(world, 'unseen');
    world.writeTree(world.path('unseen', 'elsewhere'), 2);
    await world.stage('local', 'pause', 'unseen');
    const task = await startedElsewhere(world, 'unseen', {from: 'unseen:/elsewhere/', to: 'cluster:/unseen/beside/'});
    const started = await world.stage('run', made.file, '--adopt', task);
    expect(started.exitCode).toBe(0);
    expect(started.stdout).toMatch(
      /is not known yet: whether it moves what the step says is checked when it has ended/,
    );
    await world.stage('local', 'resume', 'unseen');
    const sealed = await world.ended('unseen.1');
    expect(sealed.steps.map(({state}) => state)).toEqual(['failed', 'skipped', 'skipped', 'succeeded']);
    expect(linesIn(made.computed)).toBe(0);
    const why = String(world.fact('unseen.1', 'stage-in.1.outcome.json').why);
    expect(why).toMatch(/the task moved \/elsewhere\/.*the step says \/unseen\/in\/.*the step says \/unseen\/in\//);
    expect(why).toContain(`stage adopt unseen.1 stage-in ${task} --force`);

    world.writeTree(world.path('cluster', 'unseen/in'), 1);
    const forced = await world.stage('adopt', 'unseen', 'stage-in', task, '--force');
    expect([forced.exitCode, forced.stdout]).toEqual([0, expect.stringContaining('is now the task of stage-in')]);
    expect((await world.ended('unseen.1~1')).steps[0]).toMatchObject({state: 'succeeded', task});
    expect(world.fact('unseen.1', 'stage-in.2.transfer.intent.json')).toMatchObject({adopted: task, forced: true});
    expect(linesIn(made.computed)).toBe(1);
  });

  test('counts, whatever it moves, when a person says so while it is under way', async () => {
    const made = await prepare(world, 'pardoned');
    world.writeTree(world.path('pardoned', 'elsewhere'), 2);
    world.writeTree(world.path('cluster', 'pardoned/in'), 1);
    await world.stage('local', 'pause', 'pardoned');
    const task = await startedElsewhere(world, 'pardoned', {from: 'pardoned:/elsewhere/'});
    await world.stage('run', made.file, '--adopt', task);
    const forced = await world.stage('adopt', 'pardoned', 'stage-in', task, '--force');
    expect([forced.exitCode, forced.stdout]).toEqual([0, expect.stringContaining('is accepted, whatever it moves')]);
    expect(forced.stdout).not.toContain('is not known yet');
    await world.stage('local', 'resume', 'pardoned');
    expect((await world.ended('pardoned.1')).steps[0]).toMatchObject({state: 'succeeded', task});
  });

  test('is not found for a run that is yet to be created: what to do next needs no run', async () => {
    const made = await prepare(world, 'unborn');
    const adopt = async () => world.stage('run', made.file, '--adopt', 'find');
    const none = await adopt();
    expect([none.exitCode, none.stderr]).toEqual([2, expect.stringContaining('the same command without --adopt')]);
    await world.stage('local', 'pause', 'unborn');
    await startedElsewhere(world, 'unborn');
    await startedElsewhere(world, 'unborn', {to: 'cluster:/unborn/beside/'});
    const two = await adopt();
    expect([two.exitCode, two.stderr]).toEqual([2, expect.stringContaining('--adopt stage-in=TASK_ID')]);
    expect(two.stderr).not.toMatch(/stage adopt|stage resume/);
    expect(world.facts('unborn.1')).toEqual([]);
    await world.stage('local', 'resume', 'unborn');
  });

  test('is refused for a job, for a step with a task of its own, and when Globus does not know it', async () => {
    const made = await prepare(world, 'refusals');
    await world.stage('local', 'pause', 'refusals');
    await world.stage('run', made.file);
    const task = await startedElsewhere(world, 'refusals', {to: 'cluster:/refusals/beside/'});
    const adopt = async (...argv: string[]) => codeOf(await world.stage('adopt', ...argv, '--json'));
    expect(await adopt('refusals', 'compute', task)).toEqual({exit: 2, code: 'REQUEST_WRONG'});
    expect(await adopt('refusals', 'nosuch', task)).toEqual({exit: 2, code: 'NO_SUCH_STEP'});
    expect(await adopt('nosuch', 'stage-in', task)).toEqual({exit: 2, code: 'NO_SUCH_RUN'});
    expect(await adopt('refusals', 'stage-in', task)).toEqual({exit: 5, code: 'HAS_TASK'});
    expect(await adopt('refusals', 'stage-out', '0f528ce0-493c-4fa7-acaf-f5d97d9812a4')).toEqual({
      exit: 2,
      code: 'TASK_UNKNOWN',
    });
    expect(await adopt('refusals', 'stage-in', 'no-id')).toEqual({exit: 2, code: 'REQUEST_WRONG'});
    await world.stage('local', 'resume', 'refusals');
    expect((await world.ended('refusals.1')).state).toBe('succeeded');
    expect(await adopt('refusals', 'stage-in', task, '--force')).toEqual({exit: 5, code: 'HAS_TASK'});
  });
});

describe.concurrent('a queue that was wiped while the stage-in goes on', () => {
  test.for(['with', 'without'])('"stage run" %s the id of the task: one task, one execution', async (how) => {
    const alone = await localWorld();
    try {
      const made = await prepare(alone, 'orphan');
      await alone.stage('local', 'pause', 'orphan');
      await alone.stage('run', made.file);
      const task = String(alone.fact('orphan.1', 'stage-in.1.transfer.confirmed.json').task);
      await alone.wipe();
      const again = await alone.stage('run', made.file, ...(how === 'with' ? ['--adopt', task] : []));
      expect(again.exitCode).toBe(0);
      expect(again.stdout, 'what it asked for itself needs no note').not.toContain('is not known yet');
      await alone.stage('local', 'resume', 'orphan');
      const sealed = await expectOneTaskOneExecution(alone, 'orphan', made);
      expect(sealed.steps[0]).toMatchObject({task});
      expect(await alone.tasks()).toHaveLength(2);
    } finally {
      await alone.close();
    }
  });

  test.for(['label', 'paths'])('and a state directory that was lost: the task is found by its %s', async (by) => {
    const alone = await localWorld();
    try {
      const made = await prepare(alone, 'lost');
      if (by === 'label') await alone.stage('local', 'pause', 'lost');
      const mine = by === 'label' ? undefined : await startedElsewhere(alone, 'lost');
      if (mine) await alone.stage('transfer', 'wait', mine);
      else await alone.stage('run', made.file);
      const [task] = await alone.tasks();
      await alone.wipe();
      for (const part of ['runs', 'sealed', 'monitor', 'resumed'])
        rmSync(join(alone.state, part), {recursive: true, force: true});
      // It does not begin anew by itself where runs were active, and says how a person who means it tells so.
      if (by === 'label') {
        const guarded = await alone.stage('run', made.file, '--adopt', 'stage-in=find');
        expect(guarded.exitCode).toBe(4);
        rmSync(/: rm (\S+)/.exec(guarded.stderr)?.[1] ?? '');
      }
      const found = await alone.stage('run', made.file, '--adopt', 'stage-in=find');
      expect(found).toMatchObject({exitCode: 0, stderr: ''});
      expect(found.stdout.includes('is not known yet')).toBe(by === 'label');
      await alone.stage('local', 'resume', 'lost');
      const sealed = await expectOneTaskOneExecution(alone, 'lost', made);
      expect(sealed.steps[0]).toMatchObject({task: task?.task_id});
      expect(await alone.tasks()).toHaveLength(2);
    } finally {
      await alone.close();
    }
  });
});

test('"stage adopt --find" finds nothing, one, or says which there are', async () => {
  const made = await prepare(world, 'sought');
  await world.stage('local', 'pause', 'sought');
  await world.stage('run', made.file);
  await world.stage('cancel', 'sought', '--no-cleanup');
  await world.ended('sought.1');
  const none = await world.stage('adopt', 'sought', 'stage-out', '--find', '--json');
  expect(codeOf(none)).toEqual({exit: 2, code: 'TASK_NOT_FOUND'});
  const same = await world.stage('adopt', 'sought', 'stage-in', '--find');
  expect([same.exitCode === 70, same.stdout]).toEqual([false, expect.stringContaining('is already the task of')]);
  await world.stage('resume', 'sought');
  const two = await world.stage('adopt', 'sought', 'stage-in', '--find', '--json');
  expect(two.stdout).toMatch(/2 tasks may do the work of stage-in/);
});
