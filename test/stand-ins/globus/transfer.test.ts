import {randomBytes, randomUUID} from 'node:crypto';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import {join} from 'node:path';
import {afterEach, beforeEach, expect, test} from 'vitest';
import {type Document, openWorld, transferDocument, tree, until, untilStill, type World} from './support.ts';

let world: World;
beforeEach(async () => {
  world = await openWorld();
});
afterEach(() => world.remove());

test('a directory of 300 small files and one of 8 MB arrives byte for byte', async () => {
  for (let n = 0; n < 300; n++) world.put(`in/d${n % 7}/e${n % 3}/f${n}.txt`, randomBytes(n * 3));
  world.put('in/large.bin', randomBytes(8 * 1024 * 1024));
  const id = await world.transfer({from: '/in/', to: '/out/deep/', recursive: true}, {verify_checksum: true});
  const task = await world.ended(id);
  expect(task).toMatchObject({status: 'SUCCEEDED', files: 301, files_transferred: 301, directories: 29, faults: 0});
  expect(tree(`${world.destination.directory}/out/deep`)).toEqual(tree(`${world.source.directory}/in`));
});

test('a throttled transfer can be watched: bytes grow, and the rate is near what was set', async () => {
  world.globus.setRate(400_000);
  world.put('slow.bin', randomBytes(600_000));
  const id = await world.transfer({from: '/slow.bin', to: '/slow.bin'});
  const seen = new Set<number>();
  await until('half has arrived', async () => {
    const task = await world.task(id);
    seen.add(Number(task.bytes_transferred));
    return Number(task.bytes_transferred) >= 300_000;
  });
  expect(seen.size).toBeGreaterThan(3);
  expect(existsSync(join(world.destination.directory, 'slow.bin'))).toBe(false);
  const task = await world.ended(id);
  expect(task).toMatchObject({status: 'SUCCEEDED', bytes_transferred: 600_000});
  expect(Number(task.effective_bytes_per_second)).toBeLessThan(500_000);
});

test('a paused collection stops a task in the middle of a file, and it goes on after the resume', async () => {
  world.globus.setRate(500_000);
  const content = randomBytes(700_000);
  world.put('file', content);
  const id = await world.transfer({from: '/file', to: '/file'});
  await until('it moves', async () => Number((await world.task(id)).bytes_transferred) > 100_000);
  world.globus.pause('destination', 'tape library is down');
  const paused = await untilStill(() => world.task(id));
  expect(paused).toMatchObject({status: 'ACTIVE', is_paused: true, completion_time: null});
  expect(Number(paused.bytes_transferred)).toBeLessThan(700_000);
  const info = await world.call('GET', `/task/${id}/pause_info`);
  expect(info.body).toMatchObject({
    DATA_TYPE: 'pause_info_limited',
    destination_pause_message: 'tape library is down',
    source_pause_message: null,
    pause_rules: [{endpoint_id: world.destination.id, message: 'tape library is down'}],
  });
  world.globus.setRate(null);
  world.globus.resume('destination');
  expect(await world.ended(id)).toMatchObject({status: 'SUCCEEDED', is_paused: false});
  expect(readFileSync(join(world.destination.directory, 'file')).equals(content)).toBe(true);
  const codes = (await world.events(id)).map((event) => event.code);
  expect(codes).toEqual(['SUCCEEDED', 'UNPAUSED', 'PAUSED', 'STARTED']);
});

test('a canceled task is FAILED with CANCELED, keeps what was copied, and leaves no temporary file', async () => {
  world.put('in/a-small', 'small');
  world.put('in/large', randomBytes(900_000));
  world.globus.setRate(200_000);
  const id = await world.transfer({from: '/in', to: '/out', recursive: true});
  await until('the small one is there', () => existsSync(join(world.destination.directory, 'out/a-small')));
  await until('the large one moves', async () => Number((await world.task(id)).bytes_transferred) > 20_000);
  const answer = await world.call('POST', `/task/${id}/cancel`);
  expect(answer).toMatchObject({status: 200, body: {DATA_TYPE: 'result', code: 'Canceled'}});
  const task = await world.task(id);
  expect(task).toMatchObject({
    status: 'FAILED',
    fatal_error: {code: 'CANCELED', description: 'canceled'},
    is_ok: null,
    nice_status: null,
    subtasks_canceled: 1,
    subtasks_pending: 0,
  });
  expect(readdirSync(join(world.destination.directory, 'out'))).toEqual(['a-small']);
  expect((await world.events(id))[0]).toMatchObject({
    code: 'CANCELED',
    is_error: true,
    details: 'Canceled by the task owner',
  });
  const again = await world.call('POST', `/task/${id}/cancel`);
  expect(again.body.code).toBe('TaskComplete');
});

test('a missing source does not end a task: it faults until the file appears', async () => {
  const id = await world.transfer({from: '/late.dat', to: '/late.dat'});
  const task = await until('it has faulted twice', async () => {
    const seen = await world.task(id);
    return Number(seen.faults) >= 2 && seen.is_ok === false && seen; // while it tries again it is well
  });
  expect(task).toMatchObject({
    status: 'ACTIVE',
    nice_status: 'FILE_NOT_FOUND',
    nice_status_short_description: 'file not found',
    is_ok: false,
    subtasks_retrying: 1,
  });
  const errors = await world.call('GET', `/task/${id}/event_list?filter=is_error:1`);
  expect((errors.body.DATA as Document[])[0]).toMatchObject({code: 'FILE_NOT_FOUND', is_error: true});
  world.put('late.dat', 'at last');
  expect(await world.ended(id)).toMatchObject({status: 'SUCCEEDED', files_transferred: 1, subtasks_retrying: 0});
});

test('a task that faults until its deadline is FAILED with EXPIRED', async () => {
  const deadline = new Date(Date.now() + 2000).toISOString();
  const id = await world.transfer({from: '/never', to: '/never'}, {deadline});
  expect(await world.ended(id)).toMatchObject({
    status: 'FAILED',
    fatal_error: {code: 'EXPIRED', description: 'deadline expired'},
    subtasks_expired: 1,
  });
  expect((await world.events(id))[0]).toMatchObject({code: 'EXPIRED', is_error: true});
});

test('skip_source_errors passes over what is missing and lists it', async () => {
  world.put('there', 'x');
  const document = transferDocument(world, {from: '/there', to: '/there'}, {skip_source_errors: true});
  (document.DATA as Document[]).push({DATA_TYPE: 'transfer_item', source_path: '/gone', destination_path: '/gone'});
  const {body} = await world.call('POST', '/transfer', document);
  const id = String(body.task_id);
  expect(await world.ended(id)).toMatchObject({status: 'SUCCEEDED', subtasks_skipped_errors: 1, files_transferred: 1});
  const skipped = await world.call('GET', `/task/${id}/skipped_errors`);
  expect(skipped.body).toMatchObject({
    next_marker: null,
    DATA: [{DATA_TYPE: 'skipped_error', error_code: 'FILE_NOT_FOUND', source_path: '/gone'}],
  });
});

test('only three transfers are worked on at once; the others wait as Queued', async () => {
  world.globus.setRate(100_000);
  const ids: string[] = [];
  for (let n = 0; n < 5; n++) {
    world.put(`f${n}`, randomBytes(400_000));
    ids.push(await world.transfer({from: `/f${n}`, to: `/f${n}`}));
  }
  const nice = await Promise.all(ids.map(async (id) => (await world.task(id)).nice_status));
  expect(nice).toEqual(['OK', 'OK', 'OK', 'Queued', 'Queued']);
  expect(world.globus.counts()).toEqual({active: 3, queued: 2, inactive: 0, ended: 0});
  world.globus.setRate(null);
  for (const id of ids) expect((await world.ended(id)).status).toBe('SUCCEEDED');
  expect(world.globus.counts()).toEqual({active: 0, queued: 0, inactive: 0, ended: 5});
});

test('what was copied is listed with sizes and checksums once the task has ended, and not before', async () => {
  world.globus.setRate(50_000);
  world.put('in/one', 'abc');
  world.put('in/two', randomBytes(50_000));
  const id = await world.transfer({from: '/in', to: '/out', recursive: true}, {verify_checksum: true});
  const early = await world.call('GET', `/task/${id}/successful_transfers`);
  expect(early).toMatchObject({status: 400, body: {code: 'ClientError.BadRequest'}});
  expect(early.body.message).toContain('still in progress, successful transfers are not yet available');
  world.globus.setRate(null);
  await world.ended(id);
  const listed = await world.call('GET', `/task/${id}/successful_transfers`);
  expect(listed.body).toMatchObject({DATA_TYPE: 'successful_transfers', marker: 0, next_marker: null});
  expect(listed.body.DATA).toContainEqual({
    DATA_TYPE: 'successful_transfer',
    source_path: '/in/one',
    destination_path: '/out/one',
    size: 3,
    checksum: '900150983cd24fb0d6963f7d28e17f72',
    checksum_algorithm: 'MD5',
    dynamic: false,
  });
});

test('an external checksum that does not match fails the task at once', async () => {
  world.put('f', 'abc');
  const document = transferDocument(world, {from: '/f', to: '/f'});
  Object.assign((document.DATA as Document[])[0] ?? {}, {external_checksum: '0123'});
  const {body} = await world.call('POST', '/transfer', document);
  expect(await world.ended(String(body.task_id))).toMatchObject({
    status: 'FAILED',
    fatal_error: {code: 'EXTERNAL_CHECKSUM_MISMATCH'},
  });
  expect(readdirSync(world.destination.directory)).toEqual([]);
});

test('sync level 3 copies only what differs, and counts the rest as skipped', async () => {
  world.put('in/same', 'same');
  world.put('in/other', 'new!');
  await world.ended(await world.transfer({from: '/in', to: '/out', recursive: true}));
  writeFileSync(join(world.destination.directory, 'out/other'), 'old!');
  const task = await world.ended(await world.transfer({from: '/in', to: '/out', recursive: true}, {sync_level: 3}));
  expect(task).toMatchObject({status: 'SUCCEEDED', files: 2, files_skipped: 1, files_transferred: 1, sync_level: 3});
  expect(readFileSync(join(world.destination.directory, 'out/other'), 'utf8')).toBe('new!');
});

test('filter rules, kept times, and the removal of extras act on a directory as asked', async () => {
  world.put('in/a.txt', 'a');
  world.put('in/b.tmp', 'b');
  utimesSync(join(world.source.directory, 'in/a.txt'), 1_000_000_000, 1_000_000_000);
  mkdirSync(join(world.destination.directory, 'out/extra/deep'), {recursive: true});
  writeFileSync(join(world.destination.directory, 'out/extra.txt'), 'x');
  const id = await world.transfer(
    {from: '/in', to: '/out', recursive: true},
    {
      filter_rules: [{DATA_TYPE: 'filter_rule', method: 'exclude', name: '*.tmp', type: 'file'}],
      preserve_timestamp: true,
      delete_destination_extra: true,
    },
  );
  expect((await world.ended(id)).status).toBe('SUCCEEDED');
  expect(readdirSync(join(world.destination.directory, 'out'))).toEqual(['a.txt']);
  expect(statSync(join(world.destination.directory, 'out/a.txt')).mtimeMs).toBe(1_000_000_000_000);
});

test('links named as items are followed, others are left out unless they are to be kept or copied', async () => {
  world.put('in/real', 'real');
  symlinkSync('real', join(world.source.directory, 'in/link'));
  await world.ended(await world.transfer({from: '/in/link', to: '/one'}));
  expect(readFileSync(join(world.destination.directory, 'one'), 'utf8')).toBe('real');
  await world.ended(await world.transfer({from: '/in', to: '/ignored', recursive: true}));
  expect(readdirSync(join(world.destination.directory, 'ignored'))).toEqual(['real']);
  await world.ended(await world.transfer({from: '/in', to: '/kept', recursive: true}, {recursive_symlinks: 'keep'}));
  expect(readlinkSync(join(world.destination.directory, 'kept/link'))).toBe('real');
  await world.ended(await world.transfer({from: '/in', to: '/copied', recursive: true}, {recursive_symlinks: 'copy'}));
  const copied = join(world.destination.directory, 'copied/link');
  expect([lstatSync(copied).isFile(), readFileSync(copied, 'utf8')]).toEqual([true, 'real']);
});

test('a directory copied into itself ends', async () => {
  world.put('in/f', 'x');
  const document = transferDocument(world, {from: '/', to: '/in/copy', recursive: true});
  document.destination_endpoint = world.source.id;
  const {body} = await world.call('POST', '/transfer', document);
  expect((await world.ended(String(body.task_id))).status).toBe('SUCCEEDED');
  expect(readdirSync(join(world.source.directory, 'in/copy/in'))).toEqual(['f']);
});

test('a delete removes a tree, and never what a link in it leads to', async () => {
  world.put('keep/me', 'x');
  world.put('junk/deep/f', 'x');
  symlinkSync('../keep', join(world.source.directory, 'junk/link'));
  const remove = (path: string, more: Document) =>
    world.call('POST', '/delete', {
      DATA_TYPE: 'delete',
      submission_id: randomUUID(),
      endpoint: world.source.id,
      DATA: [{DATA_TYPE: 'delete_item', path}],
      ...more,
    });
  const refused = await remove('/junk', {});
  expect(await world.ended(String(refused.body.task_id))).toMatchObject({fatal_error: {code: 'IS_A_DIRECTORY'}});
  const done = await remove('/junk', {recursive: true});
  expect(await world.ended(String(done.body.task_id))).toMatchObject({
    status: 'SUCCEEDED',
    type: 'DELETE',
    source_endpoint_id: world.source.id,
    destination_endpoint_id: null,
  });
  expect(tree(world.source.directory)).toHaveProperty('/keep/me');
  expect(readdirSync(world.source.directory)).toEqual(['keep']);
  const missing = await remove('/junk', {});
  expect(await world.ended(String(missing.body.task_id))).toMatchObject({
    status: 'FAILED',
    fatal_error: {code: 'FILE_NOT_FOUND'},
  });
  const ignored = await remove('/jun*', {ignore_missing: true, interpret_globs: true});
  expect((await world.ended(String(ignored.body.task_id))).status).toBe('SUCCEEDED');
});

test('files that share a rate are completed one after the other, and the counts go with them', async () => {
  for (const name of ['1', '2', '3', '4']) world.put(`six/${name}`, randomBytes(20_000));
  world.globus.setRate(40_000);
  const id = await world.transfer({from: '/six', to: '/six', recursive: true});
  const seen = new Map<number, number>(); // bytes when so many files were complete
  await until('all have arrived', async () => {
    const task = await world.task(id);
    const complete = Number(task.files_transferred);
    if (!seen.has(complete)) seen.set(complete, Number(task.bytes_transferred));
    return task.status === 'SUCCEEDED';
  });
  for (const complete of [1, 2, 3]) {
    const bytes = seen.get(complete) ?? 0;
    expect(bytes, `with ${complete} complete`).toBeGreaterThanOrEqual(complete * 20_000);
    expect(bytes, `with ${complete} complete`).toBeLessThan((complete + 1) * 20_000);
  }
});

test('a task that is cancelled in the middle of a file keeps the bytes that it has moved, and nothing of the file', async () => {
  world.put('large', randomBytes(400_000));
  world.globus.setRate(100_000);
  const id = await world.transfer({from: '/large', to: '/large'});
  await until('bytes move', async () => Number((await world.task(id)).bytes_transferred) > 20_000);
  await world.call('POST', `/task/${id}/cancel`);
  const cancelled = await world.ended(id);
  expect(cancelled).toMatchObject({status: 'FAILED', fatal_error: {code: 'CANCELED'}, files_transferred: 0});
  expect(Number(cancelled.bytes_transferred)).toBeGreaterThan(20_000);
  expect(tree(world.destination.directory)).toEqual({});
  await world.restart();
  expect((await world.task(id)).bytes_transferred).toBe(cancelled.bytes_transferred);
});

test('a name that is not UTF-8 is listed as Latin-1 behind a U+FFFD, and names nothing that could be taken by mistake', async () => {
  world.put('in/good', 'x');
  const odd = Buffer.concat([Buffer.from(join(world.source.directory, 'in/caf')), Buffer.from([0xe9])]);
  writeFileSync(odd, 'odd');
  const {body} = await world.call('GET', `/operation/endpoint/${world.source.id}/ls?path=/in/`);
  const name = '\ufffdcaf\u00e9';
  expect(body.DATA).toEqual([
    expect.objectContaining({name: 'good', type: 'file'}),
    expect.objectContaining({name, type: 'file', size: 3}),
  ]);
  const id = await world.transfer({from: `/in/${name}`, to: '/odd'});
  await until('it is not found', async () => (await world.events(id)).some((event) => event.code === 'FILE_NOT_FOUND'));
  expect(existsSync(join(world.destination.directory, 'odd'))).toBe(false);
});
