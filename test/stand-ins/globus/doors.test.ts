import {createHash, randomUUID} from 'node:crypto';
import {readFileSync, statSync} from 'node:fs';
import {type IncomingHttpHeaders, request} from 'node:http';
import {join} from 'node:path';
import {afterEach, beforeEach, expect, test} from 'vitest';
import {foreignRequest} from '../../../src/stand-ins/globus/http/same-machine.ts';
import {allowAll} from '../../support/sign-in-page.ts';
import {type Document, openWorld, registeredClient, transferDocument, type World} from './support.ts';

// Every user of the machine can reach the port, and so can every page in a browser of it.

const TRANSFER = 'urn:globus:auth:scope:transfer.api.globus.org:all';

let world: World;
beforeEach(async () => {
  world = await openWorld();
  world.put('private/f', 'x');
});
afterEach(() => world.remove());

const asked = (): URLSearchParams =>
  new URLSearchParams({
    client_id: randomUUID(),
    redirect_uri: 'http://127.0.0.1:1/',
    scope: TRANSFER,
    response_type: 'code',
    code_challenge: createHash('sha256').update('v'.repeat(50)).digest('base64url'),
    code_challenge_method: 'S256',
  });

interface Seen {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/** A request with headers that fetch would not send. */
function raw(method: string, path: string, headers: Record<string, string>, body = ''): Promise<Seen> {
  return new Promise((resolve, reject) => {
    const sent = request(new URL(path, world.globus.url), {method, headers, setHost: false}, (answer) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (part) => {
        text += part;
      });
      answer.on('end', () => resolve({status: answer.statusCode ?? 0, headers: answer.headers, text}));
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

const host = () => new URL(world.globus.url).host;

test.each(['text/html', '*/*', 'application/json'])(
  'asking for %s, nobody gets a code by opening the page',
  async (accept) => {
    const address = new URL(`/v2/oauth2/authorize?${asked()}`, world.globus.url);
    const page = await fetch(address, {headers: {accept}, redirect: 'manual'});
    expect(page.status).toBe(200);
    expect(page.headers.get('location')).toBeNull();
    expect(await page.text()).toContain('sign_in_code');
  },
);

test.each([
  ['without a sign-in code', undefined],
  ['with an empty one', ''],
  ['with a guessed one', 'aaaa-bbbb-cccc-dddd'],
])('%s, agreeing gives no code', async (_how, code) => {
  const form = asked();
  if (code !== undefined) form.set('sign_in_code', code);
  const sent = await fetch(new URL('/v2/oauth2/authorize', world.globus.url), {
    method: 'POST',
    body: form,
    redirect: 'manual',
  });
  expect(sent.status).toBe(403);
  expect(sent.headers.get('location')).toBeNull();
  const page = await sent.text();
  expect(page).toContain('That was not the sign-in code');
  expect(page).not.toContain('aaaa-bbbb');
  expect(world.log.join('\n')).toMatch(/wrong sign-in code/);
});

test('the sign-in code lies in a file that its owner alone can read, and is the same after a restart', async () => {
  const file = join(world.directory, 'state', 'sign-in-code');
  const code = readFileSync(file, 'utf8');
  expect(code).toMatch(/^([a-z2-9]{4}-){3}[a-z2-9]{4}\n$/);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  await world.restart();
  expect(readFileSync(file, 'utf8')).toBe(code);
  const back = await allowAll(new URL(`/v2/oauth2/authorize?${asked()}`, world.globus.url));
  expect(back?.searchParams.get('code')).toBeTruthy();
});

test('the page cannot be framed, runs nothing, is not kept, and says where the answer goes', async () => {
  const query = asked();
  query.set('redirect_uri', 'https://elsewhere.example/take');
  const page = await fetch(new URL(`/v2/oauth2/authorize?${query}`, world.globus.url));
  expect(page.headers.get('content-security-policy')).toMatch(/default-src 'none'.*frame-ancestors 'none'/);
  expect(page.headers.get('x-frame-options')).toBe('DENY');
  expect(page.headers.get('cache-control')).toBe('no-store');
  expect(await page.text()).toContain('sent to <b>elsewhere.example</b>');
});

test.each([
  ['GET', '/jwk.json'],
  ['GET', `/v2/oauth2/authorize?${asked()}`],
  ['POST', '/v2/api/clients'],
  ['POST', '/v2/oauth2/token'],
  ['GET', '/v0.10/task_list'],
])('%s %s under the name of another site is refused', async (method, path) => {
  for (const name of [
    'elsewhere.example',
    `elsewhere.example:${new URL(world.globus.url).port}`,
    '127.0.0.1.nip.example',
  ])
    expect(await raw(method, path, {host: name}), name).toMatchObject({status: 421});
});

test('a page of another site can neither register a client nor ask for tokens nor submit', async () => {
  for (const origin of ['https://elsewhere.example', 'null', 'http://127.0.0.1:1']) {
    for (const path of ['/v2/api/clients', '/v2/oauth2/token', '/v2/oauth2/authorize', '/v0.10/transfer']) {
      const sent = await raw('POST', path, {host: host(), origin, authorization: `Bearer ${world.token}`}, '{}');
      expect(sent, `${origin} ${path}`).toMatchObject({status: 403});
      expect(sent.headers).not.toHaveProperty('access-control-allow-origin');
    }
  }
});

test.each([
  [{host: '127.0.0.1:8123'}, true],
  [{host: 'LOCALHOST:8123'}, true],
  [{host: '[::1]:8123'}, true],
  [{host: 'localhost:9999', origin: 'http://localhost:9999'}, true],
  [{host: 'localhost:9999', origin: 'http://localhost:8123'}, false],
  [{host: 'localhost:9999', origin: 'https://localhost:9999'}, false],
  [{host: 'localhost.elsewhere.example'}, false],
  [{host: ''}, false],
  [{}, false],
])('a request with %j is taken: %s', (headers, taken) => {
  expect(foreignRequest(headers) === undefined).toBe(taken);
});

test('a client that registered itself is nobody: it sees no collection and can do nothing there', async () => {
  const {token, client} = await registeredClient(world.globus);
  world.token = token;
  const denied = {status: 403, body: {code: 'PermissionDenied'}};
  const there = `/operation/endpoint/${world.source.id}`;
  expect(await world.call('GET', `${there}/ls?path=/private`)).toMatchObject(denied);
  expect(await world.call('GET', `${there}/stat?path=/private/f`)).toMatchObject(denied);
  expect(await world.call('POST', `${there}/mkdir`, {DATA_TYPE: 'mkdir', path: '/new'})).toMatchObject(denied);
  expect(await world.call('GET', `/endpoint/${world.source.id}`)).toMatchObject(denied);
  expect(await world.call('POST', '/transfer', transferDocument(world, {from: '/private/f', to: '/f'}))).toMatchObject(
    denied,
  );
  expect(
    await world.call('POST', '/delete', {
      DATA_TYPE: 'delete',
      submission_id: randomUUID(),
      endpoint: world.source.id,
      DATA: [{DATA_TYPE: 'delete_item', path: '/private/f'}],
    }),
  ).toMatchObject(denied);
  const found = await world.call('GET', '/endpoint_search?filter_fulltext=source');
  expect(found.body.DATA as Document[]).toEqual([]);
  expect((await world.call('GET', '/endpoint_manager/monitored_endpoints')).status).toBe(403);
  expect((await world.call('GET', '/task_list')).body.total).toBe(0);
  expect(client).toBeTruthy();
});
