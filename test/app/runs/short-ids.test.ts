import {chmodSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {afterAll, beforeAll, expect, test} from 'vitest';
import {patiently, worldsDirectory} from '../../support/batch-system.ts';
import {localWorld, type World} from '../../support/world.ts';

// Real processes: another qsub stands before PBS, and the job itself knows its whole id.

/** A site's qsub that prints the number of a job alone: PBS_JOBID and qstat spell the id with the server's name. */
const bin = mkdtempSync(join(worldsDirectory(), 'stage-short-ids-'));
const real = process.env.STAGE_TEST_PBS === '1' ? '' : '"$STAGE_HOME"/stand-ins/bin/';
for (const command of ['qsub', 'qstat', 'qselect', 'qdel', 'qhold', 'qrls', 'qalter']) {
  const pass = `${real}${command} "$@"`;
  writeFileSync(
    join(bin, command),
    command === 'qsub' ? `#!/bin/sh\nid=$(${pass}) || exit\necho "$\{id%%.*}"\n` : `#!/bin/sh\nexec ${pass}\n`,
  );
  chmodSync(join(bin, command), 0o755);
}

let world: World;
beforeAll(async () => {
  world = await localWorld({
    config: `profiles: {local: {scheduler: {kind: pbs, bin: ${bin}}, transfer: local, monitor: {min: 1s, max: 5s}}}\n`,
  });
});
afterAll(async () => {
  await world.close();
  rmSync(bin, {recursive: true, force: true});
});

test('a job that waits for another one keeps its place in the queue when that one begins', {
  timeout: patiently(90_000),
}, async () => {
  const go = join(world.work, 'go');
  world.write('wait.sh', `#!/bin/sh\nuntil [ -e ${go} ]; do sleep 0.2; done\n`);
  const steps = 'a: {job: {script: wait.sh}}\n  b: {needs: [a], job: {script: wait.sh}}';
  const file = world.write('short.yaml', `name: short\nsteps:\n  ${steps}\n`);
  await world.stage('run', file);
  await world.waitFor('the start', () => world.facts('short.1').includes('a.1.start.1.json'));
  await world.status('short');
  world.write('go', '');
  expect((await world.ended('short.1')).state).toBe('succeeded');
  expect(world.facts('short.1').filter((name) => /^b\.2|^b\.1\.job\.delete/.test(name))).toEqual([]);
});
