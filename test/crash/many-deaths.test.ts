import {afterAll, beforeAll, describe, expect, test, vi} from 'vitest';
import {aPerson} from '../support/person.ts';
import {aScenario, KINDS, type KindName, sealOf} from '../support/scenarios.ts';
import {wrongsOf} from '../support/verify.ts';
import {localWorld, type World, waitingIn} from '../support/world.ts';
import {boundariesOf} from './chaos/boundaries.ts';
import {randomOf} from './chaos/random.ts';

// Real processes: processes are killed, those in jobs, too.

/** Several deaths in a row at random boundaries. CI takes a few seeds; `npm run test:crash` takes more. */
const SEEDS = Array.from({length: process.env.STAGE_TEST_CRASH === 'all' ? 40 : 5}, (_, index) => index + 1);

vi.setConfig({maxConcurrency: 8, testTimeout: 200_000});

let world: World;
beforeAll(async () => {
  world = await localWorld({mortal: true});
  await world.collection('shut');
  await world.stage('local', 'pause', 'shut');
});
afterAll(() => world.close());

describe.concurrent('killed several times at random boundaries, and run again each time', () => {
  test.each(SEEDS)('everything happens once (seed %i)', async (seed) => {
    const random = randomOf(seed);
    const kinds = Object.keys(KINDS) as [KindName, ...KindName[]]; // its own keys, of which there are some
    const kind = random.pick(kinds);
    const scenario = aScenario(world, kind, `${kind}-${seed}`);
    const [first = '', ...rest] = boundariesOf(scenario);
    const marks = [...new Set(Array.from({length: 12}, () => random.pick([first, ...rest])))];
    for (const mark of marks) world.points.set(mark);
    const deaths = () => marks.filter((mark) => !world.points.stands(mark)).length;
    const person = aPerson(world, {again: ['run', scenario.file], deaths, seconds: 120});
    await scenario.play(person);
    await person.waits(`the end of ${scenario.run}`, () => sealOf(world, scenario.seal));
    await person.waits(
      `nothing of ${scenario.run} in the queue`,
      async () => waitingIn(await world.jobsOf(scenario.run)).length === 0,
    );
    const wrongs = (await wrongsOf(world, scenario)).map(({kind, what}) => `${kind}: ${what}`);
    expect(wrongs, `${kind}, ${deaths()} deaths among ${marks.join(', ')}`).toEqual([]);
  });
});
