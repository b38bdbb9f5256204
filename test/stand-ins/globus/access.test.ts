import {afterEach, beforeEach, expect, test} from 'vitest';
import {allowAll} from '../../support/sign-in-page.ts';
import {
  askToken,
  type Document,
  openWorld,
  signInByHand,
  tokenFor,
  transferDocument,
  until,
  type World,
} from './support.ts';

const TRANSFER = 'urn:globus:auth:scope:transfer.api.globus.org:all';
const LOGIN = `openid profile email urn:globus:auth:scope:auth.globus.org:view_identity_set ${TRANSFER}`;
const NOTHING = {consent: false, domains: [], policies: [], mfa: false};

let world: World;
beforeEach(async () => {
  world = await openWorld();
  world.put('f', 'x');
});
afterEach(() => world.remove());

const dataAccess = (...ids: string[]): string =>
  `${TRANSFER}[${ids.map((id) => `*https://auth.globus.org/scopes/${id}/data_access`).join(' ')}]`;
const ls = () => world.call('GET', `/operation/endpoint/${world.source.id}/ls?path=%2F&show_hidden=0`);
const auth = async (path: string, token: string) =>
  (await (
    await fetch(new URL(path, world.globus.url), {headers: {authorization: `Bearer ${token}`}})
  ).json()) as Document;
const introspect = async (token: string) => {
  const {clientId, clientSecret} = world.globus.credentials();
  const response = await fetch(new URL('/v2/oauth2/token/introspect', world.globus.url), {
    method: 'POST',
    headers: {authorization: `Basic ${Buffer.from(`${clientId}:${clientSecret}`).toString('base64')}`},
    body: new URLSearchParams({token, include: 'session_info,identity_set'}),
  });
  return (await response.json()) as Document;
};

test('a client meets ConsentRequired, asks a token for the scope it names, and goes on with the token it had', async () => {
  world.globus.require('source', {...NOTHING, consent: true});
  const scope = dataAccess(world.source.id);
  expect(await ls()).toMatchObject({
    status: 403,
    body: {
      code: 'ConsentRequired',
      required_scopes: [scope],
      authorization_parameters: {required_scopes: [scope]},
    },
  });
  const {status, body} = await askToken(world.globus, {grant_type: 'client_credentials', scope});
  expect({status, scope: body.scope}).toEqual({status: 200, scope: TRANSFER});
  expect((await ls()).status).toBe(200);
  const shown = await world.call('GET', `/endpoint/${world.source.id}`);
  expect(shown.body).toMatchObject({entity_type: 'GCSv5_mapped_collection', high_assurance: false});
});

test('a transfer between two collections that lack a consent names both in one bracket', async () => {
  for (const name of ['source', 'destination']) world.globus.require(name, {...NOTHING, consent: true});
  const refused = await world.call('POST', '/transfer', transferDocument(world, {from: '/f', to: '/f'}));
  const scope = dataAccess(world.source.id, world.destination.id);
  expect(refused).toMatchObject({status: 403, body: {code: 'ConsentRequired', required_scopes: [scope]}});
  await askToken(world.globus, {grant_type: 'client_credentials', scope});
  const task = await world.ended(await world.transfer({from: '/f', to: '/f'}));
  expect(task.status).toBe('SUCCEEDED');
});

test('a consent holds for its client and identity alone, outlives a restart, and is listed with what it depends on', async () => {
  world.globus.require('source', {...NOTHING, consent: true});
  const scope = `${LOGIN.replace(TRANSFER, '')} ${dataAccess(world.source.id)}`;
  const given = await signInByHand(world.globus, scope);
  expect((await ls()).status).toBe(403); // the client of the stand-in is somebody else
  world.token = tokenFor(given, 'transfer.api.globus.org');
  expect((await ls()).status).toBe(200);
  await world.restart();
  expect((await ls()).status).toBe(200);
  const token = tokenFor(given, 'auth.globus.org');
  const {sub} = await auth('/v2/oauth2/userinfo', token);
  const {consents} = await auth(`/v2/api/identities/${sub}/consents`, token);
  const all = consents as Document[];
  const outer = all.find((one) => one.scope_name === TRANSFER);
  const inner = all.find((one) => String(one.scope_name).endsWith('/data_access'));
  expect(inner).toMatchObject({
    dependency_path: [outer?.id, inner?.id],
    status: 'approved',
    atomically_revocable: true,
    client: '61338d24-54d5-408f-a10d-66c06b59f6d2',
    effective_identity: sub,
  });
  const others = await auth(`/v2/api/identities/${world.globus.credentials().clientId}/consents`, token);
  expect(others.errors).toMatchObject([{status: '403', code: 'FORBIDDEN'}]);
});

test.each([
  ['a domain', {domains: ['uni.example']}, {session_required_single_domain: ['uni.example']}],
  ['a policy', {policies: ['1b02a5d8-0000-4000-8000-000000000001']}, undefined],
  ['a second factor', {mfa: true}, {session_required_mfa: true}],
])(
  'a collection that asks for %s refuses until a person signs in with what its refusal says',
  async (_what, wanted, named) => {
    world.globus.addPerson('me@uni.example', true);
    world.token = tokenFor(await signInByHand(world.globus, LOGIN), 'transfer.api.globus.org');
    world.globus.require('source', {...NOTHING, ...wanted});
    const refused = await ls();
    const parameters = refused.body.authorization_parameters as Record<string, unknown>;
    expect(refused).toMatchObject({status: 403, body: {code: 'AuthPolicyFailed'}});
    expect(parameters).toMatchObject({session_message: expect.any(String), ...named});
    await signInByHand(world.globus, LOGIN); // a login of another kind does not help
    expect((await ls()).status).toBe(403);
    const query = Object.entries(parameters).map(([name, value]) => [name, String(value)]);
    await signInByHand(world.globus, LOGIN, {prompt: 'login', ...Object.fromEntries(query)});
    expect((await ls()).status).toBe(200); // with the token it had
    world.globus.require('source', undefined);
  },
);

test('who has no identity of the domain that is asked for goes back with an error', async () => {
  expect(await signInByHand(world.globus, LOGIN, {session_required_single_domain: 'elsewhere.example'})).toEqual({
    error: 'access_denied',
  });
});

test('a credential that expired is renewed by a new sign-in of the owner, for the owner alone', async () => {
  const person = await signInByHand(world.globus, LOGIN);
  const client = world.token;
  world.globus.setRate(20_000);
  world.put('slow', Buffer.alloc(100_000));
  world.token = tokenFor(person, 'transfer.api.globus.org');
  const id = await world.transfer({from: '/slow', to: '/slow'});
  world.globus.expire([]);
  expect((await world.task(id)).status).toBe('INACTIVE');
  expect((await ls()).status).toBe(403);
  await signInByHand(world.globus, LOGIN, {prompt: 'login'});
  world.globus.setRate(null);
  expect(await world.ended(id)).toMatchObject({status: 'SUCCEEDED'});
  expect((await ls()).status).toBe(200);
  world.token = client;
  expect((await ls()).status).toBe(403);
});

test('another person has tasks of their own and manages nothing; a linked identity is the same person', async () => {
  world.globus.addPerson('ada@uni.example', false);
  world.globus.addPerson('me@uni.example', true);
  expect(() => world.globus.addPerson('ada@uni.example', false)).toThrow(RangeError);
  const me = await signInByHand(world.globus, LOGIN, {login_hint: 'me@uni.example'});
  const ada = await signInByHand(world.globus, LOGIN, {login_hint: 'ada@uni.example'});
  const mine = await auth('/v2/oauth2/userinfo', tokenFor(me, 'auth.globus.org'));
  expect((mine.identity_set as Document[]).map((one) => one.username)).toEqual([
    mine.preferred_username,
    'me@uni.example',
  ]);
  expect(await auth('/v2/oauth2/userinfo', tokenFor(ada, 'auth.globus.org'))).toMatchObject({
    preferred_username: 'ada@uni.example',
    identity_set: [{username: 'ada@uni.example'}],
  });
  world.token = tokenFor(me, 'transfer.api.globus.org');
  const id = await world.transfer({from: '/f', to: '/f'});
  expect(await world.task(id)).toMatchObject({owner_id: mine.sub});
  expect((await world.call('GET', '/endpoint_manager/task_list')).status).toBe(200);
  world.token = tokenFor(ada, 'transfer.api.globus.org');
  expect((await world.call('GET', `/task/${id}`)).status).toBe(404);
  expect(await world.call('GET', '/endpoint_manager/task_list')).toMatchObject({
    status: 403,
    body: {code: 'PermissionDenied'},
  });
  expect((await world.call('GET', `/endpoint/${world.source.id}`)).body.my_effective_roles).toEqual([]);
});

test('the session shows each identity that signed in, with its time; a client has none', async () => {
  world.globus.addPerson('me@uni.example', true);
  const people = world.globus.people().map((one) => one.id);
  await signInByHand(world.globus, LOGIN);
  const given = await signInByHand(world.globus, LOGIN, {
    prompt: 'login',
    session_required_identities: people.join(','),
  });
  const seen = await introspect(tokenFor(given, 'auth.globus.org'));
  const {authentications} = seen.session_info as {authentications: Record<string, {auth_time: number}>};
  expect(Object.keys(authentications).sort()).toEqual([...people].sort());
  expect(Object.values(authentications)[0]?.auth_time).toBeGreaterThan(Date.now() / 1000 - 60);
  expect(seen.identity_set).toEqual(people);
  expect((await introspect(world.token)).session_info).toEqual({session_id: null, authentications: {}});
});

test('the page of a login offers each identity and says what it is asked for', async () => {
  world.globus.addPerson('ada@uni.example', false);
  const query = new URLSearchParams({
    client_id: 'native',
    redirect_uri: 'http://127.0.0.1:1/',
    scope: LOGIN,
    response_type: 'code',
    code_challenge: 'c',
    code_challenge_method: 'S256',
    session_message: 'Authenticate to update your CLI session.',
  });
  const page = await (
    await fetch(new URL(`/v2/oauth2/authorize?${query}`, world.globus.url), {headers: {accept: 'text/html'}})
  ).text();
  expect(page).toContain('Authenticate to update your CLI session.');
  for (const {id, username} of world.globus.people()) {
    expect(page).toContain(`value="${id}"`);
    expect(page).toContain(username);
  }
  const ada = world.globus.people()[1]?.id ?? '';
  query.set('identity', ada);
  const back = await allowAll(new URL(`/v2/oauth2/authorize?${query}`, world.globus.url));
  expect(back?.searchParams.get('code')).toBeTruthy();
});

test('a token that was revoked or has expired is refused alike, and refreshing gives a good one', async () => {
  const given = await signInByHand(world.globus, LOGIN);
  const old = tokenFor(given, 'transfer.api.globus.org');
  world.globus.expireTokens();
  world.token = old;
  expect(await ls()).toMatchObject({status: 401, body: {code: 'AuthenticationFailed'}});
  const transfer = (given.other_tokens as Document[]).find((one) => one.access_token === old);
  const refreshed = await askToken(
    world.globus,
    {
      grant_type: 'refresh_token',
      client_id: '61338d24-54d5-408f-a10d-66c06b59f6d2',
      refresh_token: String(transfer?.refresh_token),
    },
    false,
  );
  world.token = String(refreshed.body.access_token);
  expect((await until('it is good', ls)).status).toBe(200);
});

test('a service gets a list of tokens for what the scope of its caller depends on', async () => {
  const timer = 'https://auth.globus.org/scopes/524230d7-ea86-4a52-8312-86065a9e0417/timer';
  const given = await signInByHand(world.globus, `${LOGIN} ${timer}[${TRANSFER}]`);
  expect(given.state).toBe('_default');
  const exchange = async (token: string) => {
    const grant_type = 'urn:globus:auth:grant_type:dependent_token';
    return (await askToken(world.globus, {grant_type, token})).body as unknown as Document[];
  };
  const dependent = await exchange(tokenFor(given, '524230d7-ea86-4a52-8312-86065a9e0417'));
  expect(dependent).toMatchObject([{resource_server: 'transfer.api.globus.org', scope: TRANSFER}]);
  world.token = String(dependent[0]?.access_token);
  expect((await ls()).status).toBe(200);
  expect(await exchange(tokenFor(given, 'auth.globus.org'))).toEqual([]);
  expect(await exchange('nothing')).toMatchObject({error: 'invalid_grant'});
});
