import {randomBytes, randomUUID} from 'node:crypto';
import {afterEach, beforeEach, expect, test} from 'vitest';
import {type Document, openWorld, until, type World} from './support.ts';

let world: World;
beforeEach(async () => {
  world = await openWorld();
  world.put('in/f', randomBytes(200_000));
});
afterEach(() => world.remove());

const manager = (method: string, path: string, body?: unknown) => world.call(method, `/endpoint_manager${path}`, body);
const addRule = (more: Document) =>
  manager('POST', '/pause_rule', {
    DATA_TYPE: 'pause_rule',
    endpoint_id: world.source.id,
    message: 'tape robot under repair',
    ...more,
  });

/** A transfer that goes on for a while. */
async function slow(): Promise<string> {
  world.globus.setRate(20_000);
  const id = await world.transfer({from: '/in/f', to: '/f'});
  await until('bytes move', async () => Number((await world.task(id)).bytes_transferred) > 0);
  return id;
}

test.each([
  ['pause_ls', 'GET', '/ls?path=/in', undefined],
  ['pause_ls', 'GET', '/stat?path=/in/f', undefined],
  ['pause_mkdir', 'POST', '/mkdir', {DATA_TYPE: 'mkdir', path: '/new'}],
  ['pause_rename', 'POST', '/rename', {DATA_TYPE: 'rename', old_path: '/in/f', new_path: '/in/g'}],
  ['pause_symlink', 'POST', '/symlink', {DATA_TYPE: 'symlink', path: '/link', symlink_target: 'in/f'}],
])('a rule with %s stops %s %s, and nothing once it is deleted', async (flag, method, path, body) => {
  const rule = await addRule({[flag]: true});
  expect(rule).toMatchObject({status: 201, body: {DATA_TYPE: 'pause_rule', [flag]: true, editable: true}});
  const operation = `/operation/endpoint/${world.source.id}${path}`;
  expect(await world.call(method, operation, body)).toMatchObject({
    status: 409,
    body: {code: 'OperationPaused', message: expect.stringContaining('tape robot')},
  });
  expect(await manager('DELETE', `/pause_rule/${rule.body.id}`)).toMatchObject({
    status: 200,
    body: {DATA_TYPE: 'result', code: 'Deleted'},
  });
  expect((await world.call(method, operation, body)).status).toBeLessThan(300);
});

test('a rule pauses the tasks of its kind alone; changed and deleted, it lets them go', async () => {
  const id = await slow();
  const rule = String((await addRule({pause_task_transfer_write: true})).body.id);
  expect(await world.task(id)).toMatchObject({is_paused: false}); // this end is read, not written
  await manager('PUT', `/pause_rule/${rule}`, {pause_task_transfer_read: true, message: 'still broken'});
  expect(await world.task(id)).toMatchObject({status: 'ACTIVE', is_paused: true, nice_status: 'PAUSED_BY_ADMIN'});
  expect((await world.call('GET', `/task/${id}/pause_info`)).body).toMatchObject({
    DATA_TYPE: 'pause_info_limited',
    pause_rules: [{DATA_TYPE: 'pause_rule_limited', id: rule, message: 'still broken', endpoint_id: world.source.id}],
    source_pause_message: 'still broken',
    destination_pause_message: null,
  });
  expect((await manager('GET', `/pause_rule_list?filter_endpoint=${world.source.id}`)).body.DATA).toHaveLength(1);
  await world.restart();
  expect((await world.task(id)).is_paused).toBe(true);
  world.globus.setRate(null);
  await manager('DELETE', `/pause_rule/${rule}`);
  expect(await world.ended(id)).toMatchObject({status: 'SUCCEEDED'});
});

test('a rule may concern one identity, and start later', async () => {
  const id = await slow();
  await addRule({pause_task_transfer_read: true, identity_id: randomUUID()});
  await addRule({pause_task_transfer_read: true, start_time: '2099-01-01T00:00:00+00:00'});
  expect(await world.task(id)).toMatchObject({is_paused: false});
  await addRule({pause_task_transfer_read: true, identity_id: world.globus.credentials().clientId});
  expect(await world.task(id)).toMatchObject({is_paused: true});
});

test('a manager pauses, resumes and cancels single tasks, and the owner is told by whom and why', async () => {
  const id = await slow();
  const paused = await manager('POST', '/admin_pause', {
    DATA_TYPE: 'admin_pause',
    task_id_list: [id],
    message: 'too greedy',
  });
  expect(paused.status).toBe(200);
  expect(await world.task(id)).toMatchObject({is_paused: true});
  expect((await world.call('GET', `/task/${id}/pause_info`)).body).toMatchObject({
    pause_rules: [],
    source_pause_message: 'too greedy',
    destination_pause_message: 'too greedy',
  });
  await manager('POST', '/admin_resume', {task_id_list: [id]});
  expect(await world.task(id)).toMatchObject({is_paused: false});
  const cancelled = await manager('POST', '/admin_cancel', {task_id_list: [id], message: 'the disk is full'});
  expect(cancelled.body).toMatchObject({DATA_TYPE: 'admin_cancel', id: expect.any(Number), done: true});
  expect((await manager('POST', `/admin_cancel/${cancelled.body.id}`)).status).toBe(405);
  expect((await manager('GET', `/admin_cancel/${cancelled.body.id}`)).body).toMatchObject({done: true});
  expect(await world.task(id)).toMatchObject({
    status: 'FAILED',
    fatal_error: {code: 'CANCELED'},
    canceled_by_admin: 'BOTH',
    canceled_by_admin_message: 'the disk is full',
  });
  expect((await world.events(id)).map((event) => event.code)).toEqual(['CANCELED', 'UNPAUSED', 'PAUSED', 'STARTED']);
});

test('a manager lists tasks by what the service filters, page by page', async () => {
  const ids: string[] = [];
  for (const to of ['/1', '/2', '/3']) ids.push(await world.transfer({from: '/in/f', to}));
  for (const id of ids) await world.ended(id);
  const missing = await world.transfer({from: '/missing', to: '/missing'});
  await until('it faults', async () => Number((await world.task(missing)).faults) > 0);
  const list = async (query: string) => (await manager('GET', `/task_list?${query}`)).body;
  const idsOf = (body: Document) => (body.DATA as Document[]).map((one) => one.task_id);
  expect(idsOf(await list('filter_status=ACTIVE'))).toEqual([missing]);
  expect(idsOf(await list('filter_min_faults=1'))).toEqual([missing]);
  expect(idsOf(await list(`filter_task_id=${ids[0]},${ids[2]}`))).toEqual([ids[2], ids[0]]);
  expect(idsOf(await list('filter_is_paused=true'))).toEqual([]);
  expect(idsOf(await list(`filter_endpoint=${randomUUID()}`))).toEqual([]);
  expect(idsOf(await list('filter_completion_time=2020-01-01,2099-01-01'))).toHaveLength(3);
  const first = await list('limit=3');
  expect(first).toMatchObject({has_next_page: true, last_key: ids[0 + 1]});
  const second = await list(`limit=3&last_key=${first.last_key}`);
  expect(idsOf(second)).toEqual([ids[0]]);
  expect(second.has_next_page).toBe(false);
  const many = Array.from({length: 51}, () => randomUUID()).join(',');
  expect((await manager('GET', `/task_list?filter_task_id=${many}`)).status).toBe(400);
  expect((await manager('GET', `/task/${missing}/event_list`)).body.DATA_TYPE).toBe('event_list');
  expect((await manager('GET', `/task/${ids[0]}/successful_transfers`)).body.DATA).toHaveLength(1);
});

test.each([
  ['a rule that pauses nothing', '/pause_rule', {message: 'm'}],
  ['a rule without a message', '/pause_rule', {pause_ls: true}],
  ['a rule with a flag of another type', '/pause_rule', {message: 'm', pause_ls: 'yes'}],
  ['a rule of another type', '/pause_rule', {DATA_TYPE: 'rule', message: 'm', pause_ls: true}],
  ['a cancellation without tasks', '/admin_cancel', {message: 'm', task_id_list: []}],
  ['a cancellation without a reason', '/admin_cancel', {task_id_list: [randomUUID()]}],
  ['a pause of something that is no task id', '/admin_pause', {message: 'm', task_id_list: ['seven']}],
])('%s is a bad request', async (_what, path, body) => {
  const answer = await manager('POST', path, {endpoint_id: world.source.id, ...body});
  expect(answer).toMatchObject({status: 400, body: {code: 'ClientError.BadRequest'}});
});
