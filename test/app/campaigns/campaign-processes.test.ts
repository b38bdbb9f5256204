import {expect, test} from 'vitest';
import {playCampaign} from '../../campaign/trial.mjs';
import {CLI} from '../../support/cli.ts';

// Real processes: eight runs, with processes of stage killed meanwhile. `npm run trial:campaign` plays larger ones.

test('eight runs with deaths: each script runs once in each try, and all items are accounted for', async () => {
  const {wrong, problems, counts, highest} = await playCampaign(CLI, {seed: 1, items: 8, maxActive: 3, deaths: 3});
  expect([...wrong, ...problems]).toEqual([]);
  expect(counts).toEqual({waiting: 0, active: 0, succeeded: 8, failed: 0, cancelled: 0});
  expect(highest).toBeLessThanOrEqual(3);
});
