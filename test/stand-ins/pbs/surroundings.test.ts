import {existsSync, mkdirSync} from 'node:fs';
import {join} from 'node:path';
import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import {userEnvironment} from '../../../src/stand-ins/pbs/kept-variables.ts';
import {openWorld, type World} from './support/world.ts';

// Real processes: what surrounds a job is seen by the process that it is.

/** What recorded sessions of OpenPBS 23.06 showed around a job, and what administrators do to one. */
let world: World;
const root = {env: {STAGE_LOCAL_USER: 'root'}};

beforeAll(async () => {
  world = await openWorld({serverName: 'pbs-sn1'});
  world.script('env.sh', '#!/bin/bash\npwd\nenv\n');
  world.script('ok.sh', '#!/bin/bash\ntrue\n');
});
afterAll(() => world.close());

/** The lines that a job running `env.sh` printed. */
async function linesOf(args: string): Promise<string[]> {
  const id = await world.qsub(`-j oe ${args} env.sh`);
  await world.finished(id);
  return world.read(`env.sh.o${id.split('.')[0]}`).split('\n');
}

describe('the environment of a job', () => {
  test('is one shell deep, and knows no former directory', async () => {
    const lines = await linesOf('');
    expect(lines).toContain('SHLVL=2');
    expect(lines.filter((line) => line.startsWith('OLDPWD='))).toEqual([]);
  });

  test('-V brings functions that bash exported, as environment modules do', async () => {
    const done = await world.sh('f() { echo "a, b"; }; export -f f; qsub -j oe -V env.sh');
    await world.finished(done.out.trim());
    const text = world.read(`env.sh.o${done.out.split('.')[0]}`);
    expect(text).toContain('BASH_FUNC_f%%=() {  echo "a, b"\n}');
  });

  test('-V carries the path of qsub in _, and nothing that belongs to the stand-in', async () => {
    const id = (await world.sh('qsub -h -V env.sh')).out.trim();
    const list = (await world.job(id))?.Variable_List;
    expect(list).toMatchObject({_: expect.stringMatching(/\/qsub$/), PWD: world.home});
    expect(Object.keys(list ?? {}).filter((name) => name.startsWith('STAGE_'))).toEqual([]);
  });

  test('the client hands variables over in the order of a shell: functions behind them, and _ last', () => {
    const given = {'BASH_FUNC_f%%': '() { :\n}', STAGE_KEPT__: '/bin/qsub', _: '/usr/bin/node', B: '1', A: '2'};
    expect(Object.entries(userEnvironment(given))).toEqual([
      ['B', '1'],
      ['A', '2'],
      ['BASH_FUNC_f%%', '() { :\n}'],
      ['_', '/bin/qsub'],
    ]);
  });
});

test('a private sandbox is a directory of its own that goes when the job has ended', async () => {
  mkdirSync(join(world.home, 'from'), {recursive: true});
  const done = await world.sh('qsub -W sandbox=PRIVATE -j oe ../env.sh', {cwd: join(world.home, 'from')});
  const id = done.out.trim();
  const sandbox = join(world.home, `pbs.${id}.x8z`);
  expect(await world.finished(id)).toMatchObject({jobdir: sandbox, Exit_status: 0});
  const lines = world.read(`from/env.sh.o${id.split('.')[0]}`).split('\n');
  expect(lines).toEqual(expect.arrayContaining([sandbox, `PBS_JOBDIR=${sandbox}`]));
  expect(existsSync(sandbox)).toBe(false);
});

describe('qrun', () => {
  test('is refused to a user, with exit code 2', async () => {
    const id = await world.qsub('-h ok.sh');
    expect(await world.sh(`qrun ${id}`)).toEqual({out: '', err: `qrun: Unauthorized Request  ${id}\n`, rc: 2});
  });

  test('starts a queued job that the scheduler would leave where it is', async () => {
    const id = await world.qsub('-l select=1:ncpus=1000 ok.sh');
    await world.until('it is told that it never fits', async () =>
      String((await world.job(id))?.comment).startsWith('Can Never Run'),
    );
    expect(await world.sh(`qrun ${id}`, root)).toEqual({out: '', err: '', rc: 0});
    expect(await world.finished(id)).toMatchObject({Exit_status: 0});
  });
});

test('what qmgr sets of the node counts, and does not show at the server', async () => {
  const set = await world.sh("qmgr -c 'set node pbs-sn1 resources_available.ncpus=3'", root);
  expect(set).toEqual({out: '', err: '', rc: 0});
  const id = await world.qsub('-l select=1:ncpus=4 ok.sh');
  await world.until('it is told how many there are', async () =>
    String((await world.job(id))?.comment).includes('(R: 4 A: 3 T: 3)'),
  );
  expect((await world.sh('qstat -B -f')).out).not.toContain('resources_available');
});

test('the rank of a job in its queue is a whole number in JSON', async () => {
  const id = await world.qsub('-h ok.sh');
  const done = await world.sh(`qstat -f -F json ${id}`, root);
  expect(done.out).toMatch(/"queue_rank":\t\d{16}\b/);
});
