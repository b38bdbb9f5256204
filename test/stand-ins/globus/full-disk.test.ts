import {execFileSync} from 'node:child_process';
import {mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterAll, afterEach, beforeEach, expect, test} from 'vitest';
import {openWorld, transferDocument, tree, until, type World} from './support.ts';

/* A disk that is really full: a small file system in memory, which only root can mount. */

const disk = mkdtempSync(join(tmpdir(), 'stage-disk-'));
const mounted = (() => {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'none', disk], {stdio: 'ignore'});
    execFileSync('umount', [disk], {stdio: 'ignore'});
    return true;
  } catch {
    return false;
  }
})();

afterAll(() => rmSync(disk, {recursive: true, force: true}));

let world: World;
let onDisk: string;
beforeEach(() => {
  if (mounted) execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'none', disk]);
  onDisk = join(disk, 'full');
});
afterEach(async () => {
  await world?.remove();
  if (mounted) execFileSync('umount', [disk]);
});

/** Write until nothing more fits. */
function fill(): void {
  for (let n = 0; ; n++) {
    try {
      writeFileSync(join(disk, `ballast${n}`), Buffer.alloc(4096));
    } catch {
      return;
    }
  }
}

function makeRoom(): void {
  for (const name of readdirSync(disk)) if (name.startsWith('ballast')) rmSync(join(disk, name));
}

const faulting = (id: string, times: number) =>
  until('it faults', async () => {
    const task = await world.task(id);
    return Number(task.faults) >= times && task;
  });

test.skipIf(!mounted).each([
  ['a small file', 5_000, false],
  ['a large file', 300_000, true],
])('a destination that is full is a fault of the task: %s arrives when there is room', async (_what, size, verify) => {
  world = await openWorld();
  mkdirSync(onDisk);
  const full = world.globus.addCollection({name: 'full', directory: onDisk});
  world.put('in/f', Buffer.alloc(size, 'x'));
  world.put('in/g', Buffer.alloc(size, 'y'));
  fill();
  const document = transferDocument(
    world,
    {from: '/in', to: '/out', recursive: true},
    {destination_endpoint: full.id, verify_checksum: verify},
  );
  const id = String((await world.call('POST', '/transfer', document)).body.task_id);
  expect(await faulting(id, 2)).toMatchObject({status: 'ACTIVE', is_ok: false, nice_status: 'NO_SPACE_LEFT'});
  expect((await world.events(id))[0]).toMatchObject({
    code: 'NO_SPACE_LEFT',
    description: 'no space left',
    is_error: true,
    details: expect.stringContaining(full.id),
  });
  makeRoom();
  expect(await world.ended(id)).toMatchObject({status: 'SUCCEEDED', files_transferred: 2});
  expect(tree(join(onDisk, 'out'))).toEqual(tree(join(world.source.directory, 'in')));
});

test.skipIf(!mounted)('a stand-in whose own disk is full goes on, and forgets nothing of what it did', async () => {
  world = await openWorld(undefined, join(disk, 'state'));
  for (let n = 0; n < 400; n++) world.put(`in/f${n}`, 'x'.repeat(100));
  world.globus.setRate(1000);
  const id = await world.transfer({from: '/in', to: '/out', recursive: true}, {verify_checksum: true});
  await until('something moves', async () => Number((await world.task(id)).bytes_transferred) > 0);
  fill();
  // Setting the rate is kept, too, and refused on a full disk like any other request; in memory it holds.
  expect(() => world.globus.setRate(null)).toThrow(/ENOSPC/);
  expect(await faulting(id, 2)).toMatchObject({status: 'ACTIVE', nice_status: 'NO_SPACE_LEFT'});
  makeRoom();
  expect(await world.ended(id)).toMatchObject({status: 'SUCCEEDED', files_transferred: 400});
  const codes = (await world.events(id)).map((event) => event.code);
  expect(codes[0]).toBe('SUCCEEDED');
  expect(codes).toContain('NO_SPACE_LEFT');
  await world.restart();
  expect(await world.task(id)).toMatchObject({status: 'SUCCEEDED', files_transferred: 400});
  expect((await world.events(id)).map((event) => event.code)).toEqual(codes);
  const listed = (await world.call('GET', `/task/${id}/successful_transfers`)).body.DATA as {source_path: string}[];
  expect(new Set(listed.map((one) => one.source_path)).size).toBe(400);
  expect(listed).toHaveLength(400);
});

test.skipIf(!mounted)('a submission that cannot be kept is refused, and is no task', async () => {
  world = await openWorld(undefined, join(disk, 'state'));
  world.put('f', 'x');
  fill();
  const document = transferDocument(world, {from: '/f', to: '/f'});
  expect(await world.call('POST', '/transfer', document)).toMatchObject({status: 500, body: {code: 'InternalError'}});
  expect((await world.call('GET', '/task_list')).body.total).toBe(0);
  makeRoom();
  expect((await world.call('POST', '/transfer', document)).body.code).toBe('Accepted');
});
