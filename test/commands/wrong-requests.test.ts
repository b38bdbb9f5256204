import {mkdirSync} from 'node:fs';
import {join} from 'node:path';
import {describe, expect, test} from 'vitest';
import {type ErrorDocument, INNARDS, useDesk} from './support.ts';

const desk = useDesk();

const JOB = '  compute: {job: {script: c.sh}}\n';
const MOVE = '{from: "archive:/a/", to: "cluster:/a/"}';

/** A workflow file, and what the error must say. */
const FILES: readonly [what: string, text: string, says: RegExp][] = [
  ['an empty file', '', /flow\.yaml/],
  ['a list', '- a\n- b\n', /flow\.yaml:1:1/],
  ['broken YAML', 'name: x\nsteps: {a: [\n', /flow\.yaml:\d+:\d+/],
  ['a tab', `name: x\nsteps:\n\tcompute: {}\n`, /flow\.yaml:3:1.*tab/i],
  ['a key that stands twice', `name: x\nname: y\nsteps:\n${JOB}`, /flow\.yaml:2:1/],
  ['no name', `steps:\n${JOB}`, /flow\.yaml.*name/],
  ['no steps', 'name: x\n', /flow\.yaml.*steps/],
  ['steps that are empty', 'name: x\nsteps: {}\n', /flow\.yaml:2:\d+.*step/],
  ['an unknown key', `name: x\nspeed: 3\nsteps:\n${JOB}`, /flow\.yaml:2:1.*speed/],
  ['a name with a dot', `name: a.b\nsteps:\n${JOB}`, /flow\.yaml:1:7.*name/],
  ['a step that is neither job nor transfer', 'name: x\nsteps:\n  a: {}\n', /flow\.yaml:3:\d+.*(transfer|job)/],
  ['a step that is both', `name: x\nsteps:\n  a: {job: {script: c.sh}, transfer: ${MOVE}}\n`, /flow\.yaml:3:\d+/],
  [
    'a need that is no step',
    'name: x\nsteps:\n  a: {needs: [b], job: {script: c.sh}}\n',
    /flow\.yaml:3:15.*unknown step "b"/,
  ],
  [
    'a circle',
    'name: x\nsteps:\n  a: {needs: [b], job: {script: c.sh}}\n  b: {needs: [a], job: {script: c.sh}}\n',
    /circle/,
  ],
  [
    'an unknown collection',
    'name: x\nsteps:\n  a: {transfer: {from: "thetta:/a/", to: "cluster:/a/"}}\n',
    /flow\.yaml:3:\d+.*thetta.*known:/,
  ],
  [
    'a path without collection',
    'name: x\nsteps:\n  a: {transfer: {from: "/a/", to: "cluster:/a/"}}\n',
    /flow\.yaml:3:\d+.*collection/,
  ],
  [
    'a directory onto a file',
    'name: x\nsteps:\n  a: {transfer: {from: "archive:/a/", to: "cluster:/a"}}\n',
    /flow\.yaml:3:\d+/,
  ],
  [
    'a parameter that is not declared',
    'name: x\nsteps:\n  a: {job: {script: "${{ params.s }}"}}\n',
    /flow\.yaml:3:\d+.*params\.s|unknown parameter/,
  ],
  [
    'a walltime that is none',
    'name: x\nsteps:\n  a: {job: {script: c.sh, resources: {walltime: soon}}}\n',
    /flow\.yaml:3:\d+.*walltime/,
  ],
  ['an unknown strategy', `name: x\nsteps:\n  a: {strategy: guess, transfer: ${MOVE}}\n`, /flow\.yaml:3:\d+.*strategy/],
  ['a script that does not exist', 'name: x\nsteps:\n  a: {job: {script: none.sh}}\n', /none\.sh.*does not exist/],
];

const FLAGS: readonly [argv: readonly string[], says: RegExp][] = [
  [['run'], /no workflow was given/],
  [['run', 'absent.yaml'], /absent\.yaml cannot be read/],
  [['run', 'good.yaml', '--job', 'c.sh'], /both given/],
  [['run', '--job', 'absent.sh'], /absent\.sh/],
  [['run', '--stage-in', 'nonsense', '--job', 'c.sh'], /--stage-in/],
  [['run', '--stage-in', 'thetta:/a/=cluster:/a/', '--job', 'c.sh'], /thetta/],
  [['run', 'good.yaml', '--param', 'year'], /--param year.*KEY=VALUE/],
  [['run', 'good.yaml', '--param', 'year=1'], /year/],
  [['run', 'good.yaml', '--name', 'a b'], /--name "a b"/],
  [['run', 'good.yaml', '--name', '../up'], /--name/],
  [['run', '--job', 'c.sh', '--param', 'a=1'], /--param/],
  [['run', '--job', 'c.sh', '-l', 'walltime'], /KEY=VALUE/],
  [['run', '--job', 'c.sh', '--retries', '21'], /--retries: 21 .*from 0 to 20/],
  [['run', '--job', 'c.sh', '--retries', 'many'], /many/],
  [['run', '--job', 'c.sh', '--array', '5'], /--array: "5" is not a range/],
  [
    ['run', 'good.yaml', '--retries', '2', '-l', 'walltime=1'],
    /--retries, --resource: a workflow file says this itself/,
  ],
  [['run', 'good.yaml', 'other.yaml'], /other\.yaml|unexpected/i],
  [['run', 'good.yaml', '--profile', 'nosuch'], /no profile "nosuch"/],
  [['status', 'nosuch'], /no run "nosuch"/],
  [['status', '--wait'], /--wait needs/],
  [['logs'], /run/i],
  [['logs', 'nosuch'], /no run "nosuch"/],
  [['cancel', 'nosuch'], /no run "nosuch"/],
  [['list', '--state', 'asleep'], /asleep/],
];

function lay(): void {
  desk.write('c.sh', '#!/bin/sh\ntrue\n');
  desk.write('good.yaml', `name: good\nsteps:\n${JOB}`);
}

async function expectWrong(argv: readonly string[], says: RegExp): Promise<void> {
  const before = desk.listing();
  const text = await desk.stage(...argv);
  expect({exit: text.exitCode, stdout: text.stdout}).toEqual({exit: 2, stdout: ''});
  expect(text.stderr).toMatch(/^error: /);
  expect(text.stderr).toMatch(says);
  expect(text.stderr).not.toMatch(INNARDS);
  const json = await desk.stage(...argv, '--json');
  expect(json.exitCode).toBe(2);
  expect(json.json<ErrorDocument>().error.exit).toBe(2);
  expect(json.stderr).toBe('');
  expect(desk.listing()).toEqual(before);
}

describe('while STAGE_HOME does not exist yet, it is not made either', () => {
  test.each(FILES)('%s is one located error', async (_what, text, says) => {
    lay();
    desk.write('flow.yaml', text);
    await expectWrong(['run', 'flow.yaml'], says);
    await expectWrong(['check', 'flow.yaml'], says);
    expect(desk.listing()).toBeNull();
  });

  test.each(FLAGS)('stage %j is a wrong request', async (argv, says) => {
    lay();
    await expectWrong(argv, says);
    expect(desk.listing()).toBeNull();
  });
});

test('a state directory that exists stays as it is, byte for byte', async () => {
  lay();
  mkdirSync(join(desk.home, 'local', 'runs'), {recursive: true});
  desk.write('home/local/note', 'mine');
  for (const [, text, says] of FILES.slice(0, 6)) {
    desk.write('flow.yaml', text);
    await expectWrong(['run', 'flow.yaml'], says);
  }
  for (const [argv, says] of FLAGS.slice(0, 6)) await expectWrong(argv, says);
  expect(Object.keys(desk.listing() ?? {})).toContain('local/note');
});

test('a broken configuration file is shown with file, line and column', async () => {
  lay();
  const broken = desk.write('broken.yaml', 'profiles:\n  cluster: {queue: [}\n');
  const wrong = desk.write('wrong.yaml', 'profiles:\n  cluster:\n    sheduler: pbs\n');
  for (const [file, place] of [
    [broken, '2:'],
    [wrong, '3:'],
  ] as const) {
    const told = await desk.stage('status', {env: {STAGE_CONFIG: file}});
    expect(told.exitCode).toBe(2);
    expect(told.stderr).toContain(`${file}:${place}`);
    expect(told.stderr).not.toMatch(INNARDS);
  }
  const absent = await desk.stage('status', {env: {STAGE_CONFIG: join(desk.directory, 'absent.yaml')}});
  expect(absent.exitCode).toBe(2);
  expect(absent.stderr).toContain('absent.yaml does not exist');
});

test('without a profile nothing is started, and the error names the choices', async () => {
  lay();
  const told = await desk.stage('run', 'good.yaml', {env: {STAGE_PROFILE: ''}});
  expect(told.exitCode).toBe(2);
  expect(told.stderr).toContain('--profile local');
  expect(desk.listing()).toBeNull();
});
