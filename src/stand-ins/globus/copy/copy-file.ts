import {createHash, type Hash} from 'node:crypto';
import {close, constants, fstatSync, futimesSync, open, openSync, read, type Stats, write} from 'node:fs';
import {rename, unlink} from 'node:fs/promises';
import {dirname} from 'node:path';
import {promisify} from 'node:util';
import {hashName} from '../transfer/submission.ts';
import {atPlace, inDirectory} from './confine.ts';
import {asFault, Fault} from './fault.ts';
import type {Ground} from './held-directories.ts';

// Plain descriptors instead of handles: what asks no disk is done at once, since a round through the thread pool costs
// more than the call (measured: 45 µs against 1). Nothing may be closed that is still read or written: its number is
// given to the next file.
const readAt = promisify(read);
const writeAt = promisify(write);
const openFile = promisify(open);
const closeFile = promisify(close);

/** One file to copy: where it is to lie on this machine, and the paths in which clients speak of it. */
export interface FileCopy {
  readonly destination: Ground;
  readonly to: string;
  /** a name in the directory of `to` that nothing else uses */
  readonly temporary: string;
  readonly sourcePath: string;
  readonly destinationPath: string;
  readonly verify: boolean;
  readonly preserveTimestamp: boolean;
  readonly algorithm: string;
  /** what the source must have; computed even when nothing is verified */
  readonly expected?: string;
}

export interface CopyPace {
  readonly signal: AbortSignal;
  /** stop here while paused; rejects when the task is over */
  pass(): Promise<void> | undefined;
  /** @param left bytes that the file still has to go, these among them */
  take(bytes: number, left: number): Promise<void> | undefined;
  stepBytes(): number;
  /** bytes written so far; negative when a copy has failed and its bytes do not count */
  moved(bytes: number): void;
  checksummed(bytes: number): void;
}

export interface Copied {
  readonly size: number;
  readonly checksum: string | null;
}

/**
 * Copy a file under a temporary name and rename it into place, so that half of it is never seen.
 *
 * A checksum of the source is taken while it is read; with `verify` what was written is read again and compared.
 * @throws {Fault} of the side that failed; the temporary is gone then
 */
export async function copyFile(source: number, stats: Stats, copy: FileCopy, pace: CopyPace): Promise<Copied> {
  let moved = 0;
  const counting = (bytes: number) => {
    moved += bytes;
    pace.moved(bytes);
  };
  try {
    return await inDirectory(copy.destination, dirname(copy.to), (directory) =>
      copyBy(`${directory}/${copy.temporary}`, source, stats, copy, {...pace, moved: counting}),
    );
  } catch (error) {
    // What a task has moved when it is cancelled, or its deadline passes, stays counted.
    if (!pace.signal.aborted) pace.moved(-moved);
    throw pace.signal.aborted ? error : asFault(error, 'destination', copy.destinationPath);
  }
}

async function copyBy(
  temporary: string,
  source: number,
  stats: Stats,
  copy: FileCopy,
  pace: CopyPace,
): Promise<Copied> {
  const {size} = stats;
  const hash = copy.verify || copy.expected ? createHash(hashName(copy.algorithm) ?? 'md5') : undefined;
  const target = await openFile(temporary, 'wx+', 0o666);
  let isOpen = true;
  try {
    await pump(source, target, size, copy, pace, hash);
    const checksum = hash?.digest('hex') ?? null;
    if (hash) pace.checksummed(size);
    if (copy.expected && checksum !== copy.expected.toLowerCase()) {
      throw new Fault('EXTERNAL_CHECKSUM_MISMATCH', 'source', copy.sourcePath, `the source has checksum ${checksum}`);
    }
    if (copy.verify && !(await isSame(source, target, size, copy, pace))) {
      throw new Fault(
        'VERIFY_CHECKSUM',
        'destination',
        copy.destinationPath,
        'what was written differs from the source',
      );
    }
    if (copy.preserveTimestamp) futimesSync(target, stats.atime, stats.mtime);
    isOpen = false;
    await closeFile(target);
    // Its directory may have been moved meanwhile: the file goes to what has taken its place.
    await atPlace(copy.destination, copy.to, (place) => rename(temporary, place));
    return {size, checksum};
  } catch (error) {
    if (isOpen) await closeFile(target).catch(() => undefined); // of no more use
    await unlink(temporary).catch(() => undefined); // its directory may be gone with it
    throw error;
  }
}

/** Two buffers in turn: while one piece is hashed and written, the next is being read. */
async function pump(
  source: number,
  target: number,
  size: number,
  copy: FileCopy,
  pace: CopyPace,
  hash: Hash | undefined,
): Promise<void> {
  const largest = Math.min(LARGEST_PIECE, Math.max(size, 1));
  const buffers = [Buffer.allocUnsafe(largest), Buffer.allocUnsafe(size > largest ? largest : 0)];
  const read = (at: number, buffer: Buffer | undefined): Promise<Buffer> => {
    const length = Math.min(pace.stepBytes(), largest, size - at);
    const piece = readPiece(source, buffer ?? Buffer.allocUnsafe(length), at, length, copy.sourcePath);
    piece.catch(() => undefined); // looked at when its turn comes
    return piece;
  };
  let reading: Promise<Buffer> | undefined;
  let moved = 0;
  try {
    for (let turn = 0; moved < size; turn = 1 - turn) {
      reading ??= read(moved, buffers[turn]);
      const piece = await reading;
      if (piece.length === 0) break; // it has become shorter
      await pace.pass();
      await pace.take(piece.length, size - moved);
      moved += piece.length;
      reading = moved < size ? read(moved, ofSize(buffers, 1 - turn, largest)) : undefined;
      const writing = writePiece(target, piece, moved - piece.length, copy.destinationPath);
      hash?.update(piece);
      await writing;
      pace.moved(piece.length);
    }
  } finally {
    await reading?.catch(() => undefined); // the handle is closed next: nothing may still be reading from it
  }
  // Of a file read in one piece nothing can have changed meanwhile.
  const after = moved === size && size > largest ? fstatSync(source).size : moved;
  if (after !== size) {
    throw new Fault('FILE_SIZE_CHANGED', 'source', copy.sourcePath, `expected ${size} bytes, now ${after}`);
  }
}

const LARGEST_PIECE = 1024 * 1024;

/** The second buffer is made only when a file turns out to need it, as a slow one does. */
function ofSize(buffers: Buffer[], at: number, size: number): Buffer {
  const buffer = buffers[at];
  if (buffer && buffer.length === size) return buffer;
  buffers[at] = Buffer.allocUnsafe(size);
  return buffers[at];
}

async function readPiece(source: number, into: Buffer, at: number, length: number, path: string): Promise<Buffer> {
  try {
    return into.subarray(0, (await readAt(source, into, 0, length, at)).bytesRead);
  } catch (error) {
    throw asFault(error, 'source', path);
  }
}

async function writePiece(target: number, piece: Buffer, at: number, path: string): Promise<void> {
  try {
    for (let written = 0; written < piece.length; ) {
      written += (await writeAt(target, piece, written, piece.length - written, at + written)).bytesWritten;
    }
  } catch (error) {
    throw asFault(error, 'destination', path);
  }
}

/**
 * Whether what was written is what the source holds: both are read again and compared, which finds what two checksums
 * would find in a tenth of the time. As checksummed counts what was looked at of the destination.
 */
async function isSame(
  source: number,
  target: number,
  size: number,
  copy: FileCopy,
  pace: Pick<CopyPace, 'pass' | 'checksummed'>,
): Promise<boolean> {
  const length = Math.min(LARGEST_PIECE, size);
  const buffers = [Buffer.allocUnsafe(length), Buffer.allocUnsafe(length)] as const;
  for (let at = 0; at < size; ) {
    await pace.pass();
    // Both have ended before either is looked at: what is still being read must not be closed.
    const [here, there] = await Promise.allSettled([
      readPiece(source, buffers[0], at, length, copy.sourcePath),
      readAt(target, buffers[1], 0, length, at),
    ]);
    if (here.status === 'rejected') throw here.reason;
    if (there.status === 'rejected') throw there.reason;
    const piece = here.value;
    if (piece.length === 0 || !piece.equals(buffers[1].subarray(0, there.value.bytesRead))) return false;
    at += piece.length;
    pace.checksummed(piece.length);
  }
  return fstatSync(target).size === size;
}

/** Checksum of a whole open file, in pieces; stops at the same gate as copying does. */
export async function checksumOf(
  file: number,
  algorithm: string,
  pace: Pick<CopyPace, 'pass' | 'checksummed'>,
): Promise<string> {
  const hash = createHash(hashName(algorithm) ?? 'md5');
  const buffer = Buffer.allocUnsafe(Math.min(1024 * 1024, Math.max(1, fstatSync(file).size)));
  for (let at = 0; ; ) {
    await pace.pass();
    const {bytesRead} = await readAt(file, buffer, 0, buffer.length, at);
    if (bytesRead === 0) return hash.digest('hex');
    hash.update(buffer.subarray(0, bytesRead));
    at += bytesRead;
    pace.checksummed(bytesRead);
  }
}

/** Open the last part of a path without following a link, so that a file swapped for a link is not read through. */
export const openSource = (path: string): number =>
  openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
