import {inspect} from 'node:util';
import {expect, onTestFinished, test, vi} from 'vitest';
import {GrantRefused, TokenRejected} from '../../src/auth/explain.ts';
import {askWhoIs, revokeToken} from '../../src/auth/globus-auth.ts';
import {exchangeCode, fetchClientToken, refreshTokens} from '../../src/auth/token-grants.ts';
import type {AskedPause, Pause} from '../../src/base/asked-pause.ts';
import {TransferUnreachable} from '../../src/globus-errors.ts';
import {httpService, type Reaction} from '../transfer/http-service.ts';

// The real SDK, real HTTP; the service plays its part.
const CLIENT = {clientId: 'c1', clientSecret: 'SECRET-OF-CLIENT'};
const BASIC = `Basic ${Buffer.from('c1:SECRET-OF-CLIENT').toString('base64')}`;
const TOKEN: Reaction = {
  status: 200,
  json: {access_token: 'ACCESS', expires_in: 60, resource_server: 'auth.globus.org', refresh_token: 'REFRESH-1'},
};
const CODE = {
  clientId: 'n1',
  code: 'CODE',
  verifier: 'VERIFIER',
  redirectUri: 'https://auth.globus.org/v2/web/auth-code',
};

async function auth(...reactions: Reaction[]) {
  const service = await httpService(...reactions);
  const sent = () =>
    service.asked.map(({method, path, authorization, body}) => ({
      line: `${method} ${path}`,
      authorization,
      form: Object.fromEntries(new URLSearchParams(body)),
    }));
  return {settings: {authUrl: service.url, backoffMs: 1}, sent};
}

test('a code is exchanged with its verifier, by a client that names itself', async () => {
  const {settings, sent} = await auth(TOKEN);
  expect(await exchangeCode(settings, CODE)).toMatchObject([{accessToken: 'ACCESS', refreshToken: 'REFRESH-1'}]);
  expect(sent()).toEqual([
    {
      line: 'POST /v2/oauth2/token',
      authorization: '',
      form: {
        grant_type: 'authorization_code',
        client_id: 'n1',
        code: 'CODE',
        code_verifier: 'VERIFIER',
        redirect_uri: CODE.redirectUri,
      },
    },
  ]);
});

test('a code is used once, whatever becomes of the answer; a refresh is tried again', async () => {
  const stumble: Reaction = {status: 503, text: ''};
  const once = await auth(stumble, TOKEN);
  await expect(exchangeCode(once.settings, CODE)).rejects.toThrow(TransferUnreachable);
  expect(once.sent()).toHaveLength(1);
  const again = await auth(stumble, TOKEN);
  expect(await refreshTokens(again.settings, 'n1', 'REFRESH-0')).toHaveLength(1);
  expect(again.sent()).toHaveLength(2);
});

test.each([
  ['a native app names itself', 'n1', '', {client_id: 'n1'}],
  ['a confidential client proves itself', CLIENT, BASIC, {}],
])('when tokens are renewed or withdrawn, %s', async (_, client, authorization, named) => {
  const {settings, sent} = await auth(TOKEN, {status: 200, json: {active: false}});
  await refreshTokens(settings, client, 'REFRESH-0');
  await revokeToken(settings, 'ACCESS', client);
  expect(sent()).toEqual([
    {
      line: 'POST /v2/oauth2/token',
      authorization,
      form: {grant_type: 'refresh_token', refresh_token: 'REFRESH-0', ...named},
    },
    {line: 'POST /v2/oauth2/token/revoke', authorization, form: {token: 'ACCESS', ...named}},
  ]);
});

test('a token counts as withdrawn only when Auth says so', async () => {
  for (const reaction of [{status: 400, json: {error: 'invalid_request'}}, {status: 500, text: ''}, 'reset'] as const) {
    const {settings} = await auth(reaction);
    await expect(revokeToken(settings, 'ACCESS', 'n1')).rejects.toThrow(TransferUnreachable);
  }
});

test('Auth tells whose token it is, and when that person last signed in', async () => {
  const {settings, sent} = await auth(
    {status: 200, json: {sub: 'me', preferred_username: 'me@example.edu', name: 'Me', last_authentication: 7}},
    {status: 200, json: {sub: 'me', preferred_username: null, last_authentication: null}},
  );
  expect(await askWhoIs(settings, 'ACCESS')).toEqual({
    id: 'me',
    username: 'me@example.edu',
    name: 'Me',
    authenticatedAt: 7000,
  });
  expect(await askWhoIs(settings, 'ACCESS')).toEqual({id: 'me', username: 'me'});
  expect(sent()[0]).toMatchObject({line: 'GET /v2/oauth2/userinfo', authorization: 'Bearer ACCESS'});
});

test.each([
  ['a token that has ended', {status: 401, json: {error: 'invalid_token'}}, TokenRejected],
  ['a token without the right', {status: 403, text: ''}, TokenRejected],
  ['a page', {status: 200, text: '<html>', headers: {'content-type': 'text/html'}}, TransferUnreachable],
  ['a person without an id', {status: 200, json: {sub: ''}}, TransferUnreachable],
  ['500', {status: 500, text: ''}, TransferUnreachable],
] as [string, Reaction, typeof TokenRejected | typeof TransferUnreachable][])(
  'of %s nothing is learnt about the person',
  async (_, reaction, kind) => {
    const {settings} = await auth(reaction);
    await expect(askWhoIs(settings, 'ACCESS')).rejects.toThrow(kind);
  },
);

test('a refusal quotes what Auth said', async () => {
  const {settings} = await auth({status: 400, json: {error: 'invalid_grant', error_description: 'too old'}});
  await expect(refreshTokens(settings, 'n1', 'REFRESH-0')).rejects.toMatchObject({
    error: 'invalid_grant',
    words: 'Globus Auth said invalid_grant: "too old"',
  });
});

test('no error shows what was sent, however it is printed', async () => {
  const reactions: Reaction[] = [
    {status: 400, json: {error: 'invalid_grant'}},
    {status: 302, text: ''},
    'reset',
    'half',
  ];
  for (const reaction of reactions) {
    const {settings} = await auth(reaction);
    for (const work of [
      () => refreshTokens({...settings, retries: 0}, CLIENT, 'SECRET-REFRESH'),
      () => exchangeCode(settings, {...CODE, code: 'SECRET-CODE', verifier: 'SECRET-VERIFIER'}),
      () => revokeToken(settings, 'SECRET-ACCESS', CLIENT),
      () => askWhoIs(settings, 'SECRET-ACCESS'),
    ]) {
      const error: unknown = await work().catch((thrown: unknown) => thrown);
      expect(error instanceof GrantRefused || error instanceof TransferUnreachable).toBe(true);
      const printed = inspect(error, {depth: null, showHidden: true}) + JSON.stringify(error);
      expect(printed).not.toMatch(/SECRET/);
      expect(printed).not.toContain(BASIC);
    }
  }
});

test('what the environment tells the SDK changes neither the address nor the proof', async () => {
  const {settings, sent} = await auth(TOKEN);
  onTestFinished(() => {
    vi.unstubAllEnvs();
  });
  vi.stubEnv('GLOBUS_SDK_ENVIRONMENT', 'sandbox');
  vi.stubEnv('GLOBUS_SDK_SERVICE_URL_AUTH', 'http://127.0.0.1:1/');
  vi.stubEnv('GLOBUS_SDK_OPTIONS', '{"fetch": {"options": {"headers": {"Authorization": "Bearer OTHER"}}}}');
  await fetchClientToken(settings, CLIENT, {scopes: ['s'], resourceServer: 'auth.globus.org'});
  expect(sent()).toMatchObject([{line: 'POST /v2/oauth2/token', authorization: BASIC}]);
});

test('a pause that Globus Auth asks for is kept by every process that shares the record', async () => {
  let pause: Pause | undefined;
  const asked: AskedPause = {
    now: () => pause,
    remember: (ms, said) => {
      pause = {until: Date.now() + ms, said};
    },
  };
  const {settings, sent} = await auth(
    {status: 429, json: {errors: [{code: 'RATE_LIMITED'}]}, headers: {'retry-after': '3600'}},
    TOKEN,
  );
  const ask = () => refreshTokens({...settings, asked}, 'n1', 'REFRESH-0');
  await expect(ask()).rejects.toThrow(TransferUnreachable);
  await expect(ask()).rejects.toMatchObject({why: expect.stringMatching(/no request before .*HTTP 429/)});
  expect(sent()).toHaveLength(1);
  pause = undefined;
  expect(await ask()).toHaveLength(1);
});
