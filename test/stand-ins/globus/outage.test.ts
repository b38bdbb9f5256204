import {afterEach, beforeEach, expect, test} from 'vitest';
import type {OutageWish} from '../../../src/stand-ins/outage-modes.ts';
import {createOutages, type Outages} from '../../../src/stand-ins/outages.ts';
import {askToken, openWorld, signIn, transferDocument, until, type World} from './support.ts';

let outages: Outages;
let world: World;
beforeEach(async () => {
  outages = createOutages();
  world = await openWorld(outages);
});
afterEach(async () => {
  outages.end();
  await world.remove();
});

const begin = (mode: string, more: Partial<OutageWish> = {}): void =>
  outages.begin({
    target: 'globus',
    mode,
    rate: 1,
    seconds: null,
    count: null,
    command: null,
    auth: false,
    ...more,
  });

/** A request as it goes over the wire, with whatever comes back. */
const raw = (path: string, more: RequestInit = {}): Promise<Response> =>
  fetch(new URL(`/v0.10${path}`, world.globus.url), {
    ...more,
    headers: {authorization: `Bearer ${world.token}`, ...more.headers},
  });

const post = (body: unknown): RequestInit => ({
  method: 'POST',
  body: JSON.stringify(body),
  headers: {'content-type': 'application/json'},
});

const codeOf = async (request: Promise<unknown>): Promise<string> => {
  const error: unknown = await request.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  // What fetch throws holds the error of the socket as its cause.
  return String(((error as Error | undefined)?.cause as {code?: string} | undefined)?.code);
};

const tasks = async () => {
  outages.end();
  return (await world.call('GET', '/task_list')).body.total;
};

test.each([
  ['429', 429, 'TooManyRequests', '1'],
  ['500', 500, 'InternalError', null],
  ['503', 503, 'ServiceUnavailable', null],
])('%s: the refusal of the service, with the body of its errors', async (mode, status, code, retryAfter) => {
  begin(mode);
  const answer = await raw('/task_list');
  expect(answer.status).toBe(status);
  expect(answer.headers.get('retry-after')).toBe(retryAfter);
  expect(answer.headers.get('content-type')).toBe('application/json');
  expect(await answer.json()).toEqual({
    code,
    message: expect.any(String),
    request_id: expect.any(String),
    resource: '/task_list',
  });
});

test.each(['429', '503'])('%s: with Retry-After, where a wait is named', async (mode) => {
  begin(mode, {retryAfter: 3600});
  const answer = await raw('/task_list');
  expect(answer.status).toBe(Number(mode));
  expect(answer.headers.get('retry-after')).toBe('3600');
});

test('html: a proxy answers 502 with a page', async () => {
  begin('html');
  const answer = await raw('/task_list');
  expect(answer.status).toBe(502);
  expect(answer.headers.get('content-type')).toMatch(/^text\/html/);
  expect(await answer.text()).toMatch(/^<html>/);
});

test('half: the request is carried out, and half of the JSON comes with 200', async () => {
  world.put('f', 'x');
  begin('half', {count: 1});
  const answer = await raw('/transfer', post(transferDocument(world, {from: '/f', to: '/f'})));
  expect(answer.status).toBe(200);
  expect(answer.headers.get('content-type')).toBe('application/json');
  const text = await answer.text();
  expect(text).toMatch(/^\{"DATA_TYPE":"transfer_result"/);
  expect(() => JSON.parse(text)).toThrow();
  expect(await tasks()).toBe(1);
});

test('garbage: JSON of another shape, and nothing was carried out', async () => {
  begin('garbage');
  const answer = await raw('/transfer', post(transferDocument(world, {from: '/f', to: '/f'})));
  expect(answer.status).toBe(200);
  const body: unknown = await answer.json();
  expect(body).not.toHaveProperty('task_id');
  expect(body).not.toHaveProperty('code');
  expect(await tasks()).toBe(0);
});

test.each([
  ['down', /^(UND_ERR_SOCKET|ECONNRESET)$/], // as much of the body as had come by then decides which
  ['reset', /^ECONNRESET$/],
])('%s: the connection breaks, and nothing was carried out', async (mode, code) => {
  begin(mode);
  expect(await codeOf(raw('/transfer', post(transferDocument(world, {from: '/f', to: '/f'}))))).toMatch(code);
  expect(await tasks()).toBe(0);
});

test('lost: the submission is carried out, the connection is reset, and the same id again is the same task', async () => {
  world.put('f', 'x');
  const document = transferDocument(world, {from: '/f', to: '/f'});
  begin('lost', {count: 1});
  expect((await raw('/task_list')).status).toBe(200); // it hits submissions alone
  expect(await codeOf(raw('/transfer', post(document)))).toBe('ECONNRESET');
  const again = await world.call('POST', '/transfer', document);
  expect(again.body.code).toBe('Duplicate');
  expect(await tasks()).toBe(1);
});

test('timeout: no answer comes until the client hangs up or the outage ends', async () => {
  begin('timeout');
  const patient = codeOf(raw('/task_list'));
  await expect(raw('/task_list', {signal: AbortSignal.timeout(200)})).rejects.toThrow(/timeout/);
  await until('both were hit', () => outages.all()[0]?.hits === 2);
  outages.end();
  expect(await patient).toBe('UND_ERR_SOCKET');
});

test('tokens are had all the while, unless the outage is of them as well', async () => {
  begin('503');
  expect(await signIn(world.globus)).not.toBe('');
  begin('503', {auth: true});
  const form = {grant_type: 'client_credentials', scope: 'urn:globus:auth:scope:transfer.api.globus.org:all'};
  const refused = await askToken(world.globus, form);
  expect(refused).toMatchObject({status: 503, body: {errors: [{status: '503', code: 'SERVICE_UNAVAILABLE'}]}});
});

test('an outage hits as many requests as it says, and as large a part of them', async () => {
  begin('500', {count: 2});
  const statuses = async (times: number) => {
    const seen: number[] = [];
    for (let n = 0; n < times; n++) seen.push((await raw('/task_list')).status);
    return seen;
  };
  expect(await statuses(4)).toEqual([500, 500, 200, 200]);
  expect(outages.all()).toEqual([]);
  const numbers = [0.1, 0.9, 0.29, 0.3];
  const steered = createOutages(() => numbers.shift() ?? 1);
  steered.begin({target: 'globus', mode: '500', rate: 0.3, seconds: null, count: null, command: null, auth: false});
  expect([1, 2, 3, 4].map(() => steered.strike(() => true) !== undefined)).toEqual([true, false, true, false]);
});
