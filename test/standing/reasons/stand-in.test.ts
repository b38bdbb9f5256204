import {randomBytes} from 'node:crypto';
import {afterEach, beforeEach, expect, test} from 'vitest';
import {learnAbout} from '../../../src/app/shared/task-knowledge.ts';
import type {TaskId} from '../../../src/base/ids.ts';
import {FAULT_CODES} from '../../../src/stand-ins/globus/copy/fault.ts';
import {explainTask} from '../../../src/standing/reasons/explain-task.ts';
import type {Reason} from '../../../src/standing/standing.ts';
import {createGlobusTransfer} from '../../../src/transfer/globus/globus-transfer.ts';
import type {TransferService} from '../../../src/transfer/transfer-service.ts';
import {openWorld, until, type World} from '../../stand-ins/globus/support.ts';
import {ERROR_CODES} from './error-codes.ts';

let world: World;
let transfers: TransferService;
beforeEach(async () => {
  world = await openWorld();
  const token = async () => world.token;
  transfers = createGlobusTransfer({tokens: {token, renew: token}, transferUrl: world.globus.url});
});
afterEach(() => world.remove());

/** Over HTTP: the task, whatever is asked about it, and what comes of that for a person. */
async function why(id: string, path: string): Promise<Reason> {
  const task = (await transfers.look([id as TaskId])).get(id as TaskId);
  if (task?.kind !== 'task') throw new Error(JSON.stringify(task));
  const from = {collection: world.source.id, path};
  const to = {collection: world.destination.id, path};
  const known = await learnAbout(transfers, [{task, from, to}]);
  return explainTask(task, known.get(id as TaskId) ?? {}, {run: 'r.1', from, to, now: Date.now()});
}

test('every error code of the list can be brought about, by order or, where it ends a task, by what it is about', () => {
  const ends = 'EXTERNAL_CHECKSUM_MISMATCH';
  expect([...FAULT_CODES, ends].sort()).toEqual([...ERROR_CODES].sort());
});

test('every fault that can be ordered is explained with its file, since when, how often and what to do', async () => {
  const tasks = await Promise.all(
    FAULT_CODES.map(async (code) => {
      world.put(`${code}/f`, 'x');
      world.globus.setFault('source', `/${code}/f`, code);
      return [code, await world.transfer({from: `/${code}/f`, to: `/${code}/f`})] as const;
    }),
  );
  for (const [code, id] of tasks) {
    const reason = await until(`${code} is met twice`, async () => {
      const seen = await why(id, `/${code}/f`);
      return (seen.times ?? 0) >= 2 && seen;
    });
    expect(reason.code).toBe(`TASK_FAULT_${code}`);
    expect(reason.what).toMatch(new RegExp(`source:/${code}/f|source|Globus`));
    expect(reason.next.length).toBeGreaterThan(0);
    expect([reason.what, ...reason.next].join(' ')).not.toMatch(/[{}]|undefined/);
    expect(reason.since).toBeGreaterThan(Date.now() - 60_000);
    expect(reason.deadline).toBeGreaterThan(Date.now());
  }
}, 60_000);

test('a missing source, a refused permission and a full destination name the file and what to do', async () => {
  world.put('locked/f', 'x');
  world.globus.setFault('source', '/locked/f', 'PERMISSION_DENIED');
  world.put('big', 'x');
  world.globus.setFault('destination', '/big', 'NO_SPACE_LEFT');
  const expected: readonly [string, RegExp, RegExp][] = [
    ['/nowhere', /^source:\/nowhere does not exist$/, /stage collection ls [0-9a-f-]{36}:\//],
    ['/locked/f', /^the permission for source:\/locked\/f is missing$/, /ask the owner of source/],
    ['/big', /^no space is left for destination:\/big$/, /Free some space on destination/],
  ];
  for (const [path, what, next] of expected) {
    const id = await world.transfer({from: path, to: path});
    const reason = await until(`${path} faults`, async () => {
      const seen = await why(id, path);
      return seen.code.startsWith('TASK_FAULT') && seen;
    });
    expect(reason.what).toMatch(what);
    expect(reason.next.join('\n')).toMatch(next);
  }
});

test('a fourth task is queued behind the three that Globus works on, which are named', async () => {
  world.put('f', randomBytes(400_000));
  world.globus.setRate(10_000);
  const ids: string[] = [];
  for (const n of [1, 2, 3, 4]) ids.push(await world.transfer({from: '/f', to: `/f${n}`}, {label: `task ${n}`}));
  const reason = await why(ids[3] ?? '', '/f');
  expect(reason).toMatchObject({code: 'TASK_QUEUED', what: 'queued at Globus behind 3 of your own tasks'});
  for (const n of [1, 2, 3]) expect(reason.why).toContain(`"task ${n}" (${ids[n - 1]})`);
});

test('a pause, an expired credential, a cancellation and a deadline that passed', async () => {
  world.put('f', randomBytes(400_000));
  world.globus.setRate(10_000);
  const id = await world.transfer({from: '/f', to: '/f'});
  world.globus.pause('source', 'tape robot under repair');
  expect(await why(id, '/f')).toMatchObject({
    code: 'TASK_PAUSED',
    what: 'paused by the manager of source',
    why: '"tape robot under repair"',
    next: [expect.stringContaining('by itself'), expect.stringContaining('the contact of source')],
  });
  world.globus.resume('source');
  world.globus.expire(['destination']);
  const inactive = await why(id, '/f');
  expect(inactive).toMatchObject({code: 'TASK_INACTIVE', standing: 'action'});
  expect(inactive.why).toContain('stage local renew destination');
  expect(inactive.next.join()).toMatch(/Sign in again as [0-9a-f-]{36}/);
  world.globus.renew([]);
  await transfers.cancel(id as TaskId);
  await world.ended(id);
  expect(await why(id, '/f')).toMatchObject({code: 'TASK_CANCELLED', next: ['Try it again: stage resume r.1']});
  const dated = await world.transfer(
    {from: '/none', to: '/none'},
    {deadline: new Date(Date.now() + 1500).toISOString()},
  );
  await world.ended(dated);
  expect(await why(dated, '/none')).toMatchObject({
    code: 'TASK_EXPIRED',
    why: 'what blocked it: source:/none does not exist',
  });
});

test('what moves, what has succeeded, and what is given up at once', async () => {
  world.put('f', randomBytes(200_000));
  world.globus.setRate(100_000);
  const moving = await world.transfer({from: '/f', to: '/f'});
  expect(await why(moving, '/f')).toMatchObject({standing: 'fine', code: 'TASK_ACTIVE', next: []});
  world.globus.setRate(null);
  await world.ended(moving);
  expect(await why(moving, '/f')).toMatchObject({standing: 'fine', code: 'TASK_SUCCEEDED'});
  const paths = {from: '/f', to: '/checked'};
  const item = {DATA_TYPE: 'transfer_item', source_path: paths.from, destination_path: paths.to};
  const checked = await world.transfer(paths, {DATA: [{...item, external_checksum: '0'.repeat(32)}]});
  await world.ended(checked);
  expect(await why(checked, '/f')).toMatchObject({
    standing: 'action',
    code: 'TASK_FAILED_EXTERNAL_CHECKSUM_MISMATCH',
    what: expect.stringContaining('has another checksum than the one that was given'),
    next: expect.arrayContaining([expect.stringContaining('stage resume r.1')]),
  });
  world.globus.setFault('destination', '/full', 'QUOTA_EXCEEDED');
  const full = await world.transfer({from: '/f', to: '/full'}, {fail_on_quota_errors: true});
  await world.ended(full);
  expect(await why(full, '/full')).toMatchObject({
    standing: 'action',
    code: 'TASK_FAILED_QUOTA_EXCEEDED',
    what: expect.stringContaining('the quota at the destination of destination:/full'),
  });
});
