import {readFileSync} from 'node:fs';
import {describe, expect, test} from 'vitest';
import {type Classic, classic} from '../../support/workflows.ts';
import {leftIn, linesIn, localWorld, type World} from '../../support/world.ts';

// Real processes: answers of qsub are lost on the way between two processes.

/** Outages hit whoever asks next, so each test has a world of its own. */
async function withWorld(test: (world: World) => Promise<void>): Promise<void> {
  const world = await localWorld({config: 'profiles: {local: {scheduler: {kind: local, timeout: 3s}}}\n'});
  try {
    await test(world);
  } finally {
    await world.close();
  }
}

/** What can be submitted at first is compute alone: of jobs that are submitted side by side an outage would hit any. */
function withoutCleanup(world: World, name: string): Classic {
  const made = classic(world, name);
  const text = readFileSync(made.file, 'utf8');
  world.write(`${name}.yaml`, text.slice(0, text.indexOf('  cleanup:')));
  return made;
}

const nextQsub = (world: World, mode: string) =>
  world.stage('local', 'outage', 'pbs', '--mode', mode, '--command', 'qsub', '--count', '1');
const computeJobs = async (world: World, run: string) =>
  (await world.jobsOf(run)).filter(({Variable_List}) => String(Variable_List?.STAGE_INTENT).includes('.compute.1.job'));
const emptied = (world: World, run: string) =>
  world.waitFor(`nothing of ${run} in the queue`, async () => leftIn(await world.jobsOf(run)).length === 0);

describe.concurrent('a qsub', () => {
  test.each([
    ['late', /not known whether PBS accepted the job compute\.1\.job.*did not answer in time/s, 4],
    ['lost', /not known whether PBS accepted the job compute\.1\.job.*Batch protocol error/s, 4],
    // No room is waiting (docs/decisions/0030).
    ['refuse', /a limit on the number of jobs is reached.*would exceed queue generic's per-user limit/s, 0],
  ])('that meets "%s" is told apart from the others, and comes to one job and one execution', (mode, says, exit) =>
    withWorld(async (world) => {
      const {file, computed} = withoutCleanup(world, mode);
      await nextQsub(world, mode);
      const run = await world.stage('run', file);
      expect({exit: run.exitCode, says: run.stdout}).toEqual({exit, says: expect.stringMatching(says)});
      expect(await world.ended(`${mode}.1`, 60)).toMatchObject({state: 'succeeded'});
      expect(linesIn(computed)).toBe(1);
      expect(await computeJobs(world, `${mode}.1`)).toHaveLength(1);
      await emptied(world, `${mode}.1`);
    }),
  );

  test.each([
    ['unknown-queue', /there is no such queue.*Unknown queue/s, /See which queues exist: qstat -Q/],
    [
      'bad-resource',
      /the site has no such resource.*Unknown resource/s,
      /Correct the name: in --resource, or under "resources"/,
    ],
  ])(
    'that is refused for good (%s) at first leaves no run, moves no data, and says what to correct',
    (mode, why, next) =>
      withWorld(async (world) => {
        const {file, computed} = withoutCleanup(world, mode);
        await nextQsub(world, mode);
        const run = await world.stage('run', file);
        expect(run.exitCode).toBe(2);
        expect(run.stderr).toMatch(why);
        expect(run.stderr).toMatch(next);
        expect((await world.stage('list', '--json')).json<{runs: unknown[]}>().runs).toEqual([]);
        expect(await world.tasksOf(`${mode}.1`)).toEqual([]);
        expect([linesIn(computed), (await computeJobs(world, `${mode}.1`)).length]).toEqual([0, 0]);
        await emptied(world, `${mode}.1`);
      }),
  );

  test('whose job turns up after it was given up: that job is deleted, the log tells of it, the script runs once', () =>
    withWorld(async (world) => {
      await world.stage('local', 'pause', 'archive');
      const {file, computed} = withoutCleanup(world, 'extra');
      await nextQsub(world, 'hang'); // what was given up by then is not carried out
      expect((await world.stage('run', file)).exitCode).toBe(4);
      const inItsPlace = 'compute.1.job-2.confirmed.json';
      await world.waitFor('another job in its place', () => world.facts('extra.1').includes(inItsPlace));
      expect(world.facts('extra.1')).toContain('compute.1.job.never-arrived.json');

      // The request arrives at last, as when it was stuck in a server that stood still.
      const tag = String(world.fact('extra.1', 'compute.1.job.intent.json').tag);
      const script = `${world.state}/runs/extra.1/scripts/compute.1.job.sh`;
      const job = (await world.pbs('qsub', '-h', '-v', `STAGE_INTENT=${tag}`, script)).stdout.trim();
      const isLeft = async () => leftIn(await world.jobs()).some((line) => line.startsWith(`${job} `));
      expect(await isLeft()).toBe(true);
      await world.waitFor('the end of the extra job', async () => !(await isLeft()));
      const log = (await world.stage('logs', 'extra', '--step', 'compute')).stdout;
      expect(log).toMatch(/job-adopted.*it arrived after it was given up/);
      expect(log).toMatch(/job-deleted.*another job takes its place/);

      await world.stage('local', 'resume', 'archive');
      expect(await world.ended('extra.1', 60)).toMatchObject({state: 'succeeded'});
      expect(linesIn(computed)).toBe(1);
      await emptied(world, 'extra.1');
    }));
});
