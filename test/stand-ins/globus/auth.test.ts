import {createHash, createPublicKey, createVerify, type JsonWebKey, randomUUID} from 'node:crypto';
import {readdirSync, readFileSync, statSync} from 'node:fs';
import {join} from 'node:path';
import {afterEach, beforeEach, expect, test} from 'vitest';
import {openTokenStore} from '../../../src/stand-ins/globus/store/token-store.ts';
import {allowAll} from '../../support/sign-in-page.ts';
import {askToken, type Document, openWorld, registeredClient, signIn, type World} from './support.ts';

const TRANSFER = 'urn:globus:auth:scope:transfer.api.globus.org:all';

let world: World;
beforeEach(async () => {
  world = await openWorld();
});
afterEach(() => world.remove());

const post = async (path: string, form: Record<string, string>, basic = false) => {
  const {clientId, clientSecret} = world.globus.credentials();
  const response = await fetch(new URL(path, world.globus.url), {
    method: 'POST',
    headers: basic ? {authorization: `Basic ${Buffer.from(`${clientId}:${clientSecret}`).toString('base64')}`} : {},
    body: new URLSearchParams(form),
  });
  return {status: response.status, body: (await response.json()) as Document};
};

test('client credentials give one token a resource server, for 48 hours, and no refresh token', async () => {
  const {status, body} = await askToken(world.globus, {
    grant_type: 'client_credentials',
    scope: `${TRANSFER} openid email`,
  });
  expect(status).toBe(200);
  expect(body).toEqual({
    access_token: expect.any(String),
    scope: TRANSFER,
    expires_in: 172_800,
    token_type: 'Bearer',
    resource_server: 'transfer.api.globus.org',
    other_tokens: [
      {
        access_token: expect.any(String),
        scope: 'openid email',
        expires_in: 172_800,
        token_type: 'Bearer',
        resource_server: 'auth.globus.org',
      },
    ],
  });
});

test.each([
  ['an unknown scope', `${TRANSFER} nonsense`, 'invalid_scope'],
  ['a bracket that is not closed', `${TRANSFER}[openid`, 'invalid_scope'],
  ['a bracket that is not opened', `${TRANSFER}]`, 'invalid_scope'],
  [
    'data_access of a collection that needs none',
    `${TRANSFER}[*https://auth.globus.org/scopes/x/data_access]`,
    'invalid_scope',
  ],
  ['no scope', '', 'invalid_scope'],
])('%s is refused', async (_what, scope, error) => {
  const answer = await askToken(world.globus, {grant_type: 'client_credentials', scope});
  expect(answer).toMatchObject({status: 400, body: {error}});
});

test('a wrong secret, another grant and a missing header are refused in OAuth words', async () => {
  const wrong = await fetch(new URL('/v2/oauth2/token', world.globus.url), {
    method: 'POST',
    headers: {authorization: `Basic ${Buffer.from(`${world.globus.credentials().clientId}:x`).toString('base64')}`},
    body: new URLSearchParams({grant_type: 'client_credentials', scope: TRANSFER}),
  });
  expect(wrong.status).toBe(401);
  expect(await wrong.json()).toMatchObject({error: 'invalid_client'});
  expect((await askToken(world.globus, {grant_type: 'client_credentials', scope: TRANSFER}, false)).status).toBe(401);
  expect((await askToken(world.globus, {grant_type: 'password'})).body.error).toBe('unsupported_grant_type');
});

test('a token for Auth does not open Transfer, and the other way round', async () => {
  const transfer = world.token;
  world.token = await signIn(world.globus, 'openid');
  expect((await world.call('GET', '/task_list')).status).toBe(401);
  const userinfo = (token: string) =>
    fetch(new URL('/v2/oauth2/userinfo', world.globus.url), {headers: {authorization: `Bearer ${token}`}});
  expect((await userinfo(transfer)).status).toBe(401);
  const mine = (await (await userinfo(world.token)).json()) as Document;
  const {clientId} = world.globus.credentials();
  expect(mine).toMatchObject({sub: clientId, preferred_username: `${clientId}@clients.auth.globus.org`});
});

test('a revoked token is not active any more', async () => {
  expect((await post('/v2/oauth2/token/validate', {token: world.token})).body).toEqual({active: true});
  expect((await post('/v2/oauth2/token/introspect', {token: world.token}, true)).body).toMatchObject({
    active: true,
    scope: TRANSFER,
    sub: world.globus.credentials().clientId,
  });
  expect((await post('/v2/oauth2/token/revoke', {token: world.token}, true)).body).toEqual({active: false});
  expect((await post('/v2/oauth2/token/introspect', {token: world.token}, true)).body).toEqual({active: false});
  expect((await world.call('GET', '/task_list')).status).toBe(401);
});

test('a native client signs in with PKCE, refreshes, and gets its refresh token again', async () => {
  const client_id = randomUUID();
  const redirect_uri = `${world.globus.url}v2/web/auth-code`;
  const code_verifier = 'v'.repeat(50);
  const query = new URLSearchParams({
    client_id,
    redirect_uri,
    scope: `openid ${TRANSFER}`,
    state: 'here',
    response_type: 'code',
    access_type: 'offline',
    code_challenge: createHash('sha256').update(code_verifier).digest('base64url'),
    code_challenge_method: 'S256',
  });
  const authorize = new URL(`/v2/oauth2/authorize?${query}`, world.globus.url);
  const page = await fetch(authorize, {headers: {accept: 'text/html'}});
  expect(await page.text()).toContain('<form method="post" action="/v2/oauth2/authorize">');
  const back = (await allowAll(authorize)) ?? authorize;
  expect(back.searchParams.get('state')).toBe('here');
  const code = back.searchParams.get('code') ?? '';
  expect(await (await fetch(back)).text()).toContain(code);
  const exchange = {grant_type: 'authorization_code', client_id, code, code_verifier, redirect_uri};
  const {body} = await post('/v2/oauth2/token', exchange);
  expect(body).toMatchObject({resource_server: 'auth.globus.org', refresh_token: expect.any(String)});
  expect((await post('/v2/oauth2/token', exchange)).body.error).toBe('invalid_grant');

  const [head, claims, signature] = String(body.id_token).split('.');
  const {keys} = (await (await fetch(new URL('/jwk.json', world.globus.url))).json()) as {keys: JsonWebKey[]};
  const key = createPublicKey({key: keys[0] ?? {}, format: 'jwk'});
  const verify = createVerify('RSA-SHA512').update(`${head}.${claims}`);
  expect(verify.verify(key, signature ?? '', 'base64url')).toBe(true);
  expect(JSON.parse(Buffer.from(claims ?? '', 'base64url').toString())).toMatchObject({aud: client_id});

  const transfer = (body.other_tokens as Document[])[0] ?? {};
  const refreshed = await post('/v2/oauth2/token', {
    grant_type: 'refresh_token',
    client_id,
    refresh_token: String(transfer.refresh_token),
  });
  expect(refreshed.body).toMatchObject({
    resource_server: 'transfer.api.globus.org',
    refresh_token: transfer.refresh_token,
    other_tokens: [],
  });
  world.token = String(refreshed.body.access_token);
  expect((await world.call('GET', '/task_list')).status).toBe(200);
  const stolen = await post('/v2/oauth2/token', {
    grant_type: 'refresh_token',
    client_id: randomUUID(),
    refresh_token: String(transfer.refresh_token),
  });
  expect(stolen).toMatchObject({status: 400, body: {error: 'invalid_grant'}});
});

test('a code is worth nothing with another verifier', async () => {
  const query = new URLSearchParams({
    client_id: 'native',
    redirect_uri: 'http://127.0.0.1:1/',
    scope: TRANSFER,
    response_type: 'code',
    code_challenge: createHash('sha256').update('right').digest('base64url'),
    code_challenge_method: 'S256',
  });
  const back = await allowAll(new URL(`/v2/oauth2/authorize?${query}`, world.globus.url));
  const code = back?.searchParams.get('code') ?? '';
  const refused = await post('/v2/oauth2/token', {
    grant_type: 'authorization_code',
    client_id: 'native',
    code,
    code_verifier: 'wrong',
    redirect_uri: 'http://127.0.0.1:1/',
  });
  expect(refused).toMatchObject({status: 400, body: {error: 'invalid_grant'}});
});

test('only the owner of a task sees it', async () => {
  const id = await world.transfer({from: '/later', to: '/later'});
  world.token = (await registeredClient(world.globus)).token;
  expect((await world.call('GET', `/task/${id}`)).status).toBe(404);
  expect((await world.call('POST', `/task/${id}/cancel`)).status).toBe(404);
  expect((await world.call('GET', '/task_list')).body.total).toBe(0);
});

test('an identity is found by its id, by those who are signed in', async () => {
  const {clientId} = world.globus.credentials();
  const show = async (id: string, token: string) => {
    const address = new URL(`/v2/api/identities/${id}`, world.globus.url);
    const answer = await fetch(address, {headers: {authorization: `Bearer ${token}`}});
    return {status: answer.status, body: (await answer.json()) as Document};
  };
  const token = await signIn(world.globus, 'openid');
  const me = world.globus.people()[0];
  expect(await show(me?.id ?? '', token)).toMatchObject({
    status: 200,
    body: {identity: {id: me?.id, username: me?.username, status: 'used'}},
  });
  expect(await show(clientId, token)).toMatchObject({status: 200, body: {identity: {id: clientId}}});
  expect(await show(randomUUID(), token)).toMatchObject({status: 404, body: {errors: [{status: '404'}]}});
  expect((await show(clientId, world.token)).status).toBe(401); // a token for Transfer
});

test('no token lies on disk in clear, and no other user may read what does', () => {
  const root = join(world.directory, 'state');
  expect(statSync(root).mode & 0o777).toBe(0o700);
  for (const name of readdirSync(root)) {
    if (!name.endsWith('.json')) continue;
    expect(statSync(join(root, name)).mode & 0o777, name).toBe(0o600);
    expect(readFileSync(join(root, name), 'utf8')).not.toContain(world.token);
  }
});

test('a token that has expired stands for nothing', () => {
  const tokens = openTokenStore(join(world.directory, 'tokens'));
  const grant = {kind: 'access', identity: 'me', client: 'c', scopes: [TRANSFER], resourceServer: 'x'} as const;
  const dead = tokens.issue({...grant, scopes: [...grant.scopes], expiresAt: Date.now() - 1});
  const live = tokens.issue({...grant, scopes: [...grant.scopes], expiresAt: Date.now() + 60_000});
  expect(tokens.find(dead)).toBeUndefined();
  expect(tokens.find(live)).toMatchObject({identity: 'me'});
});
