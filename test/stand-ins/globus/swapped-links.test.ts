import {type ChildProcess, spawn, spawnSync} from 'node:child_process';
import {randomUUID} from 'node:crypto';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import {tmpdir} from 'node:os';
import {dirname, join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {afterEach, beforeEach, expect, test} from 'vitest';
import {openWorld, until, type World} from './support.ts';

/*
 * Somebody who may write in a collection puts a link in the place of a directory, again and again, while the stand-in works
 * there with the rights of its owner. What lies outside the collection must neither be read nor changed.
 */

const SECRET = 'a secret of the owner';
/** Nobody in particular, who cannot read the secret: does the swapping where root may start programs as somebody else. */
const NOBODY = {uid: 65534, gid: 65534};
const somebody =
  process.getuid?.() === 0 && spawnSync(process.execPath, ['-e', ''], {cwd: '/', ...NOBODY}).status === 0
    ? NOBODY
    : undefined;

/** Each of them goes on for so long, or for so many tries. */
const SPAN_MS = 2500;
const MOST_TRIES = 400;

let world: World;
let outside: string;
let swapper: ChildProcess | undefined;
let swapped: string;
beforeEach(async () => {
  world = await openWorld();
  world.globus.setLimits({active: 50});
  outside = join(world.directory, 'outside');
  mkdirSync(join(outside, 'deep'), {recursive: true});
  for (const name of ['f', 'g', 'precious', 'deep/f']) writeFileSync(join(outside, name), SECRET);
});
afterEach(async () => {
  await endSwapping();
  await world.remove();
});

/** A process that exchanges a directory for a link to another one, and back, without end. */
const SWAP = `
const {renameSync, symlinkSync, unlinkSync} = require('node:fs');
const [directory, target] = process.argv.slice(1);
const wait = (turns) => { for (let i = 0; i < turns; i++) ; };
process.stdout.write('swapping');
for (let turn = 0; ; turn++) {
  try {
    renameSync(directory, directory + '.aside');
    symlinkSync(target, directory);
    wait((turn % 7) * 20000);
    unlinkSync(directory);
    renameSync(directory + '.aside', directory);
    wait((turn % 5) * 20000);
  } catch (error) {
    if (!['ENOENT', 'EEXIST', 'ENOTEMPTY', 'EISDIR'].includes(error.code)) throw error;
    try { unlinkSync(directory); } catch {}
    try { renameSync(directory + '.aside', directory); } catch {}
  }
}`;

/** @param directory of a collection, with a file \`f\` and a directory \`deep\` */
async function swap(directory: string): Promise<void> {
  mkdirSync(join(directory, 'deep'), {recursive: true});
  for (const name of ['f', 'deep/f']) writeFileSync(join(directory, name), 'inside');
  if (somebody) {
    // They can come to the collection and write in it, and there alone.
    if ((statSync(tmpdir()).mode & 0o777) === 0o700) chmodSync(tmpdir(), 0o711); // the tests' own
    for (const [place, mode] of [
      [world.directory, 0o711],
      [dirname(directory), 0o777],
      [outside, 0o700],
    ] as const)
      chmodSync(place, mode);
    const reads = spawnSync('cat', [join(directory, 'f'), join(outside, 'f')], {
      cwd: '/',
      encoding: 'utf8',
      ...somebody,
    });
    expect(reads.stdout, reads.stderr).toBe('inside');
  }
  const child = spawn(process.execPath, ['-e', SWAP, directory, outside], {
    cwd: '/',
    stdio: ['ignore', 'pipe', 'inherit'],
    ...somebody,
  });
  [swapper, swapped] = [child, directory];
  await new Promise((resolve) => child.stdout.once('data', resolve));
}

/** The directory is in its place then. */
async function endSwapping(): Promise<void> {
  const child = swapper;
  if (!child) return;
  swapper = undefined;
  const ended = new Promise((resolve) => child.once('close', resolve));
  child.kill('SIGKILL');
  await ended;
  if (lstatSync(swapped, {throwIfNoEntry: false})?.isSymbolicLink()) unlinkSync(swapped);
  if (existsSync(`${swapped}.aside`) && !existsSync(swapped)) renameSync(`${swapped}.aside`, swapped);
}

/** Submit a transfer, once there is room for another task. */
async function send(...[item, more]: Parameters<World['transfer']>): Promise<string> {
  for (;;) {
    try {
      return await world.transfer(item, more);
    } catch (error) {
      if (!/TooManyPendingJobs/.test(String(error))) throw error;
      await sleep(50);
    }
  }
}

/** Try something again and again within the bounds. */
async function again(act: (turn: number) => Promise<unknown>): Promise<void> {
  const end = Date.now() + SPAN_MS;
  for (let turn = 0; Date.now() < end && turn < MOST_TRIES; turn++) await act(turn);
}

const contents = (directory: string): string[] =>
  readdirSync(directory, {recursive: true, withFileTypes: true})
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8'));

function expectOutsideUntouched(): void {
  expect(readdirSync(outside, {recursive: true}).sort()).toEqual(['deep', 'deep/f', 'f', 'g', 'precious']);
  for (const text of contents(outside)) expect(text).toBe(SECRET);
}

test('a transfer brings nothing from outside the collection', async () => {
  await swap(join(world.source.directory, 'open'));
  await again(async (turn) => {
    await send({from: '/open/f', to: `/got/${turn}`});
    if (turn % 3 === 0) await send({from: '/open/', to: `/tree/${turn}`, recursive: true});
    if (turn % 20 === 0) await send({from: '/', to: `/all/${turn}`, recursive: true});
  });
  await endSwapping();
  const got = join(world.destination.directory, 'got');
  await until('something has arrived', () => existsSync(got) && contents(got).length > 0);
  expect(contents(world.destination.directory)).not.toContain(SECRET);
});

test('a transfer writes nothing outside the collection', async () => {
  world.put('f', 'sent');
  world.put('tree/g', 'sent');
  await swap(join(world.destination.directory, 'open'));
  await again(async (turn) => {
    await send({from: '/f', to: `/open/${turn}`}, {verify_checksum: true});
    await send({from: '/tree', to: `/open/deep/${turn}`, recursive: true});
  });
  await endSwapping();
  expectOutsideUntouched();
});

test('a delete removes nothing outside the collection', async () => {
  await swap(join(world.source.directory, 'open'));
  await again(async () => {
    const wanted = {DATA_TYPE: 'delete', submission_id: randomUUID(), endpoint: world.source.id, ignore_missing: true};
    for (const path of ['/open/precious', '/open/g', '/open/deep'])
      await world.call('POST', '/delete', {
        ...wanted,
        submission_id: randomUUID(),
        recursive: true,
        DATA: [{DATA_TYPE: 'delete_item', path}],
      });
  });
  await endSwapping();
  expectOutsideUntouched();
});

test('extras at the destination are removed inside the collection alone', async () => {
  world.put('mirror/only', 'x');
  mkdirSync(join(world.destination.directory, 'mirror'), {recursive: true});
  await swap(join(world.destination.directory, 'mirror', 'open'));
  await again(async (turn) => {
    world.put(`mirror/${turn}`, 'x');
    const id = await world.transfer(
      {from: '/mirror', to: '/mirror', recursive: true},
      {delete_destination_extra: true, filter_rules: [{method: 'exclude', name: 'none'}]},
    );
    await Promise.race([world.ended(id), new Promise((resolve) => setTimeout(resolve, 200))]);
    await world.call('POST', `/task/${id}/cancel`);
    try {
      mkdirSync(join(world.destination.directory, 'mirror', 'open', 'deep'), {recursive: true});
    } catch {
      // it is being exchanged
    }
  });
  await endSwapping();
  expectOutsideUntouched();
});

test('operations list, make, rename and link nothing outside the collection', async () => {
  await swap(join(world.source.directory, 'open'));
  const operation = `/operation/endpoint/${world.source.id}`;
  const seen = new Set<unknown>();
  await again(async (turn) => {
    const listed = await world.call('GET', `${operation}/ls?path=/open`);
    for (const entry of (listed.body.DATA ?? []) as {name: string; size: number}[]) seen.add(entry.name);
    const stat = await world.call('GET', `${operation}/stat?path=/open/f`);
    seen.add(stat.body.size);
    await world.call('POST', `${operation}/mkdir`, {DATA_TYPE: 'mkdir', path: `/open/made-${turn}`});
    await world.call('POST', `${operation}/rename`, {
      DATA_TYPE: 'rename',
      old_path: '/open/precious',
      new_path: `/open/moved-${turn}`,
    });
    await world.call('POST', `${operation}/symlink`, {
      DATA_TYPE: 'symlink',
      path: `/open/link-${turn}`,
      symlink_target: 'f',
    });
  });
  await endSwapping();
  expectOutsideUntouched();
  expect([...seen]).not.toContain('precious');
  expect([...seen]).not.toContain(SECRET.length);
});
