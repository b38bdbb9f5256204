import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import {patiently} from '../../support/batch-system.ts';
import {needs} from '../../support/needs.ts';
import {leftIn, linesIn, localWorld, type World} from '../../support/world.ts';
import {wrapCommands} from '../../support/wrapped-commands.ts';

// Real processes: what a job waits for ends while its qsub is under way.

/**
 * A qsub that is late: whatever a job of a run "late-…" is to wait for has ended by then, however long the server takes
 * for that, and is in the history or purged. Only what is held itself is not waited for. PBS prints an id all the same,
 * and drops the job a moment later (measured on OpenPBS 23.06).
 */
const commands = wrapCommands((command, {bin, real}) =>
  command === 'qsub'
    ? `
case "$*" in *s-late-*) ;; *) exec ${real('qsub')} "$@" ;; esac
for word; do
  case $word in depend=*) ;; *) continue ;; esac
  for id in $(echo "$word" | tr ':,=' '   '); do
    case $id in [0-9]*) ;; *) continue ;; esac
    tries=0
    while state=$(${real('qstat')} -f "$id" 2>/dev/null | grep 'job_state = [QRE]') && [ $tries -lt 150 ]; do
      tries=$((tries + 1))
      sleep 0.2
    done
    [ -n "$state" ] || echo "$id" >> ${join(bin, 'ended')}
  done
done`
    : '',
);

let world: World;
let kept = true;
beforeAll(async () => {
  world = await localWorld({
    config: `profiles: {local: {scheduler: {kind: pbs, bin: ${commands.bin}}, transfer: local, lost_after: 3s, monitor: {min: 1s, max: 5s}}}\n`,
  });
  kept = await world.keepsHistory();
});
afterAll(async () => {
  await world.close();
  commands.remove();
});

const CASES = [
  {exit: 0, states: ['a succeeded', 'b succeeded', 'c succeeded'], ran: 1},
  {exit: 3, states: ['a failed', 'b skipped', 'c succeeded'], ran: 0},
];

describe.each([
  ['kept', true],
  ['purged at once', false],
] as const)('a job whose predecessor has ended before it is submitted, with the history %s', (_, history) => {
  beforeAll(async () => {
    if (history !== kept) await world.setServer?.('job_history_enable', history ? 'True' : 'False');
  });
  afterAll(async () => {
    if (history !== kept) await world.setServer?.('job_history_enable', kept ? 'True' : 'False');
  });

  test.for(CASES)(
    'ends as the workflow says, and is not called lost, when that exits with $exit',
    {timeout: patiently(90_000)},
    async ({exit, states, ran}, context) => {
      needs(context, 'qmgr', history === kept || world.setServer !== undefined);
      const name = `late-${history ? 'kept' : 'purged'}-${exit}`;
      const log = `${world.work}/${name}.ran`;
      world.write(`${name}.a.sh`, `#!/bin/sh\nexit ${exit}\n`);
      for (const step of ['b', 'c']) world.write(`${name}.${step}.sh`, `#!/bin/sh\necho ran >> ${log}.${step}\n`);
      const file = world.write(
        `${name}.yaml`,
        `name: ${name}\nsteps:\n  a: {job: {script: ${name}.a.sh}}\n  b: {needs: [a], job: {script: ${name}.b.sh}}\n  c: {after: [a], job: {script: ${name}.c.sh}}\n`,
      );
      await world.stage('run', file);
      const sealed = await world.ended(`${name}.1`, 60);
      expect(sealed.steps.map(({step, state}) => `${step} ${state}`)).toEqual(states);
      // so that its submission was as late as it was meant to be
      expect(readFileSync(join(commands.bin, 'ended'), 'utf8')).toContain(sealed.steps[0]?.job);
      expect([linesIn(`${log}.b`), linesIn(`${log}.c`)]).toEqual([ran, 1]);
      await world.waitFor('nothing left', async () => leftIn(await world.jobsOf(`${name}.1`)).length === 0);
    },
  );
});

test('a job that PBS removes with the one it needs is skipped because of that: it is neither deleted nor lost', async () => {
  const ran = `${world.work}/removed.ran`;
  world.write('removed.a.sh', `#!/bin/sh\nuntil [ -e ${world.work}/removed.go ]; do sleep 0.1; done\nexit 5\n`);
  world.write('removed.b.sh', `#!/bin/sh\necho ran >> ${ran}\n`);
  const file = world.write(
    'removed.yaml',
    'name: removed\nsteps:\n  a: {job: {script: removed.a.sh}}\n  b: {needs: [a], job: {script: removed.b.sh}}\n  c: {needs: [b], job: {script: removed.b.sh}}\n',
  );
  await world.stage('run', file);
  await world.waitFor('all its jobs', async () => (await world.jobsOf('removed.1')).length >= 3);
  world.write('removed.go', '');
  const sealed = await world.ended('removed.1', 60);
  expect(sealed.steps.map(({step, state}) => `${step} ${state}`)).toEqual(['a failed', 'b skipped', 'c skipped']);
  expect(sealed.steps[1]?.why).toMatch(/a failed|needs a/);
  expect(linesIn(ran)).toBe(0);
  expect(world.facts('removed.1').filter((name) => /^[bc]\.1\.job-/.test(name))).toEqual([]);
});
