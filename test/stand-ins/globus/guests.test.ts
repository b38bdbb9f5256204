import {randomUUID} from 'node:crypto';
import {existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {afterEach, beforeEach, expect, test} from 'vitest';
import {
  type Answered,
  type Document,
  openWorld,
  registeredClient,
  transferDocument,
  until,
  type World,
} from './support.ts';

// A guest collection on the directory /shared of the source: its owner is the stand-in's client, "guest" somebody else.

let world: World;
let owner: string;
let guest: {client: string; token: string};
let shared: string;
beforeEach(async () => {
  world = await openWorld();
  for (const path of ['shared/in/f', 'shared/in/deep/g', 'shared/other/f', 'secret/f']) world.put(path, path);
  mkdirSync(join(world.source.directory, 'shared', 'out'));
  owner = world.token;
  guest = await registeredClient(world.globus);
  shared = String((await share('/shared', 'the share')).body.id);
});
afterEach(() => world.remove());

const share = (host_path: string, display_name: string): Promise<Answered> =>
  world.call('POST', '/shared_endpoint', {
    DATA_TYPE: 'shared_endpoint',
    host_endpoint: world.source.id,
    host_path,
    display_name,
  });

const permit = (path: string, permissions: string, principal = guest.client, principal_type = 'identity') =>
  world.call('POST', `/endpoint/${shared}/access`, {DATA_TYPE: 'access', principal_type, principal, path, permissions});

/** Ask as the guest. */
async function asGuest<Result>(act: () => Promise<Result>): Promise<Result> {
  world.token = guest.token;
  try {
    return await act();
  } finally {
    world.token = owner;
  }
}

const ls = (path: string) => world.call('GET', `/operation/endpoint/${shared}/ls?path=${path}`);
const names = (answer: Answered) => (answer.body.DATA as Document[]).map((one) => one.name);

test('a guest collection is made of a directory of its host, and its document says so', async () => {
  expect(await world.call('GET', `/endpoint/${shared}`)).toMatchObject({
    status: 200,
    body: {
      display_name: 'the share',
      entity_type: 'GCP_guest_collection',
      host_endpoint_id: world.source.id,
      host_path: '/shared',
      owner_id: world.globus.credentials().clientId,
      acl_available: true,
      acl_editable: true,
    },
  });
  expect(names(await ls('/'))).toEqual(['in', 'other', 'out']);
  const hosted = await world.call('GET', `/endpoint_manager/endpoint/${world.source.id}/hosted_endpoint_list`);
  expect(hosted.body.DATA).toMatchObject([{id: shared}]);
  const mine = await world.call('GET', `/endpoint/${world.source.id}/my_shared_endpoint_list`);
  expect(mine.body.DATA).toMatchObject([{id: shared}]);
  expect((await share('/nothing', 'x')).status).toBe(400);
  expect((await share('/secret/f', 'x')).status).toBe(400);
  expect(() => world.globus.removeCollection('source')).toThrow(/guest collections/);
});

test('who has no rule does not see it; with a rule they see what lies below its path, and no more', async () => {
  expect(await asGuest(() => world.call('GET', `/endpoint/${shared}`))).toMatchObject({
    status: 403,
    body: {code: 'PermissionDenied'},
  });
  const made = await permit('/in/', 'r');
  expect(made).toMatchObject({status: 201, body: {DATA_TYPE: 'access_create_result', code: 'Created'}});
  await asGuest(async () => {
    expect(await world.call('GET', `/endpoint/${shared}`)).toMatchObject({
      status: 200,
      body: {my_effective_roles: [], acl_editable: false},
    });
    const found = await world.call('GET', '/endpoint_search?filter_scope=shared-with-me');
    expect(found.body.DATA).toMatchObject([{id: shared}]);
    expect(names(await ls('/in'))).toEqual(['deep', 'f']);
    expect(names(await ls('/in/deep'))).toEqual(['g']);
    for (const path of ['/', '/other', '/in/../other'])
      expect(await ls(path), path).toMatchObject({
        status: 502,
        body: {code: 'ExternalError.DirListingFailed.PermissionDenied'},
      });
    const mkdir = await world.call('POST', `/operation/endpoint/${shared}/mkdir`, {
      DATA_TYPE: 'mkdir',
      path: '/in/new',
    });
    expect(mkdir.status).toBe(502);
    expect((await world.call('GET', `/endpoint/${shared}/access_list`)).status).toBe(403);
    expect((await world.call('GET', `/endpoint/${world.source.id}`)).status).toBe(403);
  });
  expect(existsSync(join(world.source.directory, 'shared/in/new'))).toBe(false);
});

test('rules are listed, shown, changed and deleted, by managers also from above', async () => {
  const id = String((await permit('/in/', 'r')).body.access_id);
  const rule = {
    DATA_TYPE: 'access',
    id,
    principal_type: 'identity',
    principal: guest.client,
    path: '/in/',
    permissions: 'r',
    role_id: null,
    role_type: null,
  };
  const listed = {DATA_TYPE: 'access_list', endpoint: shared, DATA: [rule]};
  expect((await world.call('GET', `/endpoint/${shared}/access_list`)).body).toMatchObject(listed);
  expect((await world.call('GET', `/endpoint_manager/endpoint/${shared}/access_list`)).body).toMatchObject(listed);
  expect((await world.call('GET', `/endpoint/${shared}/access/${id}`)).body).toMatchObject(rule);
  expect(await permit('/in/', 'rw')).toMatchObject({status: 409, body: {code: 'Exists'}});
  await world.restart();
  await world.call('PUT', `/endpoint/${shared}/access/${id}`, {DATA_TYPE: 'access', permissions: 'rw'});
  expect((await world.call('GET', `/endpoint/${shared}/access/${id}`)).body.permissions).toBe('rw');
  expect((await world.call('DELETE', `/endpoint/${shared}/access/${id}`)).body.code).toBe('Deleted');
  expect((await world.call('GET', `/endpoint/${shared}/access/${id}`)).status).toBe(404);
  expect((await asGuest(() => ls('/in'))).status).toBe(403);
});

test.each([
  ['a path without a slash at its end', '/in', 'r', undefined, 'identity'],
  ['a relative path', 'in/', 'r', undefined, 'identity'],
  ['other permissions', '/in/', 'w', undefined, 'identity'],
  ['no identity', '/in/', 'r', '', 'identity'],
  ['a name for everybody', '/in/', 'r', randomUUID(), 'all_authenticated_users'],
  ['writing by anybody', '/in/', 'rw', '', 'anonymous'],
])('a rule with %s is refused', async (_what, path, permissions, principal, type) => {
  expect((await permit(path, permissions, principal, type)).status).toBe(400);
});

const submit = (ends: Document, item: {from: string; to: string}) =>
  world.call('POST', '/transfer', transferDocument(world, item, ends));

test('a task reads and writes within the rules; what they forbid is a fault until they allow it', async () => {
  await permit('/in/', 'r');
  await asGuest(async () => {
    // The guest reads and writes on one and the same collection: it may use no other.
    const ends = {source_endpoint: shared, destination_endpoint: shared};
    const id = String((await submit(ends, {from: '/in/f', to: '/out/f'})).body.task_id);
    await until('it faults', async () => (await world.task(id)).nice_status === 'PERMISSION_DENIED');
    expect(
      (await submit({...ends, destination_endpoint: world.destination.id}, {from: '/in/f', to: '/f'})).status,
    ).toBe(403);
    world.token = owner;
    await permit('/out/', 'rw');
    world.token = guest.token;
    expect(await world.ended(id)).toMatchObject({status: 'SUCCEEDED', files_transferred: 1});
  });
  expect(readFileSync(join(world.source.directory, 'shared/out/f'), 'utf8')).toBe('shared/in/f');
});

test('a delete needs a rule that lets write', async () => {
  const submitted = {DATA_TYPE: 'delete', endpoint: shared, DATA: [{DATA_TYPE: 'delete_item', path: '/in/f'}]};
  const remove = async () =>
    String((await world.call('POST', '/delete', {...submitted, submission_id: randomUUID()})).body.task_id);
  await permit('/in/', 'r');
  const id = await asGuest(remove);
  await until('it faults', async () => Number((await asGuest(() => world.task(id))).faults) > 0);
  expect(existsSync(join(world.source.directory, 'shared/in/f'))).toBe(true);
  await asGuest(() => world.call('POST', `/task/${id}/cancel`));
  await permit('/', 'rw', '', 'all_authenticated_users');
  const allowed = await asGuest(remove);
  expect(await asGuest(() => world.ended(allowed))).toMatchObject({status: 'SUCCEEDED'});
  expect(existsSync(join(world.source.directory, 'shared/in/f'))).toBe(false);
});

test('nothing of the host outside its directory is reached, by no path and by no link', async () => {
  writeFileSync(join(world.source.directory, 'shared', 'in', 'x'), 'x');
  symlinkSync('../../secret', join(world.source.directory, 'shared', 'in', 'link'));
  await permit('/', 'rw');
  await asGuest(async () => {
    expect((await ls('/../secret')).status).toBe(400);
    expect((await ls('/in/link')).status).toBe(502);
    const ends = {source_endpoint: shared, destination_endpoint: shared};
    const id = String((await submit(ends, {from: '/in/link/f', to: '/out/stolen'})).body.task_id);
    await until('it faults', async () => (await world.task(id)).nice_status === 'PERMISSION_DENIED');
  });
  expect(existsSync(join(world.source.directory, 'shared/out/stolen'))).toBe(false);
});

test('a role lets somebody manage the rules, until it is taken away', async () => {
  const add = (role: string) =>
    world.call('POST', `/endpoint/${shared}/role`, {
      DATA_TYPE: 'role',
      principal_type: 'identity',
      principal: guest.client,
      role,
    });
  const rules = () => asGuest(() => world.call('GET', `/endpoint/${shared}/access_list`));
  expect((await rules()).status).toBe(403);
  const made = await add('access_manager');
  expect(made.body).toMatchObject({DATA_TYPE: 'role', principal: guest.client, role: 'access_manager'});
  expect((await rules()).status).toBe(200);
  expect((await asGuest(() => ls('/'))).status).toBe(200);
  expect((await asGuest(() => world.call('GET', `/endpoint/${shared}`))).body.my_effective_roles).toEqual([
    'access_manager',
  ]);
  expect((await asGuest(() => add('administrator'))).status).toBe(403);
  const {body} = await world.call('GET', `/endpoint/${shared}/role_list`);
  expect(body).toMatchObject({DATA_TYPE: 'role_list', DATA: [{id: made.body.id}]});
  await world.call('DELETE', `/endpoint/${shared}/role/${made.body.id}`);
  expect((await rules()).status).toBe(403);
});

test('what the owner of the machine permits by name is a rule as any other', async () => {
  world.globus.addPerson('ada@uni.example', false);
  world.globus.permit(shared, '/in', {username: 'ada@uni.example', permissions: 'r'});
  const list = async () => (await world.call('GET', `/endpoint/${shared}/access_list`)).body.DATA;
  const ada = world.globus.people()[1]?.id;
  expect(await list()).toMatchObject([{principal_type: 'identity', principal: ada, path: '/in/', permissions: 'r'}]);
  world.globus.permit(shared, '/in', {username: 'ada@uni.example', permissions: 'rw'});
  expect(await list()).toMatchObject([{principal: ada, permissions: 'rw'}]);
  world.globus.permit(shared, '/in', {username: 'ada@uni.example', permissions: null});
  expect(await list()).toEqual([]);
  world.globus.permit(shared, '/', {username: null, permissions: 'r'});
  expect(names(await asGuest(() => ls('/')))).toEqual(['in', 'other', 'out']);
  expect(() => world.globus.permit('source', '/', {username: null, permissions: 'r'})).toThrow(RangeError);
});

test('a guest collection that is deleted is gone with its rules, and its files stay', async () => {
  await permit('/in/', 'r');
  expect((await asGuest(() => world.call('DELETE', `/endpoint/${shared}`))).status).toBe(403);
  expect((await world.call('DELETE', `/endpoint/${shared}`)).body).toMatchObject({code: 'Deleted'});
  expect(await world.call('GET', `/endpoint/${shared}`)).toMatchObject({status: 404, body: {code: 'EndpointDeleted'}});
  expect(existsSync(join(world.source.directory, 'shared/in/f'))).toBe(true);
  expect((await world.call('DELETE', `/endpoint/${world.source.id}`)).status).toBe(409);
});
