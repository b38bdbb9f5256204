import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import {join} from 'node:path';
import {expect, onTestFinished, test as plain} from 'vitest';
import {type ActProgress, type ActRequest, NO_PROGRESS} from '../../src/base/act.ts';
import {createActs} from '../../src/files/acts.ts';
import {acted, BOUNDS, listed, OTHER_DISK, reaching, scratch, TAG, whole} from './play-act.ts';

// Two file systems: the one of temporary files, and the one in memory that Linux has for everybody.

const test = plain.skipIf(OTHER_DISK === undefined);
const disks = () => ({here: scratch(onTestFinished), there: scratch(onTestFinished, OTHER_DISK)});

function tree(top: string): void {
  mkdirSync(join(top, 'in/deep'), {recursive: true});
  writeFileSync(join(top, 'in/a'), 'a'.repeat(10_000));
  writeFileSync(join(top, 'in/deep/b'), Buffer.alloc(5 * 1024 * 1024, 7));
  chmodSync(join(top, 'in/a'), 0o640);
  symlinkSync('a', join(top, 'in/link'));
}

const moving = (here: string, there: string): ActRequest => ({
  act: 'move',
  from: join(here, 'in'),
  to: join(there, 'out'),
  below: [here, there],
});

function expectMoved(here: string, there: string): void {
  expect(readdirSync(here)).toEqual([]);
  expect(readdirSync(there)).toEqual(['out']);
  expect(readFileSync(join(there, 'out/a'), 'utf8')).toBe('a'.repeat(10_000));
  expect(statSync(join(there, 'out/a')).mode & 0o777).toBe(0o640);
  expect(readFileSync(join(there, 'out/deep/b')).equals(Buffer.alloc(5 * 1024 * 1024, 7))).toBe(true);
  expect(readlinkSync(join(there, 'out/link'))).toBe('a');
}

test('moves a directory to another file system: copied, compared, renamed, removed', async () => {
  const {here, there} = disks();
  tree(here);
  const {progress} = await whole(moving(here, there));
  expect(progress).toMatchObject({acted: 5, copied: 2, left: 0, finished: true});
  expectMoved(here, there);
});

test('goes on look after look, within a file too', async () => {
  const {here, there} = disks();
  tree(here);
  const request = moving(here, there);
  const scope = await listed(request);
  expect(scope).toMatchObject({across: true, copyBytes: 10_000 + 5 * 1024 * 1024});
  const {looks} = await acted(request, scope, {bounds: {entries: 2, ms: 10_000}});
  expect(looks).toBeGreaterThan(4);
  expectMoved(here, there);
});

test.each(['copy', 'put', 'remove'])('a move to another file system that died at its %s is completed', async (what) => {
  for (let nth = 1; ; nth++) {
    const {here, there} = disks();
    tree(here);
    const request = moving(here, there);
    const scope = await listed(request);
    let met = 0;
    let died = false;
    const dying = reaching((point) => {
      if (!point.endsWith(what) || ++met < nth) return;
      died = true;
      throw new Error('died');
    });
    let from = NO_PROGRESS;
    const record = (progress: ActProgress) => {
      from = progress;
    };
    await acted(request, scope, {acts: dying, record}).catch((error: Error) => expect(error.message).toBe('died'));
    if (!died) return expect(nth).toBeGreaterThan(1);
    expect((await acted(request, scope, {from})).progress).toMatchObject({left: 0, finished: true});
    expectMoved(here, there);
  }
});

test('two at once move it once', async () => {
  const {here, there} = disks();
  tree(here);
  const request = moving(here, there);
  const scope = await listed(request);
  const bounds = {entries: 1, ms: 10_000};
  const both = await Promise.allSettled([acted(request, scope, {bounds}), acted(request, scope, {bounds})]);
  // One of them may meet what the other has done a moment ago; the next look goes on.
  expect(both.some(({status}) => status === 'fulfilled')).toBe(true);
  expectMoved(here, there);
});

test('a file that changes while it is copied is left with all the others, and nothing stays of the copy', async () => {
  const {here, there} = disks();
  tree(here);
  const request = moving(here, there);
  const scope = await listed(request);
  writeFileSync(join(here, 'in/a'), 'written to since');
  const {progress} = await acted(request, scope);
  expect(progress.told).toEqual([`${here}/in/a: it is another one than was recorded`]);
  expect(readdirSync(join(here, 'in'))).toEqual(['a', 'deep', 'link']);
  expect(readdirSync(there)).toEqual([]);
});

test('nothing is overwritten on the other file system', async () => {
  const {here, there} = disks();
  tree(here);
  mkdirSync(join(there, 'out'));
  writeFileSync(join(there, 'out/kept'), '');
  const {progress} = await whole(moving(here, there));
  expect(progress.told).toEqual([`${there}/out: something else is there already`]);
  expect([readdirSync(join(here, 'in')), readdirSync(there)]).toEqual([['a', 'deep', 'link'], ['out']]);
});

test('a copy with a hole in it, as after a loss of power, is copied again', async () => {
  const {here, there} = disks();
  writeFileSync(join(here, 'in'), Buffer.alloc(100_000, 5));
  const request = moving(here, there);
  const scope = await listed(request);
  writeFileSync(join(there, `.stage-${TAG}.0.part`), Buffer.alloc(100_000, 0));
  const task = {do: 'act', request, scope, tag: TAG, bounds: BOUNDS} as const;
  const progress = {...NO_PROGRESS, part: 'copy'} as const;
  expect(await createActs().perform({...task, progress})).toMatchObject({trouble: {code: 'EIO'}});
  await acted(request, scope, {from: progress});
  expect(readFileSync(join(there, 'out')).equals(Buffer.alloc(100_000, 5))).toBe(true);
});

test('links by a copy where the file system differs, and knows it again', async () => {
  const {here, there} = disks();
  tree(here);
  mkdirSync(join(here, 'one'));
  const request: ActRequest = {act: 'link', from: join(here, 'in'), into: [join(here, 'one'), there]};
  const scope = await listed(request);
  expect(scope.copyBytes).toBe(10_000);
  expect((await acted(request, scope)).progress).toMatchObject({acted: 2, copied: 1, left: 0});
  expect([readdirSync(there), readFileSync(join(there, 'a'), 'utf8')]).toEqual([['a'], 'a'.repeat(10_000)]);
  expect((await acted(request, scope)).progress).toMatchObject({acted: 2, copied: 1, left: 0});
});

test('what a copy has left is removed when it is not to be finished', async () => {
  const {here, there} = disks();
  tree(here);
  const request = moving(here, there);
  const scope = await listed(request);
  await createActs().perform({
    do: 'act',
    request,
    scope,
    tag: TAG,
    bounds: {entries: 2, ms: 10_000},
    progress: {...NO_PROGRESS, part: 'copy'},
  });
  expect(readdirSync(there)).toEqual([`.stage-${TAG}.0.part`]);
  await createActs().perform({do: 'tidy', request, tag: TAG});
  expect(readdirSync(there)).toEqual([]);
});
