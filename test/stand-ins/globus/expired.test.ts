import {randomBytes, randomUUID} from 'node:crypto';
import {existsSync} from 'node:fs';
import {join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {afterEach, beforeEach, expect, test} from 'vitest';
import {type Document, openWorld, signIn, transferDocument, until, untilStill, type World} from './support.ts';

let world: World;
beforeEach(async () => {
  world = await openWorld();
});
afterEach(() => world.remove());

/** That nothing happens can only be watched for a while: at 20 kB/s, ten looks see bytes that move. */
async function staysSo(isSo: () => Promise<boolean>): Promise<void> {
  for (let look = 0; look < 10; look++) {
    expect(await isSo()).toBe(true);
    await sleep(50);
  }
}

/** A transfer of one large file that is under way, slowly. */
async function slowTransfer(): Promise<string> {
  world.put('f', randomBytes(200_000));
  world.globus.setRate(20_000);
  const id = await world.transfer({from: '/f', to: '/f'}, {verify_checksum: true});
  await until('bytes move', async () => Number((await world.task(id)).bytes_transferred) > 0);
  return id;
}

test('a credential that expires makes its tasks INACTIVE: no byte moves, and the task says why', async () => {
  const id = await slowTransfer();
  world.globus.expire(['destination']);
  const task = await world.task(id);
  expect(task).toMatchObject({
    status: 'INACTIVE',
    completion_time: null,
    fatal_error: null,
    is_ok: false,
    is_paused: false,
    nice_status: 'NO_CREDENTIALS',
    nice_status_short_description: 'no credentials',
    nice_status_expires_in: -1,
  });
  expect((await world.events(id))[0]).toMatchObject({
    code: 'NO_CREDENTIALS',
    description: 'no credentials',
    is_error: true,
    details: expect.stringContaining(world.destination.id),
  });
  // The piece that was under way is still written.
  await untilStill(() => world.task(id));
  expect(world.globus.counts()).toEqual({active: 0, queued: 0, inactive: 1, ended: 0});
  const {body} = await world.call('GET', '/task_list?filter=status:INACTIVE');
  expect((body.DATA as Document[]).map((one) => one.task_id)).toEqual([id]);
});

test('it outlives a restart, and once renewed the task continues by itself to the end', async () => {
  const id = await slowTransfer();
  world.globus.expire([]);
  await world.restart();
  expect((await world.task(id)).status).toBe('INACTIVE');
  world.globus.setRate(null);
  world.globus.renew(['source']);
  await staysSo(async () => (await world.task(id)).status === 'INACTIVE'); // the destination is expired still
  world.globus.renew([]);
  expect(['ACTIVE', 'SUCCEEDED']).toContain((await world.task(id)).status);
  expect(await world.ended(id)).toMatchObject({status: 'SUCCEEDED', files_transferred: 1});
});

test('an INACTIVE task can be cancelled, and expires at its deadline', async () => {
  world.put('f', 'x');
  world.globus.setRate(1);
  const soon = new Date(Date.now() + 1500).toISOString();
  const dated = await world.transfer({from: '/f', to: '/dated'}, {deadline: soon});
  const other = await world.transfer({from: '/f', to: '/other'});
  world.globus.expire([]);
  expect((await world.call('POST', `/task/${other}/cancel`)).body.code).toBe('Canceled');
  expect(await world.task(other)).toMatchObject({status: 'FAILED', fatal_error: {code: 'CANCELED'}});
  const expired = await until('the deadline', async () => {
    const task = await world.task(dated);
    return task.status === 'FAILED' && task;
  });
  expect(expired).toMatchObject({
    fatal_error: {code: 'EXPIRED', description: 'deadline expired'},
    subtasks_expired: 1,
    is_ok: null,
    nice_status: null,
  });
});

test('a task in the queue becomes INACTIVE as well, and leaves its turn to others', async () => {
  world.put('f', randomBytes(50_000));
  world.globus.setRate(5_000);
  const other = world.globus.addCollection({name: 'other', directory: join(world.directory, 'other')});
  const first = [1, 2, 3].map((n) => world.transfer({from: '/f', to: `/${n}`}));
  await Promise.all(first);
  const document = transferDocument(world, {from: '/f', to: '/4'}, {destination_endpoint: other.id});
  const fourth = String((await world.call('POST', '/transfer', document)).body.task_id);
  expect((await world.task(fourth)).nice_status).toBe('Queued');
  world.globus.expire(['destination']);
  world.globus.setRate(null);
  expect((await world.ended(fourth)).status).toBe('SUCCEEDED');
  world.globus.renew(['destination']);
  for (const id of await Promise.all(first)) {
    const done = await until('it ends', async () => {
      const task = await world.task(id);
      return task.completion_time !== null && task;
    });
    expect(done.status).toBe('SUCCEEDED');
  }
});

const OPERATIONS: readonly [method: string, path: (id: string) => string, body?: unknown][] = [
  ['GET', (id) => `/operation/endpoint/${id}/ls?path=/`],
  ['GET', (id) => `/operation/endpoint/${id}/stat?path=/f`],
  ['POST', (id) => `/operation/endpoint/${id}/mkdir`, {DATA_TYPE: 'mkdir', path: '/made'}],
  ['POST', (id) => `/operation/endpoint/${id}/rename`, {DATA_TYPE: 'rename', old_path: '/f', new_path: '/g'}],
];

test('whatever needs an expired collection is refused with what the user has to do', async () => {
  world.put('f', 'x');
  world.globus.expire(['source']);
  const refusal = {
    status: 403,
    body: {
      code: 'AuthPolicyFailed',
      message: expect.stringContaining("'source' has expired"),
      request_id: expect.any(String),
      resource: expect.any(String),
      authorization_parameters: {
        session_message: expect.any(String),
        session_required_identities: [world.globus.credentials().clientId],
      },
    },
  };
  for (const [method, path, body] of OPERATIONS) {
    expect(await world.call(method, path(world.source.id), body)).toEqual(refusal);
  }
  expect(await world.call('POST', '/transfer', transferDocument(world, {from: '/f', to: '/f'}))).toEqual(refusal);
  const erase = {
    DATA_TYPE: 'delete',
    submission_id: randomUUID(),
    endpoint: world.source.id,
    DATA: [{DATA_TYPE: 'delete_item', path: '/f'}],
  };
  expect(await world.call('POST', '/delete', erase)).toEqual(refusal);
  expect(existsSync(join(world.source.directory, 'made'))).toBe(false);
  expect((await world.call('GET', `/endpoint/${world.source.id}`)).status).toBe(200);
  expect((await world.call('GET', `/operation/endpoint/${world.destination.id}/ls`)).status).toBe(200);
  world.globus.renew(['source']);
  expect((await world.call('GET', `/operation/endpoint/${world.source.id}/ls`)).status).toBe(200);
});

test('a submission that was accepted before is known as a duplicate all the same', async () => {
  world.put('f', 'x');
  const document = transferDocument(world, {from: '/f', to: '/f'});
  await world.call('POST', '/transfer', document);
  world.globus.expire([]);
  expect((await world.call('POST', '/transfer', document)).body.code).toBe('Duplicate');
});

test('a name that is no collection expires none of them', () => {
  expect(() => world.globus.expire(['source', 'nowhere'])).toThrow(RangeError);
  expect(world.globus.collections().some((one) => one.expired)).toBe(false);
});

test('access tokens that expire are not accepted any more, after a restart neither, and new ones can be had', async () => {
  world.globus.expireTokens();
  const refused = await world.call('GET', '/task_list');
  expect(refused).toMatchObject({status: 401, body: {code: 'AuthenticationFailed'}});
  await world.restart();
  expect((await world.call('GET', '/task_list')).status).toBe(401);
  world.token = await signIn(world.globus);
  expect((await world.call('GET', '/task_list')).status).toBe(200);
});
