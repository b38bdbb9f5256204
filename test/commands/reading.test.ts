import {join} from 'node:path';
import {expect, test} from 'vitest';
import {CLI, cleanEnvironment, runProgram} from '../support/cli.ts';
import {type ErrorDocument, INNARDS, useDesk} from './support.ts';

const desk = useDesk();
const FLOW = `name: good
steps:
  stage-in: {transfer: {from: "archive:/a/", to: "cluster:/a/"}}
  compute: {needs: [stage-in], job: {script: c.sh}}
`;

test('"stage check" of a good file says what would be done, and changes nothing', async () => {
  desk.write('c.sh', '#!/bin/sh\ntrue\n');
  desk.write('flow.yaml', FLOW);
  const checked = await desk.stage('check', 'flow.yaml', '--offline');
  expect(checked).toMatchObject({exitCode: 0, stderr: ''});
  expect(checked.stdout).toMatch(/stage-in/);
  expect(checked.stdout).toMatch(/user hold/);
  expect(desk.listing()).toBeNull();
  const json = await desk.stage('check', 'flow.yaml', '--offline', '--json');
  expect(json.json<{name: string; steps: unknown[]}>()).toMatchObject({
    name: 'good',
    steps: [{step: 'stage-in'}, {step: 'compute'}],
  });
});

test('"stage check" says of each step how it is retried, that it is an array, and that it runs whatever happened', async () => {
  desk.write('c.sh', '#!/bin/sh\ntrue\n');
  desk.write(
    'flow.yaml',
    `name: good
steps:
  stage-in: {retries: 3, strategy: wait, transfer: {from: "archive:/a/", to: "cluster:/a/"}}
  compute:
    needs: [stage-in]
    retries: 1
    retry_delay: 5m
    job: {script: c.sh, array: "0-99:2%10", on_interrupted: fail}
  tidy: {when: always, job: {script: c.sh}}
`,
  );
  const {stdout} = await desk.stage('check', 'flow.yaml', '--offline');
  expect(stdout).toContain('    retried up to 3 times when it fails, first after 1m\n    waited for by one long job\n');
  expect(stdout).toContain('    a job array of 50 subjobs (0-99:2%10), at most 10 at once\n');
  expect(stdout).toContain('    retried once when it fails, first after 5m\n    fails when its job is interrupted\n');
  expect(stdout).toContain('    runs whatever happened\n');
  const json = await desk.stage('check', 'flow.yaml', '--offline', '--json');
  const {steps} = json.json<{steps: Record<string, unknown>[]}>();
  expect(steps.map(({retries, array, always}) => [retries, array, always])).toEqual([
    [3, undefined, undefined],
    [1, '0-99:2%10', undefined],
    [undefined, undefined, true],
  ]);
});

test('"stage schema" prints a JSON Schema', async () => {
  const printed = await desk.stage('schema');
  expect(printed.exitCode).toBe(0);
  expect(printed.json()).toMatchObject({properties: {name: {}, steps: {}}});
  expect((await desk.stage('schema', '--json')).json()).toEqual(printed.json());
});

test('"stage list" and "stage status" of an empty state directory say so, and make nothing', async () => {
  expect(await desk.stage('list', '--json')).toMatchObject({exitCode: 0});
  expect((await desk.stage('list', '--json')).json()).toEqual({runs: []});
  expect((await desk.stage('status')).stdout).toContain('No runs yet');
  expect(desk.listing()).toBeNull();
});

test.each(['schema', 'list', 'help', 'run --help'])(
  '"stage %s" into a pipe that closes early shows no stack',
  async (words) => {
    const env = cleanEnvironment({STAGE_HOME: desk.home, STAGE_PROFILE: 'local'});
    const line = `"${CLI}" ${words} | head -c 1 > /dev/null; sleep 0.2`;
    const done = await runProgram('/bin/bash', ['-c', line], {env, cwd: desk.directory});
    expect(done.stderr).toBe('');
  },
);

test.each([
  ['below a regular file', () => join(desk.write('file', 'x'), 'home')],
  ['in /proc', () => '/proc/stage-home'],
])('a STAGE_HOME that cannot be written (%s) is told with exit code 4', async (_where, home) => {
  desk.write('c.sh', '#!/bin/sh\ntrue\n');
  desk.write('flow.yaml', FLOW);
  const place = home();
  const told = await desk.stage('run', 'flow.yaml', {env: {STAGE_HOME: place}, timeoutMs: 10_000});
  expect(told.exitCode).toBe(4);
  expect(told.stderr).toMatch(/^error: /);
  expect(told.stderr).toContain(place);
  expect(told.stderr).not.toMatch(INNARDS);
  const json = await desk.stage('run', 'flow.yaml', '--json', {env: {STAGE_HOME: place}, timeoutMs: 10_000});
  expect(json.exitCode).toBe(4);
  expect(json.json<ErrorDocument>().error.exit).toBe(4);
});

test('an unknown run is told together with the names that are known', async () => {
  const {mkdirSync, writeFileSync} = await import('node:fs');
  for (const run of ['alpha.1', 'alpha.2', 'beta.1']) {
    mkdirSync(join(desk.home, 'local', 'runs', run), {recursive: true});
    writeFileSync(join(desk.home, 'local', 'runs', run, 'spec.json'), '{}');
  }
  for (const command of ['status', 'logs', 'cancel']) {
    const told = await desk.stage(command, 'gamma');
    expect({command, exit: told.exitCode}).toEqual({command, exit: 2});
    expect(told.stderr).toContain('known runs: alpha and beta');
  }
});
