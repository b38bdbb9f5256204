import {existsSync, rmSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {isDeepStrictEqual} from 'node:util';
import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import {pausedRun} from '../../../support/workflows.ts';
import {leftIn, linesIn, localWorld, type World} from '../../../support/world.ts';
import {wrapCommands} from '../../../support/wrapped-commands.ts';

// Real processes: user holds are set and ended beside the jobs and processes that race with them.

let world: World;
beforeAll(async () => {
  world = await localWorld();
  await world.makeRoom(16);
});
afterAll(() => world.close());

interface Held {
  readonly runs: readonly {readonly run: string; readonly message: string; readonly jobs: readonly string[]}[];
}

/** Hold types of a run's jobs, by job name; `n` for none. */
async function holdsOf(at: World, run: string): Promise<Record<string, string>> {
  const jobs = (await at.jobsOf(run)).filter(({job_state}) => !['F', 'X'].includes(job_state));
  return Object.fromEntries(jobs.map(({Job_Name, Hold_Types = 'n'}) => [Job_Name, String(Hold_Types)]));
}

/** Two jobs that wait for their time, and one that runs until it is told. */
async function queuedRun(at: World, name: string) {
  const go = `${at.work}/${name}.go`;
  const log = `${at.work}/${name}.ran`;
  at.write(`${name}.first.sh`, `#!/bin/sh\necho first >> ${log}\nuntil [ -e ${go} ]; do sleep 0.1; done\n`);
  at.write(`${name}.sh`, `#!/bin/sh\necho "$STAGE_STEP" >> ${log}\n`);
  const file = at.write(
    `${name}.yaml`,
    `name: ${name}\nsteps:\n  first: {job: {script: ${name}.first.sh}}\n  second: {needs: [first], job: {script: ${name}.sh}}\n  third: {needs: [first], job: {script: ${name}.sh}}\n  last: {on_failure_of: [first], job: {script: ${name}.sh}}\n`,
  );
  await at.stage('run', file);
  await at.waitFor('the first job', () => linesIn(log) === 1);
  // Whoever looks may be submitting them: the command that began the run is not the only one.
  const watched = async () => (await at.jobsOf(`${name}.1`)).filter(({Job_Name}) => Job_Name.startsWith('watch.'));
  await at.waitFor('the sentinels', async () => (await watched()).length === 4);
  return {log, end: () => writeFileSync(go, '')};
}

describe.concurrent('stage hold and stage release', () => {
  test('put back exactly the holds that were there, and are safe to repeat', async () => {
    const {log, end} = await queuedRun(world, 'exact');
    const third = (await world.jobsOf('exact.1')).find(({Job_Name}) => Job_Name === 'third.exact');
    await world.pbs('qhold', String(third?.id));
    const before = await holdsOf(world, 'exact.1');
    expect(before).toMatchObject({'second.exact': 's', 'third.exact': 'su', 'last.exact': 'u'});

    const held = (await world.stage('hold', 'exact', '--json')).json<Held>().runs[0];
    expect(held?.jobs).toHaveLength(1);
    expect(held?.message).toMatch(/1 queued job got a user hold, 2 had one before\./);
    expect(await holdsOf(world, 'exact.1')).toEqual({...before, 'second.exact': 'su'});
    const again = (await world.stage('hold', 'exact', '--json')).json<Held>().runs[0];
    expect(again).toMatchObject({message: 'exact.1 is held already', jobs: []});
    expect((await world.stage('status', 'exact')).stdout).toMatch(/held by /);

    expect((await world.stage('release', 'exact', '--json')).json<Held>().runs[0]?.jobs).toEqual(held?.jobs);
    await world.waitFor('the holds that were there', async () =>
      isDeepStrictEqual(await holdsOf(world, 'exact.1'), before),
    );
    expect((await world.stage('release', 'exact')).stdout).toMatch(/is not held; nothing was changed/);
    end();
    await world.waitFor('the second', () => linesIn(log) === 2);
    expect(await holdsOf(world, 'exact.1')).toMatchObject({'third.exact': 'u'});
    await world.pbs('qrls', String(third?.id));
    expect((await world.ended('exact.1')).state).toBe('succeeded');
  });

  test('while PBS is away nothing is said to be held or released; the repetition counts what it did', async () => {
    // No monitor looks meanwhile: what the repetition counts is its own doing.
    const commands = wrapCommands(
      (command, {bin}) =>
        `[ ! -e ${bin}/away ] || { echo "${command}: cannot connect to server away (errno=15010)" >&2; exit ${command === 'qstat' ? 255 : 162}; }`,
    );
    const away = {
      begins: () => writeFileSync(join(commands.bin, 'away'), ''),
      ends: () => rmSync(join(commands.bin, 'away')),
    };
    const scheduler = `{kind: pbs, bin: ${commands.bin}}`;
    const alone = await localWorld({
      config: `profiles: {local: {scheduler: ${scheduler}, transfer: local, monitor: {min: 600, max: 600}}}`,
    });
    try {
      const {end} = await queuedRun(alone, 'dark');
      away.begins();
      const dark = await alone.stage('hold', 'dark', '--json');
      expect(dark.exitCode).toBe(4);
      expect(dark.json<Held>().runs[0]).toMatchObject({
        message: expect.stringMatching(
          /^dark\.1 will be held; PBS could not be queried, so its queued jobs may still start/,
        ),
        jobs: [],
      });
      away.ends();
      const held = (await alone.stage('hold', 'dark', '--json')).json<Held>().runs[0];
      expect(held?.message).toMatch(/^dark\.1 is held: 2 queued jobs got a user hold, 1 had one before/);
      away.begins();
      const on = (await alone.stage('release', 'dark', '--json')).json<Held>().runs[0];
      expect(on?.message).toBe(
        'dark.1 will be released; PBS could not be queried, so 2 jobs will keep a user hold until it can',
      );
      away.ends();
      const released = (await alone.stage('release', 'dark', '--json')).json<Held>().runs[0];
      expect(released).toMatchObject({
        message: 'dark.1 is released: the user hold of 2 jobs was ended',
        jobs: held?.jobs,
      });
      end();
      expect((await alone.ended('dark.1')).state).toBe('succeeded');
    } finally {
      await alone.close();
      commands.remove();
    }
  });

  test('a transfer that ends meanwhile is recorded, and what it lets go starts after the release', async () => {
    const {computed} = await pausedRun(world, 'during');
    await world.stage('hold', 'during');
    await world.stage('local', 'resume', 'during');
    await world.waitFor('the end of the stage-in', () => world.facts('during.1').includes('stage-in.1.outcome.json'));
    await world.stage('status', 'during');
    const compute = (await world.status('during')).steps.find(({step}) => step === 'compute');
    expect(compute).toMatchObject({state: 'held', reason: expect.stringMatching(/stage release during\.1/)});
    expect(linesIn(computed)).toBe(0);
    await world.stage('release', 'during');
    expect((await world.ended('during.1')).state).toBe('succeeded');
    expect(linesIn(computed)).toBe(1);
  });

  test('nothing new is started while a run is held: no transfer whose turn has come, until the release', async () => {
    const {end} = await queuedRun(world, 'queue');
    world.writeTree(world.path('archive', 'next'), 2);
    const file = world.write(
      'next.yaml',
      `name: next\nsteps:\n  first: {job: {script: queue.first.sh}}\n  copy: {needs: [first], transfer: {from: "archive:/next/", to: "cluster:/next/"}}\n`,
    );
    await world.stage('run', file);
    await world.waitFor('its job', () => world.facts('next.1').includes('first.1.start.1.json'));
    await world.stage('hold', 'next');
    end();
    await world.waitFor('its end', async () => {
      await world.stage('status', 'next');
      return world.facts('next.1').includes('first.1.outcome.json');
    });
    await world.stage('status', 'next');
    expect(world.facts('next.1').filter((name) => name.includes('.transfer.'))).toEqual([]);
    expect((await world.status('next')).steps.find(({step}) => step === 'copy')).toMatchObject({
      state: 'held',
      reason: expect.stringMatching(/held by .*stage release next\.1/),
    });
    await world.stage('release', 'next');
    expect((await world.ended('next.1')).state).toBe('succeeded');
  });

  test('a hold that a person puts on a job meanwhile stays at the release, until "--qhold" or qrls', async () => {
    const {log, end} = await queuedRun(world, 'beside');
    await world.stage('hold', 'beside');
    const idOf = async (name: string) => (await world.jobsOf('beside.1')).find(({Job_Name}) => Job_Name === name)?.id;
    const second = String(await idOf('second.beside'));
    const before = (await world.jobsOf('beside.1')).find(({id}) => id === second)?.comment;
    await world.waitFor('another second, by which PBS tells its holds apart', async () => {
      await world.pbs('qhold', second);
      return (await world.jobsOf('beside.1')).find(({id}) => id === second)?.comment !== before;
    });
    const released = (await world.stage('release', 'beside', '--json')).json<Held>().runs[0];
    expect(released?.message).toBe(
      `beside.1 is released: the user hold of 1 job was ended; that of ${second} was put there by qhold, and stays: end it with stage release beside.1 --qhold`,
    );
    expect(await holdsOf(world, 'beside.1')).toMatchObject({'second.beside': 'su', 'third.beside': 's'});
    end();
    await world.waitFor('the third', () => linesIn(log) === 2);
    await world.stage('status', 'beside');
    expect(await holdsOf(world, 'beside.1')).toMatchObject({'second.beside': 'u'});
    await world.stage('release', 'beside', '--qhold');
    expect((await world.ended('beside.1')).state).toBe('succeeded');
    expect(linesIn(log)).toBe(3);
  });

  test('--step holds the jobs of that step alone', async () => {
    const {end} = await queuedRun(world, 'some');
    await world.stage('hold', 'some', '--step', 'third');
    expect(await holdsOf(world, 'some.1')).toMatchObject({'second.some': 's', 'third.some': 'su'});
    end();
    await world.waitFor('the second', () => world.facts('some.1').includes('second.1.outcome.json'));
    await world.stage('release', 'some');
    expect((await world.ended('some.1')).state).toBe('succeeded');
    const wrong = await world.stage('hold', 'exact', '--step', 'nosuch');
    expect(wrong.exitCode).toBe(2);
  });

  test('a command that died between the two facts of a hold loses no hold, and leaves none', async () => {
    const {end} = await queuedRun(world, 'crash');
    const before = await holdsOf(world, 'crash.1');
    await world.stage('hold', 'crash');
    const confirmed = `${world.state}/runs/crash.1/facts/second.1.job.hold-1.confirmed.json`;
    expect(existsSync(confirmed)).toBe(true);
    rmSync(confirmed);
    await world.stage('hold', 'crash');
    expect(await holdsOf(world, 'crash.1')).toMatchObject({'second.crash': 'su'});
    await world.stage('release', 'crash');
    // A monitor that was about to hold a job at this moment takes its hold back when it has.
    await world.waitFor('the holds that were there', async () =>
      isDeepStrictEqual(await holdsOf(world, 'crash.1'), before),
    );
    end();
    expect((await world.ended('crash.1')).state).toBe('succeeded');
  });

  test('a run that is cancelled while it is held ends, and leaves nothing in the queue', async () => {
    const {cleaned} = await pausedRun(world, 'given-up');
    await world.stage('hold', 'given-up');
    await world.stage('cancel', 'given-up');
    await world.waitFor('its end, or a hold that keeps its cleanup', async () => {
      await world.stage('status', 'given-up');
      return world.facts('given-up.1').includes('compute.1.outcome.json');
    });
    await world.stage('release', 'given-up');
    expect((await world.ended('given-up.1')).state).toBe('cancelled');
    expect(linesIn(cleaned)).toBe(1);
    await world.waitFor('nothing left', async () => leftIn(await world.jobsOf('given-up.1')).length === 0);
    const late = await world.stage('hold', 'given-up');
    expect([late.exitCode, late.stderr]).toEqual([2, expect.stringContaining('has ended')]);
  });
});

test('--all holds every run that has not ended, and releases them', async () => {
  const alone = await localWorld();
  try {
    const runs = [await queuedRun(alone, 'one'), await queuedRun(alone, 'two')];
    const before = [await holdsOf(alone, 'one.1'), await holdsOf(alone, 'two.1')];
    const held = (await alone.stage('hold', '--all', '--json')).json<Held>().runs;
    expect(held.map(({run, jobs}) => `${run} ${jobs.length}`).sort()).toEqual(['one.1 2', 'two.1 2']);
    for (const {end} of runs) end();
    await alone.stage('release', '--all');
    for (const name of ['one', 'two']) expect((await alone.ended(`${name}.1`)).state).toBe('succeeded');
    expect(before.map((holds) => Object.keys(holds).length)).toEqual([8, 8]);
  } finally {
    await alone.close();
  }
});
