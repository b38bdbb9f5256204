import {expect, test} from 'vitest';
import {type CampaignView, campaignLines} from '../../../src/app/campaigns/campaign-view.ts';

const VIEW: CampaignView = {
  campaign: 'many',
  state: 'failed',
  reason: 'every item has ended, and 1 failed',
  since: undefined,
  by: undefined,
  items: 8,
  waiting: 0,
  active: 0,
  succeeded: 7,
  failed: 1,
  cancelled: 0,
  maxActive: 4,
  pauseAfter: 5,
};

const next = (more: Partial<CampaignView>) =>
  campaignLines({...VIEW, ...more}).flatMap((line) => (line.startsWith('  next: ') ? [line.slice(8)] : []));

test.each<[Partial<CampaignView>, string[]]>([
  [{}, ['see why: stage campaign report many --state failed', 'run them again: stage campaign retry many']],
  [{state: 'succeeded', failed: 0}, []],
  [{state: 'active', failed: 0, active: 3}, []],
  [{state: 'active', active: 3}, ['see why: stage campaign report many --state failed']],
  [{state: 'paused', failed: 0, waiting: 3}, ['let further items begin: stage campaign resume many']],
  [
    {state: 'cancelled', failed: 0, cancelled: 2, waiting: 3},
    ['let further items begin: stage campaign resume many', 'run them again: stage campaign retry many'],
  ],
  [{state: 'cancelling', cancelled: 2}, ['see why: stage campaign report many --state failed']],
])('a campaign that is %j says what a person can do', (more, lines) => {
  expect(next(more)).toEqual(lines);
});
