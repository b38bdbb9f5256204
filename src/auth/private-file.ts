import {lstat} from 'node:fs/promises';
import {SignInNeeded} from '../globus-errors.ts';

/**
 * Refuse a file or directory with secrets that others could read or replace. One that is not there is no offence.
 *
 * @returns whether it is there
 * @throws {SignInNeeded} naming the path, its mode and the command that mends it; the system's error when the disk does
 * not answer, which says nothing of a sign-in
 */
export async function isPrivate(name: string, kind: 'file' | 'directory', what: string): Promise<boolean> {
  const found = await lstat(name).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    if (error.code !== undefined && MODES_AND_PLACES.has(error.code)) throw unreadable(name, what, error.code);
    throw error;
  });
  if (found === undefined) return false;
  const right = kind === 'file' ? found.isFile() : found.isDirectory();
  if (!right) throw unreadable(name, what, `it is not a ${kind === 'file' ? 'regular file' : 'directory'}`);
  const me = process.getuid?.();
  if (me !== undefined && found.uid !== me && me !== 0) throw unreadable(name, what, 'it belongs to another user');
  const mode = found.mode & 0o7777;
  if ((mode & 0o077) === 0) return true;
  throw new SignInNeeded({
    what: `The ${what} ${name} is open to others (mode ${mode.toString(8).padStart(4, '0')})`,
    why: 'whoever reads it can act in your name at Globus',
    next: [
      `Close it: chmod ${kind === 'file' ? '600' : '700'} ${name}`,
      'If others may have read it, have the secret replaced at https://app.globus.org/settings/developers',
    ],
  });
}

/** What lstat(2) answers where a person has to mend modes or paths. */
const MODES_AND_PLACES = new Set(['EACCES', 'EPERM', 'ENOTDIR', 'ELOOP', 'ENAMETOOLONG']);

function unreadable(name: string, what: string, why: string): SignInNeeded {
  return new SignInNeeded({what: `The ${what} ${name} cannot be used`, why, next: [`Look at it: ls -ld ${name}`]});
}
