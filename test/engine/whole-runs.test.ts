import fc from 'fast-check';
import {expect, test} from 'vitest';
import {play, scenarios, TROUBLES} from '../support/play.ts';

const RUNS = Number(process.env.STAGE_PROPERTY_RUNS ?? 40);
const SEED = Number(process.env.STAGE_PROPERTY_SEED ?? 20_261_121);

async function check(troubles: readonly (typeof TROUBLES)[number][]): Promise<void> {
  await fc.assert(
    fc.asyncProperty(scenarios(troubles), async (scenario) => {
      const {wrong} = await play(scenario);
      expect(wrong).toEqual([]);
    }),
    {numRuns: RUNS, seed: SEED},
  );
}

test('a run that nothing disturbs comes to the end that its script asks for, by the jobs it submitted and no other process', () =>
  check([]));

test.each(TROUBLES)('%s: nothing twice, nothing lost, and the same end', (trouble) => check([trouble]));

test('all troubles together', () => check(TROUBLES));
