import {
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import {join} from 'node:path';
import {expect, onTestFinished, test} from 'vitest';
import type {ActRequest} from '../../src/base/act.ts';
import {createActs} from '../../src/files/acts.ts';
import {acted, BOUNDS, listed, reaching, scratch, whole} from './play-act.ts';

const ground = (): string => scratch(onTestFinished);
const removal = (below: string, ...paths: string[]): ActRequest => ({
  act: 'remove',
  paths: paths.map((path) => join(below, path)),
  below: [below],
});
const movement = (below: string, from: string, to: string): ActRequest => ({
  act: 'move',
  from: join(below, from),
  to: join(below, to),
  below: [below],
});

test('removes a directory with all that was recorded in it, and nothing beside it', async () => {
  const top = ground();
  mkdirSync(join(top, 'old/deep'), {recursive: true});
  for (const name of ['old/a', 'old/deep/b', 'kept']) writeFileSync(join(top, name), name);
  symlinkSync(join(top, 'kept'), join(top, 'old/link'));
  const {progress} = await whole(removal(top, 'old'));
  expect(progress).toMatchObject({acted: 5, gone: 0, left: 0, finished: true});
  expect(readdirSync(top)).toEqual(['kept']);
});

test('removes 10,000 files over several looks, each within its bound', async () => {
  const top = ground();
  mkdirSync(join(top, 'many'));
  for (let number = 0; number < 10_000; number++) writeFileSync(join(top, 'many', `f${number}`), '');
  const {progress, looks} = await whole(removal(top, 'many'), {...BOUNDS, entries: 3000});
  expect(progress).toMatchObject({acted: 10_001, left: 0});
  expect(looks).toBe(4);
  expect(readdirSync(top)).toEqual([]);
});

test('leaves a file that has taken the name since, and says so', async () => {
  const top = ground();
  for (const name of ['a', 'b', 'c']) writeFileSync(join(top, name), 'first');
  const request = removal(top, 'a', 'b', 'c');
  const scope = await listed(request);
  rmSync(join(top, 'a'));
  writeFileSync(join(top, 'new'), 'other');
  renameSync(join(top, 'new'), join(top, 'b'));
  writeFileSync(join(top, 'c'), 'written to since');
  const {progress} = await acted(request, scope);
  expect(progress).toMatchObject({acted: 0, gone: 1, left: 2});
  expect(progress.told).toEqual([
    `${top}/c: it is another one than was recorded`,
    `${top}/b: it is another one than was recorded`,
  ]);
  expect(readFileSync(join(top, 'b'), 'utf8')).toBe('other');
});

test('leaves a directory to which something came since, and that', async () => {
  const top = ground();
  mkdirSync(join(top, 'old'));
  writeFileSync(join(top, 'old/a'), '');
  const request = removal(top, 'old');
  const scope = await listed(request);
  writeFileSync(join(top, 'old/late'), '');
  const {progress} = await acted(request, scope);
  expect(progress.told).toEqual([`${top}/old: the directory holds something that was put there since`]);
  expect(readdirSync(join(top, 'old'))).toEqual(['late']);
});

test('goes through no link that has taken the place of a directory, before or after it was recorded', async () => {
  const [top, outside] = [ground(), ground()];
  mkdirSync(join(top, 'in'));
  for (const directory of [join(top, 'in'), outside]) writeFileSync(join(directory, 'a'), 'same');
  const request = removal(top, 'in/a');
  const scope = await listed(request);
  renameSync(join(top, 'in'), join(top, 'moved'));
  symlinkSync(outside, join(top, 'in'));
  const link = 'a symbolic link is in the place of the directory in';
  expect((await acted(request, scope)).progress.told).toEqual([`${top}/in/a: ${link}`]);
  expect(await createActs().perform({do: 'list', request, known: [], bounds: BOUNDS})).toEqual({
    is: 'refused',
    why: `${top}/in/a: ${link}`,
  });
  expect(readdirSync(outside)).toEqual(['a']);
});

test('a directory that the workflow names may be reached through a link', async () => {
  const top = ground();
  mkdirSync(join(top, 'real'));
  writeFileSync(join(top, 'real/a'), '');
  symlinkSync('real', join(top, 'scratch'));
  await whole(removal(join(top, 'scratch'), 'a'));
  expect(readdirSync(join(top, 'real'))).toEqual([]);
});

test('removing twice, and two at once, is removing once', async () => {
  const top = ground();
  mkdirSync(join(top, 'many'));
  for (let number = 0; number < 500; number++) writeFileSync(join(top, 'many', `f${number}`), '');
  const request = removal(top, 'many');
  const scope = await listed(request);
  const bounds = {...BOUNDS, entries: 7};
  const both = await Promise.all([acted(request, scope, {bounds}), acted(request, scope, {bounds})]);
  const again = await acted(request, scope);
  expect([...both, again].map(({progress}) => progress.left)).toEqual([0, 0, 0]);
  expect(again.progress.gone).toBe(501);
});

test('moves a file, and overwrites nothing', async () => {
  const top = ground();
  mkdirSync(join(top, 'out'));
  for (const name of ['a', 'b', 'out/b']) writeFileSync(join(top, name), name);
  expect((await whole(movement(top, 'a', 'out/a'))).progress).toMatchObject({acted: 1, left: 0});
  expect((await whole(movement(top, 'b', 'out/b'))).progress.told).toEqual([
    `${top}/b: ${top}/out/b: something else is there already`,
  ]);
  expect(readdirSync(top)).toEqual(['b', 'out']);
  expect(readFileSync(join(top, 'out/b'), 'utf8')).toBe('out/b');
});

test('moves a directory by one rename, whatever it holds', async () => {
  const top = ground();
  mkdirSync(join(top, 'in/deep'), {recursive: true});
  writeFileSync(join(top, 'in/deep/a'), 'a');
  const request = movement(top, 'in', 'out');
  const scope = await listed(request);
  expect(scope.things).toHaveLength(1);
  await acted(request, scope);
  expect(readFileSync(join(top, 'out/deep/a'), 'utf8')).toBe('a');
  // The same again, as by a process that did not hear of it.
  expect((await acted(request, scope)).progress).toMatchObject({acted: 1, left: 0});
});

test.each(['link', 'unlink'])('a move that died %s is completed, and moves the file once', async (what) => {
  for (const at of [`before ${what}`, `after ${what}`]) {
    const top = ground();
    writeFileSync(join(top, 'a'), 'data');
    const request = movement(top, 'a', 'b');
    const scope = await listed(request);
    const dying = reaching((point) => {
      if (point === at) throw new Error(`died ${at}`);
    });
    await expect(acted(request, scope, {acts: dying})).rejects.toThrow(`died ${at}`);
    expect((await acted(request, scope)).progress).toMatchObject({acted: 1, left: 0, finished: true});
    expect(readdirSync(top)).toEqual(['b']);
  }
});

test('a file that takes the name while another one is moved stays', async () => {
  const top = ground();
  writeFileSync(join(top, 'a'), 'data');
  const request = movement(top, 'a', 'b');
  const scope = await listed(request);
  const acts = reaching((point) => {
    if (point !== 'before link') return;
    writeFileSync(join(top, 'new'), 'other');
    renameSync(join(top, 'new'), join(top, 'a'));
  });
  expect((await acted(request, scope, {acts})).progress).toMatchObject({left: 1});
  expect(readFileSync(join(top, 'a'), 'utf8')).toBe('other');
  expect(readdirSync(top)).toEqual(['a']);
});

test('links each file of a directory into several directories, and says nothing twice', async () => {
  const top = ground();
  for (const name of ['in', 'one', 'two', 'in/deep']) mkdirSync(join(top, name));
  for (const name of ['a', 'b']) writeFileSync(join(top, 'in', name), name);
  writeFileSync(join(top, 'two/b'), 'another b');
  const request: ActRequest = {act: 'link', from: join(top, 'in'), into: [join(top, 'one'), join(top, 'two')]};
  const scope = await listed(request);
  const first = await acted(request, scope, {bounds: {...BOUNDS, entries: 1}});
  expect(first).toMatchObject({looks: 4, progress: {acted: 3, copied: 0, left: 1}});
  expect(first.progress.told).toEqual([`${top}/two/b: something else is there already`]);
  expect(statSync(join(top, 'in/a')).nlink).toBe(3);
  expect((await acted(request, scope)).progress).toEqual(first.progress);
});

test('a file that vanished before it was linked is told', async () => {
  const top = ground();
  mkdirSync(join(top, 'one'));
  writeFileSync(join(top, 'a'), '');
  const request: ActRequest = {act: 'link', from: join(top, 'a'), into: [join(top, 'one')]};
  const scope = await listed(request);
  rmSync(join(top, 'a'));
  expect((await acted(request, scope)).progress.told).toEqual([`${top}/one/a: it is missing`]);
});

test('what cannot be begun is refused with the reason', async () => {
  const top = ground();
  mkdirSync(join(top, 'empty'));
  writeFileSync(join(top, 'a'), '');
  const refusal = async (request: ActRequest) => {
    const done = await createActs().perform({do: 'list', request, known: [], bounds: BOUNDS});
    return done.is === 'refused' ? done.why : done.is;
  };
  expect(await refusal(movement(top, 'none', 'b'))).toBe(`${top}/none is missing`);
  expect(await refusal(movement(top, 'a', 'no/where/a'))).toBe(`${top}/a: the directory ${top}/no/where is missing`);
  expect(await refusal({act: 'link', from: join(top, 'a'), into: [join(top, 'no')]})).toBe(
    `${top}/a: ${top}/no is missing`,
  );
  expect(await refusal({act: 'link', from: join(top, 'empty'), into: [top]})).toBe(`${top}/empty holds no file`);
  expect(await refusal(removal(join(top, 'no'), 'a'))).toBe(`${top}/no/a: ${top}/no is missing`);
});

test('a listing goes on where the last one ended, also when what it ended with has gone', async () => {
  const top = ground();
  for (const name of ['d/b', 'd/d', 'd/f']) mkdirSync(join(top, name), {recursive: true});
  for (const name of ['d/a', 'd/b/x', 'd/b/y', 'd/c', 'd/d/z', 'd/e']) writeFileSync(join(top, name), '');
  const request = removal(top, 'd');
  const all = (await listed(request)).things.map(({path}) => path);
  expect(all).toEqual(['', 'a', 'b', 'b/x', 'b/y', 'c', 'd', 'd/z', 'e', 'f']);
  for (const entries of [1, 2, 3])
    expect((await listed(request, {...BOUNDS, entries})).things.map(({path}) => path)).toEqual(all);
  const known = (await listed(request)).things.slice(0, 4);
  rmSync(join(top, 'd/b'), {recursive: true});
  const rest = await createActs().perform({do: 'list', request, known, bounds: BOUNDS});
  expect(rest.is === 'listed' && rest.things.map(({path}) => path)).toEqual(['c', 'd', 'd/z', 'e', 'f']);
});

test('a file that has other names, and one that was touched, are told apart from what was recorded', async () => {
  const top = ground();
  for (const name of ['a', 'b']) writeFileSync(join(top, name), 'x');
  const request = removal(top, 'a', 'b');
  const scope = await listed(request);
  linkSync(join(top, 'a'), join(top, 'second'));
  utimesSync(join(top, 'b'), 1, 1);
  expect((await acted(request, scope)).progress).toMatchObject({acted: 1, left: 1});
  expect([existsSync(join(top, 'a')), lstatSync(join(top, 'second')).nlink]).toEqual([false, 1]);
});

test('another host has another number for a file system: file, size and time are compared there', async () => {
  const top = ground();
  writeFileSync(join(top, 'a'), 'x');
  const request = removal(top, 'a');
  const scope = await listed(request);
  const things = scope.things.map((thing) => ({...thing, device: '4711'}));
  expect((await acted(request, {...scope, things})).progress.left).toBe(1);
  expect((await acted(request, {...scope, things, host: 'node17'})).progress.acted).toBe(1);
});
