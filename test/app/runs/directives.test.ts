import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import {ATTRIBUTES} from '../../../src/scheduler/directives/job-attributes.ts';
import {OPTIONS} from '../../../src/scheduler/directives/options.ts';
import {readDirectives} from '../../../src/scheduler/directives/read-directives.ts';
import {patiently} from '../../support/batch-system.ts';
import {PUBLIC_SCRIPTS} from '../../support/public-scripts.ts';
import {type JobDocument, localWorld, type World} from '../../support/world.ts';

// Real processes. Each script is submitted twice, by "qsub SCRIPT" and by stage, and the jobs are compared as qstat shows
// them. All are held by a line of their own, so that none runs.

/** What a directive of the table looks like in a script. */
const ROWS: Readonly<Record<string, string>> = Object.fromEntries(
  [
    ...OPTIONS.map(({letter, example}) => [`option-${letter}`, example] as const),
    ...ATTRIBUTES.map(({name, example}) => [`attribute-${name.replaceAll('_', '-')}`, example] as const),
  ].flatMap(([name, example]) => (example === undefined ? [] : [[name, `#!/bin/sh\n#PBS ${example}\necho\n`]])),
);
const SCRIPTS = {...ROWS, ...PUBLIC_SCRIPTS};

/** Different for any two jobs, or told by who submits them. */
const OF_EACH_JOB =
  /^(id|Job_Owner|Submit_arguments|Submit_Host|ctime|mtime|qtime|etime|comment|eligible_time|accrue_type|estimated|jobdir|hashname|exec_\w+|run_version|session_id|substate)$/;
/** docs/directives.md and docs/batch-scripts.md: where stage and qsub differ on purpose. */
const BY_STAGE = {
  /** without -o -e -j -k or -R the output goes to the logs of the run */
  output: /^(Output_Path|Error_Path|Join_Path)$/,
  /** the wrapper starts the script with what -S or the first line names */
  shell: /^Shell_Path_List$/,
  /** PBS shows with a job that its sentinel waits for it */
  sentinel: /^beforeany:/,
};

let world: World;
let bySelf: ReadonlyMap<string, JobDocument> = new Map();
let byRun: ReadonlyMap<string, JobDocument> = new Map();
let bySubmit: ReadonlyMap<string, JobDocument> = new Map();

/** Hold it, and let it be in a queue that is there. */
function held(text: string, queue: string): string {
  const [first = '', ...rest] = text.replaceAll('-q workq', `-q ${queue}`).split('\n');
  return (first.startsWith('#!') ? [first, '#PBS -h', ...rest] : ['#PBS -h', first, ...rest]).join('\n');
}

beforeAll(async () => {
  world = await localWorld();
  const queue = /default_queue = (\S+)/.exec((await world.pbs('qstat', '-B', '-f')).stdout)?.[1] ?? 'workq';
  const names = Object.keys(SCRIPTS);
  for (const [name, text] of Object.entries(SCRIPTS)) world.write(`${name}.sh`, held(text, queue));
  const steps = names.map((name) => `  ${name}: {job: {script: ${name}.sh}}\n`).join('');
  const ids = new Map<string, string>();
  for (const name of names) {
    const qsub = await world.pbs('qsub', `${name}.sh`);
    expect({name, says: qsub.stderr, exit: qsub.exitCode}).toEqual({name, says: '', exit: 0});
    ids.set(name, qsub.stdout.trim());
  }
  const run = await world.stage('run', world.write('all.yaml', `name: all\nsteps:\n${steps}`));
  expect({exit: run.exitCode, says: run.stderr}).toEqual({exit: 0, says: ''});
  const submitted = new Map<string, string>();
  for (const name of Object.keys(ROWS)) {
    const submit = await world.stage('job', 'submit', `${name}.sh`, '--name', name);
    expect({name, says: submit.stderr, exit: submit.exitCode}).toEqual({name, says: '', exit: 0});
    submitted.set(name, submit.stdout.trim());
  }
  const jobs = await world.jobs();
  const named = (some: ReadonlyMap<string, string>) =>
    new Map([...some].flatMap(([name, id]) => jobs.flatMap((job) => (job.id === id ? [[name, job] as const] : []))));
  bySelf = named(ids);
  bySubmit = named(submitted);
  byRun = new Map(
    jobs.flatMap((job) => {
      const step = /^s-all\.1\.(.+)\.1\.job\./.exec(String(job.Variable_List?.STAGE_INTENT))?.[1];
      return step === undefined ? [] : [[step, job] as const];
    }),
  );
}, patiently(120_000));

afterAll(async () => {
  await world.stage('cancel', 'all', '--no-cleanup');
  for (const job of [bySelf, bySubmit].flatMap((jobs) => [...jobs.values()])) await world.pbs('qdel', job.id);
  await world.close();
}, patiently(60_000));

/** A job as it is compared: without what is told by who submits it. */
function compared(job: JobDocument | undefined, name: string, by: 'run' | 'submit'): Record<string, unknown> {
  if (job === undefined) throw new Error(`there is no job of ${name}`);
  const script = readDirectives(SCRIPTS[name] ?? '');
  const hidden = (key: string) =>
    OF_EACH_JOB.test(key) ||
    (by === 'run' && !script.ownOutput && BY_STAGE.output.test(key)) ||
    BY_STAGE.shell.test(key) ||
    (key === 'depend' && BY_STAGE.sentinel.test(String(job.depend))) ||
    (by === 'run' && script.jobName === undefined && key === 'Job_Name');
  const own = Object.entries(job.Variable_List ?? {}).filter(([key]) => !/^(PBS_O_\w+|STAGE_\w+)$/.test(key));
  const plain = (value: unknown) =>
    typeof value === 'string' ? value.replaceAll(`/${job.Job_Name}.`, '/NAME.').replace(/\.([oe])\d+$/, '.$1N') : value;
  return {
    ...Object.fromEntries(Object.entries(job).flatMap(([key, value]) => (hidden(key) ? [] : [[key, plain(value)]]))),
    // With -V it is the whole environment of whoever submits it.
    Variable_List: script.wholeEnvironment ? undefined : Object.fromEntries(own),
  };
}

describe('a job that "stage run" submits is that of "qsub SCRIPT"', () => {
  test.each(Object.keys(SCRIPTS))('%s', (name) => {
    expect(compared(byRun.get(name), name, 'run')).toEqual(compared(bySelf.get(name), name, 'run'));
  });
});

describe('a job that "stage job submit" submits is that of "qsub SCRIPT"', () => {
  test.each(Object.keys(ROWS))('%s', (name) => {
    expect(compared(bySubmit.get(name), name, 'submit')).toEqual(compared(bySelf.get(name), name, 'submit'));
  });
});

describe('what the command line of qsub would replace', () => {
  const dependOf = async (id: string) => String((await world.jobs()).find((job) => job.id === id)?.depend);

  test('a script’s own depend= holds beside a need of the step, and beside --afterok', async () => {
    const [other, own] = ['option-p', 'option-h'].map((name) => String(bySelf.get(name)?.id));
    world.write('own.sh', `#!/bin/sh\n#PBS -h\n#PBS -W depend=afterok:${own}\necho\n`);
    world.write('held.sh', '#!/bin/sh\n#PBS -h\necho\n');
    const file = world.write(
      'own.yaml',
      'name: own\nsteps:\n  first: {job: {script: held.sh}}\n  second: {needs: [first], job: {script: own.sh}}\n',
    );
    expect((await world.stage('run', file)).exitCode).toBe(0);
    const {steps} = await world.status('own');
    const [first, second] = ['first', 'second'].map((name) => String(steps.find(({step}) => step === name)?.job));
    const ids = new Map((await world.jobsOf('own.1')).map(({id}) => [id.split('.')[0], id]));
    const full = (short = '') => ids.get(short.split('.')[0]) ?? short;
    expect(await dependOf(full(second))).toMatch(new RegExp(`afterok:${own}[^,]*:${full(first)}`));
    const submit = await world.stage('job', 'submit', 'own.sh', '--afterok', String(other));
    expect({exit: submit.exitCode, says: submit.stderr}).toEqual({exit: 0, says: ''});
    const id = submit.stdout.trim();
    expect(await dependOf(id)).toMatch(new RegExp(`afterok:${own}[^,]*:${other}`));
    await world.pbs('qdel', id);
    await world.stage('cancel', 'own', '--no-cleanup');
  });

  test('lines that the workflow takes the place of are named by check', async () => {
    world.write('lines.sh', '#!/bin/sh\n#PBS -A mine\n#PBS -l walltime=00:10:00\necho\n');
    const file = world.write(
      'lines.yaml',
      'name: lines\nsteps: {c: {job: {script: lines.sh, account: theirs, resources: {walltime: "00:20:00"}}}}\n',
    );
    const check = await world.stage('check', file, '--offline');
    expect(check.stdout).toContain('the workflow’s account theirs takes the place of #PBS -A mine (lines.sh:2)');
    expect(check.stdout).toContain('walltime 00:20:00 takes the place of #PBS -l walltime=00:10:00 (lines.sh:3)');
  });
});

test('what PBS would refuse is told with its line by check, run and job submit, and nothing is created', async () => {
  world.write('behind.sh', '#!/bin/sh\n#PBS -l walltime=00:10:00\n#PBS -V # take everything along\necho\n');
  const file = world.write('behind.yaml', 'name: behind\nsteps: {c: {job: {script: behind.sh}}}\n');
  for (const argv of [
    ['check', file],
    ['check', file, '--offline'],
    ['run', file],
    ['run', file, '--no-check'],
    ['job', 'submit', 'behind.sh'],
  ]) {
    const told = await world.stage(...argv);
    expect({argv, exit: told.exitCode, says: told.stderr}).toEqual({
      argv,
      exit: 2,
      says: expect.stringMatching(/behind\.sh:3: "# take everything along" is too much/),
    });
  }
  expect((await world.jobs()).filter(({Job_Name}) => Job_Name.includes('behind'))).toEqual([]);
  expect((await world.stage('status', 'behind')).exitCode).toBe(2);
});

test('every option that is honoured, merged or overridden has a row, but for those that another test is about', () => {
  const elsewhere = ['C', 'f', 'u', 'v', 'W'];
  const without = OPTIONS.filter(
    ({stage, example}) => /honoured|merged|overridden/.test(stage) && example === undefined,
  );
  expect(without.map(({letter}) => letter)).toEqual(elsewhere);
  expect(Object.keys(PUBLIC_SCRIPTS).length).toBeGreaterThanOrEqual(40);
});
