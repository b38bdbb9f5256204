import {spawn} from 'node:child_process';
import {mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterEach, beforeEach, expect, test} from 'vitest';
import {sha256} from '../../src/batch-scripts/recorded-script.ts';
import {assign, writeScript} from '../../src/batch-scripts/template.ts';
import {cleanEnvironment, runProgram} from '../support/cli.ts';
import {until} from '../support/until.ts';

// Real processes: /bin/sh runs the wrapper, and signals reach it.

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'stage-batch-job-'));
});
afterEach(() => rmSync(directory, {recursive: true, force: true}));

/** The wrapper around a script, as PBS would be given it. */
function wrapped(script: string, recorded = sha256(Buffer.from(script))): string {
  const [file, wrapper] = [join(directory, 'a.1.script'), join(directory, 'a.1.sh')];
  writeFileSync(file, script);
  const values = {
    STAGE_MARKERS: join(directory, 'a.1'),
    STAGE_SCRIPT: file,
    STAGE_SHA256: recorded,
    STAGE_SHELL: '/bin/sh',
    STAGE_SHELL_ARG: '',
  };
  writeScript(wrapper, 'batch-job.sh', {'#@DIRECTIVES': ['#PBS -N a'], '#@VALUES': assign(values)});
  return wrapper;
}

const run = (wrapper: string, env: Readonly<Record<string, string>>) =>
  runProgram('/bin/sh', [wrapper], {cwd: directory, env: cleanEnvironment(env)});
const marker = (name: string) =>
  JSON.parse(readFileSync(join(directory, `${name}.json`), 'utf8')) as Record<string, unknown>;
const markers = () =>
  readdirSync(directory)
    .filter((name) => name.endsWith('.json'))
    .sort();

test("the script's output and exit status are its own, and a marker tells the end", async () => {
  const done = await run(wrapped('echo out; echo err >&2; exit 3\n'), {PBS_JOBID: '4.pbs'});
  expect(done).toMatchObject({exitCode: 3, stdout: 'out\n', stderr: 'err\n'});
  expect(markers()).toEqual(['a.1.claim.json', 'a.1.end.1.json']);
  expect(marker('a.1.end.1')).toMatchObject({job: '4.pbs', exit: 3});
});

test('a script that is not what was submitted is not run', async () => {
  const done = await run(wrapped('echo mine\n', sha256(Buffer.from('echo ran\n'))), {PBS_JOBID: '4.pbs'});
  expect(done).toMatchObject({exitCode: 94, stdout: '', stderr: expect.stringContaining('is not what was submitted')});
  expect(markers()).toEqual(['a.1.altered.json']);
});

test('a job that PBS runs again runs its script again; another job for the same name does not', async () => {
  const wrapper = wrapped('echo ran >> count\n');
  for (const job of ['4.pbs', '4.pbs', '5.pbs']) {
    const done = await run(wrapper, {PBS_JOBID: job});
    expect(done.exitCode).toBe(job === '4.pbs' ? 0 : 98);
  }
  expect(readFileSync(join(directory, 'count'), 'utf8')).toBe('ran\nran\n');
  expect(markers()).toEqual(['a.1.claim.json', 'a.1.end.1.json', 'a.1.end.2.json']);
});

test('each member of an array has markers of its own', async () => {
  const wrapper = wrapped('exit "$PBS_ARRAY_INDEX"\n');
  for (const index of ['0', '7']) await run(wrapper, {PBS_JOBID: `4[${index}].pbs`, PBS_ARRAY_INDEX: index});
  expect(marker('a.1.member-0.end.1')).toMatchObject({job: '4[0].pbs', exit: 0});
  expect(marker('a.1.member-7.end.1')).toMatchObject({job: '4[7].pbs', exit: 7});
});

test.each([
  ['4.pbs', {}],
  ['4[7].pbs', {PBS_ARRAY_INDEX: '7'}],
])('a job that stage has given up and that comes late does not run its script: %s', async (job, env) => {
  const wrapper = wrapped('echo ran > ran\n');
  writeFileSync(join(directory, 'a.1.claim.json'), '{"dropped":true}\n');
  const done = await run(wrapper, {PBS_JOBID: job, ...env});
  expect(done).toMatchObject({exitCode: 98, stderr: expect.stringContaining('given up')});
  expect(readdirSync(directory)).not.toContain('ran');
});

test.each(['TERM', 'USR1'])('the end of a script that SIG%s reaches is on record', async (signal) => {
  const trap = `trap 'exit 5' ${signal}\necho ready > ready\nwhile :; do sleep 0.1; done\n`;
  const child = spawn('/bin/sh', [wrapped(trap)], {
    cwd: directory,
    detached: true,
    stdio: 'ignore',
    env: cleanEnvironment({PBS_JOBID: '4.pbs'}),
  });
  await until('the script has begun', () => readdirSync(directory).includes('ready'));
  // As PBS does: to every process of the session.
  process.kill(-(child.pid ?? 0), `SIG${signal}`);
  const end = await until('the end marker', () => markers().includes('a.1.end.1.json') && marker('a.1.end.1'));
  expect(end).toMatchObject({exit: 5});
});

test('where no marker can be left the script is not run', async () => {
  const wrapper = wrapped('echo ran > ran\n');
  const text = readFileSync(wrapper, 'utf8').replaceAll(join(directory, 'a.1'), join(directory, 'gone', 'a.1'));
  writeFileSync(wrapper, text);
  const done = await run(wrapper, {PBS_JOBID: '4.pbs'});
  expect(done.exitCode).toBe(98);
  expect(readdirSync(directory)).not.toContain('ran');
});
