import {afterEach, beforeEach, expect, test} from 'vitest';
import {openWorld, until, type World} from './support.ts';

let world: World;
beforeEach(async () => {
  world = await openWorld();
  world.put('f', 'x');
});
afterEach(() => world.remove());

const mailed = () => world.globus.mail().map(({task, status}) => [task, status]);

test('the owner of a task gets a mail at its end, unless the submission says that none is wanted', async () => {
  const loud = await world.transfer({from: '/f', to: '/1'}, {label: 'with mail'});
  await world.ended(loud);
  const quiet = await world.transfer({from: '/f', to: '/2'}, {notify_on_succeeded: false});
  await world.ended(quiet);
  expect(world.globus.mail()).toMatchObject([{task: loud, label: 'with mail', status: 'SUCCEEDED'}]);
});

test('of a task that a manager cancels, the owner learns the reason, in the task and by mail', async () => {
  world.globus.setRate(1);
  const id = await world.transfer({from: '/f', to: '/1'}, {notify_on_failed: true});
  await world.globus.cancelTask(id, 'the tape robot is away');
  expect(await world.task(id)).toMatchObject({
    status: 'FAILED',
    fatal_error: {code: 'CANCELED'},
    canceled_by_admin: 'BOTH',
    canceled_by_admin_message: 'the tape robot is away',
  });
  expect(mailed()).toEqual([[id, 'FAILED']]);
  await expect(world.globus.cancelTask(id, 'again')).rejects.toThrow(RangeError);
});

test('a task that becomes inactive is told of once, where that is wanted', async () => {
  world.globus.setRate(1);
  const told = await world.transfer({from: '/f', to: '/1'});
  const quiet = await world.transfer({from: '/f', to: '/2'}, {notify_on_inactive: false});
  world.globus.expire(['source']);
  await until('both are inactive', async () =>
    (await Promise.all([told, quiet].map((id) => world.task(id)))).every((task) => task.status === 'INACTIVE'),
  );
  expect(mailed()).toEqual([[told, 'INACTIVE']]);
});
