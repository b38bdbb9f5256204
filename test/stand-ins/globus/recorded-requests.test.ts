import {randomUUID} from 'node:crypto';
import {afterAll, beforeAll, expect, test} from 'vitest';
// What globus-cli 3.41 (globus-sdk-python 4.3), globus-sdk-python 4.3 and @globus/sdk 6.2 really sent for these
// commands, with ids replaced; statuses and types are what the Globus Transfer and Auth APIs answer.
import recorded from './fixtures/client-requests.json' with {type: 'json'};
import {type Document, openWorld, signIn, type World} from './support.ts';

interface Recorded {
  command: string;
  method: string;
  target: string;
  body?: unknown;
  form?: Record<string, string>;
  status: number;
  type?: string;
}

let world: World;
let authToken: string;
let task: string;
beforeAll(async () => {
  world = await openWorld();
  authToken = await signIn(
    world.globus,
    'openid profile email urn:globus:auth:scope:auth.globus.org:view_identity_set',
  );
  world.put('in/f1.txt', 'one');
  world.put('in/f2.bin', 'two');
  world.put('in/sub/f3.dat', 'three');
  task = await world.transfer({from: '/in/f1.txt', to: '/before/f1.txt'});
  await world.ended(task);
});
afterAll(() => world.remove());

async function fill(text: string): Promise<string> {
  const bookmark = text.includes('{bookmark}')
    ? (await world.call('POST', '/bookmark', {name: randomUUID(), endpoint_id: world.source.id, path: '/'})).body.id
    : '';
  const values: Record<string, unknown> = {
    source: world.source.id,
    destination: world.destination.id,
    unknown: '00000000-0000-4000-8000-000000000000',
    task,
    bookmark,
    submission: randomUUID(),
    token: 'a-token-nobody-issued',
  };
  return text.replace(/\{(\w+)\}/g, (_, name: string) => String(values[name]));
}

test.each(recorded as Recorded[])('$method $target of "$command" is answered with $status $type', async (request) => {
  const {clientId, clientSecret} = world.globus.credentials();
  const basic = `Basic ${Buffer.from(`${clientId}:${clientSecret}`).toString('base64')}`;
  const token = request.target.startsWith('/v2/') ? authToken : world.token;
  const usesBasic = request.form && !request.form.client_id;
  const headers: Record<string, string> = {authorization: usesBasic ? basic : `Bearer ${token}`};
  if (request.form?.client_id) delete headers.authorization;
  if (request.body) headers['content-type'] = 'application/json';
  const form = request.form && new URLSearchParams(JSON.parse(await fill(JSON.stringify(request.form))));
  const response = await fetch(new URL(await fill(request.target), world.globus.url), {
    method: request.method,
    headers,
    body: form ?? (request.body ? await fill(JSON.stringify(request.body)) : undefined),
  });
  const document = (await response.json()) as Document;
  expect({status: response.status, type: document.DATA_TYPE}, JSON.stringify(document)).toEqual({
    status: request.status,
    type: request.type,
  });
  if (response.status >= 400 && request.target.startsWith('/v0.10')) {
    expect(Object.keys(document).sort()).toEqual(['code', 'message', 'request_id', 'resource']);
  }
});
