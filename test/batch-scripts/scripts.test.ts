import {chmodSync, existsSync, readFileSync, realpathSync} from 'node:fs';
import {join} from 'node:path';
import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import {stringify} from 'yaml';
import {LONG} from '../support/batch-system.ts';
import {needs} from '../support/needs.ts';
import {linesIn, localWorld, type World} from '../support/world.ts';

// Real processes: scripts of users run as jobs, under their interpreters.

let world: World;
beforeAll(async () => {
  world = await localWorld();
});
afterAll(() => world.close());

/** A workflow of one job. */
function oneJob(name: string, script: string, job: Record<string, unknown> = {}): string {
  world.write(`${name}.sh`, script);
  return world.write(`${name}.yaml`, stringify({name, steps: {compute: {job: {script: `${name}.sh`, ...job}}}}));
}

/** Shell lines that wait until {@link tell} is called. */
const untilTold = (name: string) => `until [ -e ${join(world.work, `${name}.go`)} ]; do sleep 0.2; done\n`;
const tell = (name: string) => world.write(`${name}.go`, '');

const computeOf = async (run: string) => {
  const job = (await world.jobsOf(run)).find(({Variable_List}) => String(Variable_List?.STAGE_INTENT).includes('.job'));
  if (!job) throw new Error(`run ${run} has no compute job`);
  return job;
};

describe.concurrent("a user's script", () => {
  test('its own #PBS lines are honoured: name, variables, output path and walltime', async () => {
    const output = join(world.work, 'own output.txt').replace(' ', '-');
    const file = oneJob(
      'own-lines',
      `#!/bin/sh\n#PBS -N my-name\n#PBS -v A=1,B=two\n#PBS -o ${output}\n#PBS -l walltime=00:07:00\n${untilTold('own-lines')}echo "A=$A B=$B $PBS_JOBNAME"\n`,
    );
    await world.stage('run', file);
    const job = await computeOf('own-lines.1');
    tell('own-lines');
    expect((await world.ended('own-lines.1')).state).toBe('succeeded');
    expect(job.Job_Name).toBe('my-name');
    expect(job.Resource_List?.walltime).toBe('00:07:00');
    expect(String(job.Variable_List?.A)).toBe('1'); // a number in the JSON of newer servers
    expect(job.Variable_List?.B).toBe('two');
    await world.waitFor('the output', () => existsSync(output) && readFileSync(output, 'utf8') !== '');
    expect(readFileSync(output, 'utf8')).toBe('A=1 B=two my-name\n');
  });

  test('what needs it begins when PBS has put its output in its place, and not when its marker is there', async (context) => {
    if (world.shared) return context.skip('how long PBS takes to deliver cannot be set there');
    await world.pbs('qmgr', '-c', 'set server stage_end_delay = 3');
    const output = join(world.work, 'delivered.txt');
    world.write('delivers.sh', `#!/bin/sh\n#PBS -o ${output}\n#PBS -j oe\necho result\n`);
    world.write('reads.sh', `#!/bin/sh\ncat ${output}\n`);
    const file = world.write(
      'delivers.yaml',
      'name: delivers\nsteps:\n  a: {job: {script: delivers.sh}}\n  made: {needs: [a], mkdir: "cluster:/made/"}\n  b: {needs: [made], job: {script: reads.sh}}\n',
    );
    expect(await world.stage('run', file)).toMatchObject({exitCode: 0});
    expect((await world.ended('delivers.1')).state).toBe('succeeded');
    await world.pbs('qmgr', '-c', 'unset server stage_end_delay');
    expect((await world.stage('logs', 'delivers')).stdout).toContain('result');
  });

  test('what the workflow says wins over its #PBS lines', async () => {
    const queue = /default_queue = (\S+)/.exec((await world.pbs('qstat', '-B', '-f')).stdout)?.[1] ?? 'workq';
    const lines = `#!/bin/sh\n#PBS -N theirs\n#PBS -l walltime=00:07:00\n#PBS -q nosuch\n${untilTold('wins')}`;
    const file = oneJob('wins', lines, {name: 'ours', queue, resources: {walltime: '00:03:00'}});
    await world.stage('run', file);
    const job = await computeOf('wins.1');
    tell('wins');
    expect((await world.ended('wins.1')).state).toBe('succeeded');
    expect(job).toMatchObject({Job_Name: 'ours', Resource_List: {walltime: '00:03:00'}});
    if (!world.shared) expect(job.queue).toBe(queue); // elsewhere a routing queue may have handed it on
  });

  test('values of env arrive exactly, whatever they hold', async () => {
    const values = {
      QUOTES: `it's "both" and \`ticks\``,
      LINES: 'one\ntwo\n\nfour',
      UTF8: 'Grüße, 世界 🌍',
      DOLLAR: '$HOME ${PATH} $(id) \\n %s',
      COMMAS: 'a,b=c;d&e|f',
      BLANKS: '  two  ',
      EMPTY: '',
      DASH: '-n',
    };
    const show = Object.keys(values).map((name) => `printf '%s' "$${name}" > ${world.work}/env.${name}`);
    const file = oneJob('env', `#!/bin/sh\n${show.join('\n')}\n`, {env: values});
    const started = await world.stage('run', file);
    expect(started).toMatchObject({exitCode: 0, stderr: ''});
    expect((await world.ended('env.1')).state).toBe('succeeded');
    for (const [name, value] of Object.entries(values))
      expect({name, value: readFileSync(join(world.work, `env.${name}`), 'utf8')}).toEqual({name, value});
  });

  test('without a #! line and without execute permission it runs all the same, and PBS_O_WORKDIR is the directory of the workflow', async () => {
    const file = oneJob('no-shebang', 'cd "$PBS_O_WORKDIR" && pwd -P > no-shebang.out\n');
    chmodSync(join(world.work, 'no-shebang.sh'), 0o600);
    await world.stage('run', file);
    expect((await world.ended('no-shebang.1')).state).toBe('succeeded');
    expect(readFileSync(join(world.work, 'no-shebang.out'), 'utf8').trim()).toBe(realpathSync(world.work));
  });

  test.each([
    ['its own', ''],
    ['another', '#PBS -S /bin/sh\n'],
  ])('a job has the login shell that it has with qsub: %s', async (which, line) => {
    const name = `login-${which.replace(' ', '-')}`;
    const answer = join(world.work, name);
    const file = oneJob(name, `#!/bin/sh\n${line}echo "$SHELL $PATH" > ${answer}.$\{STAGE_STEP:-$VIA}\n`);
    await world.stage('run', file);
    await world.stage('job', 'submit', `${name}.sh`, '-v', 'VIA=submit');
    await world.pbs('qsub', '-v', 'VIA=qsub', join(world.work, `${name}.sh`));
    const [run, submit, qsub] = ['compute', 'submit', 'qsub'].map((via) => `${answer}.${via}`);
    for (const one of [run, submit, qsub])
      await world.waitFor(one ?? '', () => existsSync(one ?? '') && readFileSync(one ?? '', 'utf8').endsWith('\n'));
    const [first, ...others] = [qsub, run, submit].map((one) => readFileSync(one ?? '', 'utf8'));
    expect(others).toEqual([first, first]);
  });

  test('a bash script finds the functions that were exported to it, such as module, whatever sh is', async (context) => {
    needs(context, 'functions handed on', existsSync('/bin/bash') && !world.shared);
    const answer = join(world.work, 'functions');
    const file = oneJob('functions', `#!/bin/bash\n#PBS -V\ntype -t module >> ${answer}.$\{STAGE_STEP:-submit}\n`);
    const env = {'BASH_FUNC_module%%': '() { echo "$@"\n}'};
    expect(await world.stage('run', file, {env})).toMatchObject({exitCode: 0});
    // On a busy machine PBS may not answer in time (4); with the same name it is one job.
    await world.waitFor(
      'a job that is submitted',
      async () => (await world.stage('job', 'submit', 'functions.sh', '--name', 'functions', {env})).exitCode === 0,
      {seconds: 60},
    );
    for (const via of ['compute', 'submit'])
      await world.waitFor(via, () => existsSync(`${answer}.${via}`) && linesIn(`${answer}.${via}`) === 1);
  });

  test('another interpreter in the #! line runs it', async () => {
    const file = oneJob(
      'node',
      `#!${process.execPath}\nprocess.chdir(process.env.PBS_O_WORKDIR)\nrequire('fs').writeFileSync('node.out', process.env.STAGE_STEP)\n`,
    );
    await world.stage('run', file);
    expect((await world.ended('node.1')).state).toBe('succeeded');
    expect(readFileSync(join(world.work, 'node.out'), 'utf8')).toBe('compute');
  });

  test('it is the copy made at submission that runs: a later edit changes nothing', async () => {
    world.write('edited.sh', '#!/bin/sh\necho before > "$PBS_O_WORKDIR/edited.out"\n');
    await world.collection('edit');
    world.writeTree(world.path('edit'), 1);
    await world.stage('local', 'pause', 'edit');
    await world.stage('run', '--name', 'edited', '--stage-in', 'edit:/=cluster:/edited/', '--job', 'edited.sh');
    world.write('edited.sh', '#!/bin/sh\necho after > "$PBS_O_WORKDIR/edited.out"\n');
    await world.stage('local', 'resume', 'edit');
    await world.ended('edited.1');
    expect(readFileSync(join(world.work, 'edited.out'), 'utf8')).toBe('before\n');
  });

  test.each([
    ['-J 1-4', 'array'],
    ['-I', 'interactive'],
    ['-W block=true', 'block'],
  ])('"#PBS %s" is refused with file and line, and nothing is submitted', async (line, word) => {
    const name = `no-${word}`;
    const file = oneJob(name, `#!/bin/sh\n# a comment\n#PBS ${line}\ntrue\n`);
    const refused = await world.stage('run', file);
    expect(refused.exitCode).toBe(2);
    expect(refused.stderr).toContain(`${name}.sh:3:`);
    expect(refused.stderr).toContain(word);
    expect(world.facts(`${name}.1`)).toEqual([]);
  });

  test('a running job that PBS starts again (qrerun) runs it again in the same attempt, and the run succeeds', async (context) => {
    const count = join(world.work, 'rerun.count');
    const file = oneJob(
      'rerun',
      `#!/bin/sh\necho "$STAGE_ATTEMPT" >> ${count}\n[ "$(wc -l < ${count})" -gt 1 ] || ${LONG}\n`,
    );
    await world.stage('run', file);
    await world.waitFor('the first start', () => linesIn(count) === 1);
    const {id} = await computeOf('rerun.1');
    const again = await world.pbs('qrerun', id);
    if (again.exitCode === 159) await world.stage('cancel', 'rerun');
    needs(context, 'qrerun', again.exitCode !== 159);
    expect(again).toMatchObject({exitCode: 0});
    const sealed = await world.ended('rerun.1');
    expect(sealed.state).toBe('succeeded');
    expect(readFileSync(count, 'utf8')).toBe('1\n1\n');
    expect(world.facts('rerun.1')).toEqual(
      expect.arrayContaining(['compute.1.start.1.json', 'compute.1.start.2.json']),
    );
    expect(sealed.steps[0]?.job).toBe(id);
  });

  test('a second job for the same attempt never runs the script: not while the first runs, nor afterwards', async () => {
    const count = join(world.work, 'second.count');
    const file = oneJob('second', `#!/bin/sh\necho run >> ${count}\n${untilTold('second')}`);
    await world.stage('run', file);
    await world.waitFor('the start', () => linesIn(count) === 1);
    const script = join(world.state, 'runs/second.1/scripts/compute.1.job.sh');
    // Waits for the job, and ends as it does: with and without the history of finished jobs.
    const exitOf = async () => (await world.pbs('qsub', '-W', 'block=true', script)).exitCode;
    expect(await exitOf()).toBe(98);
    tell('second');
    expect((await world.ended('second.1')).state).toBe('succeeded');
    expect(await exitOf()).toBe(98);
    expect(linesIn(count)).toBe(1);
  });
});

test('a second job for an attempt that waits under a hold has no permit and runs nothing; the held one runs the script once', async () => {
  const count = join(world.work, 'overtaken.count');
  world.write('overtaken.sh', `#!/bin/sh\necho run >> ${count}\n`);
  await world.collection('overtaken');
  world.writeTree(world.path('overtaken'), 1);
  await world.stage('local', 'pause', 'overtaken');
  await world.stage(
    'run',
    '--name',
    'overtaken',
    '--stage-in',
    'overtaken:/=cluster:/overtaken/',
    '--job',
    'overtaken.sh',
  );
  const script = join(world.state, 'runs/overtaken.1/scripts/compute.1.job.sh');
  expect((await world.pbs('qsub', '-W', 'block=true', script)).exitCode).toBe(96);
  expect(existsSync(count)).toBe(false);
  await world.stage('local', 'resume', 'overtaken');
  await world.ended('overtaken.1');
  expect(linesIn(count)).toBe(1);
});
