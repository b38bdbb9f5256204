import {existsSync} from 'node:fs';
import {afterAll, beforeAll, expect, test} from 'vitest';
import {localWorld, type World} from '../../support/world.ts';

// Real processes: more runs than Globus takes tasks of. What waits is asked for by monitors that PBS starts.
// STAGE_TEST_ROOM=131:100 plays it with as many runs and as large a limit as the service has.

const [RUNS = 13, LIMIT = 10] = (process.env.STAGE_TEST_ROOM ?? '').split(':').flatMap((text) => Number(text) || []);
const SECONDS = 60 + 5 * RUNS;

let world: World;
beforeAll(async () => {
  world = await begin();
});
afterAll(() => world.close());

async function begin(config?: string): Promise<World> {
  const begun = await localWorld({config});
  begun.writeTree(begun.path('archive', 'in'), 1);
  return begun;
}

const nameOf = (number: number) => `small-${number}`;

/** A transfer, and a cleanup that leaves a trace. @returns the workflow file */
function small(world: World, name: string): string {
  world.write('tidy.sh', `#!/bin/sh\n#PBS -l walltime=00:01:00\necho tidied >> ${world.work}/tidied\n`);
  return world.write(
    `${name}.yaml`,
    [
      `name: ${name}`,
      'steps:',
      `  fetch: {transfer: {from: "archive:/in/", to: "cluster:/${name}/", recursive: true}, retries: 1}`,
      '  tidy: {on_failure_of: [fetch], job: {script: tidy.sh}}',
      '',
    ].join('\n'),
  );
}

const pending = async (world: World) => (await world.tasks()).filter(({status}) => status === 'ACTIVE').length;

test(
  `${RUNS} runs at a limit of ${LIMIT} tasks: the others wait with the words of Globus, and all succeed in their turn, without cleanup`,
  async () => {
    await world.stage('local', 'limit', '--pending', String(LIMIT));
    await world.stage('local', 'pause', 'archive');
    for (let number = 1; number <= RUNS; number++) {
      const ran = await world.stage('run', small(world, nameOf(number)), '--no-check');
      expect({number, exit: ran.exitCode}).toEqual({number, exit: 0});
    }
    expect(await pending(world)).toBe(LIMIT);

    const last = `${nameOf(RUNS)}.1`;
    const words = new RegExp(`limit of ${LIMIT} pending tasks`);
    const [shown] = (await world.status(last)).steps;
    expect(shown).toMatchObject({
      state: 'waiting',
      reason: expect.stringMatching(/^not accepted by Globus since \d{4}-.*pending tasks/),
      since: expect.any(String),
    });
    const why = await world.stage('why', last, 'fetch', '--json');
    expect(why.json<{reasons: unknown[]}>().reasons[0]).toMatchObject({
      code: 'TRANSFER_REFUSED_FOR_NOW',
      why: expect.stringMatching(words),
      since: expect.any(String),
    });
    const list = await world.stage('list', '--json');
    const waiting = list.json<{runs: {run: string; reason: string}[]}>().runs.filter(({reason}) => words.test(reason));
    expect(waiting.map(({run}) => run)).toContain(last);
    expect(await pending(world)).toBe(LIMIT);

    await world.stage('local', 'resume', 'archive');
    for (let number = 1; number <= RUNS; number++) {
      const {state, steps} = await world.ended(`${nameOf(number)}.1`, SECONDS);
      expect({number, state, steps: steps.map((step) => step.state)}).toEqual({
        number,
        state: 'succeeded',
        steps: ['succeeded', 'skipped'],
      });
      expect(existsSync(world.path('cluster', nameOf(number)))).toBe(true);
    }
    expect(await world.tasks()).toHaveLength(RUNS);
    expect(existsSync(`${world.work}/tidied`)).toBe(false);
  },
  3 * SECONDS * 1000,
);

test('with transfers.max_pending in the profile no more are asked for, and Globus refuses none', async () => {
  const limited = await begin('profiles: {local: {transfers: {max_pending: 2}}}\n');
  try {
    await limited.stage('local', 'pause', 'archive');
    for (const name of ['a', 'b', 'c', 'd']) await limited.stage('run', small(limited, name), '--no-check');
    expect(await pending(limited)).toBe(2);
    const [fetch] = (await limited.status('d.1')).steps;
    expect(fetch).toMatchObject({
      state: 'waiting',
      code: 'TRANSFER_WAITS_FOR_PLACE',
      reason: expect.stringContaining('transfers.max_pending of the profile is 2'),
    });
    expect(await pending(limited)).toBe(2);
    await limited.stage('local', 'resume', 'archive');
    for (const name of ['a', 'b', 'c', 'd']) {
      expect((await limited.ended(`${name}.1`)).state).toBe('succeeded');
      expect(limited.facts(`${name}.1`).filter((fact) => fact.includes('.later-'))).toEqual([]);
    }
  } finally {
    await limited.close();
  }
});
