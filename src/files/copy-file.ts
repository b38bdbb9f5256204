import {
  close,
  constants,
  fchmodSync,
  fstatSync,
  fsync,
  ftruncateSync,
  futimesSync,
  open,
  read,
  type Stats,
  write,
} from 'node:fs';
import {promisify} from 'node:util';
import type {Thing} from '../base/act.ts';
import type {Advance} from './advance.ts';
import {CHANGED} from './names.ts';
import {LeftAlone} from './refusals.ts';
import {identityOf, isSame} from './thing.ts';

const openFile = promisify(open);
const closeFile = promisify(close);
const flush = promisify(fsync);
const readAt = promisify(read);
const writeAt = promisify(write);

const PIECE = 4 * 1024 * 1024;

/**
 * Copy a file, and compare the copy with it. It goes on where an earlier call has stopped, or was killed: what the copy
 * holds is written again by no one, and all of it is compared in the end.
 *
 * Several processes may do so at once: they write the same bytes to the same places.
 *
 * @param from  the file, which must be the one that was recorded
 * @param to    the copy, under a name that nothing but copies of this attempt has
 * @returns whether the copy is whole and as the file is; otherwise it pauses
 * @throws {LeftAlone} when the file is another one by now, or changed meanwhile
 * @throws what the system says, such as ENOSPC
 */
export async function copyFile(thing: Thing, from: string, to: string, advance: Advance): Promise<boolean> {
  const source = await openFile(from, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    requireSame(thing, source, advance);
    const stats = fstatSync(source);
    const copy = await openFile(to, constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW, 0o600);
    try {
      return await copyInto(thing, source, stats, copy, advance);
    } finally {
      await closeFile(copy);
    }
  } finally {
    await closeFile(source);
  }
}

async function copyInto(thing: Thing, source: number, stats: Stats, copy: number, advance: Advance): Promise<boolean> {
  if (fstatSync(copy).size > thing.size) ftruncateSync(copy, 0);
  const buffers = [Buffer.allocUnsafe(PIECE), Buffer.allocUnsafe(PIECE)] as const;
  for (let at = fstatSync(copy).size; at < thing.size; ) {
    if (advance.pauses) return false;
    const length = Math.min(PIECE, thing.size - at);
    const {bytesRead} = await readAt(source, buffers[0], 0, length, at);
    if (bytesRead === 0) throw new LeftAlone('it became shorter while it was copied');
    await writeAll(copy, buffers[0].subarray(0, bytesRead), at);
    at += bytesRead;
  }
  advance.reach('after copy');
  for (let at = advance.progress.compared ?? 0; at < thing.size; ) {
    if (advance.pauses) return false;
    const length = Math.min(PIECE, thing.size - at);
    const here = await readAt(source, buffers[0], 0, length, at);
    const there = await readAt(copy, buffers[1], 0, length, at);
    const piece = buffers[0].subarray(0, here.bytesRead);
    if (here.bytesRead === 0 || !piece.equals(buffers[1].subarray(0, there.bytesRead))) {
      ftruncateSync(copy, 0); // a loss of power leaves holes: it is copied again
      advance.progress = {...advance.progress, compared: undefined};
      requireSame(thing, source, advance);
      throw Object.assign(new Error('the copy differs from the file; it is copied again'), {code: 'EIO'});
    }
    at += here.bytesRead;
    advance.progress = {...advance.progress, compared: at};
  }
  requireSame(thing, source, advance);
  await flush(copy);
  setModeAndTimes(copy, stats);
  return true;
}

async function writeAll(file: number, piece: Buffer, at: number): Promise<void> {
  for (let written = 0; written < piece.length; )
    written += (await writeAt(file, piece, written, piece.length - written, at + written)).bytesWritten;
}

function requireSame(thing: Thing, source: number, {sameHost}: Advance): void {
  if (!isSame(thing, identityOf(fstatSync(source, {bigint: true})), sameHost)) throw new LeftAlone(CHANGED);
}

function setModeAndTimes(file: number, {mode, atime, mtime}: Stats): void {
  fchmodSync(file, mode & 0o777);
  futimesSync(file, atime, mtime);
}

/** Whether two files hold the same: for what a copy finds in its place, which may be its own of before. */
export async function holdTheSame(one: string, other: string): Promise<boolean> {
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  const buffers = [Buffer.allocUnsafe(PIECE), Buffer.allocUnsafe(PIECE)] as const;
  const files: number[] = [];
  try {
    for (const path of [one, other]) files.push(await openFile(path, flags));
    const [here = -1, there = -1] = files;
    for (let at = 0; ; ) {
      const mine = await readAt(here, buffers[0], 0, PIECE, at);
      const its = await readAt(there, buffers[1], 0, PIECE, at);
      if (!buffers[0].subarray(0, mine.bytesRead).equals(buffers[1].subarray(0, its.bytesRead))) return false;
      if (mine.bytesRead === 0) return true;
      at += mine.bytesRead;
    }
  } finally {
    for (const file of files) await closeFile(file);
  }
}
