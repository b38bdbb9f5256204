import {createHash} from 'node:crypto';
import {chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {DatabaseSync} from 'node:sqlite';
import {setImmediate as aMoment} from 'node:timers/promises';
import {afterEach, beforeEach, expect, onTestFinished, test} from 'vitest';
import {type Document, openWorld, type World} from '../stand-ins/globus/support.ts';
import {runStage} from '../support/cli.ts';
import {allowAll} from '../support/sign-in-page.ts';
import {signInDesk} from './support/desk.ts';

// Real processes: a command reads what another program, globus-cli, left; Globus itself serves in this process.

let world: World;
beforeEach(async () => {
  world = await openWorld();
});
afterEach(() => world.remove());

const SCOPE = 'openid profile email urn:globus:auth:scope:transfer.api.globus.org:all';
const ask = async (path: string, init: RequestInit) =>
  (await (await fetch(new URL(path, world.globus.url), init)).json()) as Document;

/** Sign in as the CLI does: a client of its own, a code, tokens. Source: globus-cli 3.41, as recorded. */
async function cliLogin() {
  const made = await ask('/v2/api/clients', {
    method: 'POST',
    headers: {'content-type': 'application/json'},
    body: JSON.stringify({client: {template_id: '95fdeba8-fac2-42bd-a357-e068d82ff78e', name: 'Globus CLI'}}),
  });
  const {client, secret} = (made.included as {client_credential: {client: string; secret: string}}).client_credential;
  const redirect_uri = `${world.globus.url}v2/web/auth-code`;
  const query = new URLSearchParams({client_id: client, redirect_uri, scope: SCOPE, state: '_default'});
  query.set('response_type', 'code');
  query.set('access_type', 'offline');
  const back = await allowAll(new URL(`/v2/oauth2/authorize?${query}`, world.globus.url));
  const code = back?.searchParams.get('code') ?? '';
  const given = await ask('/v2/oauth2/token', {
    method: 'POST',
    headers: {authorization: `Basic ${Buffer.from(`${client}:${secret}`).toString('base64')}`},
    body: new URLSearchParams({grant_type: 'authorization_code', code, redirect_uri}),
  });
  return {client, secret, tokens: [given, ...(given.other_tokens as Document[])]};
}

type Login = Awaited<ReturnType<typeof cliLogin>>;

/** The CLI's storage, with its tables. Source: globus-cli 3.41. */
function writeStorage(file: string, login: Login, {expired = false, namespace = 'userprofile/production'} = {}) {
  mkdirSync(dirname(file), {recursive: true, mode: 0o700});
  writeFileSync(file, '', {mode: 0o600});
  const database = new DatabaseSync(file);
  database.exec('CREATE TABLE token_storage(namespace TEXT, resource_server TEXT, token_data_json TEXT)');
  database.exec('CREATE TABLE config_storage(namespace TEXT, config_name TEXT, config_data_json TEXT)');
  database.exec('CREATE TABLE sdk_storage_adapter_internal(attribute TEXT, value TEXT)');
  for (const token of login.tokens) {
    const {resource_server, access_token, refresh_token, scope} = token;
    const expires_at_seconds = Math.floor(Date.now() / 1000) + (expired ? -10 : 172_800);
    const data = {resource_server, access_token, refresh_token, scope, token_type: 'Bearer', expires_at_seconds};
    const row = [namespace, String(resource_server), JSON.stringify(data)];
    database.prepare('INSERT INTO token_storage VALUES (?, ?, ?)').run(...row);
  }
  const config = {
    auth_client_data: {client_id: login.client, client_secret: login.secret},
    auth_user_data: {sub: world.globus.credentials().clientId},
  };
  for (const [name, data] of Object.entries(config))
    database.prepare('INSERT INTO config_storage VALUES (?, ?, ?)').run(namespace, name, JSON.stringify(data));
  database.close();
}

async function desk(options?: {expired?: boolean; namespace?: string}) {
  const made = signInDesk(world.globus.url, ['sign_in: globus-cli']);
  const file = join(made.directory, '.globus', 'cli', 'storage.db');
  const login = await cliLogin();
  writeStorage(file, login, options);
  const print = () => {
    const {mtimeMs, ino, mode} = statSync(file);
    const hash = createHash('sha256').update(readFileSync(file)).digest('hex');
    return {mtimeMs, ino, mode, hash, beside: readdirSync(dirname(file))};
  };
  return {...made, stage: made.stage, file, login, print};
}

test('an existing "globus login" is used while its token lasts, without asking for another', async () => {
  const me = await desk();
  const {secret} = me.login;
  const ran = await me.stage('whoami', '--json');
  expect(ran.stderr).toBe('');
  const report = ran.json<Record<string, unknown>>();
  expect(report).toMatchObject({signedInBy: 'globus-cli', tokens: 'globus-cli', renewedBy: 'refresh-token'});
  expect(JSON.stringify(report)).not.toContain(secret);
  expect((await me.stage('login')).stdout).toContain('with the login of the globus CLI');
});

test('its token that has ended is renewed in memory with its own client; nothing of it is written', async () => {
  const me = await desk({expired: true});
  const before = me.print();
  for (const _ of [1, 2]) expect((await me.stage('whoami')).exitCode).toBe(0);
  expect(me.print()).toEqual(before);
  expect(me.kept()).toEqual([]);
});

test('profiles and environments of the CLI are kept apart', async () => {
  const me = await desk({namespace: 'userprofile/sandbox/work'});
  expect(await me.stage('whoami')).toMatchObject({exitCode: 3, stderr: expect.stringContaining('globus login')});
  const env = {...me.env, GLOBUS_SDK_ENVIRONMENT: 'sandbox', GLOBUS_PROFILE: 'work'};
  // The helper drops GLOBUS_ variables of whoever runs the tests; these are given on purpose.
  expect((await runStage(['whoami'], {env})).exitCode).toBe(0);
});

test('without its login, or with one that is withdrawn, "globus login" is what to type', async () => {
  const me = await desk({expired: true});
  for (const token of me.login.tokens)
    await ask('/v2/oauth2/token/revoke', {
      method: 'POST',
      body: new URLSearchParams({token: String(token.refresh_token), client_id: me.login.client}),
    });
  expect(await me.stage('whoami')).toMatchObject({
    exitCode: 3,
    stderr: expect.stringContaining('globus login --force'),
  });
  rmSync(me.file);
  expect(await me.stage('whoami')).toMatchObject({exitCode: 3, stderr: expect.stringContaining('globus login')});
});

test('a storage that others may read is refused; a damaged one and one that is being written conclude nothing', async () => {
  const me = await desk();
  chmodSync(me.file, 0o644);
  expect(await me.stage('whoami')).toMatchObject({
    exitCode: 3,
    stderr: expect.stringContaining(`chmod 600 ${me.file}`),
  });
  chmodSync(me.file, 0o600);
  writeFileSync(`${me.file}-journal`, 'a transaction under way');
  expect(await me.stage('whoami')).toMatchObject({exitCode: 4, stderr: expect.stringContaining('is writing')});
  rmSync(`${me.file}-journal`);
  writeFileSync(me.file, 'no database');
  expect(await me.stage('whoami')).toMatchObject({
    exitCode: 3,
    stderr: expect.stringContaining('does not have the known form'),
  });
});

test('a transaction of the CLI that is under way concludes nothing, and is not disturbed', async () => {
  const me = await desk();
  const database = new DatabaseSync(me.file);
  onTestFinished(() => database.close());
  database.exec("BEGIN EXCLUSIVE; UPDATE token_storage SET token_data_json = '{}'");
  expect(await me.stage('whoami')).toMatchObject({exitCode: 4, stderr: expect.stringContaining('is writing')});
  expect(me.print().beside.sort()).toEqual(['storage.db', 'storage.db-journal']);
  database.exec('ROLLBACK');
  expect(await me.stage('whoami')).toMatchObject({exitCode: 0});
});

test('while stage reads it, over and over, the CLI writes without waiting', async () => {
  const me = await desk();
  const database = new DatabaseSync(me.file, {timeout: 0});
  onTestFinished(() => database.close());
  let reading = true;
  const readers = Promise.all([1, 2].map(() => me.stage('whoami'))).finally(() => {
    reading = false;
  });
  while (reading) {
    database.exec("UPDATE config_storage SET namespace = namespace || ''"); // throws "database is locked" if it had to wait
    await aMoment(); // Globus, which the readers ask, is in this process
  }
  for (const ran of await readers) expect([0, 4]).toContain(ran.exitCode);
});

test('its sign-in is not ours to end', async () => {
  const me = await desk();
  const before = me.print();
  expect(await me.stage('logout')).toMatchObject({exitCode: 2, stderr: expect.stringContaining('globus logout')});
  expect(me.print()).toEqual(before);
});
