import {randomBytes, randomUUID} from 'node:crypto';
import {existsSync} from 'node:fs';
import {join} from 'node:path';
import {afterEach, beforeEach, expect, test} from 'vitest';
import {openWorld, tree, until, type World} from './support.ts';

let world: World;
beforeEach(async () => {
  world = await openWorld();
});
afterEach(() => world.remove());

const faulting = (id: string, times = 1) =>
  until('it faults', async () => {
    const task = await world.task(id);
    return Number(task.faults) >= times && task;
  });

test.each([
  ['source', '/in/deep', 'PERMISSION_DENIED', 'permission denied'],
  ['source', '/', 'FILE_NOT_FOUND', 'file not found'],
  ['destination', '/out', 'NO_SPACE_LEFT', 'no space left'],
  ['destination', '/out/deep/a', 'QUOTA_EXCEEDED', 'quota exceeded'],
] as const)(
  '%s %s: %s is met again and again, and the task completes once it is cleared',
  async (where, path, code, words) => {
    world.put('in/deep/a', 'a');
    world.put('in/b', 'b');
    world.globus.setFault(where, path, code);
    const id = await world.transfer({from: '/in', to: '/out', recursive: true});
    expect(await faulting(id, 3)).toMatchObject({
      status: 'ACTIVE',
      is_ok: false,
      nice_status: code,
      nice_status_short_description: words,
      subtasks_retrying: 1,
    });
    expect((await world.events(id))[0]).toMatchObject({
      code,
      description: words,
      is_error: true,
      details: expect.stringContaining(world[where].id),
    });
    expect(existsSync(join(world.destination.directory, 'out/deep/a'))).toBe(false);
    world.globus.setFault(where, path, null);
    expect(await world.ended(id)).toMatchObject({status: 'SUCCEEDED', files_transferred: 2});
    expect(tree(join(world.destination.directory, 'out'))).toEqual(tree(join(world.source.directory, 'in')));
  },
);

test('what lies outside of the path is copied meanwhile, though its name begins alike', async () => {
  world.put('in/deep/a', 'a');
  world.put('in/deeper', 'b');
  world.globus.setFault('source', '/in/deep', 'PERMISSION_DENIED');
  const id = await world.transfer({from: '/in', to: '/out', recursive: true});
  await faulting(id);
  expect(Object.keys(tree(join(world.destination.directory, 'out')))).toEqual(['/deeper']);
});

test('a fault that is ordered in the middle of a file is met there', async () => {
  world.put('f', randomBytes(100_000));
  world.globus.setRate(20_000);
  const id = await world.transfer({from: '/f', to: '/f'});
  await until('bytes move', async () => Number((await world.task(id)).bytes_transferred) > 0);
  world.globus.setFault('source', '/f', 'CONNECTION_RESET');
  expect(await faulting(id)).toMatchObject({status: 'ACTIVE', nice_status: 'CONNECTION_RESET', bytes_transferred: 0});
});

test('the rules of the task hold for ordered faults, too', async () => {
  world.put('in/a', 'a');
  world.put('in/b', 'b');
  world.globus.setFault('source', '/in/a', 'PERMISSION_DENIED');
  const passing = await world.transfer({from: '/in', to: '/out', recursive: true}, {skip_source_errors: true});
  expect(await world.ended(passing)).toMatchObject({status: 'SUCCEEDED', subtasks_skipped_errors: 1});
  world.globus.setFault('destination', '/full', 'QUOTA_EXCEEDED');
  const strict = await world.transfer({from: '/in/b', to: '/full/b'}, {fail_on_quota_errors: true});
  expect(await world.ended(strict)).toMatchObject({status: 'FAILED', fatal_error: {code: 'QUOTA_EXCEEDED'}});
});

test('a delete that faults goes on once the fault is cleared, though part of it is gone already', async () => {
  world.put('junk/a', 'a');
  world.put('junk/sub/b', 'b');
  world.put('other', 'o');
  world.globus.setFault('source', '/junk/sub', 'PERMISSION_DENIED');
  const {body} = await world.call('POST', '/delete', {
    DATA_TYPE: 'delete',
    submission_id: randomUUID(),
    endpoint: world.source.id,
    recursive: true,
    DATA: ['/other', '/junk'].map((path) => ({DATA_TYPE: 'delete_item', path})),
  });
  const id = String(body.task_id);
  expect(await faulting(id, 2)).toMatchObject({status: 'ACTIVE', nice_status: 'PERMISSION_DENIED'});
  expect(existsSync(join(world.source.directory, 'other'))).toBe(false);
  expect(existsSync(join(world.source.directory, 'junk/sub/b'))).toBe(true);
  world.globus.setFault('source', '/junk/sub', null);
  expect(await world.ended(id)).toMatchObject({status: 'SUCCEEDED', subtasks_succeeded: 2});
  expect(existsSync(join(world.source.directory, 'junk'))).toBe(false);
});

test('a fault outlives a restart, and a path is meant however it is spelled', async () => {
  world.put('in/f', 'f');
  world.globus.setFault('source', '/~/in/', 'ENDPOINT_TOO_BUSY');
  await world.restart();
  expect(world.globus.collections()[0]?.faults).toEqual([{path: '/in', code: 'ENDPOINT_TOO_BUSY'}]);
  const id = await world.transfer({from: '/in/f', to: '/f'});
  expect(await faulting(id)).toMatchObject({nice_status: 'ENDPOINT_TOO_BUSY'});
  world.globus.setFault('source', 'in', null);
  expect((await world.ended(id)).status).toBe('SUCCEEDED');
});
