import {existsSync} from 'node:fs';
import {basename} from 'node:path';
import {afterAll, beforeAll, expect, test} from 'vitest';
import {linesIn, localWorld, type World} from '../../support/world.ts';

// Real processes: what is registered hangs on the profile that commands and jobs of stage are given.

let world: World;
beforeAll(async () => {
  world = await localWorld();
});
afterAll(() => world.close());

interface Listed {
  readonly outputs: readonly {readonly area: string; readonly state: string; readonly bytes?: number}[];
}

test('what a job made outlives a transfer that fails, is moved by resume alone, and goes when a person says so', async () => {
  await world.collection('far');
  const [near, computed] = [world.path('cluster'), `${world.work}/computed`];
  const mapping = `{cluster: ${near}, collection: cluster, path: /}`;
  const config = world.write('mapped.yaml', `profiles: {${basename(world.state)}: {paths: [${mapping}]}}\n`);
  const stage = (...argv: string[]) => world.stage(...argv, {env: {STAGE_CONFIG: config}});
  const listed = async () =>
    (await stage('outputs', 'list', '--all', '--json'))
      .json<Listed>()
      .outputs.map(({area, state, bytes}) => [area, state, bytes]);
  world.write('c.sh', `#!/bin/sh\necho x >> ${computed}\nmkdir -p ${near}/out\nprintf 12345 > ${near}/out/result\n`);
  const file = world.write(
    'kept.yaml',
    `name: kept
steps:
  compute: {job: {script: c.sh}}
  stage-out: {needs: compute, transfer: {from: "cluster:/out/", to: "far:/out/", keep: 14d, when_output_fails: rerun}}
`,
  );
  await world.stage('local', 'pause', 'far');
  expect((await stage('run', file)).exitCode).toBe(0);
  const task = await world.waitFor('the task of the stage-out', () => {
    const [fact] = world.facts('kept.1').filter((name) => name.startsWith('stage-out.1.transfer.confirmed'));
    return fact && String(world.fact('kept.1', fact).task);
  });
  const shown = await stage('status', 'kept');
  expect(shown.stdout).toMatch(/kept\.1 {2}transferring output/);
  expect(await listed()).toEqual([['kept.1.stage-out', 'active', 5]]);
  await world.cancelTask(task);
  expect((await world.ended('kept.1')).state).toBe('failed');
  expect(await listed()).toEqual([['kept.1.stage-out', 'kept', 5]]);
  await world.stage('local', 'resume', 'far');
  await stage('resume', 'kept');
  expect((await world.ended('kept.1~1')).state).toBe('succeeded');
  expect([linesIn(computed), existsSync(`${world.path('far')}/out/result`)]).toEqual([1, true]);
  expect((await stage('outputs', 'release', 'kept')).exitCode).toBe(0);
  expect((await stage('outputs', 'sweep')).stdout).toMatch(/Nothing was removed/);
  expect((await stage('outputs', 'sweep', '--yes')).stdout).toMatch(/removed 1 file, 5 B/);
  expect([existsSync(`${near}/out`), await listed()]).toEqual([false, [['kept.1.stage-out', 'gone', 5]]]);
});
