import {randomBytes} from 'node:crypto';
import {setTimeout as pause} from 'node:timers/promises';
import {afterEach, beforeEach, expect, test} from 'vitest';
import {whereADayLasts} from '../../../src/stand-ins/day.ts';
import {openWorld, signIn, until, type World} from './support.ts';

const DAY_MS = 3000;
let world: World;
beforeEach(async () => {
  world = await openWorld(undefined, undefined, whereADayLasts(DAY_MS));
});
afterEach(() => world.remove());

test('an access token is good for two days and no longer', async () => {
  expect((await world.call('GET', '/task_list')).status).toBe(200);
  const end = await until('it has ended', async () => (await world.call('GET', '/task_list')).status === 401);
  expect(end).toBe(true);
});

test('deadlines: pushed while files move and while it is queued, and left alone where a user gave one', async () => {
  world.put('f', randomBytes(400_000));
  world.globus.setRate(20_000);
  const moving = await Promise.all(['a', 'b', 'c'].map((name) => world.transfer({from: '/f', to: `/${name}`})));
  const queued = await world.transfer({from: '/f', to: '/d'});
  const given = await world.transfer({from: '/f', to: '/e'}, {deadline: new Date(Date.now() + DAY_MS).toISOString()});
  await pause(3 * DAY_MS);
  world.token = await signIn(world.globus);
  const task = async (id: string) => (await world.call('GET', `/task/${id}`)).body;
  for (const id of moving) {
    expect(await task(id)).toMatchObject({status: 'ACTIVE', nice_status: 'OK'});
    expect(Date.parse(String((await task(id)).deadline))).toBeGreaterThan(Date.now() + DAY_MS);
  }
  expect(await task(queued)).toMatchObject({status: 'ACTIVE', nice_status: 'Queued'});
  expect(await task(given)).toMatchObject({status: 'FAILED', fatal_error: {code: 'EXPIRED'}});
});
