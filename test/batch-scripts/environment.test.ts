import {readdirSync, readFileSync, statSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import {stringify} from 'yaml';
import {localWorld, type World} from '../support/world.ts';

// Real processes: what the jobs of a person have of their shell, also where another process submits them.

let world: World;
beforeAll(async () => {
  world = await localWorld();
});
afterAll(() => world.close());

const read = (file: string) => readFileSync(join(world.work, file), 'utf8');

function oneJob(name: string, script: string, job: Record<string, unknown> = {}): string {
  world.write(`${name}.sh`, script);
  return world.write(`${name}.yaml`, stringify({name, steps: {compute: {job: {script: `${name}.sh`, ...job}}}}));
}

describe('what #PBS -V and -v NAME mean', () => {
  test.each(['-V', '-v INPUT'])(
    '%s: the shell that created the run, although another one submits its job',
    async (line) => {
      const name = line === '-V' ? 'whole' : 'named';
      const file = oneJob(name, `#!/bin/sh\n#PBS ${line}\necho "$INPUT" > "$PBS_O_WORKDIR/${name}.out"\n`);
      // A server that is away when the run is created: the next look is the first to submit.
      await world.stage('local', 'outage', 'pbs');
      await world.stage('run', file, {env: {INPUT: 'from my shell'}});
      await world.stage('local', 'outage', 'end');
      await world.stage('run', file, {env: {INPUT: 'from another'}});
      expect((await world.ended(`${name}.1`)).state).toBe('succeeded');
      expect(read(`${name}.out`)).toBe('from my shell\n');
    },
  );
});

test('without -V, what qsub tells of its shell is that of the one that created the run', async () => {
  const name = 'origin';
  const script = `#!/bin/sh\necho "$PBS_O_LANG $PBS_O_MAIL\${PBS_O_TZ-}" > "$PBS_O_WORKDIR/${name}.out"\n`;
  const file = oneJob(name, script);
  await world.stage('local', 'outage', 'pbs');
  await world.stage('run', file, {env: {LANG: 'de_DE.UTF-8', MAIL: '/var/mail/ada'}});
  await world.stage('local', 'outage', 'end');
  await world.stage('run', file, {env: {LANG: 'C', MAIL: '/var/mail/bob', TZ: 'Asia/Tokyo'}});
  expect((await world.ended(`${name}.1`)).state).toBe('succeeded');
  expect(read(`${name}.out`)).toBe('de_DE.UTF-8 /var/mail/ada\n');
});

test('what the step sets itself need not be in the environment, and counts', async () => {
  const script = '#!/bin/sh\n#PBS -v SIZE,REP,X=1\necho "$SIZE $REP $X" > "$PBS_O_WORKDIR/beside.out"\n';
  const file = oneJob('beside', script, {env: {SIZE: 10, REP: 'a, "b"', X: 2}});
  expect(await world.stage('run', file)).toMatchObject({exitCode: 0});
  expect((await world.ended('beside.1')).state).toBe('succeeded');
  expect(read('beside.out')).toBe('10 a, "b" 2\n');
});

test('a name that is not set is refused with file and line, by stage check, stage run and stage job submit', async () => {
  const file = oneJob('unset', '#!/bin/sh\n#PBS -N x\n#PBS -v NOT_SET\n');
  for (const words of [
    ['check', file],
    ['run', file],
    ['job', 'submit', 'unset.sh'],
  ]) {
    const refused = await world.stage(...(words as [string]));
    expect(refused).toMatchObject({exitCode: 2, stderr: expect.stringMatching(/unset\.sh:3: -v NOT_SET/)});
  }
  expect(world.facts('unset.1')).toEqual([]);
});

test('names of stage itself cannot be set by -v', async () => {
  const refused = await world.stage('check', oneJob('reserved', '#!/bin/sh\n#PBS -v A=1,STAGE_CLAIM=x\n'));
  expect(refused).toMatchObject({exitCode: 2, stderr: expect.stringContaining('reserved.sh:2: -v STAGE_CLAIM')});
});

test('a directive that is not UTF-8 is refused, since it would arrive as something else', async () => {
  const file = oneJob('latin1', '');
  writeFileSync(join(world.work, 'latin1.sh'), Buffer.from('#!/bin/sh\n#PBS -v A=Gr\xfc\xdfe\n', 'latin1'));
  const refused = await world.stage('check', file);
  expect(refused).toMatchObject({exitCode: 2, stderr: expect.stringContaining('latin1.sh:2: the value of -v')});
});

test('secrets are left out of what is kept, by stage check and stage run named, and kept for the owner alone', async () => {
  const script = '#!/bin/sh\n#PBS -V\necho "$DB_PASSWORD-$INPUT" > "$PBS_O_WORKDIR/secrets.out"\n';
  const file = oneJob('secrets', script);
  const env = {DB_PASSWORD: 'hush-hush', INPUT: 'x'};
  for (const command of ['check', 'run'])
    expect((await world.stage(command, file, {env})).stdout).toMatch(/"#PBS -V" hands on no .*DB_PASSWORD/);
  expect((await world.ended('secrets.1')).state).toBe('succeeded');
  expect(read('secrets.out')).toBe('-x\n');
  const directory = join(world.state, 'runs/secrets.1');
  const [kept = ''] = readdirSync(directory).filter((name) => name.startsWith('environment-'));
  expect(statSync(join(directory, kept)).mode & 0o777).toBe(0o600);
  expect(readFileSync(join(directory, kept), 'utf8')).not.toContain('hush-hush');
});

test('a later try of stage job submit has the environment in which the job was first asked for', async () => {
  world.write('later.sh', '#!/bin/sh\n#PBS -V\necho "$INPUT" > "$PBS_O_WORKDIR/later.out"\n');
  await world.stage('local', 'outage', 'pbs');
  const first = await world.stage('job', 'submit', 'later.sh', '--name', 'later', {env: {INPUT: 'first'}});
  expect(first.exitCode).toBe(4);
  await world.stage('local', 'outage', 'end');
  await world.stage('job', 'submit', 'later.sh', '--name', 'later', {env: {INPUT: 'second'}});
  await world.stage('job', 'wait', 'later');
  expect(read('later.out')).toBe('first\n');
});
