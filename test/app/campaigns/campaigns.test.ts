import {mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterEach, beforeEach, describe, expect, test} from 'vitest';
import {cancelCampaign, pauseCampaign, resumeCampaign, retryItems} from '../../../src/app/campaigns/decide-campaign.ts';
import {runCampaign} from '../../../src/app/campaigns/run-campaign.ts';
import {itemsAsCsv, listCampaigns, reportItems, showCampaign} from '../../../src/app/campaigns/show-campaigns.ts';
import {resumeRuns} from '../../../src/app/runs/run/resume.ts';
import {reconcile} from '../../../src/engine/turn.ts';
import {EXIT} from '../../../src/errors.ts';
import {computeJobs} from '../../campaign/on-disk.ts';
import {type FakeStage, fakeStage} from '../../support/fake-stage.ts';

let top: string;
let home: string;
let stage: FakeStage;
beforeEach(() => {
  top = mkdtempSync(join(tmpdir(), 'campaigns-'));
  home = join(top, 'state');
  mkdirSync(home);
  mkdirSync(join(top, 'in'));
  stage = fakeStage(home);
  writeFileSync(join(top, 'compute.sh'), '#!/bin/sh\n');
  writeFileSync(
    join(top, 'one.yaml'),
    'name: one\nparams: {t: null}\nsteps:\n  compute: {job: {script: compute.sh, env: {T: "${{ params.t }}"}}}\n',
  );
});
afterEach(() => rmSync(top, {recursive: true, force: true}));

const write = (forEach: string, more = 'max_active: 2') =>
  writeFileSync(
    join(top, 'many.yaml'),
    `campaign: many\nworkflow: one.yaml\nfor_each: ${forEach}\nparams: {t: "\${{ item }}"}\n${more}\n`,
  );
const ask = (more: object = {}) =>
  runCampaign(stage, {
    file: join(top, 'many.yaml'),
    dryRun: false,
    update: false,
    changed: false,
    check: false,
    ...more,
  });

/** Let jobs end and look, until no item is active. */
async function play(exits: Readonly<Record<number, number>> = {}): Promise<string[]> {
  const ran: string[] = [];
  for (let round = 0; round < 20; round++) {
    ran.push(...computeJobs(stage.world, home, exits));
    stage.world.now += 70_000;
    await reconcile(await stage.engine());
    if ((await listCampaigns(stage)).campaigns.every(({active}) => active === 0)) return ran;
  }
  return ran;
}

test('a campaign is created once; repeating the command adds what is new, and changes nothing else', async () => {
  write('[a, b, c]');
  expect(await ask()).toMatchObject({did: 'created', campaign: {state: 'active', items: 3, active: 2, waiting: 1}});
  expect(await ask()).toMatchObject({did: 'nothing', changes: []});
  write('[c, d, b, a]');
  expect(await ask()).toMatchObject({did: 'changed', changes: ['1 new item'], campaign: {items: 4, waiting: 2}});
  expect(await play()).toHaveLength(4);
  expect((await ask()).campaign).toMatchObject({state: 'succeeded', succeeded: 4});
  expect(readdirSync(join(home, 'runs')).sort()).toEqual([1, 2, 3, 4].map((number) => `many-00000${number}.1`));
});

test('with --update items that wait do what the file says now, and those that are not asked for do not run', async () => {
  write('[a, b, c, d]', 'max_active: 1\nprefetch: 1');
  await ask();
  write('[a, b, d]', 'max_active: 3\npriority: 2');
  await expect(ask()).rejects.toMatchObject({code: 'CAMPAIGN_DIFFERS'});
  const report = await ask({update: true});
  expect(report.changes).toContain('max_active: 1 -> 3');
  expect(report.campaign).toMatchObject({items: 4, active: 3, waiting: 0, cancelled: 1});
});

describe('decisions of people', () => {
  test('pause, resume and cancel are said once, and safe to repeat', async () => {
    write('[a, b, c]');
    await ask();
    expect((await pauseCampaign(stage, 'many')).message).toContain('is paused');
    expect((await pauseCampaign(stage, 'many')).message).toBe('many is paused already');
    expect(await play()).toHaveLength(2);
    expect((await showCampaign(stage, 'many')).campaign).toMatchObject({state: 'paused', waiting: 1, by: 'ada@host'});
    await resumeCampaign(stage, 'many');
    const {campaign} = await cancelCampaign(stage, 'many');
    expect(campaign).toMatchObject({state: 'cancelled', waiting: 0, active: 0, succeeded: 2, cancelled: 1});
    expect((await showCampaign(stage, 'many')).exit).toBe(EXIT.failed);
  });

  test('what failed is retried as a further run, and what succeeded only when that is said', async () => {
    write('[a, b, c]');
    await ask();
    await play({2: 1});
    await expect(retryItems(stage, {campaign: 'many', items: ['a'], succeeded: false})).rejects.toMatchObject({
      code: 'ITEM_NOT_RETRIED',
    });
    await expect(retryItems(stage, {campaign: 'many', items: ['x'], succeeded: false})).rejects.toMatchObject({
      code: 'NO_SUCH_ITEM',
    });
    const {message} = await retryItems(stage, {campaign: 'many', items: [], succeeded: false});
    expect(message).toBe('1 item of many runs again');
    expect(await play()).toEqual(['many-000002.2']);
    const {items} = await reportItems(stage, 'many');
    expect(items.map(({key, state, tries}) => [key, state, tries])).toEqual([
      ['a', 'succeeded', 1],
      ['b', 'succeeded', 2],
      ['c', 'succeeded', 1],
    ]);
  });

  test('a run that has ended is active again for its campaign when it is resumed, where there is room', async () => {
    write('[a, b, c]', 'max_active: 1');
    await ask();
    computeJobs(stage.world, home, {1: 1});
    stage.world.now += 70_000;
    await reconcile(await stage.engine());
    await expect(resumeRuns(stage, {run: 'many-000001.1', redo: []})).rejects.toMatchObject({code: 'CAMPAIGN_FULL'});
    await pauseCampaign(stage, 'many');
    await play();
    await resumeRuns(stage, {run: 'many-000001.1', redo: []});
    expect((await listCampaigns(stage)).campaigns[0]).toMatchObject({active: 1, failed: 0, succeeded: 1, waiting: 1});
    await play();
    expect((await listCampaigns(stage)).campaigns[0]).toMatchObject({active: 0, failed: 0, succeeded: 2, waiting: 1});
  });

  test('a run that is resumed before it has ended is no other for its campaign', async () => {
    write('[a]');
    await ask();
    await resumeRuns(stage, {run: 'many-000001.1', redo: []});
    await play();
    expect((await listCampaigns(stage)).campaigns[0]).toMatchObject({state: 'succeeded', succeeded: 1});
  });
});

test('with --changed those items run again whose inputs have changed since', async () => {
  for (const name of ['x', 'y']) writeFileSync(join(top, 'in', name), name);
  write('{glob: in/*}');
  await ask();
  await play();
  utimesSync(join(top, 'in', 'y'), 1000, 1000);
  expect((await ask()).notes).toEqual(['the inputs of 1 item have changed: with --changed they run again']);
  expect((await ask({changed: true})).changes).toEqual(['1 item runs again: inputs have changed']);
  expect(await play()).toEqual(['many-000002.2']);
  expect((await ask({changed: true})).did).toBe('nothing');
});

test('the report is a table for people, and comma-separated values with the parameters for programs', async () => {
  write('["a,b", c]');
  await ask();
  await play({2: 1});
  const report = await reportItems(stage, 'many', ['failed']);
  expect(report.items).toMatchObject([{item: 2, key: 'c', state: 'failed', host: 'n1', why: 'compute: exit status 1'}]);
  const csv = itemsAsCsv(await reportItems(stage, 'many')).split('\n');
  expect(csv[0]).toBe('item,key,state,tries,run,admitted,ended,seconds,host,why,t');
  expect(csv[1]).toMatch(/^1,"a,b",succeeded,1,many-000001\.1,.*,"a,b"$/);
});
