import {readdirSync, rmSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {afterEach, beforeEach, describe, expect, test} from 'vitest';
import {type Campaign, openCampaigns} from '../../src/campaign/campaigns.ts';
import {accounts} from '../../src/campaign/fold.ts';
import {reconcile} from '../../src/engine/turn.ts';
import {stateLayout} from '../../src/ledger/state-directory.ts';
import {Died, type FakeWorld, fakeWorld} from '../support/fakes.ts';
import {memoryDirectory} from '../support/memory-directory.ts';
import {campaignOnDisk, computeJobs, decideOn} from './on-disk.ts';

let home: string;
let world: FakeWorld;
beforeEach(() => {
  home = memoryDirectory('campaign-');
  world = fakeWorld(home);
});
afterEach(() => rmSync(home, {recursive: true, force: true}));

/** Look, let jobs end, and look again until nothing is open. @returns the runs whose scripts ran, in their order */
async function play(exits: Readonly<Record<number, number>> = {}): Promise<string[]> {
  const ran: string[] = [];
  for (let round = 0; round < 60; round++) {
    try {
      await reconcile(world.context());
    } catch (error) {
      if (!(error instanceof Died)) throw error;
      world.dieAt = undefined;
      world.now += 200_000;
      continue;
    }
    if (openCampaigns(stateLayout(home)).open().size === 0) return ran;
    world.now += 70_000;
    ran.push(...computeJobs(world, home, exits));
  }
  return ran;
}

const counts = async (campaign: Campaign) => accounts(await campaign.log.read());
const active = () => readdirSync(join(home, 'runs')).length - readdirSync(join(home, 'sealed')).length;

test('a campaign goes from nothing to the end of its last item, never more at once than it may', async () => {
  const campaign = await campaignOnDisk(home, 5, {maxActive: 2});
  await reconcile(world.context());
  expect(readdirSync(join(home, 'runs')).sort()).toEqual(['many-000001.1', 'many-000002.1']);
  expect(await play()).toEqual([1, 2, 3, 4, 5].map((number) => `many-00000${number}.1`));
  expect(await counts(campaign)).toEqual({waiting: 0, active: 0, succeeded: 5, failed: 0, cancelled: 0});
  expect(readdirSync(join(home, 'campaigns/many/prepared'))).toEqual([]);
});

test('a slot that a run leaves is taken in the same look', async () => {
  await campaignOnDisk(home, 3, {maxActive: 1});
  await reconcile(world.context());
  computeJobs(world, home);
  const {sealed, runs} = await reconcile(world.context());
  expect(sealed.map(({run}) => run)).toEqual(['many-000001.1']);
  expect(runs.map(({id}) => id)).toEqual(['many-000001.1', 'many-000002.1']);
  expect(world.scheduler.submitted('compute.1.job')).toHaveLength(2);
});

test('its runs have no sentinels: the chain looks soon, and later the longer a job has worked', async () => {
  await campaignOnDisk(home, 1, {maxActive: 1});
  const {nextAt} = await reconcile(world.context());
  const {minMs, maxMs} = world.context().settings.bounds;
  expect(nextAt).toBe(world.now + minMs);
  const scripts = [...world.scheduler.jobs.values()].map(({request}) => request.script);
  expect(scripts.filter((script) => !script.startsWith('monitor'))).toEqual(['compute.1.job.sh']);
  world.now += 50 * 2 * minMs;
  expect((await reconcile(world.context())).nextAt).toBe(world.now + 2 * minMs);
  world.now += 100 * 50 * maxMs;
  expect((await reconcile(world.context())).nextAt).toBe(world.now + maxMs);
});

test('the script of each item has its parameters, and is kept once for all', async () => {
  await campaignOnDisk(home, 2, {maxActive: 2});
  const {runs} = await reconcile(world.context());
  const specs = runs.map(({state}) => state.spec);
  expect(specs.map(({workflow}) => workflow.params)).toEqual([{t: '1'}, {t: '2'}]);
  expect(specs.map(({campaign}) => campaign)).toEqual([
    {name: 'many', number: 1, key: 't1', try: 1},
    {name: 'many', number: 2, key: 't2', try: 1},
  ]);
});

describe('decisions', () => {
  test('a paused campaign admits nothing, and goes on when it is resumed', async () => {
    const campaign = await campaignOnDisk(home, 3, {maxActive: 2});
    await decideOn(campaign, {is: 'paused'});
    const {nextAt} = await reconcile(world.context());
    expect([await counts(campaign), nextAt]).toEqual([
      {waiting: 3, active: 0, succeeded: 0, failed: 0, cancelled: 0},
      undefined,
    ]);
    await decideOn(campaign, {is: 'resumed'});
    expect(await play()).toHaveLength(3);
  });

  test('the runs of a cancelled campaign are cancelled, and no further item begins', async () => {
    const campaign = await campaignOnDisk(home, 3, {maxActive: 2});
    await reconcile(world.context());
    await decideOn(campaign, {is: 'cancelled'});
    expect(await play()).toEqual([]);
    expect(await counts(campaign)).toEqual({waiting: 1, active: 0, succeeded: 0, failed: 0, cancelled: 2});
    expect(active()).toBe(0);
  });

  test('it pauses by itself when items fail in a row with one reason, and names the node', async () => {
    const campaign = await campaignOnDisk(home, 9, {maxActive: 1, pauseAfter: 3});
    expect(await play({1: 1, 2: 1, 3: 1, 4: 1})).toHaveLength(3);
    const {paused, ended} = await campaign.log.read();
    expect([paused?.why, ended.failed]).toEqual([
      'the last 3 items that ran on node n1 failed, each within seconds',
      3,
    ]);
  });

  test('what waits for a reservation is looked at again, though nothing is active', async () => {
    const campaign = await campaignOnDisk(home, 2, {maxActive: 2});
    world.putOff = 'the walltime crosses the reservation R1';
    const {nextAt} = await reconcile(world.context());
    expect(nextAt).toBeGreaterThan(world.now);
    expect((await counts(campaign)).waiting).toBe(2);
    world.putOff = undefined;
    expect(await play()).toHaveLength(2);
  });

  test('with prefetch, the next begins to get ready only when a job has begun', async () => {
    const campaign = await campaignOnDisk(home, 4, {maxActive: 3, prefetch: 1});
    const {nextAt} = await reconcile(world.context());
    expect((await counts(campaign)).active).toBe(1);
    expect(nextAt).toBeDefined();
    expect(await play()).toHaveLength(4);
  });
});

test('a campaign whose log is damaged is set aside and told; runs and other campaigns go on', async () => {
  const campaign = await campaignOnDisk(home, 2, {maxActive: 1});
  await reconcile(world.context());
  rmSync(join(campaign.layout.log, '000001.json'));
  writeFileSync(join(campaign.layout.log, '000001.json'), '{');
  computeJobs(world, home);
  const {problems, sealed} = await reconcile(world.context());
  expect(problems.map(({code}) => code)).toEqual(['LEDGER_DAMAGED']);
  expect(sealed.map(({run}) => run)).toEqual(['many-000001.1']);
});

/** The effects of a campaign of three items that nothing disturbs. */
async function effectsOfACampaign(): Promise<string[]> {
  await campaignOnDisk(home, 3, {maxActive: 2});
  await play({2: 1});
  return world.effects;
}

/** All are tried by `STAGE_TEST_CRASH=all`; else those of the campaign itself, and every twentieth of the others. */
const isTried = (effect: string, index: number) =>
  process.env.STAGE_TEST_CRASH === 'all' || /campaign|run-p/.test(effect) || index % 20 === 0;

test('killed at any effect and looked at again, each item runs once and is accounted for', async () => {
  const effects = await effectsOfACampaign();
  expect(effects.filter((effect) => /campaign-entry/.test(effect)).length).toBeGreaterThanOrEqual(4);
  for (const [index, effect] of effects.entries()) {
    if (!isTried(effect, index)) continue;
    rmSync(home, {recursive: true, force: true});
    home = memoryDirectory('campaign-');
    world = fakeWorld(home);
    world.dieAt = index + 1;
    const campaign = await campaignOnDisk(home, 3, {maxActive: 2});
    expect((await play({2: 1})).sort(), `killed ${effect}`).toEqual([1, 2, 3].map((number) => `many-00000${number}.1`));
    expect(await counts(campaign), `killed ${effect}`).toMatchObject({succeeded: 2, failed: 1, waiting: 0, active: 0});
    expect(readdirSync(campaign.layout.prepared), `killed ${effect}`).toEqual([]);
  }
});
