import {existsSync, readdirSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
import {decide} from '../../src/campaign/advance.ts';
import type {Definition} from '../../src/campaign/campaign-facts.ts';
import {type Campaign, openCampaigns} from '../../src/campaign/campaigns.ts';
import type {Change} from '../../src/campaign/changes.ts';
import type {CampaignState} from '../../src/campaign/fold.ts';
import {keepFile} from '../../src/campaign/item-workflow.ts';
import {type ItemLine, inSegments} from '../../src/campaign/listed-items.ts';
import {createFact} from '../../src/disk/facts.ts';
import {stateLayout} from '../../src/ledger/state-directory.ts';
import {ended, live} from '../support/a-run.ts';
import type {FakeWorld} from '../support/fakes.ts';

const WORKFLOW = `
name: one
params: {t: null}
steps:
  compute: {job: {script: compute.sh, env: {T: "\${{ params.t }}"}}}
`;

export const PERSON = {clock: () => 0, by: 'ana@login1'};

/** A campaign of so many items, on disk; each is one job. */
export async function campaignOnDisk(
  home: string,
  items: number,
  bounds: {maxActive: number; prefetch?: number; pauseAfter?: number},
): Promise<Campaign> {
  const campaigns = openCampaigns(stateLayout(home));
  const campaign = campaigns.create('many');
  const {sha256} = keepFile(campaign.layout.scripts, Buffer.from('#!/bin/sh\n'));
  const definition: Definition = {
    at: 0,
    by: 'ana@login1',
    workflow: {file: 'one.yaml', text: WORKFLOW, directory: '/work'},
    files: {'/work/compute.sh': {sha256}},
    collections: {},
    bookmarks: {},
    paths: [],
    profile: 'test',
    fingerprint: 'f',
  };
  const lines = Array.from({length: items}, (_, index): ItemLine => {
    return {key: `t${index + 1}`, params: {t: `${index + 1}`}, priority: 0};
  });
  campaigns.mark('many', 1);
  const changes: Change[] = [
    {is: 'defined', definition: campaign.keepDefinition(definition), pauseAfter: 0, ...bounds},
    ...inSegments(1, lines).map(
      ({about, lines: own}): Change => ({is: 'items', segment: campaign.keepLines(own), ...about}),
    ),
  ];
  await campaign.log.append(1, {at: 0, by: 'ana@login1', changes});
  return campaign;
}

export function decideOn(campaign: Campaign, ...changes: readonly Change[]): Promise<CampaignState> {
  return decide(campaign.log, PERSON, () => changes);
}

/** The job was asked for by this run. */
function isTagged(facts: string, tag: string): boolean {
  const intents = readdirSync(facts).filter((name) => name.endsWith('.intent.json'));
  return intents.some((name) => readFileSync(join(facts, name), 'utf8').includes(JSON.stringify(tag)));
}

/** What happens in the world meanwhile: jobs that may begin do so, and end. @param exits of items, by number; 0 for others */
export function computeJobs(
  world: FakeWorld,
  home: string,
  exits: Readonly<Record<number, number>> = {},
  host = 'n1',
): string[] {
  const done: string[] = [];
  for (const run of readdirSync(join(home, 'runs')).filter((name) => name.startsWith('many-'))) {
    const facts = join(home, 'runs', run, 'facts');
    for (const [job, {request, seen}] of world.scheduler.jobs) {
      if (seen.kind !== 'live' || seen.userHold || !isTagged(facts, request.tag)) continue;
      const [, attempt] = /compute\.(\d+)\.job/.exec(request.script) ?? [];
      if (attempt === undefined || existsSync(join(facts, `compute.${attempt}.outcome.json`))) continue;
      const exit = exits[Number(run.slice(5, 11))] ?? 0;
      if (!createFact(facts, `compute.${attempt}.start.1`, {job, host, at: world.now})) continue;
      createFact(facts, `compute.${attempt}.end.1`, {job, exit, terminated: false});
      world.scheduler.show(job, ended(exit));
      done.push(run);
    }
  }
  for (const [job, {request, seen}] of world.scheduler.jobs)
    if (seen.kind === 'live' && /sentinel|launcher/.test(request.script) && seen.state === 'held')
      world.scheduler.show(job, live('queued'));
  return done;
}
