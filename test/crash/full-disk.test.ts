import {existsSync, mkdtempSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {expect, test} from 'vitest';
import {linesIn, localWorld} from '../support/world.ts';
import {mountSmallDisk} from './chaos/small-disk.ts';

// A state directory on a file system of its own, which is really full. Only root can mount one.

test('with a full disk status, why, list and logs still show, and say once that nothing can be recorded', async (context) => {
  const images = mkdtempSync(join(tmpdir(), 'stage-full-'));
  const world = await localWorld();
  const state = join(world.home, 'small');
  const disk = mountSmallDisk(join(images, 'small.img'), state);
  try {
    if (typeof disk === 'string') return context.skip(`needs a small file system: ${disk}`);
    const config = world.write(
      'config.yaml',
      'profiles:\n  small: {scheduler: local, transfer: local, monitor: {min: 1, max: 3}, lost_after: 3}\n',
    );
    const env = {STAGE_CONFIG: config, STAGE_PROFILE: 'small'};
    const stage = (...argv: string[]) => world.stage(...argv, {env});
    const computed = join(world.work, 'computed');
    await world.collection('paused');
    world.writeTree(world.path('paused', 'in'), 1);
    world.write('compute.sh', `#!/bin/sh\necho ran >> ${computed}\n`);
    const file = world.write(
      'full.yaml',
      'name: full\nsteps:\n  stage-in:\n    transfer: {from: "paused:/in/", to: "cluster:/in/"}\n  compute:\n    needs: [stage-in]\n    job: {script: compute.sh}\n',
    );
    await world.stage('local', 'pause', 'paused');
    expect((await stage('run', file)).exitCode).toBe(0);

    disk.fill();
    // The transfer ends meanwhile: looks would have its end to record, and a job to release.
    await world.stage('local', 'resume', 'paused');
    await world.waitFor('the end of the transfer', async () =>
      (await world.tasks()).some(({label, status}) => label?.includes(' full.1 ') && status === 'SUCCEEDED'),
    );
    for (const argv of [['status'], ['status', 'full'], ['why', 'full']]) {
      const told = await stage(...argv);
      expect(told).toMatchObject({exitCode: 4, stderr: '', stdout: expect.stringContaining('full.1')});
      expect(told.stdout.match(/no space is left on the disk/g)).toHaveLength(1);
    }
    const {problems, runs} = (await stage('status', '--json')).json<{problems: object[]; runs: object[]}>();
    expect([problems, runs]).toMatchObject([[{code: 'SYSTEM_ENOSPC', exit: 4}], [{run: 'full.1', state: 'active'}]]);
    expect(await stage('list')).toMatchObject({exitCode: 0, stdout: expect.stringMatching(/full\.1 +active/)});
    expect(await stage('logs', 'full')).toMatchObject({exitCode: 0, stdout: expect.stringContaining('job-submitted')});
    expect(linesIn(computed)).toBe(0);

    disk.empty();
    await stage('status');
    const seal = join(state, 'sealed', 'full.1.json');
    await world.waitFor('the end of the run', async () => existsSync(seal));
    expect([JSON.parse(readFileSync(seal, 'utf8')), linesIn(computed)]).toMatchObject([{state: 'succeeded'}, 1]);
  } finally {
    if (typeof disk !== 'string') disk.unmount();
    await world.close();
    rmSync(images, {recursive: true, force: true});
  }
}, 120_000);
