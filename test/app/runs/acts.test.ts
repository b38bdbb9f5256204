import {existsSync, mkdtempSync, readdirSync, rmSync, statSync, truncateSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {afterAll, beforeAll, expect, test} from 'vitest';
import {stringify} from 'yaml';
import {OTHER_DISK} from '../../files/play-act.ts';
import {linesIn, localWorld, type World} from '../../support/world.ts';

// Real processes and files: what is large is copied to another file system by a job of stage.

let world: World;
let other: string;
beforeAll(async () => {
  world = await localWorld();
  other = mkdtempSync(join(OTHER_DISK ?? world.work, 'stage-acts-'));
});
afterAll(async () => {
  rmSync(other, {recursive: true, force: true});
  await world.close();
});

test.skipIf(OTHER_DISK === undefined)(
  'a large file is moved to another file system by a job, and what needs it begins then',
  async () => {
    const large = join(world.work, 'large');
    writeFileSync(large, 'begin');
    truncateSync(large, 201_000_000); // a hole: it is read as zeros
    world.write('after.sh', `#!/bin/sh\nstat -c %s ${other}/large >> ${world.work}/after.ran\n`);
    const file = world.write(
      'large.yaml',
      stringify({
        name: 'large',
        steps: {
          shift: {move: {from: large, to: `${other}/large`, below: [world.work, other]}},
          after: {needs: ['shift'], job: {script: 'after.sh'}},
        },
      }),
    );
    expect((await world.stage('check', file)).stdout).toContain(`move ${large} to ${other}/large`);
    await world.stage('run', file);
    expect((await world.ended('large.1')).state).toBe('succeeded');
    expect(existsSync(large)).toBe(false);
    expect([readdirSync(other), statSync(join(other, 'large')).size]).toEqual([['large'], 201_000_000]);
    expect(linesIn(join(world.work, 'after.ran'))).toBe(1);
    const jobs = await world.jobsOf('large.1');
    expect(jobs.map(({Job_Name}) => Job_Name)).toContain('copy.shift');
    const log = (await world.stage('logs', 'large')).stdout;
    expect(log).toContain('act-begun');
  },
);
