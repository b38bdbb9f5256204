import {existsSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {afterEach, beforeEach, describe, expect, test} from 'vitest';
import {openGlobusStandIn} from '../../../src/stand-ins/globus/globus-stand-in.ts';
import {DamagedRecord} from '../../../src/stand-ins/stand-in-error.ts';
import {openWorld, signInByHand, until, type World} from './support.ts';

// What lies on disk is damaged: a service that took it for absent would answer with what is not true.

let world: World;
let state: string;
beforeEach(async () => {
  world = await openWorld();
  state = join(world.directory, 'state');
});
afterEach(() => world.remove());

const DAMAGES: Readonly<Record<string, (text: string) => string>> = {
  emptied: () => '',
  'cut short': (text) => text.slice(0, Math.floor(text.length / 2)),
  garbled: (text) => text.replace(/[[{"-]/g, '\u0007'),
  'of another kind': () => '{"weather": "fair"}\n',
};

/** Records that are JSON as a whole, and how each comes to be. The task is unfinished. */
const RECORDS: Readonly<Record<string, (id: string) => string>> = {
  collections: () => 'collections.json',
  'removed collections': () => 'removed-collections.json',
  'access rules and roles': () => 'permissions.json',
  tokens: () => 'tokens.json',
  identities: () => 'identities.json',
  consents: () => 'consents.json',
  logins: () => 'logins.json',
  'the key of id tokens': () => 'id-token-key.json',
  'pause rules': () => 'pause-rules.json',
  bookmarks: () => 'bookmarks.json',
  'the sign-in code': () => 'sign-in-code',
  'the state of a task': (id) => `tasks/${id}/state.json`,
  'the request of a task': (id) => `tasks/${id}/request.json`,
};

async function everyRecord(): Promise<string> {
  const {globus} = world;
  await signInByHand(globus, 'openid urn:globus:auth:scope:transfer.api.globus.org:all');
  const guest = await globus.shareCollection({host: 'source', path: '/', name: 'guest'});
  globus.permit(guest.id, '/', {username: null, permissions: 'r'});
  const bookmark = {name: 'data', endpoint_id: world.source.id, path: '/'};
  expect(await world.call('POST', '/bookmark', bookmark)).toMatchObject({status: 201});
  globus.addCollection({name: 'old', directory: join(world.directory, 'old')});
  globus.removeCollection('old');
  globus.pause('source', 'for repairs');
  world.put('f', 'x');
  return await world.transfer({from: '/f', to: '/f'});
}

/** What keeps the stand-in from starting on the state that lies there. */
async function refusal(): Promise<unknown> {
  try {
    await (await openGlobusStandIn({root: state})).close();
    return undefined;
  } catch (error) {
    return error;
  }
}

test('a record that is damaged in any way keeps the stand-in from starting, and is named; restored, all is as before', async () => {
  const id = await everyRecord();
  const before = await world.task(id);
  await world.globus.close();
  for (const [kind, nameOf] of Object.entries(RECORDS)) {
    const file = join(state, nameOf(id));
    const whole = readFileSync(file);
    for (const [damage, harm] of Object.entries(DAMAGES)) {
      writeFileSync(file, harm(whole.toString()));
      const error = await refusal();
      expect({kind, damage, error}).toEqual({kind, damage, error: expect.any(DamagedRecord)});
      expect(error).toMatchObject({file, trouble: 'damaged', why: expect.stringMatching(/./)});
      expect((error as DamagedRecord).next.join('\n')).toMatch(/stage local down; rm -r .*; stage local up/);
    }
    writeFileSync(file, whole);
  }
  await world.restart();
  expect(await world.task(id)).toEqual(before);
});

test('limits, settings and the journals of a task are not taken for new ones when they are emptied or garbled', async () => {
  world.globus.setLimits({active: 2});
  world.globus.setRate(1_000_000);
  world.put('f', 'x');
  const id = await world.transfer({from: '/f', to: '/f'});
  await world.ended(id);
  await world.globus.close();
  for (const name of ['limits.json', 'settings.json', `tasks/${id}/events.jsonl`]) {
    const file = join(state, name);
    const whole = readFileSync(file);
    for (const damaged of ['', '\u0007\u0007\n', '[7]\n']) {
      writeFileSync(file, damaged);
      expect(await refusal()).toMatchObject({file, trouble: 'damaged'});
    }
    writeFileSync(file, whole);
  }
  expect(await refusal()).toBeUndefined();
});

test('the last line of a journal, cut short by a kill, is passed over and nothing is glued to it', async () => {
  world.globus.pause('source');
  world.put('f', 'x');
  const id = await world.transfer({from: '/f', to: '/f'});
  await until('it says so', async () => (await world.events(id)).length > 0);
  await world.globus.close();
  const file = join(state, 'tasks', id, 'events.jsonl');
  const whole = readFileSync(file, 'utf8');
  writeFileSync(file, `${whole}${whole.slice(0, 20)}`);
  await world.restart();
  world.globus.resume('source');
  await world.ended(id);
  const codes = (await world.events(id)).map((event) => event.code);
  expect(codes).toEqual(expect.arrayContaining(['SUCCEEDED', 'STARTED', 'PAUSED']));
});

describe('a record that is damaged while the stand-in runs', () => {
  test('the request of a task: the task waits, and all about it is answered as by a service in trouble, until it is restored', async () => {
    world.globus.pause('source');
    world.put('f', 'x');
    const id = await world.transfer({from: '/f', to: '/f'});
    const other = await world.transfer({from: '/f', to: '/other'});
    const file = join(state, 'tasks', id, 'request.json');
    const whole = readFileSync(file);
    writeFileSync(file, '');
    world.globus.resume('source');
    await until('it is noticed', () => world.globus.damaged().length > 0);
    for (const [method, path] of [
      ['GET', `/task/${id}`],
      ['GET', `/task/${id}/event_list`],
      ['POST', `/task/${id}/cancel`],
    ] as const)
      expect(await world.call(method, path)).toMatchObject({
        status: 500,
        body: {code: 'InternalError', message: expect.stringContaining(file)},
      });
    await expect(world.globus.cancelTask(id, 'no')).rejects.toBeInstanceOf(DamagedRecord);
    expect((await world.ended(other)).status).toBe('SUCCEEDED');
    expect(world.log.filter((line) => line.includes(file))).toHaveLength(1);
    writeFileSync(file, whole);
    expect((await world.ended(id)).status).toBe('SUCCEEDED');
    expect(world.globus.damaged()).toEqual([]);
  });

  test('a request that is gone is no request that asks for nothing', async () => {
    world.globus.pause('source');
    world.put('f', 'x');
    const id = await world.transfer({from: '/f', to: '/f'});
    rmSync(join(state, 'tasks', id, 'request.json'));
    world.globus.resume('source');
    await until('it is noticed', () => world.globus.damaged().length > 0);
    expect((await world.call('GET', `/task/${id}`)).status).toBe(500);
  });

  test.each(['events.jsonl', 'successful.jsonl'])('%s of a task that has ended', async (name) => {
    world.put('f', 'x');
    const id = await world.transfer({from: '/f', to: '/f'});
    await world.ended(id);
    const file = join(state, 'tasks', id, name);
    const whole = readFileSync(file);
    const path = name === 'events.jsonl' ? `/task/${id}/event_list` : `/task/${id}/successful_transfers`;
    for (const damaged of ['', '\u0007\n', '[7]\n']) {
      writeFileSync(file, damaged);
      expect((await world.call('GET', path)).status).toBe(500);
    }
    writeFileSync(file, whole);
    expect((await world.call('GET', path)).status).toBe(200);
  });
});

test('what a task under way has skipped, and where its temporaries are, keeps the stand-in from starting when it is damaged', async () => {
  world.put('f', Buffer.alloc(200_000));
  world.globus.setRate(10_000);
  const id = await world.transfer({from: '/f', to: '/f'});
  const place = (name: string) => join(state, 'tasks', id, name);
  await until('it has a temporary', async () => existsSync(place('temporaries.jsonl')));
  await world.globus.close();
  // Skipped files are written down at the end of a round: this is one of a former round.
  writeFileSync(
    place('skipped.jsonl'),
    `${JSON.stringify({source_path: '/g', destination_path: '/g', error_code: 'FILE_NOT_FOUND'})}\n`,
  );
  for (const name of ['skipped.jsonl', 'temporaries.jsonl']) {
    const file = place(name);
    const whole = readFileSync(file);
    for (const damaged of ['', '\u0007\u0007\n', '[7]\n']) {
      writeFileSync(file, damaged);
      expect({name, damaged, error: await refusal()}).toMatchObject({error: {file, trouble: 'damaged'}});
    }
    writeFileSync(file, whole);
  }
  await world.restart();
  world.globus.setRate(null);
  expect((await world.ended(id)).status).toBe('SUCCEEDED');
});

test('mail that is damaged is no mail that was never sent: who reads it is told, and tasks go on', async () => {
  world.put('f', 'x');
  await world.ended(await world.transfer({from: '/f', to: '/1'}));
  const file = join(state, 'mail.jsonl');
  const whole = readFileSync(file);
  for (const damaged of ['', '\u0007\u0007\n', '[7]\n']) {
    writeFileSync(file, damaged);
    expect(() => world.globus.mail()).toThrow(expect.objectContaining({file, trouble: 'damaged'}));
  }
  writeFileSync(file, '');
  expect((await world.ended(await world.transfer({from: '/f', to: '/2'}))).status).toBe('SUCCEEDED');
  await until('the lost mail is in the log', async () => world.log.some((line) => line.includes('is lost')));
  writeFileSync(file, whole);
  expect(world.globus.mail()).toHaveLength(1);
});
