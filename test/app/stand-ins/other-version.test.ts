import {type ChildProcess, spawn} from 'node:child_process';
import {existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {createServer, type Server} from 'node:net';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterEach, beforeEach, describe, expect, test} from 'vitest';
import {readStatus} from '../../../src/stand-ins/control.ts';
import {standInHome} from '../../../src/stand-ins/stand-in-home.ts';
import {cleanEnvironment, PACKAGE, runProgram, runStage} from '../../support/cli.ts';
import {until} from '../../support/until.ts';

// Real processes: a background process of another version is met.

/* After an upgrade, or beside another installation: what runs in the background is not what is typed. */

let top: string;
let home: string;
beforeEach(() => {
  top = mkdtempSync(join(tmpdir(), 'stage-version-'));
  home = join(top, 'home');
  mkdirSync(home);
  writeFileSync(join(top, 'w.yaml'), 'name: w\nsteps:\n  a: {job: {script: a.sh}}\n');
  writeFileSync(join(top, 'a.sh'), 'true\n');
});
afterEach(() => rmSync(top, {recursive: true, force: true, maxRetries: 5}));

const stage = (...argv: string[]) => runStage(argv, {cwd: top, env: {STAGE_HOME: home, STAGE_PROFILE: 'local'}});

const COMMANDS = [
  ['local', 'up'],
  ['local', 'status'],
  ['local', 'env'],
  ['local', 'wipe'],
  ['local', 'pause', 'archive'],
  ['local', 'collection', 'add', 'data', '/tmp'],
  ['run', 'w.yaml'],
  ['job', 'submit', 'a.sh'],
  ['job', 'show', '1'],
  ['transfer', 'list'],
  ['collection', 'ls', 'archive:/'],
  ['doctor'],
];

describe('stand-ins of another version', () => {
  let daemon: ChildProcess;
  beforeEach(async () => {
    daemon = spawn(process.execPath, [join(PACKAGE, 'dist', 'local-daemon.cjs'), home, '0.0.1-old'], {
      env: cleanEnvironment({}),
      stdio: 'ignore',
    });
    await until('they serve', () => existsSync(standInHome(home).running));
  });
  afterEach(() => daemon.kill('SIGKILL'));

  test('are named by every command that needs them, nothing is asked of them, and "down" and "up" replace them', async () => {
    const pbs = (command: string, ...argv: string[]) =>
      runProgram(join(standInHome(home).bin, command), argv, {cwd: top, env: cleanEnvironment({})});
    const job = (await pbs('qsub', '-h', 'a.sh')).stdout.trim();
    for (const argv of COMMANDS) {
      const ran = await stage(...argv);
      expect({argv, ...ran}).toMatchObject({argv, exitCode: 3});
      expect({argv, says: ran.stdout + ran.stderr}).toMatchObject({
        argv,
        says: expect.stringContaining(`they are of 0.0.1-old (process ${daemon.pid})`),
      });
      expect(ran.stdout + ran.stderr).toContain('stage local down; stage local up');
    }
    const told = (await stage('local', 'status', '--json')).json<{error: object}>();
    const own = /^stage (.*), Node/.exec((await stage('--version')).stdout)?.[1]; // with the commit
    expect(told.error).toMatchObject({
      code: 'STAND_INS_OTHER_VERSION',
      exit: 3,
      why: expect.stringContaining(`this command is of ${own}`),
    });
    expect((await pbs('qstat', job)).exitCode).toBe(0);

    expect(await stage('local', 'down')).toMatchObject({exitCode: 0, stdout: 'ended\n'});
    expect(await stage('local', 'up')).toMatchObject({exitCode: 0, stdout: expect.stringMatching(/^started\n/)});
    expect((await stage('job', 'show', job)).stdout).toContain(job);
    expect(await stage('local', 'down')).toMatchObject({exitCode: 0});
  });
});

describe('stand-ins from before versions were compared', () => {
  let server: Server;
  afterEach(() => new Promise((done) => server.close(done)));

  test.each([
    ['know no such question', '{"wrong":"there is no request \\"status\\""}\n'],
    ['say no version', '{"answer":{"status":{"pid":17,"url":"http://127.0.0.1:1/"}}}\n'],
    ['speak another language', 'HELLO 1.0\n'],
  ])('that %s are named, and not taken for a defect', async (_how, answer) => {
    const {socket} = standInHome(home);
    mkdirSync(join(home, 'stand-ins'), {mode: 0o700});
    server = createServer({allowHalfOpen: true}, (asking) => asking.once('data', () => asking.end(answer)));
    await new Promise<void>((done) => server.listen(socket, done));
    for (const argv of [
      ['local', 'status'],
      ['local', 'wipe'],
      ['job', 'show', '1'],
    ])
      expect({argv, ...(await stage(...argv))}).toMatchObject({
        argv,
        exitCode: 3,
        stderr: expect.stringMatching(
          /of another version of stage.*do not say of which.*stage local down; stage local up/s,
        ),
      });
  });
});

test('those that say the same version and answer in another form are named as well: they were built before a change', async () => {
  const own = /^stage (.*), Node/.exec((await stage('--version')).stdout)?.[1];
  const {socket} = standInHome(home);
  mkdirSync(join(home, 'stand-ins'), {mode: 0o700});
  const status = {version: own, pid: 17, url: 'http://127.0.0.1:1/', jobs: {}, tasks: {}, collections: []};
  const answer = `${JSON.stringify({answer: {status}})}\n`;
  const server = createServer({allowHalfOpen: true}, (asking) => asking.once('data', () => asking.end(answer)));
  await new Promise<void>((done) => server.listen(socket, done));
  try {
    for (const argv of [
      ['local', 'status'],
      ['local', 'wipe'],
      ['job', 'show', '1'],
      ['run', 'w.yaml'],
    ])
      expect({argv, ...(await stage(...argv))}).toMatchObject({
        argv,
        exitCode: 3,
        stderr: expect.stringMatching(/another form: another build.*stage local down; stage local up/s),
      });
  } finally {
    await new Promise((done) => server.close(done));
  }
});

test.each<[string, Partial<ReturnType<typeof readStatus>>]>([
  ['{"answer":{"status":{"version":"1","pid":2}}}', {version: '1', pid: 2}],
  ['{"answer":{"status":{"version":1,"pid":"2"}}}', {version: undefined, pid: undefined}],
  ['{"answer":{"status":null}}', {version: undefined, pid: undefined}],
  ['{"answer":null}', {version: undefined}],
  ['null', {version: undefined}],
  ['[]', {version: undefined}],
  ['"status"', {version: undefined}],
  ['', {version: undefined}],
])('of %s, what is no version is none', (line, expected) => {
  expect(readStatus(`${line}\n`)).toMatchObject(expected);
});

test.each(['', '{"answer":{"status":{"version":"1"', '{"answer":{"status":{"version":"1"}}}'])(
  'an answer that broke off (%j) is none',
  (text) => {
    expect(() => readStatus(text)).toThrow('do not answer');
  },
);
