import {existsSync} from 'node:fs';
import {join} from 'node:path';
import {afterEach, beforeEach, expect, test} from 'vitest';
import {openWorld, transferDocument, until, type World} from './support.ts';

let world: World;
beforeEach(async () => {
  world = await openWorld();
  for (const name of ['a', 'b', 'c']) world.put(`d/${name}`, 'x');
});
afterEach(() => world.remove());

const niceOf = async (id: string) => (await world.task(id)).nice_status;

test('so many transfers as the limit says are worked on, the others are queued; it is kept over a restart', async () => {
  world.globus.setLimits({active: 1});
  world.globus.setRate(1);
  const [first = '', second = ''] = [
    await world.transfer({from: '/d/a', to: '/1'}),
    await world.transfer({from: '/d/a', to: '/2'}),
  ];
  expect([await niceOf(first), await niceOf(second)]).toEqual(['OK', 'Queued']);
  await world.restart();
  expect(world.globus.limits().active).toBe(1);
  expect(await niceOf(second)).toBe('Queued');
  world.globus.setLimits({active: 2});
  expect(await niceOf(second)).toBe('OK');
});

test('one task more than may be pending is refused, and taken once another has ended', async () => {
  world.globus.setLimits({pending: 1});
  world.globus.setRate(1);
  const id = await world.transfer({from: '/d/a', to: '/1'});
  const more = transferDocument(world, {from: '/d/a', to: '/2'});
  expect(await world.call('POST', '/transfer', more)).toMatchObject({
    status: 409,
    body: {code: 'ClientError.Conflict.TooManyPendingJobs', message: expect.stringContaining('limit of 1 pending')},
  });
  // Of the same paths it says so, also where there is no room: no later try would do better.
  expect(await world.call('POST', '/transfer', transferDocument(world, {from: '/d/a', to: '/1'}))).toMatchObject({
    status: 409,
    body: {code: 'Conflict'},
  });
  await world.call('POST', `/task/${id}/cancel`);
  expect((await world.call('POST', '/transfer', more)).status).toBe(202);
});

test('who asks too often within ten seconds gets 429 and is told when to come again', async () => {
  world.globus.setLimits({requests: 0.5});
  const answers = [];
  for (let turn = 0; turn < 7; turn++) {
    answers.push(
      await fetch(new URL('/v0.10/task_list', world.globus.url), {headers: {authorization: `Bearer ${world.token}`}}),
    );
  }
  expect(answers.map((answer) => answer.status)).toEqual([200, 200, 200, 200, 200, 429, 429]);
  expect(Number(answers[6]?.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
  expect(Number(answers[6]?.headers.get('retry-after'))).toBeLessThanOrEqual(10);
  expect(await answers[6]?.json()).toMatchObject({code: expect.any(String), message: expect.any(String)});
  world.globus.setLimits({requests: null});
  expect((await world.call('GET', '/task_list')).status).toBe(200);
});

test('a task with more files than it may have, or a directory with more entries, ends and says so', async () => {
  world.globus.setLimits({files: 2});
  const many = await world.ended(await world.transfer({from: '/d', to: '/d', recursive: true}));
  expect(many).toMatchObject({status: 'FAILED', fatal_error: {code: 'LIMIT_EXCEEDED'}});
  world.globus.setLimits({files: 100, entries: 2});
  const broad = await world.ended(await world.transfer({from: '/d', to: '/e', recursive: true}));
  expect(broad).toMatchObject({status: 'FAILED', fatal_error: {code: 'LIMIT_EXCEEDED'}});
  expect(await world.call('GET', `/operation/endpoint/${world.source.id}/ls?path=/d`)).toMatchObject({
    status: 502,
    body: {code: 'ExternalError.DirListingFailed.SizeLimit'},
  });
});

test.each([
  ['GC_NOT_CONNECTED', 502, 'ExternalError.DirListingFailed.GCDisconnected'],
  ['CONNECT_FAILED', 502, 'ExternalError.DirListingFailed.ConnectFailed'],
  ['PERMISSION_DENIED', 502, 'ExternalError.DirListingFailed.PermissionDenied'],
  ['NOT_A_DIRECTORY', 502, 'ExternalError.DirListingFailed.NotDirectory'],
  ['AUTH', 502, 'ExternalError.DirListingFailed.LoginFailed'],
  ['FILE_NOT_FOUND', 404, 'ClientError.NotFound'],
  ['ENDPOINT_ERROR', 502, 'EndpointError'],
] as const)('a listing that meets %s is answered with %i %s', async (fault, status, code) => {
  world.globus.setFault('source', '/d', fault);
  const answer = await world.call('GET', `/operation/endpoint/${world.source.id}/ls?path=/d`);
  expect(answer).toMatchObject({status, body: {code}});
  if (!code.endsWith('LoginFailed')) return;
  // Lines that start with 530, apart by four characters; one of them says what sign-in is wanted.
  const line = String(answer.body.message)
    .split('\\r\\n')
    .find((one) => one.startsWith('530-GridFTP-JSON-Result: '));
  expect(JSON.parse(line?.replace('530-GridFTP-JSON-Result: ', '') ?? '')).toMatchObject({
    authorization_parameters: {session_required_single_domain: [expect.any(String)]},
    detail: {DATA_TYPE: 'not_from_allowed_domain#1.0.0'},
  });
});

test('a collection that was removed is said to be deleted, and its files stay', async () => {
  world.globus.setRate(1);
  const id = await world.transfer({from: '/d/a', to: '/a'});
  expect(() => world.globus.removeCollection('source')).toThrow(/have not ended/);
  await world.call('POST', `/task/${id}/cancel`);
  await until('it has ended', async () => (await world.task(id)).status === 'FAILED');
  world.globus.removeCollection('source');
  for (const path of [`/endpoint/${world.source.id}`, `/operation/endpoint/${world.source.id}/ls`]) {
    expect(await world.call('GET', path)).toMatchObject({status: 404, body: {code: 'EndpointDeleted'}});
  }
  const back = world.globus.addCollection({name: 'source', directory: world.source.directory});
  expect((await world.call('GET', `/operation/endpoint/${back.id}/ls?path=/d`)).body.total).toBe(3);
});

test('a task that has ended can be taken off the list by its owner, one under way cannot', async () => {
  world.globus.setRate(1);
  const id = await world.transfer({from: '/d/a', to: '/a'});
  expect((await world.call('POST', `/task/${id}/remove`)).status).toBe(409);
  await world.call('POST', `/task/${id}/cancel`);
  expect(await world.call('POST', `/task/${id}/remove`)).toMatchObject({status: 200, body: {DATA_TYPE: 'result'}});
  expect((await world.call('GET', `/task/${id}`)).status).toBe(404);
  expect((await world.call('GET', '/task_list')).body.total).toBe(0);
});

test('a task that the service has forgotten is neither listed nor found, and continues to copy', async () => {
  world.globus.setRate(1);
  const [gone, kept] = [await world.transfer({from: '/d/a', to: '/1'}), await world.transfer({from: '/d/b', to: '/2'})];
  world.globus.forgetTask(gone);
  for (const [method, path] of [
    ['GET', `/task/${gone}`],
    ['GET', `/task/${gone}/event_list`],
    ['POST', `/task/${gone}/cancel`],
  ] as const) {
    expect(await world.call(method, path)).toMatchObject({status: 404, body: {code: 'ClientError.NotFound'}});
  }
  expect((await world.call('GET', '/task_list')).body.DATA).toMatchObject([{task_id: kept}]);
  world.globus.setRate(null);
  await until('it has been copied', () => existsSync(join(world.destination.directory, '1')));
  expect(() => world.globus.forgetTask('no-such-task')).toThrow(RangeError);
});

test('a symbolic link is made, shown as what it leads to, and refused where something is', async () => {
  const symlink = (path: string) =>
    world.call('POST', `/operation/endpoint/${world.source.id}/symlink`, {
      DATA_TYPE: 'symlink',
      path,
      symlink_target: 'd/a',
    });
  expect((await symlink('/link')).status).toBe(200);
  const shown = await world.call('GET', `/operation/endpoint/${world.source.id}/stat?path=/link`);
  expect(shown.body).toMatchObject({type: 'file', link_target: 'd/a', size: 1});
  expect(await symlink('/link')).toMatchObject({status: 502, body: {code: 'ExternalError.SymlinkFailed.Exists'}});
});
