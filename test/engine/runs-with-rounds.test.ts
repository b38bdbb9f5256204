import fc from 'fast-check';
import {expect, test} from 'vitest';
import {play, scenariosWithRounds, TROUBLES} from '../support/play.ts';

const RUNS = Number(process.env.STAGE_PROPERTY_RUNS ?? 30);
const SEED = Number(process.env.STAGE_PROPERTY_SEED ?? 20_261_130);

async function check(troubles: readonly (typeof TROUBLES)[number][]): Promise<void> {
  await fc.assert(
    fc.asyncProperty(scenariosWithRounds(troubles), async (scenario) => {
      const {wrong} = await play(scenario);
      expect(wrong).toEqual([]);
    }),
    {numRuns: RUNS, seed: SEED},
  );
}

test('rounds and delays, undisturbed: the end that the script asks for, by the jobs of the run alone', () => check([]));

test.each(TROUBLES)('rounds and delays, %s: nothing twice, nothing lost, and the same end', (trouble) =>
  check([trouble]),
);

test('rounds and delays, all troubles together', () => check(TROUBLES));
