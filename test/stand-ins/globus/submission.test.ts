import {randomBytes, randomUUID} from 'node:crypto';
import {existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync} from 'node:fs';
import {connect} from 'node:net';
import {join} from 'node:path';
import {afterEach, beforeEach, expect, test} from 'vitest';
import {type Document, openWorld, transferDocument, until, type World} from './support.ts';

let world: World;
beforeEach(async () => {
  world = await openWorld();
  world.put('f', 'x');
});
afterEach(() => world.remove());

const item = {from: '/f', to: '/f'};

test('the same submission id is one task: Accepted, then Duplicate with the same task id', async () => {
  const id = (await world.call('GET', '/submission_id')).body.value;
  const document = transferDocument(world, item, {submission_id: id, label: 'once'});
  const [first, second] = await Promise.all([
    world.call('POST', '/transfer', document),
    world.call('POST', '/transfer', document),
  ]);
  const codes = [first.body.code, second.body.code].sort();
  expect(codes).toEqual(['Accepted', 'Duplicate']);
  expect(first.body.task_id).toBe(second.body.task_id);
  await world.ended(String(first.body.task_id));
  const late = await world.call('POST', '/transfer', document);
  expect(late).toMatchObject({status: 200, body: {code: 'Duplicate', task_id: first.body.task_id, submission_id: id}});
  expect((await world.call('GET', '/task_list')).body.total).toBe(1);
});

test('a new submission id with the same pairs of paths is refused until the first task has ended', async () => {
  const id = await world.transfer({from: '/late', to: '/late'});
  const again = await world.call('POST', '/transfer', transferDocument(world, {from: '/~/late', to: '/late'}));
  expect(again.status).toBe(409);
  expect(again.body).toMatchObject({
    code: 'Conflict',
    message: 'A transfer with identical paths has not yet completed',
    resource: '/transfer',
  });
  await world.call('POST', `/task/${id}/cancel`);
  expect((await world.call('POST', '/transfer', transferDocument(world, {from: '/late', to: '/late'}))).status).toBe(
    202,
  );
});

test.each<[string, Document]>([
  ['another document type', {DATA_TYPE: 'transfers'}],
  ['no submission id', {submission_id: undefined}],
  ['a submission id that is no UUID', {submission_id: 'abc'}],
  ['a collection id that is no UUID', {source_endpoint: 'laptop'}],
  ['a label of 129 characters', {label: 'x'.repeat(129)}],
  ['a label with a line break', {label: 'a\nb'}],
  ['a label that starts with a space', {label: ' a'}],
  ['a sync level of 4', {sync_level: 4}],
  ['a flag that is a word', {verify_checksum: 'yes'}],
  ['a deadline that is no time', {deadline: 'tomorrow'}],
  ['a deadline that has passed', {deadline: '2020-01-01'}],
  ['items that are no list', {DATA: {}}],
  ['an item of another type', {DATA: [{DATA_TYPE: 'item', source_path: '/f', destination_path: '/f'}]}],
  ['an item without destination', {DATA: [{DATA_TYPE: 'transfer_item', source_path: '/f'}]}],
  ['a relative path', {DATA: [{DATA_TYPE: 'transfer_item', source_path: 'f', destination_path: '/f'}]}],
  ['a path above the collection', {DATA: [{DATA_TYPE: 'transfer_item', source_path: '/../f', destination_path: '/f'}]}],
  ['a path with NUL', {DATA: [{DATA_TYPE: 'transfer_item', source_path: '/f\0', destination_path: '/f'}]}],
])('a transfer with %s is a bad request, and starts nothing', async (_what, wrong) => {
  const {status, body} = await world.call('POST', '/transfer', transferDocument(world, item, wrong));
  expect({status, code: body.code}, JSON.stringify(body)).toEqual({status: 400, code: 'ClientError.BadRequest'});
  expect(world.globus.counts()).toEqual({active: 0, queued: 0, inactive: 0, ended: 0});
});

test('no items, unknown collections and unknown tasks have refusals of their own', async () => {
  expect((await world.call('POST', '/transfer', transferDocument(world, item, {DATA: []}))).body.code).toBe(
    'ClientError.BadRequest.NoTransferItems',
  );
  const nowhere = await world.call('POST', '/transfer', transferDocument(world, item, {source_endpoint: randomUUID()}));
  expect(nowhere).toMatchObject({status: 404, body: {code: 'EndpointNotFound'}});
  const id = randomUUID();
  expect(await world.call('GET', `/task/${id}`)).toMatchObject({
    status: 404,
    body: {code: 'ClientError.NotFound', message: `No task found with id '${id}'`, resource: `/task/${id}`},
  });
});

test('a destination that is a link out of the collection is not written through', async () => {
  const outside = join(world.directory, 'outside');
  mkdirSync(outside);
  symlinkSync(outside, join(world.destination.directory, 'out'));
  writeFileSync(join(outside, 'victim'), 'untouched');
  symlinkSync(join(outside, 'victim'), join(world.destination.directory, 'link'));
  const through = await world.transfer({from: '/f', to: '/out/f'});
  const deep = await world.transfer({from: '/f', to: '/out/new/f'});
  await until('both are refused', async () => {
    const codes = await Promise.all([through, deep].map(async (id) => (await world.task(id)).nice_status));
    return codes.every((code) => code === 'PERMISSION_DENIED');
  });
  await world.ended(await world.transfer({from: '/f', to: '/link'}));
  expect(readdirSync(outside)).toEqual(['victim']);
  expect(readFileSync(join(outside, 'victim'), 'utf8')).toBe('untouched');
});

test('a directory that arrives where a link leads out is not written there either', async () => {
  const outside = join(world.directory, 'outside');
  mkdirSync(outside);
  world.put('in/sub/f', 'x');
  mkdirSync(join(world.destination.directory, 'in'));
  symlinkSync(outside, join(world.destination.directory, 'in/sub'));
  const id = await world.transfer({from: '/in', to: '/in', recursive: true});
  await until('it is refused', async () => (await world.task(id)).nice_status === 'PERMISSION_DENIED');
  expect(readdirSync(outside)).toEqual([]);
});

test.each([
  '/ls?path=/../',
  '/ls?path=/..%2f..%2fetc',
  '/ls?path=/%2e%2e/%2e%2e/etc',
  '/ls?path=/escape',
  '/ls?path=/escape/etc',
  '/stat?path=/../../etc/passwd',
  '/stat?path=/escape/etc/passwd',
])('%s shows nothing from outside the collection', async (query) => {
  symlinkSync('/', join(world.source.directory, 'escape'));
  const answer = await world.call('GET', `/operation/endpoint/${world.source.id}${query}`);
  expect(answer.status, JSON.stringify(answer.body)).toBeGreaterThanOrEqual(400);
  expect(answer.body).not.toHaveProperty('DATA');
  const encoded = await world.call('GET', `/operation/endpoint/..%2f${world.source.id}/ls`);
  expect(encoded.status).toBe(404);
});

test('mkdir and rename stay inside too, and say what Globus says', async () => {
  symlinkSync(world.directory, join(world.source.directory, 'escape'));
  const operation = (name: string, body: Document) =>
    world.call('POST', `/operation/endpoint/${world.source.id}/${name}`, {DATA_TYPE: name, ...body});
  expect((await operation('mkdir', {path: '/escape/new'})).body.code).toBe(
    'ExternalError.MkdirFailed.PermissionDenied',
  );
  expect((await operation('mkdir', {path: '/../new'})).status).toBe(400);
  expect((await operation('mkdir', {path: '/a/b/c'})).status).toBe(404);
  expect(await operation('mkdir', {path: '/new'})).toMatchObject({status: 202, body: {code: 'DirectoryCreated'}});
  expect(await operation('mkdir', {path: '/new'})).toMatchObject({
    status: 502,
    body: {code: 'ExternalError.MkdirFailed.Exists'},
  });
  expect((await operation('rename', {old_path: '/new', new_path: '/escape/new'})).status).toBe(502);
  expect(await operation('rename', {old_path: '/new', new_path: '/newer'})).toMatchObject({
    status: 200,
    body: {DATA_TYPE: 'result', code: 'FileRenamed'},
  });
  expect(existsSync(join(world.directory, 'new'))).toBe(false);
  expect(readdirSync(world.source.directory).sort()).toEqual(['escape', 'f', 'newer']);
});

test('a listing has the files with sizes, types and modes, in order, filtered and paged', async () => {
  world.put('d/b.txt', '22');
  world.put('d/a.txt', '1');
  world.put('d/.hidden', '');
  mkdirSync(join(world.source.directory, 'd/sub'));
  symlinkSync('nowhere', join(world.source.directory, 'd/broken'));
  const ls = async (query: string) =>
    (await world.call('GET', `/operation/endpoint/${world.source.id}/ls?path=/~/d&${query}`)).body;
  const all = await ls('');
  expect(all).toMatchObject({DATA_TYPE: 'file_list', path: '/~/d/', absolute_path: '/d/', length: 5, total: 5});
  expect((all.DATA as Document[]).map((file) => [file.name, file.type, file.size])).toEqual([
    ['.hidden', 'file', 0],
    ['a.txt', 'file', 1],
    ['b.txt', 'file', 2],
    ['broken', 'invalid_symlink', 7],
    ['sub', 'dir', expect.any(Number)],
  ]);
  const names = async (query: string) => ((await ls(query)).DATA as Document[]).map((file) => file.name);
  expect(await names('show_hidden=0&filter=name:~*.txt&orderby=size%20DESC')).toEqual(['b.txt', 'a.txt']);
  expect(await names('filter=type:dir&filter=name:~*.txt')).toEqual(['a.txt', 'b.txt', 'sub']);
  expect(await names('show_hidden=0&limit=1&offset=1')).toEqual(['b.txt']);
  expect((all.DATA as Document[])[1]).toMatchObject({
    permissions: expect.stringMatching(/^0\d{3}$/),
    last_modified: expect.stringMatching(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\+00:00$/),
  });
});

test('many tasks are polled with one request: filters, fields, order and pages', async () => {
  const ids: string[] = [];
  for (const label of ['night 1', 'night 2', 'day']) {
    ids.push(await world.transfer({from: '/f', to: `/${label}`}, {label}));
    await world.ended(ids.at(-1) ?? '');
  }
  const list = async (query: string) => (await world.call('GET', `/task_list?${query}`)).body;
  const labels = async (query: string) => ((await list(query)).DATA as Document[]).map((task) => task.label);
  expect(await labels(`filter=task_id:${ids[0]},${ids[2]},${randomUUID()}&limit=1000&orderby=label`)).toEqual([
    'day',
    'night 1',
  ]);
  expect(await labels('filter=label:~NIGHT*/status:SUCCEEDED/type:TRANSFER,DELETE')).toEqual(['night 2', 'night 1']);
  expect(await labels('filter=label:!day&orderby=label%20DESC')).toEqual(['night 2', 'night 1']);
  expect(await labels('filter=status:ACTIVE')).toEqual([]);
  expect(await labels('filter=request_time:2020-01-01,')).toHaveLength(3);
  expect(await labels('filter=completion_time:,2020-01-01%2000:00:00')).toEqual([]);
  expect(await list('limit=1&offset=1&fields=task_id,status')).toEqual({
    DATA_TYPE: 'task_list',
    length: 1,
    limit: 1,
    offset: 1,
    total: 3,
    DATA: [{DATA_TYPE: 'task', task_id: ids[1], status: 'SUCCEEDED'}],
  });
  for (const wrong of ['filter=nothing:1', 'limit=1001', 'limit=x', 'orderby=secret', 'filter=request_time:soon,']) {
    expect((await world.call('GET', `/task_list?${wrong}`)).status, wrong).toBe(400);
  }
});

test('a task is renamed and its deadline moved while it runs, and not after', async () => {
  const id = await world.transfer({from: '/late', to: '/late'});
  const change = {DATA_TYPE: 'task', label: 'renamed', deadline: '2099-01-01'};
  expect((await world.call('PUT', `/task/${id}`, change)).body).toMatchObject({DATA_TYPE: 'result', code: 'Updated'});
  expect(await world.task(id)).toMatchObject({label: 'renamed', deadline: '2099-01-01T00:00:00+00:00'});
  expect((await world.call('PUT', `/task/${id}`, {DATA_TYPE: 'task', label: ' x'})).status).toBe(400);
  await world.call('POST', `/task/${id}/cancel`);
  expect((await world.call('PUT', `/task/${id}`, change)).status).toBe(409);
});

test('what is not JSON, too large, unknown or not signed in is answered, and the server lives on', async () => {
  const send = (path: string, init: RequestInit) => fetch(new URL(path, world.globus.url), init);
  const headers = {authorization: `Bearer ${world.token}`};
  const broken = await send('/v0.10/transfer', {method: 'POST', headers, body: '{"DATA_TYPE":'});
  expect(broken.status).toBe(400);
  expect(await broken.json()).toMatchObject({code: 'ClientError.BadRequest', resource: '/transfer'});
  const nothing = await send('/v0.10/nothing', {headers});
  expect(nothing.status).toBe(404);
  expect(await nothing.json()).toMatchObject({code: 'ClientError.NotFound', resource: '/nothing'});
  const stranger = await send('/v0.10/task_list', {headers: {authorization: 'Bearer wrong'}});
  expect(stranger.status).toBe(401);
  expect(await stranger.json()).toMatchObject({code: 'AuthenticationFailed', request_id: expect.any(String)});
  const large = await send('/v0.10/transfer', {method: 'POST', headers, body: randomBytes(33 * 1024 * 1024)}).catch(
    () => undefined, // the connection may be closed before all is sent
  );
  expect([undefined, 413]).toContain(large?.status);
  const url = new URL(world.globus.url);
  await new Promise<void>((resolve) => {
    const socket = connect(Number(url.port), url.hostname, () => {
      socket.write('POST /v0.10/transfer HTTP/1.1\r\nhost: x\r\ncontent-length: 1000\r\n\r\n{');
      socket.destroy();
    });
    socket.on('close', () => resolve());
  });
  await new Promise<void>((resolve) => {
    const socket = connect(Number(url.port), url.hostname, () => socket.end('not http at all\r\n\r\n'));
    socket.on('close', () => resolve());
    socket.resume();
  });
  expect((await world.call('GET', '/submission_id')).status).toBe(200);
});
