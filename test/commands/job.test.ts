import {chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {afterAll, beforeAll, expect, test} from 'vitest';
import {CLI, cleanEnvironment, PACKAGE, runProgram} from '../support/cli.ts';
import {localWorld, type World} from '../support/world.ts';

// Real processes: jobs are submitted, held, waited for and deleted at a PBS, several at once.

let world: World;
beforeAll(async () => {
  world = await localWorld();
  world.write('ok.sh', '#!/bin/sh\necho "it says $WORD"\nexit "${CODE:-0}"\n');
  world.write('crlf.sh', '#!/bin/sh\ntrue\r\n');
  world.write('with space.sh', '#!/bin/sh\ntrue\n');
  world.write('member.sh', '#!/bin/sh\n[ "$PBS_ARRAY_INDEX" != 1 ] || exit 7\nsleep 1\n');
});
afterAll(() => world.close());

interface Jobs {
  readonly jobs: readonly {readonly job: string; readonly state: string; readonly reason: string}[];
}

const jobsNamed = async (tag: string) =>
  (await world.jobs()).filter((job) => String(job.Variable_List?.STAGE_INTENT).startsWith(`s-job.${tag}.`));

test('submit prints the id and nothing else; the same name is the same job, another script under it is refused', async () => {
  const first = await world.stage('job', 'submit', 'ok.sh', '--name', 'one', '-v', 'WORD=hello');
  expect(first.stdout).toMatch(/^\d+\.[\w.-]+\n$/);
  const again = await world.stage('job', 'submit', 'ok.sh', '--name', 'one', '-v', 'WORD=hello', '--json');
  expect(again.json()).toEqual({job: first.stdout.trim(), name: 'one', submitted: false});
  const other = await world.stage('job', 'submit', 'ok.sh', '--name', 'one', '-v', 'WORD=bye');
  expect([other.exitCode, other.stdout]).toEqual([2, '']);
  expect(other.stderr).toContain('--again');
  expect(await jobsNamed('one')).toHaveLength(1);

  expect(await world.stage('job', 'wait', 'one', '--timeout', '30')).toMatchObject({exitCode: 0});
  const output = join(world.work, `ok.sh.o${Number.parseInt(first.stdout, 10)}`);
  expect(await world.waitFor('the output', () => readFileSync(output, 'utf8'))).toBe('it says hello\n');
  const anew = await world.stage('job', 'submit', 'ok.sh', '--name', 'one', '-v', 'WORD=bye', '--again');
  expect(anew.stdout).not.toBe(first.stdout);
});

test('five submissions of one name at once are one job', async () => {
  const all = await Promise.all(
    Array.from({length: 5}, () => world.stage('job', 'submit', 'ok.sh', '--name', 'crowd', '--hold')),
  );
  expect(new Set(all.map(({stdout}) => stdout)).size).toBe(1);
  expect(all.map(({exitCode}) => exitCode)).toEqual([0, 0, 0, 0, 0]);
  expect(await jobsNamed('crowd')).toHaveLength(1);
  await world.stage('job', 'delete', 'crowd');
});

test('the script runs byte for byte as it was written, in whatever encoding, and other bytes are another script', async () => {
  const script = (byte: number) =>
    Buffer.concat([
      Buffer.from("#!/bin/sh\nprintf '"),
      Buffer.from([byte, 0xff]),
      Buffer.from(`' > '${join(world.work, 'bytes.out')}'\n`),
    ]);
  const file = join(world.work, 'latin.sh');
  writeFileSync(file, script(0xe9));
  expect((await world.stage('job', 'submit', 'latin.sh', '--name', 'latin')).exitCode).toBe(0);
  expect((await world.stage('job', 'wait', 'latin', '--timeout', '30')).exitCode).toBe(0);
  expect(readFileSync(join(world.work, 'bytes.out'))).toEqual(Buffer.from([0xe9, 0xff]));
  writeFileSync(file, script(0xe8));
  const other = await world.stage('job', 'submit', 'latin.sh', '--name', 'latin');
  expect([other.exitCode, other.stderr]).toEqual([2, expect.stringContaining('is in use for another job')]);
});

test('a script that could not be written is no job in the making: the repetition submits at once', async () => {
  const inTheWay = join(world.home, 'local', 'jobs', 'by-name', 'blocked', 'blocked.1.script');
  mkdirSync(inTheWay, {recursive: true});
  expect((await world.stage('job', 'submit', 'ok.sh', '--name', 'blocked', '--hold')).exitCode).not.toBe(0);
  rmSync(inTheWay, {recursive: true});
  const from = Date.now();
  expect(await world.stage('job', 'submit', 'ok.sh', '--name', 'blocked', '--hold')).toMatchObject({exitCode: 0});
  // Half of the time for which an intent is waited for in the local profile.
  expect(Date.now() - from).toBeLessThan(8000);
  await world.stage('job', 'delete', 'blocked');
});

test('a process that died between qsub and its record: the repetition finds the job by its tag', async () => {
  const held = await world.stage('job', 'submit', 'ok.sh', '--name', 'died', '--hold');
  rmSync(join(world.home, 'local', 'jobs', 'by-name', 'died', 'died.1.confirmed.json'));
  const again = await world.stage('job', 'submit', 'ok.sh', '--name', 'died', '--hold');
  expect(again).toMatchObject({exitCode: 0, stdout: held.stdout});
  expect(await jobsNamed('died')).toHaveLength(1);
  await world.stage('job', 'delete', 'died');
});

test('a held job is released and waited for; hold, release and delete may be repeated, on jobs that are gone too', async () => {
  const job = (await world.stage('job', 'submit', 'ok.sh', '--name', 'held', '--hold')).stdout.trim();
  expect((await world.stage('job', 'show', job, '--state')).stdout).toBe('held\n');
  const late = await world.stage('job', 'wait', job, '--timeout', '1', '--json');
  expect(late).toMatchObject({exitCode: 4});
  expect(late.json<{error: {code: string}}>().error.code).toBe('WAITED_TOO_LONG');
  for (const change of ['hold', 'release', 'release'])
    expect(await world.stage('job', change, 'held')).toMatchObject({exitCode: 0, stdout: `${job}\n`, stderr: ''});
  expect(await world.stage('job', 'wait', job, '--timeout', '30')).toMatchObject({exitCode: 0});
  for (const change of ['hold', 'release', 'delete'])
    expect(await world.stage('job', change, job)).toMatchObject({exitCode: 0, stdout: `${job}\n`});
});

test('an array has failed when one of its members has, whatever PBS says of the whole', async () => {
  const array = await world.stage('job', 'submit', 'member.sh', '--array', '1-3', '--name', 'members');
  expect(array.stdout).toMatch(/^\d+\[\]\./);
  const waited = await world.stage('job', 'wait', 'members', '--timeout', '60', '--json');
  expect(waited.exitCode).toBe(1);
  expect(waited.json<Jobs>().jobs[0]).toMatchObject({
    state: 'failed',
    reason: '1 of 3 members failed: [1] exit status 7',
  });
});

test('an array that has ended is waited for by its members, whatever PBS says of the whole', async () => {
  await world.stage('job', 'submit', 'member.sh', '--array', '1-3', '--name', 'before');
  await world.stage('job', 'wait', 'before', '--timeout', '60');
  const wrong = await world.stage('job', 'submit', 'ok.sh', '--afterok', 'before', '--json');
  expect(wrong.exitCode).toBe(1);
  expect(wrong.json<{error: {code: string; why: string}}>().error).toMatchObject({
    code: 'CAN_NEVER_START',
    why: expect.stringContaining('1 of 3 members failed'),
  });
  const right = await world.stage('job', 'submit', 'ok.sh', '--afternotok', 'before', '--name', 'tidy');
  expect(right.exitCode).toBe(0);
  expect(await world.stage('job', 'wait', 'tidy', '--timeout', '30')).toMatchObject({exitCode: 0});
});

test('a dependency is judged before PBS is asked: what can never start is not submitted', async () => {
  await world.stage('job', 'submit', 'ok.sh', '--name', 'bad', '-v', 'CODE=3');
  expect((await world.stage('job', 'wait', 'bad', '--timeout', '30')).exitCode).toBe(1);
  const never = await world.stage('job', 'submit', 'ok.sh', '--name', 'never', '--afterok', 'bad');
  expect([never.exitCode, never.stdout]).toEqual([1, '']);
  expect(await jobsNamed('never')).toHaveLength(0);
  const cleanup = await world.stage('job', 'submit', 'ok.sh', '--name', 'then', '--afternotok', 'bad');
  expect(cleanup.exitCode).toBe(0);
  expect((await world.stage('job', 'wait', 'then', '--timeout', '30')).exitCode).toBe(0);
  const unknown = await world.stage('job', 'submit', 'ok.sh', '--afterok', '999999');
  expect(unknown.exitCode).toBe(2);
  expect(unknown.stderr).toContain('PBS does not know 999999');
});

test('what PBS refuses exits 2 with its words, and the name is free to be used again', async () => {
  const refused = await world.stage('job', 'submit', 'ok.sh', '--name', 'queue', '-q', 'nowhere');
  expect(refused.exitCode).toBe(2);
  expect(refused.stderr).toContain('Unknown queue');
  expect((await world.stage('job', 'submit', 'ok.sh', '--name', 'queue')).exitCode).toBe(0);
});

test('while PBS is away nothing is concluded about a job: wait exits 4 when its time is over', async () => {
  const bin = join(world.work, 'away');
  mkdirSync(bin);
  const says = 'Connection refused\\nqstat: cannot connect to server pbs (errno=15010)\\n';
  writeFileSync(join(bin, 'qstat'), `#!/bin/sh\nprintf '${says}' >&2\necho '{"timestamp": 1}'\nexit 255\n`);
  chmodSync(join(bin, 'qstat'), 0o755);
  const config = world.write('away.yaml', `profiles: {away: {scheduler: {bin: ${bin}}}}`);
  const env = {STAGE_CONFIG: config, STAGE_PROFILE: 'away', XDG_CACHE_HOME: join(world.work, 'cache')};
  const waited = await world.stage('job', 'wait', '5.pbs', '--timeout', '2', '--json', {env});
  expect(waited.exitCode).toBe(4);
  expect(waited.json<{error: {code: string}}>().error.code).toBe('SCHEDULER_UNREACHABLE');
});

test.each([
  [['submit', 'absent.sh'], 'cannot be read'],
  [['submit', 'ok.sh', '--name', 'a.b'], 'cannot name a job'],
  [
    ['submit', 'crlf.sh'],
    "crlf.sh:2: the line ends in CR LF, which PBS refuses; convert it: sed -i 's/\\r$//' crlf.sh",
  ],
  [['submit', 'with space.sh'], '--job-name NAME, or a line "#PBS -N NAME"'],
  [['submit', 'ok.sh', '--job-name', 'a b'], '--job-name "a b" cannot name a job'],
  [['submit', 'ok.sh', '--array', '3'], 'FIRST-LAST'],
  [['submit', 'ok.sh', '-v', 'A=x,y'], 'cannot be sent'],
  [['submit', 'ok.sh', '-l', 'walltime'], 'NAME=VALUE'],
  [['show', 'nobody'], 'neither a job id nor the name'],
])('stage job %j is a wrong request', async (argv, says) => {
  const told = await world.stage('job', ...argv);
  expect([told.exitCode, told.stdout]).toEqual([2, '']);
  expect(told.stderr).toContain(says);
});

/** Run an example as a user's shell would, with "stage" on its PATH. */
async function example(script: string, argv: readonly string[], env: Readonly<Record<string, string>>) {
  const bin = join(world.work, 'bin');
  mkdirSync(bin, {recursive: true});
  writeFileSync(join(bin, 'stage'), `#!/bin/sh\nexec '${CLI}' "$@"\n`);
  chmodSync(join(bin, 'stage'), 0o755);
  return runProgram('/bin/bash', [join(PACKAGE, 'examples', 'batch', script), ...argv], {
    cwd: world.work,
    env: cleanEnvironment({...env, STAGE_HOME: world.home, STAGE_PROFILE: 'local', PATH: `${bin}:${process.env.PATH}`}),
    timeoutMs: 90_000,
  });
}

test('the page about batch scripts shows the example as it is', () => {
  const page = readFileSync(join(PACKAGE, 'docs', 'batch-scripts.md'), 'utf8');
  expect(page).toContain(readFileSync(join(PACKAGE, 'examples', 'batch', 'stage-and-compute.sh'), 'utf8'));
});

function lay(name: string, numbers: string) {
  mkdirSync(world.path('archive', `${name}/in`), {recursive: true});
  writeFileSync(world.path('archive', `${name}/in/numbers.txt`), numbers);
  const env = {INPUT_DIR: world.path('cluster', `${name}/in`), RESULTS_DIR: world.path('cluster', `${name}/out`)};
  const places = [`archive:/${name}/in/`, `cluster:/${name}/in/`, `cluster:/${name}/out/`, `archive:/${name}/out/`];
  return {env, argv: [name, ...places]};
}

test('the wrapper script stages in, computes and stages out; run again, it does nothing twice', async () => {
  const {env, argv} = lay('sum', '3\n5\n8\n');
  const first = await example('stage-and-compute.sh', argv, env);
  expect(first).toMatchObject({exitCode: 0, stdout: expect.stringContaining('sum: done')});
  expect(readFileSync(world.path('archive', 'sum/out/sum.txt'), 'utf8')).toBe('16\n');
  const tasks = (await world.tasks()).length;
  expect((await example('stage-and-compute.sh', argv, env)).exitCode).toBe(0);
  expect(await world.tasks()).toHaveLength(tasks);
  expect(await jobsNamed('sum-compute')).toHaveLength(1);
});

test('when the job of the wrapper script fails, the script exits 1 and PBS starts the cleanup', async () => {
  const {env, argv} = lay('fail', '1\n');
  const failed = await example('stage-and-compute.sh', argv, {...env, INPUT_DIR: '/nonexistent'});
  expect(failed.exitCode).toBe(1);
  const marker = world.path('cluster', 'fail/out/FAILED');
  expect(await world.waitFor('the cleanup', () => readFileSync(marker, 'utf8'))).toBe('compute failed\n');
});

test('when the stage-in of the wrapper script fails, both jobs are deleted', async () => {
  const {env, argv} = lay('gone', '1\n');
  rmSync(world.path('archive', 'gone'), {recursive: true});
  const begun = example('stage-and-compute.sh', argv, env);
  await world.waitFor('the transfer', async () => {
    const open = (await world.tasks()).filter(({status}) => status === 'ACTIVE');
    for (const task of open) await world.cancelTask(task.task_id);
    return open.length > 0;
  });
  expect((await begun).exitCode).toBe(1);
  for (const name of ['gone-compute', 'gone-clean'])
    expect((await world.stage('job', 'show', name, '--state')).stdout).toBe('failed\n');
});

test('a script whose file name cannot name a job is taken with another name for the job', async () => {
  const named = await world.stage('job', 'submit', 'with space.sh', '--job-name', 'other');
  expect(await world.stage('job', 'wait', named.stdout.trim(), '--timeout', '30')).toMatchObject({exitCode: 0});
  world.write('its own.sh', '#!/bin/sh\n#PBS -N own\ntrue\n');
  const own = await world.stage('job', 'submit', 'its own.sh');
  expect(await world.stage('job', 'wait', own.stdout.trim(), '--timeout', '30')).toMatchObject({exitCode: 0});
});

test('a job that sends its results itself notes the task that did it', async () => {
  const script = readFileSync(join(PACKAGE, 'examples', 'batch', 'stage-out-in-job.sh'), 'utf8');
  mkdirSync(world.path('cluster', 'self'), {recursive: true});
  world.write(
    'self.sh',
    script.replace('set -e', `set -e\nPATH=${join(world.work, 'bin')}:${dirname(process.execPath)}:$PATH`),
  );
  const places = ['FROM=cluster:/self/', 'TO=archive:/self/', `RESULTS=${world.path('cluster', 'self')}`];
  const where = [`STAGE_HOME=${world.home}`, 'STAGE_PROFILE=local'];
  const variables = [...places, ...where].flatMap((variable) => ['-v', variable]);
  const job = await world.stage('job', 'submit', 'self.sh', ...variables);
  const waited = await world.stage('job', 'wait', job.stdout.trim(), '--timeout', '60');
  expect(waited).toMatchObject({exitCode: 0});
  expect(readFileSync(world.path('archive', 'self/finished'), 'utf8')).not.toBe('');
});

test('with the history off the markers tell how jobs ended, and without one nothing is concluded', async () => {
  await world.stage('job', 'submit', 'ok.sh', '--name', 'seen', '-v', 'CODE=5');
  await world.stage('job', 'wait', 'seen', '--timeout', '30');
  expect(await world.pbs('qmgr', '-c', 'set server job_history_enable = False')).toMatchObject({exitCode: 0});
  const bare = (await world.pbs('qsub', 'ok.sh')).stdout.trim();
  await world.waitFor('the end of the bare job', async () => (await world.pbs('qstat', bare)).exitCode === 153);
  const seen = await world.stage('job', 'wait', 'seen', '--json');
  expect(seen.exitCode).toBe(1);
  expect(seen.json<Jobs>().jobs[0]).toMatchObject({state: 'failed', reason: 'exit status 5, by its marker'});
  // Without the server's name, as people type it.
  const number = seen.json<Jobs>().jobs[0]?.job.split('.')[0] ?? '';
  const short = await world.stage('job', 'show', number, '--json');
  expect(short.json<Jobs>().jobs[0]).toMatchObject({state: 'failed', reason: 'exit status 5, by its marker'});
  expect((await world.stage('job', 'submit', 'ok.sh', '--afterok', number)).exitCode).toBe(1);
  const unknown = await world.stage('job', 'wait', bare, '--json');
  expect(unknown.exitCode).toBe(2);
  expect(unknown.json<Jobs>().jobs[0]?.state).toBe('unknown');
});
