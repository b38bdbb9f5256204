import {readFileSync, writeFileSync} from 'node:fs';
import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import {LONG} from '../../support/batch-system.ts';
import {needs} from '../../support/needs.ts';
import {leftIn, linesIn, localWorld, type World} from '../../support/world.ts';

// Real processes: subjobs are jobs of PBS that run side by side, end one by one, and are deleted.

let world: World;
beforeAll(async () => {
  world = await localWorld();
});
afterAll(() => world.close());

interface ArrayRun {
  readonly file: string;
  /** a line with its index for each execution of the array's script */
  readonly ran: string;
  /** a line for each execution of the step that needs the array */
  readonly after: string;
  readonly go: string;
}

/**
 * A job array and a job that needs it.
 *
 * @param body shell lines of the array's script; `$go` names a file that a test may create
 * @param keys further keys of the array's step
 */
function arrayOf(at: World, name: string, array: string, body: string, keys = ''): ArrayRun {
  const [ran, after, go] = [`${at.work}/${name}.ran`, `${at.work}/${name}.after`, `${at.work}/${name}.go`];
  at.write(
    `${name}.sh`,
    `#!/bin/sh\ngo=${go}\necho $PBS_ARRAY_INDEX >> ${ran}\necho "index $PBS_ARRAY_INDEX"\n${body}\n`,
  );
  at.write(`${name}.after.sh`, `#!/bin/sh\necho ran >> ${after}\n`);
  const file = at.write(
    `${name}.yaml`,
    `name: ${name}
steps:
  many:
    ${keys}
    job: {script: ${name}.sh, array: ${array}}
  after:
    needs: [many]
    job: {script: ${name}.after.sh}
`,
  );
  return {file, ran, after, go};
}

const indices = (file: string) =>
  readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .map(Number)
    .sort((a, b) => a - b);
const failingOnce = (index: number, mark: string) =>
  `if [ $PBS_ARRAY_INDEX = ${index} ] && [ ! -e ${mark} ]; then touch ${mark}; exit 3; fi`;

async function expectNothingLeft(at: World, run: string): Promise<void> {
  await at.waitFor(`nothing of ${run}`, async () => leftIn(await at.jobsOf(run)).length === 0);
}

describe.concurrent('a job array', () => {
  test('runs each index once, no more at once than asked for, and what needs it starts after the last', async () => {
    const most = `${world.work}/all.most`;
    const here = `${world.work}/all.here`;
    const made = arrayOf(
      world,
      'all',
      '0-5%2',
      `mkdir -p ${here}; touch ${here}/$PBS_ARRAY_INDEX; ls ${here} | wc -l >> ${most}; sleep 0.5; rm ${here}/$PBS_ARRAY_INDEX; [ $PBS_ARRAY_INDEX != 5 ] || until [ -e $go ]; do sleep 0.1; done`,
    );
    await world.stage('run', made.file);
    const reason = await world.waitFor('five of six', async () => {
      const many = (await world.status('all')).steps.find(({step}) => step === 'many');
      return /5 of 6 subjobs ended/.test(many?.reason ?? '') && many;
    });
    expect(reason).toMatchObject({state: 'running', reason: '5 of 6 subjobs ended'});
    expect(linesIn(made.after)).toBe(0);
    writeFileSync(made.go, '');
    const sealed = await world.ended('all.1');
    expect(sealed.steps.map(({state, why}) => `${state}: ${why}`)).toEqual([
      'succeeded: all 6 subjobs exited with 0',
      'succeeded: exit status 0',
    ]);
    expect(indices(made.ran)).toEqual([0, 1, 2, 3, 4, 5]);
    // A scheduler that starts one job a cycle never has two of them at once.
    expect(Math.max(...indices(most))).toBeLessThanOrEqual(2);
    if (!world.shared) expect(Math.max(...indices(most))).toBe(2);
    expect(linesIn(made.after)).toBe(1);
    for (const index of [0, 5]) {
      const log = `${world.state}/runs/all.1/logs/many.1.i${index}.out`;
      expect(readFileSync(log, 'utf8')).toBe(`index ${index}\n`);
    }
    expect((await world.stage('logs', 'all', '--step', 'many')).stdout).toMatch(/index 3/);
    await expectNothingLeft(world, 'all.1');
  });

  test('an index that fails fails the step, which says which, and what needs it does not run', async () => {
    const made = arrayOf(world, 'one-fails', '1-4', '[ $PBS_ARRAY_INDEX != 2 ] || exit 3');
    await world.stage('run', made.file);
    const sealed = await world.ended('one-fails.1');
    expect(sealed.steps.map(({state}) => state)).toEqual(['failed', 'skipped']);
    expect(sealed.why).toBe('many: 1 of 4 subjobs failed: subjob 2; subjob 2 exited with 3');
    expect([linesIn(made.ran), linesIn(made.after)]).toEqual([4, 0]);
    await expectNothingLeft(world, 'one-fails.1');
  });

  test('with a retry, only the index that failed runs again', async () => {
    const made = arrayOf(
      world,
      'retried',
      '1-4',
      failingOnce(2, `${world.work}/retried.mark`),
      'retries: 1\n    retry_delay: 1s',
    );
    await world.stage('run', made.file);
    expect((await world.ended('retried.1')).state).toBe('succeeded');
    expect(indices(made.ran)).toEqual([1, 2, 2, 3, 4]);
    expect(linesIn(made.after)).toBe(1);
  });

  test('resumed after a failure, only the index that failed runs again; with --redo all of them do', async () => {
    const made = arrayOf(world, 'resumed', '1-4', failingOnce(3, `${world.work}/resumed.mark`));
    await world.stage('run', made.file);
    expect((await world.ended('resumed.1')).state).toBe('failed');
    await world.stage('resume', 'resumed');
    expect((await world.ended('resumed.1~1')).state).toBe('succeeded');
    expect(indices(made.ran)).toEqual([1, 2, 3, 3, 4]);
    expect(linesIn(made.after)).toBe(1);
    await world.stage('resume', 'resumed', '--redo', 'many');
    expect((await world.ended('resumed.1~2')).state).toBe('succeeded');
    expect(indices(made.ran)).toEqual([1, 1, 2, 2, 3, 3, 3, 4, 4]);
  });

  test('a subjob that a person deletes while it runs fails the step, and the others go on', async () => {
    const made = arrayOf(world, 'deleted', '1-3', `[ $PBS_ARRAY_INDEX != 2 ] || ${LONG}`);
    await world.stage('run', made.file);
    await world.waitFor('all of them', () => linesIn(made.ran) === 3);
    const [array] = (await world.jobsOf('deleted.1')).filter(({id}) => id.includes('[]'));
    expect((await world.pbs('qdel', String(array?.id).replace('[]', '[2]'))).exitCode).toBe(0);
    const sealed = await world.ended('deleted.1');
    expect(sealed.steps.map(({state}) => state)).toEqual(['failed', 'skipped']);
    expect(sealed.why).toMatch(/1 of 3 subjobs failed: subjob 2; subjob 2 was ended before it was done/);
    expect(linesIn(made.after)).toBe(0);
    await expectNothingLeft(world, 'deleted.1');
  });

  test('a subjob that a person deletes before it starts fails the step', async (context) => {
    // Without it nobody can tell a subjob that was deleted from one that was lost, and that is run again.
    needs(context, 'history', await world.keepsHistory());
    const made = arrayOf(world, 'deleted-early', '1-3%1', 'until [ -e $go ]; do sleep 0.1; done');
    await world.stage('run', made.file);
    await world.waitFor('the first', () => linesIn(made.ran) === 1);
    const [array] = (await world.jobsOf('deleted-early.1')).filter(({id}) => id.includes('[]'));
    expect((await world.pbs('qdel', String(array?.id).replace('[]', '[3]'))).exitCode).toBe(0);
    writeFileSync(made.go, '');
    const sealed = await world.ended('deleted-early.1');
    expect(sealed.steps.map(({state}) => state)).toEqual(['failed', 'skipped']);
    expect(indices(made.ran)).toEqual([1, 2]);
    expect(sealed.why).toMatch(/subjob 3/);
  });

  test('held after it has begun it starts no further subjob before the release', async () => {
    const made = arrayOf(world, 'held', '1-3%1', 'until [ -e $go ]; do sleep 0.1; done');
    await world.stage('run', made.file);
    await world.waitFor('the first', () => linesIn(made.ran) === 1);
    const held = await world.stage('hold', 'held');
    expect([held.exitCode, held.stdout]).toEqual([0, expect.stringMatching(/held\.1 is held: \d queued jobs? got/)]);
    writeFileSync(made.go, '');
    await world.waitFor('the end of the first', () => world.facts('held.1').includes('many.1.i1.end.1.json'));
    // The server has looked for jobs to start since: another one was started, and has ended.
    await world.stage('run', world.write('other.yaml', 'name: other\nsteps:\n  a: {job: {script: held.after.sh}}\n'));
    await world.ended('other.1');
    const [array] = (await world.jobsOf('held.1')).filter(({id}) => id.includes('[]'));
    expect(array).toMatchObject({job_state: 'H', Hold_Types: 'u'});
    expect(indices(made.ran)).toEqual([1]);
    await world.stage('release', 'held');
    expect((await world.ended('held.1')).state).toBe('succeeded');
    expect(indices(made.ran)).toEqual([1, 2, 3]);
  });

  test('a run that is cancelled ends the subjobs that run, and starts no further', async () => {
    const made = arrayOf(world, 'stopped', '1-4%2', LONG);
    await world.stage('run', made.file);
    await world.waitFor('two of them', () => linesIn(made.ran) === 2);
    await world.stage('cancel', 'stopped');
    const sealed = await world.ended('stopped.1');
    expect([sealed.state, ...sealed.steps.map(({state}) => state)]).toEqual(['cancelled', 'cancelled', 'cancelled']);
    expect([linesIn(made.ran), linesIn(made.after)]).toEqual([2, 0]);
    await expectNothingLeft(world, 'stopped.1');
  });

  test('a queue that is wiped in the middle: what had succeeded stays, the others run again', async () => {
    const alone = await localWorld();
    try {
      const made = arrayOf(
        alone,
        'wiped',
        '1-4%2',
        '[ $PBS_ARRAY_INDEX -le 2 ] || until [ -e $go ]; do sleep 0.1; done',
      );
      await alone.stage('run', made.file);
      await alone.waitFor('the third and fourth', () => linesIn(made.ran) === 4);
      await alone.wipe();
      writeFileSync(made.go, '');
      await alone.stage('resume', 'wiped');
      expect((await alone.ended('wiped.1')).state).toBe('succeeded');
      expect(indices(made.ran)).toEqual([1, 2, 3, 3, 4, 4]);
      expect(linesIn(made.after)).toBe(1);
    } finally {
      await alone.close();
    }
  });
});
