import {readdirSync, rmSync} from 'node:fs';
import {join} from 'node:path';
import {afterAll, beforeAll, expect, test} from 'vitest';
import {localWorld, type World} from '../support/world.ts';

// Real processes: PBS writes the logs that are read.

let world: World;
beforeAll(async () => {
  world = await localWorld();
});
afterAll(() => world.close());

interface Entry {
  readonly at: string;
  readonly step?: string;
  readonly source: string;
  readonly text: string;
}

const logs = async (...flags: string[]) =>
  (await world.stage('logs', 'told', '--json', ...flags)).json<{entries: Entry[]}>().entries;

test('--pbs puts what PBS said of the jobs between the events, in time; without it PBS is not asked', async () => {
  world.write('three.sh', '#!/bin/sh\nexit 3\n');
  const {exitCode} = await world.stage('run', '--name', 'told', '--job', 'three.sh', '--wait');
  expect(exitCode).toBe(1);
  const traced = (await logs('--pbs')).filter(({source}) => source === 'pbs');
  const texts = traced.map(({text}) => text).join('\n');
  expect(texts).toMatch(/^0\.stage-local .*(Job Queued|queued in)/im);
  expect(texts).toMatch(/Exit_status=3|exit status 3/);
  const all = await logs('--pbs');
  expect(all.map(({at}) => at)).toEqual(all.map(({at}) => at).toSorted());
  expect((await logs()).some(({text}) => /Job Queued|queued in/.test(text))).toBe(false);

  // Where the server's logs cannot be read, as on most submit nodes.
  const pbs = join(world.home, 'stand-ins', 'pbs');
  const found = readdirSync(pbs, {recursive: true, encoding: 'utf8'}).filter((name) =>
    /(server_logs|accounting)$/.test(name),
  );
  expect(found.length).toBeGreaterThan(0);
  for (const directory of found) rmSync(join(pbs, directory), {recursive: true});
  const recorded = (await logs('--pbs')).filter(({source}) => source === 'pbs').map(({text}) => text);
  expect(recorded).toContainEqual(expect.stringMatching(/^0\.stage-local queued in workq/));
  expect(recorded).toContainEqual(expect.stringMatching(/^0\.stage-local ended: exit status 3/));
});
