import {type ChildProcess, spawn} from 'node:child_process';
import {chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterEach, beforeEach, expect, test} from 'vitest';
import type {LocalStatus} from '../../../src/app/stand-ins/local.ts';
import {CLI, cleanEnvironment, runStage} from '../../support/cli.ts';
import {until} from '../../support/until.ts';

// Real processes: "stage local serve" is a process until a signal ends it.

interface Served {
  readonly process: ChildProcess;
  readonly ended: Promise<number | null>;
  stdout: string;
  stderr: string;
}

let home: string;
let served: Served | undefined;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'stage-serve-'));
});
afterEach(async () => {
  served?.process.kill('SIGTERM');
  await served?.ended;
  rmSync(home, {recursive: true, force: true});
});

const stage = (...argv: string[]) => runStage(argv, {env: {STAGE_HOME: home}});

async function serve(...flags: string[]): Promise<Served> {
  const child = spawn(CLI, ['local', 'serve', ...flags], {
    env: cleanEnvironment({STAGE_HOME: home}),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const one: Served = {
    process: child,
    ended: new Promise((resolve) => child.once('close', resolve)),
    stdout: '',
    stderr: '',
  };
  served = one;
  child.stdout?.on('data', (text) => {
    one.stdout += text;
  });
  child.stderr?.on('data', (text) => {
    one.stderr += text;
  });
  await until('it answers', () => one.stderr.includes('end with Ctrl-C'));
  return one;
}

const variable = (text: string, name: string) => new RegExp(`^export ${name}='(.*)'$`, 'm').exec(text)?.[1] ?? '';

test('it prints what points a client at it, shows requests without secrets, and ends cleanly with Ctrl-C', async () => {
  const one = await serve('--globus', '--collection', `data=${join(home, 'data')}`, '--with-credentials');
  const url = variable(one.stdout, 'GLOBUS_SDK_SERVICE_URL_TRANSFER');
  expect(one.stdout).not.toMatch(/^export (PATH|STAGE_)/m);
  expect(one.stderr).toMatch(/^collection data: [0-9a-f-]{36}, /m);
  const [id, secret] = ['ID', 'SECRET'].map((name) => variable(one.stdout, `GLOBUS_CLI_CLIENT_${name}`));
  const asked = await fetch(new URL('/v2/oauth2/token', url), {
    method: 'POST',
    headers: {authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`},
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      scope: 'urn:globus:auth:scope:transfer.api.globus.org:all',
    }),
  });
  const {access_token: token} = (await asked.json()) as {access_token: string};
  await fetch(new URL('/v0.10/task_list?limit=2', url), {headers: {authorization: `Bearer ${token}`}});
  await fetch(new URL('/v2/web/auth-code?code=a-code-to-hide', url));
  await until('the requests are shown', () => one.stderr.includes('auth-code'));
  expect(one.stderr).toMatch(/Z POST \/v2\/oauth2\/token 200 \d+ ms$/m);
  expect(one.stderr).toMatch(/Z GET \/v0\.10\/task_list\?limit=2 200 \d+ ms$/m);
  for (const hidden of [token, secret ?? '', 'a-code-to-hide']) expect(one.stderr).not.toContain(hidden);
  one.process.kill('SIGINT');
  expect(await one.ended).toBe(0);
  expect(one.stderr).toMatch(/ended\n$/);
  expect(existsSync(join(home, 'stand-ins', 'running.json'))).toBe(false);
  expect((await stage('local', 'status')).stdout).toMatch(/^not running/);
});

test('the code of its sign-in page is printed on demand, from a file that the page and the start of it name', async () => {
  const one = await serve('--globus');
  const printed = (await stage('local', 'code')).stdout.trim();
  const file = join(home, 'stand-ins', 'globus', 'sign-in-code');
  expect(printed).toBe(readFileSync(file, 'utf8').trim());
  expect(one.stderr).toContain(`asks for the code in ${file}`);
  expect(one.stderr + one.stdout).not.toContain(printed);
});

test('a second one for the same directory, and a port that is taken, are wrong requests', async () => {
  const one = await serve('--globus');
  const {port} = new URL(variable(one.stdout, 'GLOBUS_SDK_SERVICE_URL_AUTH'));
  expect(await stage('local', 'serve')).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining('stage local down'),
  });
  const elsewhere = join(home, 'elsewhere');
  const taken = await runStage(['local', 'serve', '--globus', '--port', port], {env: {STAGE_HOME: elsewhere}});
  expect(taken).toMatchObject({exitCode: 2, stderr: expect.stringContaining(`port ${port} cannot be used`)});
});

test('it is steered by the commands that steer the background process', async () => {
  await serve('--globus');
  await stage('local', 'collection', 'add', 'data', join(home, 'data'));
  const listed = await stage('local', 'collection', 'list', '--json');
  expect(listed.json<LocalStatus['collections']>().map((one) => one.name)).toEqual(['archive', 'cluster', 'data']);
  const asking = await stage('local', 'require', 'data', '--consent', '--domain', 'uni.example', '--mfa');
  expect(asking.stdout).toMatch(/^data .*requires consent, a sign-in from uni\.example, a second factor$/m);
  expect((await stage('local', 'require', 'data', '--nothing')).stdout).not.toContain('requires');
  expect((await stage('local', 'require', 'data')).exitCode).toBe(2);
  const limited = await stage('local', 'limit', '--active', '1', '--requests', '20');
  expect(limited.stdout).toMatch(/^limits: 1 transfers at a time, 100 pending, 20 requests\/s/m);
  expect((await stage('local', 'limit', '--reset')).stdout).not.toContain('limits:');
  expect((await stage('local', 'limit')).exitCode).toBe(2);
  expect((await stage('local', 'limit', '--requests', 'many')).exitCode).toBe(2);
  const added = await stage('local', 'identity', 'add', 'ada@uni.example', '--json');
  expect(added.json<LocalStatus>().identities).toContain('ada@uni.example');
  expect((await stage('local', 'identity', 'add', 'ada@uni.example')).exitCode).toBe(2);
  expect((await stage('local', 'collection', 'remove', 'data')).stdout).not.toMatch(/^data /m);
  expect((await stage('local', 'collection', 'remove', 'data')).exitCode).toBe(2);
}, 60_000);

test('what cannot be served ends at once, says what to do, and leaves no process behind', async () => {
  const root = join(home, 'stand-ins');
  mkdirSync(root);
  chmodSync(root, 0o755);
  const ran = await stage('local', 'serve', '--globus');
  expect(ran).toMatchObject({exitCode: 2, stderr: expect.stringContaining(`chmod 700 ${root}`)});
  const up = await stage('local', 'up');
  expect(up).toMatchObject({exitCode: 2, stderr: expect.stringContaining(`chmod 700 ${root}`)});
  chmodSync(root, 0o700);
  expect(await stage('local', 'up')).toMatchObject({exitCode: 0});
  expect(await stage('local', 'down')).toMatchObject({exitCode: 0});
});
