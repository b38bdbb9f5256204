import {readdirSync, readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {expect, onTestFinished, test} from 'vitest';
import {type ActRequest, NO_PROGRESS} from '../../src/base/act.ts';
import {createActs} from '../../src/files/acts.ts';
import {mountSmallDisk} from '../crash/chaos/small-disk.ts';
import {acted, BOUNDS, listed, scratch, TAG} from './play-act.ts';

// A file system of its own, which is really full. Only root can mount one.

test('a move to a disk that is full loses nothing, is told, and goes on when there is room', async (context) => {
  const [here, images] = [scratch(onTestFinished), scratch(onTestFinished)];
  const there = join(images, 'small');
  const disk = mountSmallDisk(join(images, 'small.img'), there);
  if (typeof disk === 'string') return context.skip(`needs a small file system: ${disk}`);
  onTestFinished(() => disk.unmount());
  const data = Buffer.alloc(6 * 1024 * 1024, 7);
  writeFileSync(join(here, 'a'), data);
  const request: ActRequest = {act: 'move', from: join(here, 'a'), to: join(there, 'a'), below: [here, there]};
  const scope = await listed(request);
  disk.fill();
  const full = {do: 'act', request, scope, progress: {...NO_PROGRESS, part: 'copy'}, tag: TAG, bounds: BOUNDS} as const;
  expect(await createActs().perform(full)).toMatchObject({
    is: 'advanced',
    progress: {part: 'copy', done: 0, left: 0},
    trouble: {code: 'ENOSPC', path: join(here, 'a'), said: 'no space left on device'},
  });
  expect(readdirSync(here)).toContain('a');
  disk.empty();
  expect((await acted(request, scope, {from: full.progress})).progress).toMatchObject({acted: 1, copied: 1, left: 0});
  expect(readFileSync(join(there, 'a')).equals(data)).toBe(true);
  expect(readdirSync(here)).not.toContain('a');
});
