import {chmod, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile} from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import {inspect} from 'node:util';
import {expect, onTestFinished, test} from 'vitest';
import {createClientTokenSource} from '../../src/auth/client-credentials.ts';
import {readCredentials} from '../../src/auth/credentials.ts';
import {createTokenSource} from '../../src/auth/token-source.ts';
import {createTokenStore} from '../../src/auth/token-store.ts';
import {SignInNeeded, TransferUnreachable} from '../../src/globus-errors.ts';
import {httpService, type Reaction} from '../transfer/http-service.ts';

const KEY = {
  authUrl: 'https://auth.globus.org/',
  clientId: 'c1',
  resourceServer: 'transfer.api.globus.org',
  scopes: ['s'],
};
const token = (access_token: string, more = {}) => ({
  status: 200,
  json: {
    access_token,
    expires_in: 172800,
    scope: 's',
    token_type: 'Bearer',
    resource_server: 'transfer.api.globus.org',
    other_tokens: [],
    ...more,
  },
});

async function directory(): Promise<string> {
  const made = await mkdtemp(path.join(os.tmpdir(), 'stage-auth-'));
  onTestFinished(() => rm(made, {recursive: true, force: true}));
  return made;
}

async function credentialsFile(
  text = '{"client_id": "c1", "client_secret": "SECRET-OF-CLIENT"}',
  mode = 0o600,
): Promise<string> {
  const file = path.join(await directory(), 'client.json');
  await writeFile(file, text);
  await chmod(file, mode);
  return file;
}

async function signIn(...reactions: Reaction[]) {
  const auth = await httpService(...reactions);
  const at = {
    credentialsFile: await credentialsFile(),
    tokenDirectory: path.join(await directory(), 'tokens'),
    authUrl: auth.url,
    backoffMs: 1,
  };
  return {...auth, at, tokens: createClientTokenSource(at)};
}

/** Everything that a print, a log or --json could show of an error. */
function everythingIn(error: unknown): string {
  const chain: unknown[] = [];
  for (let at: unknown = error; at instanceof Error; at = at.cause)
    chain.push(at.message, at.stack, JSON.stringify(at));
  return `${inspect(error, {depth: null, showHidden: true})} ${chain.join(' ')}`;
}

async function failureOf(work: Promise<unknown>): Promise<Error> {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof Error)) throw new Error('it did not fail');
  return error;
}

test('asks for a token once, with the client as Basic authorization, and keeps it for the next process', async () => {
  const {tokens, asked, at} = await signIn(token('TOKEN-1'), token('TOKEN-2'));
  expect(await tokens.token()).toBe('TOKEN-1');
  expect(await tokens.token()).toBe('TOKEN-1');
  expect(await createClientTokenSource(at).token()).toBe('TOKEN-1');
  expect(asked).toHaveLength(1);
  expect(asked[0]).toMatchObject({
    method: 'POST',
    path: '/v2/oauth2/token',
    authorization: `Basic ${Buffer.from('c1:SECRET-OF-CLIENT').toString('base64')}`,
    body: 'grant_type=client_credentials&scope=urn%3Aglobus%3Aauth%3Ascope%3Atransfer.api.globus.org%3Aall',
  });
});

test('many askers in one process cause one request', async () => {
  const {tokens, asked} = await signIn(token('TOKEN-1'));
  expect(new Set(await Promise.all(Array.from({length: 8}, () => tokens.token())))).toEqual(new Set(['TOKEN-1']));
  expect(asked).toHaveLength(1);
});

test('processes at once may each fetch a token; each gets a good one, and one whole file remains', async () => {
  const {at, asked} = await signIn(...Array.from({length: 6}, (_, n) => token(`TOKEN-${n}`)));
  const got = await Promise.all(Array.from({length: 6}, () => createClientTokenSource(at).token()));
  for (const one of got) expect(one).toMatch(/^TOKEN-\d$/);
  expect(asked.length).toBeLessThanOrEqual(6);
  const files = await readdir(at.tokenDirectory);
  expect(files).toHaveLength(1);
  expect(got).toContain(JSON.parse(await readFile(path.join(at.tokenDirectory, files[0] ?? ''), 'utf8')).access_token);
});

test('a rejected token is replaced, unless another process has done so already', async () => {
  const {tokens, asked, at} = await signIn(token('TOKEN-1'), token('TOKEN-2'), token('TOKEN-3'));
  const other = createClientTokenSource(at);
  expect([await tokens.token(), await other.token()]).toEqual(['TOKEN-1', 'TOKEN-1']);
  expect(await tokens.renew('TOKEN-1')).toBe('TOKEN-2');
  expect(await other.renew('TOKEN-1')).toBe('TOKEN-2');
  expect(asked).toHaveLength(2);
});

test('a token is given up a minute before its end', async () => {
  let now = 0;
  let fetched = 0;
  const store = createTokenStore(path.join(await directory(), 't'), KEY);
  const fetch = async () => {
    fetched += 1;
    return {accessToken: `TOKEN-${fetched}`, expiresAt: now + 100_000};
  };
  const source = createTokenSource({store, fetch, now: () => now});
  expect(await source.token()).toBe('TOKEN-1');
  now = 39_999;
  expect(await source.token()).toBe('TOKEN-1');
  now = 40_000;
  expect(await source.token()).toBe('TOKEN-2');
});

test('a token that cannot be kept is as good as another one', async () => {
  const place = path.join(await directory(), 'file');
  await writeFile(place, '', {mode: 0o600});
  const store = {
    read: async () => undefined,
    write: createTokenStore(path.join(place, 'tokens'), KEY).write,
    remove: async () => false,
  };
  const source = createTokenSource({store, fetch: async () => ({accessToken: 'TOKEN-1', expiresAt: 1e15})});
  await expect(store.write({accessToken: 'TOKEN-1', expiresAt: 1e15})).rejects.toThrow(/EEXIST|ENOTDIR/);
  expect(await source.token()).toBe('TOKEN-1');
});

test('the token of Transfer is taken from wherever it stands in the answer', async () => {
  const other = {access_token: 'TRANSFER', expires_in: 60, resource_server: 'transfer.api.globus.org'};
  const {tokens} = await signIn(token('AUTH', {resource_server: 'auth.globus.org', other_tokens: [other]}));
  expect(await tokens.token()).toBe('TRANSFER');
});

test('the store is a directory of mode 0700 with files of mode 0600, whatever the umask', async () => {
  const umask = process.umask(0o000);
  onTestFinished(() => void process.umask(umask));
  const place = path.join(await directory(), 'a', 'tokens');
  const store = createTokenStore(place, KEY);
  expect(await store.read()).toBeUndefined();
  await store.write({accessToken: 'TOKEN-1', expiresAt: 7});
  expect(await store.read()).toEqual({accessToken: 'TOKEN-1', expiresAt: 7});
  const [file = ''] = await readdir(place);
  expect((await stat(place)).mode & 0o777).toBe(0o700);
  expect((await stat(path.join(place, file))).mode & 0o777).toBe(0o600);
});

test.each([
  ['directory', 0o750],
  ['directory', 0o701],
  ['file', 0o640],
  ['file', 0o604],
] as const)('a token %s of mode %o is refused, with the command that corrects it', async (kind, mode) => {
  const place = path.join(await directory(), 'tokens');
  const store = createTokenStore(place, KEY);
  await store.write({accessToken: 'TOKEN-1', expiresAt: 7});
  const name = kind === 'directory' ? place : path.join(place, (await readdir(place))[0] ?? '');
  await chmod(name, mode);
  const error = await failureOf(store.read());
  expect(error).toBeInstanceOf(SignInNeeded);
  expect(error.message).toContain(name);
  expect(error.message).toContain(mode.toString(8));
  expect((error as SignInNeeded).next.join(' ')).toContain(`chmod ${kind === 'file' ? '600' : '700'} ${name}`);
});

test('tokens of other clients, services or scopes are not mixed up', async () => {
  const place = path.join(await directory(), 'tokens');
  await createTokenStore(place, KEY).write({accessToken: 'TOKEN-1', expiresAt: 7});
  for (const change of [{clientId: 'c2'}, {authUrl: 'http://localhost/'}, {resourceServer: 'x'}, {scopes: ['s', 't']}])
    expect(await createTokenStore(place, {...KEY, ...change}).read()).toBeUndefined();
});

test('a token file that was damaged is as good as none', async () => {
  const {at, tokens, asked} = await signIn(token('TOKEN-1'), token('TOKEN-2'));
  await tokens.token();
  const file = path.join(at.tokenDirectory, (await readdir(at.tokenDirectory))[0] ?? '');
  await writeFile(file, (await readFile(file, 'utf8')).slice(0, 50));
  expect(await createClientTokenSource(at).token()).toBe('TOKEN-2');
  expect(asked).toHaveLength(2);
});

test.each([0o644, 0o660, 0o601])('credentials of mode %o are refused: file, mode and chmod are named', async (mode) => {
  const file = await credentialsFile(undefined, mode);
  const error = await failureOf(readCredentials(file));
  expect(error).toBeInstanceOf(SignInNeeded);
  expect(error.message).toContain(file);
  expect(error.message).toContain(mode.toString(8));
  expect((error as SignInNeeded).next.join(' ')).toContain(`chmod 600 ${file}`);
});

test('credentials must be a regular file, not a link or directory', async () => {
  const file = await credentialsFile();
  const link = path.join(await directory(), 'link.json');
  await symlink(file, link);
  await expect(readCredentials(link)).rejects.toThrow(SignInNeeded);
  await expect(readCredentials(path.dirname(file))).rejects.toThrow(SignInNeeded);
  await expect(readCredentials(`${file}.gone`)).rejects.toThrow('does not exist');
  expect(await readCredentials(file)).toEqual({clientId: 'c1', clientSecret: 'SECRET-OF-CLIENT'});
});

test.each([
  'client_secret=SECRET-OF-CLIENT',
  '"SECRET-OF-CLIENT"',
  '{"client_secret": "SECRET-OF-CLIENT"}',
  '{"client_id": 5, "client_secret": "SECRET-OF-CLIENT"}',
  'SECRET-OF-CLIENT',
  '',
])('malformed credentials are refused without being quoted: %j', async (text) => {
  const error = await failureOf(readCredentials(await credentialsFile(text)));
  expect(error).toBeInstanceOf(SignInNeeded);
  expect((error as SignInNeeded).why).toContain('"client_id" and "client_secret"');
  expect(everythingIn(error)).not.toContain('SECRET');
});

test('a corrected credentials file is read again', async () => {
  const {at, tokens} = await signIn(token('TOKEN-1'));
  await chmod(at.credentialsFile, 0o644);
  await expect(tokens.token()).rejects.toThrow(SignInNeeded);
  await chmod(at.credentialsFile, 0o600);
  expect(await tokens.token()).toBe('TOKEN-1');
});

const FAILURES: [string, Reaction, typeof SignInNeeded | typeof TransferUnreachable][] = [
  ['a client that is not known', {status: 401, json: {error: 'invalid_client'}}, SignInNeeded],
  [
    'a scope that is not known',
    {status: 400, json: {error: 'invalid_scope', error_description: 'no such scope'}},
    SignInNeeded,
  ],
  ['a page', {status: 200, text: '<html>SECRET</html>'}, TransferUnreachable],
  ['a redirection', {status: 302, headers: {location: 'http://127.0.0.1:1/'}, text: ''}, TransferUnreachable],
  ['an answer without a token', {status: 200, json: {scope: 's'}}, TransferUnreachable],
  [
    'a token for another service',
    token('SECRET-TOKEN', {resource_server: 'groups.api.globus.org'}),
    TransferUnreachable,
  ],
  ['500', {status: 500, text: 'oops'}, TransferUnreachable],
  ['a cut connection', 'reset', TransferUnreachable],
  ['half an answer', 'half', TransferUnreachable],
];

test.each(FAILURES)('%s from Globus Auth is told as what it is, without the secret', async (_, reaction, kind) => {
  const {tokens} = await signIn(reaction);
  const error = await failureOf(tokens.token());
  expect(error).toBeInstanceOf(kind);
  const basic = Buffer.from('c1:SECRET-OF-CLIENT').toString('base64');
  expect(everythingIn(error)).not.toMatch(/SECRET/);
  expect(everythingIn(error)).not.toContain(basic);
});

test('an Auth service that never answers is given up in time', async () => {
  const auth = await httpService('silent');
  const at = {
    credentialsFile: await credentialsFile(),
    tokenDirectory: await directory(),
    authUrl: auth.url,
    timeoutMs: 100,
    backoffMs: 1,
  };
  await expect(createClientTokenSource(at).token()).rejects.toThrow(TransferUnreachable);
});

test('a stumble of Globus Auth is tried again, a refusal is not', async () => {
  const stumbling = await signIn({status: 503, text: ''}, token('TOKEN-1'));
  expect(await stumbling.tokens.token()).toBe('TOKEN-1');
  const refusing = await signIn({status: 401, json: {error: 'invalid_client'}}, token('TOKEN-1'));
  await expect(refusing.tokens.token()).rejects.toThrow(SignInNeeded);
  expect(refusing.asked).toHaveLength(1);
});
