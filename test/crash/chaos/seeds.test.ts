import {expect, test} from 'vitest';
import {playChaos} from './play-chaos.ts';

// Worlds with real processes, a minute or more each: for the long form alone (npm run test:crash).

const SEEDS = Array.from({length: 20}, (_, index) => index + 1);

test.skipIf(process.env.STAGE_TEST_CRASH !== 'all').for(SEEDS)(
  'whatever chaos brings in seed %i, all is done once, in its order, and ends',
  {timeout: 600_000},
  async (seed) => {
    expect((await playChaos(seed, false)).wrongs).toEqual([]);
  },
);
