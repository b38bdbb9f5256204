import {expect, test} from 'vitest';
import {readingPlaces, resolvePlaces} from '../../../src/app/places/place-names.ts';
import type {Place} from '../../../src/base/task-request.ts';
import {EXIT} from '../../../src/errors.ts';
import {SignInNeeded, TransferUnreachable} from '../../../src/globus-errors.ts';
import type {Stage} from '../../../src/wiring/stage.ts';
import {type PlaceNames, resolvePlace} from '../../../src/workflow/model/places.ts';

const THETA = '08925f04-569f-11e7-bef8-22000b9a448b';
const FAR = 'cccccccc-0000-4000-8000-000000000003';
const NEAR = 'dddddddd-0000-4000-8000-000000000004';

/** A stage that knows one collection, one mapping and some bookmarks, and counts how often they are asked for. */
function aStage(bookmarks: Readonly<Record<string, Place>> | Error) {
  const asked = {times: 0};
  const stage = {
    profile: {name: 'site', paths: [{cluster: '/lus', collection: 'theta', path: '/'}]},
    locations: {configFile: '/c.yaml'},
    collections: async () => ({theta: THETA}),
    bookmarks: async () => {
      asked.times++;
      if (bookmarks instanceof Error) throw bookmarks;
      return Object.entries(bookmarks).map(([name, place]) => ({id: 'x', name, place}));
    },
  } as unknown as Stage; // all that is used of it
  return {stage, asked};
}

const INPUT = {input: {collection: FAR, path: '/in/'}};
const read = (text: string) => (names: PlaceNames) => {
  const resolved = resolvePlace(text, names);
  if (typeof resolved === 'string') throw new RangeError(resolved);
  return resolved.place;
};

test('Globus is not asked for bookmarks where names, ids and mappings do', async () => {
  const {stage, asked} = aStage(new Error('asked'));
  expect(await resolvePlaces(stage, {a: 'theta:/x', b: `${FAR}:/y`, c: '/lus/z/'})).toEqual({
    a: {collection: THETA, path: '/x'},
    b: {collection: FAR, path: '/y'},
    c: {collection: THETA, path: '/z/'},
  });
  expect(asked.times).toBe(0);
});

test('it is asked once, whatever the number of names that may be bookmarks', async () => {
  const {stage, asked} = aStage({...INPUT, out: {collection: NEAR, path: '/out'}});
  expect(await resolvePlaces(stage, {a: 'input:x', b: 'out:y', c: 'input:'})).toMatchObject({
    a: {collection: FAR, path: '/in/x'},
    b: {collection: NEAR, path: '/out/y'},
  });
  expect(asked.times).toBe(1);
});

test('what is on record is not asked for, and wins over what Globus says now', async () => {
  const {stage, asked} = aStage({...INPUT, out: {collection: NEAR, path: '/out'}});
  const pinned = () => ({input: {collection: NEAR, path: '/before/'}});
  expect(await readingPlaces(stage, read('input:x'), {pinned})).toEqual({collection: NEAR, path: '/before/x'});
  expect(await readingPlaces(stage, read('input:x'), {pinned, offline: true})).toMatchObject({path: '/before/x'});
  expect(asked.times).toBe(0);
  expect(await readingPlaces(stage, read('out:x'), {pinned})).toEqual({collection: NEAR, path: '/out/x'});
  expect(asked.times).toBe(1);
});

test('offline nothing is asked, and the message says so', async () => {
  const {stage, asked} = aStage(INPUT);
  await expect(readingPlaces(stage, read('input:/x'), {offline: true})).rejects.toThrow('not contacted with --offline');
  expect(asked.times).toBe(0);
});

test.each([
  [new TransferUnreachable('GET /bookmark_list', 'away'), EXIT.unreachable],
  [new SignInNeeded({what: 'w', why: 'y', next: ['Sign in: stage login']}), EXIT.actionNeeded],
])(
  'when Globus cannot be queried, that is the error, with what else may be wrong beside it: %s',
  async (error, exit) => {
    const {stage} = aStage(error);
    await expect(resolvePlaces(stage, {place: 'thteta:/x'})).rejects.toMatchObject({
      exit,
      why: expect.stringContaining(error.message),
      details: [expect.stringContaining('did you mean "theta"?')],
      next: [...error.next, expect.stringContaining('stage collection alias set')],
    });
  },
);

test('mistakes that have nothing to do with names are reported without asking Globus', async () => {
  const {stage, asked} = aStage(INPUT);
  await expect(resolvePlaces(stage, {place: 'theta:relative'})).rejects.toThrow('is relative');
  await expect(resolvePlaces(stage, {place: '/home/x'})).rejects.toThrow('profile "site" maps /lus (theta:/)');
  expect(asked.times).toBe(0);
});
