import {chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {afterEach, beforeEach, expect, test} from 'vitest';
import type {ErrorDocument} from '../commands/support.ts';
import {openWorld, type World} from '../stand-ins/globus/support.ts';
import {failingDisks, hasCompiler} from '../support/failing-disk.ts';
import {needs} from '../support/needs.ts';
import {visit} from '../support/sign-in-page.ts';
import {modeOf} from '../support/world.ts';
import {CLIENT, signInDesk} from './support/desk.ts';

// Through real HTTP: the stand-in Globus serves in this process, the commands are processes of their own.
let world: World;
beforeEach(async () => {
  world = await openWorld();
});
afterEach(() => world.remove());

const native = () => signInDesk(world.globus.url, [`client_id: ${CLIENT}`]);

interface Kept {
  readonly access_token: string;
  readonly refresh_token: string;
}
const tokensIn = (directory: string): Kept[] =>
  readdirSync(directory)
    .filter((file) => file.startsWith('token-'))
    .map((file) => JSON.parse(readFileSync(join(directory, file), 'utf8')) as Kept); // written by stage

const isActive = async (token: string) => {
  const answer = await fetch(new URL('/v2/oauth2/token/validate', world.globus.url), {
    method: 'POST',
    body: new URLSearchParams({token}),
  });
  return ((await answer.json()) as {active: boolean}).active;
};

test('a person signs in by a pasted code, is known, and signs out; then nothing is left and nothing is good', async () => {
  const desk = native();
  const signedIn = await desk.login(['--json']);
  expect(signedIn).toMatchObject({exitCode: 0, pages: [expect.stringContaining('/v2/oauth2/authorize?')]});
  const page = new URL(signedIn.pages[0] ?? '').searchParams;
  expect(Object.fromEntries(page)).toMatchObject({
    client_id: CLIENT,
    response_type: 'code',
    code_challenge_method: 'S256',
    access_type: 'offline',
    prompt: 'login',
    redirect_uri: `${world.globus.url}v2/web/auth-code`,
  });
  const report = signedIn.json<Record<string, unknown>>();
  expect(report).toMatchObject({signedInBy: 'native-app', tokens: 'file', renewedBy: 'refresh-token', exit: 0});

  expect(modeOf(desk.tokens)).toBe('700');
  for (const file of desk.kept()) expect({file, mode: modeOf(join(desk.tokens, file))}).toEqual({file, mode: '600'});
  const whoami = await desk.stage('whoami', '--json');
  expect(whoami.json()).toMatchObject({identity: report.identity, profile: 'me'});
  expect((await desk.stage('profile', 'check')).stdout).toContain('you are signed in to Globus');
  expect((await desk.stage('whoami')).stdout).toContain('as a person, with a native app');

  const kept = tokensIn(desk.tokens).flatMap(({access_token, refresh_token}) => [access_token, refresh_token]);
  expect(kept).toHaveLength(4);
  for (const token of kept) expect(await isActive(token)).toBe(true);
  expect((await desk.stage('logout', '--json')).json()).toMatchObject({withdrawn: 4, removed: true});
  for (const token of kept) expect(await isActive(token)).toBe(false);
  expect(desk.kept()).toEqual([]);

  const gone = await desk.stage('whoami', '--json');
  expect(gone.exitCode).toBe(3);
  expect(gone.json<ErrorDocument>().error).toMatchObject({code: 'SIGN_IN_NEEDED', exit: 3});
  expect(gone.json<ErrorDocument>().error.next).toContain('Sign in: stage login --profile me');
});

test('with a browser on this machine the code comes back by itself, and another sign-in is not taken for it', async () => {
  const desk = native();
  const signedIn = await desk.login(['--local-server'], async (address) => {
    expect(address).toMatch(/^http:\/\/localhost:\d+\/login$/);
    const foreign = await fetch(new URL('/?code=STOLEN&state=other', address));
    expect(foreign.status).toBe(400);
    expect((await fetch(new URL('/elsewhere', address))).status).toBe(404);
    expect(await visit(address)).toContain('You are signed in');
    return undefined;
  });
  expect(signedIn).toMatchObject({exitCode: 0, stdout: expect.stringContaining('You are signed in to Globus.')});
  expect(signedIn.stdout + signedIn.stderr).not.toContain('code_challenge');
  expect((await desk.stage('whoami')).exitCode).toBe(0);
});

test.each([
  ['no code at all', undefined, 'No authorization code'],
  ['an empty line', '', 'No authorization code'],
  ['a wrong code', 'WRONG-CODE', 'does not accept the authorization code'],
])('%s: there is no sign-in, nothing is kept, and it is said what to type', async (_, code, words) => {
  const desk = native();
  const turn = code === undefined ? await desk.stage('login') : await desk.login([], async () => code);
  expect(turn.exitCode).toBe(3);
  expect(turn.stderr).toContain(words);
  expect(turn.stderr).toContain('stage login --profile me');
  expect(turn.stderr).not.toContain('WRONG-CODE');
  expect(desk.kept()).toEqual([]);
});

test('a sign-in that was withdrawn elsewhere is reported as such, and signing in again repairs it', async () => {
  const desk = native();
  await desk.login();
  for (const {access_token, refresh_token} of tokensIn(desk.tokens))
    for (const token of [access_token, refresh_token])
      await fetch(new URL('/v2/oauth2/token/revoke', world.globus.url), {
        method: 'POST',
        body: new URLSearchParams({token, client_id: CLIENT}),
      });
  for (const _ of [1, 2]) {
    const turn = await desk.stage('whoami');
    expect({exit: turn.exitCode, said: turn.stderr}).toEqual({
      exit: 3,
      said: expect.stringContaining('stage login --profile me'),
    });
  }
  expect((await desk.login()).exitCode).toBe(0);
  expect((await desk.stage('whoami')).exitCode).toBe(0);
});

test('signing out while Globus is away keeps the tokens, unless they shall be forgotten', async () => {
  const desk = native();
  await desk.login();
  await world.globus.close();
  const away = await desk.stage('logout');
  expect(away.exitCode).toBe(4);
  expect(desk.kept().length).toBeGreaterThan(0);
  expect((await desk.stage('logout', '--forget', '--json')).json()).toMatchObject({withdrawn: 0, removed: true});
  expect(desk.kept()).toEqual([]);
});

test('tokens that others may read are refused by every command, with the chmod that corrects it', async () => {
  const desk = native();
  await desk.login();
  chmodSync(desk.tokens, 0o755);
  for (const command of ['whoami', 'logout']) {
    const turn = await desk.stage(command);
    expect(turn.exitCode).toBe(3);
    expect(turn.stderr).toContain(`chmod 700 ${desk.tokens}`);
  }
});

test('a client signs in with a secret from the environment; without it, its kept token serves', async () => {
  const {clientId, clientSecret} = world.globus.credentials();
  const desk = signInDesk(world.globus.url, ['sign_in: client', `client_id: ${clientId}`]);
  expect((await desk.stage('whoami')).exitCode).toBe(3);
  const bare = desk.env;
  desk.env = {...bare, STAGE_CLIENT_ID: clientId, STAGE_CLIENT_SECRET: clientSecret};
  expect((await desk.stage('login', '--json')).json()).toMatchObject({
    signedInBy: 'client',
    renewedBy: 'client-secret',
    identity: {id: clientId, username: `${clientId}@clients.auth.globus.org`},
  });
  desk.env = bare; // as a job would have it
  expect((await desk.stage('whoami', '--json')).json()).toMatchObject({renewedBy: 'none'});
  desk.env = {...bare, STAGE_CLIENT_ID: clientId};
  expect(await desk.stage('whoami')).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining('STAGE_CLIENT_SECRET'),
  });
});

test('signing out as a client withdraws the token, and says that the secret was left', async () => {
  const desk = signInDesk(world.globus.url, []);
  const {clientId, clientSecret} = world.globus.credentials();
  const file = desk.secretFile('client.json', JSON.stringify({client_id: clientId, client_secret: clientSecret}));
  const config = desk.env.STAGE_CONFIG ?? '';
  writeFileSync(config, `${readFileSync(config, 'utf8')}      credentials: ${file}\n`);
  await desk.stage('whoami');
  const [token] = tokensIn(desk.tokens);
  const ended = await desk.stage('logout');
  expect(ended.stdout).toContain('one token revoked');
  expect(ended.stdout).toContain(file);
  expect(await isActive(token?.access_token ?? '')).toBe(false);
});

test('no command that stage starts gets the secret of the environment', async () => {
  const desk = signInDesk(world.globus.url, ['sign_in: client']);
  const {clientId, clientSecret} = world.globus.credentials();
  const bin = join(desk.directory, 'bin');
  mkdirSync(bin);
  for (const command of ['qsub', 'qstat', 'qselect', 'qdel', 'qhold', 'qrls', 'qalter'])
    writeFileSync(join(bin, command), `#!/bin/sh\nenv >> ${desk.directory}/seen\nexit 1\n`, {mode: 0o755});
  const config = desk.env.STAGE_CONFIG ?? '';
  const text = readFileSync(config, 'utf8').replace('scheduler: local', `scheduler: {kind: pbs, bin: ${bin}}`);
  writeFileSync(config, text);
  desk.env = {...desk.env, STAGE_CLIENT_ID: clientId, STAGE_CLIENT_SECRET: clientSecret};
  await desk.stage('doctor');
  const seen = readFileSync(join(desk.directory, 'seen'), 'utf8');
  expect(seen).toContain(`STAGE_HOME=${desk.env.STAGE_HOME}`);
  expect(seen).not.toContain(clientSecret);
});

test('the background process of the stand-ins, whose jobs inherit its environment, does not get it either', async () => {
  const {clientId, clientSecret} = world.globus.credentials();
  const desk = signInDesk(world.globus.url, []);
  desk.env = {...desk.env, STAGE_CLIENT_ID: clientId, STAGE_CLIENT_SECRET: clientSecret};
  const up = await desk.stage('local', 'up', '--json');
  try {
    const {status} = up.json<{status: {pid: number}}>();
    const environment = readFileSync(`/proc/${status.pid}/environ`, 'latin1');
    expect(environment).toContain(`STAGE_CLIENT_ID=${clientId}`);
    expect(environment).not.toContain(clientSecret);
  } finally {
    await desk.stage('local', 'down');
  }
});

test.each([
  [['sign_in: native-app'], 'transfer.client_id'],
  [[], 'transfer.credentials'],
])('a profile that cannot sign in is a mistake in the configuration: %j', async (transfer, words) => {
  const desk = signInDesk(world.globus.url, transfer);
  for (const command of ['login', 'whoami', 'logout']) {
    const turn = await desk.stage(command, '--json');
    expect(turn.exitCode).toBe(2);
    const {error} = turn.json<{error: {code: string; why: string}}>();
    expect(error.code).toBe('NO_CREDENTIALS');
    expect(error.why).toContain(words);
  }
});

test('a disk that does not answer is no sign-out: no message asks for another sign-in', async (context) => {
  needs(context, 'compiler', hasCompiler);
  const desk = native();
  expect(await desk.login()).toMatchObject({exitCode: 0});
  const disk = failingDisks(desk.directory)('tokens');
  desk.env = {...desk.env, ...disk.env};
  disk.break({error: 'EIO', directory: desk.tokens, reads: true});
  const away = await desk.stage('whoami', '--json');
  expect([away.exitCode, away.json<{error: unknown}>().error]).toEqual([
    4,
    expect.objectContaining({code: 'SYSTEM_EIO'}),
  ]);
  disk.repair();
  expect((await desk.stage('whoami')).exitCode).toBe(0);
});
