import {existsSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
import {afterAll, beforeAll, expect, test} from 'vitest';
import {stringify} from 'yaml';
import {needs} from '../support/needs.ts';
import {classic} from '../support/workflows.ts';
import {linesIn, localWorld, type World} from '../support/world.ts';

// Real processes: tcsh on top of jobs. Scripts by qsub and by stage side by side: as-qsub.test.ts.

const hasTcsh = existsSync('/bin/tcsh');
let world: World;
beforeAll(async () => {
  world = await localWorld({ownProcesses: true});
});
afterAll(() => world.close());

test('a person whose login shell is tcsh has a whole run: compute, launcher, monitors, cleanup', async (context) => {
  needs(context, 'tcsh', hasTcsh);
  const {file, computed} = classic(world, 'in-tcsh');
  expect((await world.stage('run', file, {env: {SHELL: '/bin/tcsh'}})).exitCode).toBe(0);
  const {state, steps} = await world.ended('in-tcsh.1');
  expect([state, steps.map((step) => step.state)]).toEqual([
    'succeeded',
    ['succeeded', 'succeeded', 'succeeded', 'skipped'],
  ]);
  expect(linesIn(computed)).toBe(1);
  const shells = (await world.jobs()).map((job) => job.Variable_List?.PBS_O_SHELL);
  if (await world.keepsHistory()) expect([shells.length > 2, new Set(shells)]).toEqual([true, new Set(['/bin/tcsh'])]);
});

test('a script under tcsh is told that its job is deleted, and what it writes then is there', async (context) => {
  needs(context, 'tcsh', hasTcsh);
  const output = join(world.work, 'told.out');
  world.write(
    'told.sh',
    // A wait that the signal interrupts begins anew: "sleep" gets it, too, and must not end the script before its trap.
    `#!/bin/bash\n#PBS -S /bin/tcsh -j oe -o ${output}\ntrap 'echo told; exit 4' TERM\necho begun\nwhile :; do sleep 1; done\n`,
  );
  const file = world.write('told.yaml', stringify({name: 'told', steps: {compute: {job: {script: 'told.sh'}}}}));
  await world.stage('run', file);
  const log = join(world.state, 'runs/told.1/logs/compute.1.out');
  await world.waitFor('its first word', () => existsSync(log) && readFileSync(log, 'utf8').includes('begun'));
  const [job] = (await world.jobsOf('told.1')).filter(({Job_Name}) => Job_Name.startsWith('compute'));
  await world.pbs('qdel', String(job?.id));
  expect((await world.ended('told.1')).state).toBe('failed');
  expect(readFileSync(log, 'utf8')).toMatch(/^begun\n(Terminated\n)?told\n$/);
  const end = await world.waitFor(
    'its end',
    () => world.facts('told.1').includes('compute.1.end.1.json') && world.fact('told.1', 'compute.1.end.1.json'),
  );
  expect(end).toMatchObject({exit: 4, terminated: true});
  await world.waitFor('what PBS delivers', () => existsSync(output));
  expect(readFileSync(output, 'utf8')).toMatch(/\nbegun\n(Terminated\n)?told\n/);
});
