import {realpath} from 'node:fs/promises';
import {basename, dirname, join} from 'node:path';
import {systemCode} from './fault.ts';
import {type Ground, isInside, leadsOut} from './held-directories.ts';

/** Why a path was refused before any disk was touched. */
export class PathRefused extends Error {}

/**
 * A client's path in normal form: absolute within the collection, no `.`, `..`, `~` or empty parts, no slash at the end.
 *
 * `/~/` and `~/` are the collection's own directory, as is `/`.
 * @param relative what to do with a path that starts with neither `/` nor `~`
 * @throws {PathRefused} for what leads above the collection's directory, and for characters Globus refuses
 */
export function readPath(raw: string, relative: 'refuse' | 'from-home' = 'refuse'): string {
  if (raw === '') throw new PathRefused('Path must not be empty');
  if (/[\0\r\n]/.test(raw)) throw new PathRefused('Path must not contain NUL, CR or LF');
  if (Buffer.byteLength(raw) > 4096) throw new PathRefused('Path must not be longer than 4096 bytes');
  const fromHome = raw === '~' || raw.startsWith('~/') || raw === '/~' || raw.startsWith('/~/');
  if (!fromHome && !raw.startsWith('/') && relative === 'refuse') {
    throw new PathRefused(`Path must be absolute, or start with "/~/": '${raw}'`);
  }
  const rest = fromHome ? raw.replace(/^\/?~/, '') : raw;
  const parts: string[] = [];
  for (const part of rest.split('/')) {
    if (part === '' || part === '.') continue;
    if (part !== '..') parts.push(part);
    else if (parts.pop() === undefined) throw new PathRefused(`Path leads out of the collection: '${raw}'`);
  }
  return `/${parts.join('/')}`;
}

/** Join a name to a path in normal form. */
export const childPath = (directory: string, name: string): string =>
  directory === '/' ? `/${name}` : `${directory}/${name}`;

/**
 * Where an existing thing really lies, symbolic links followed. The answer is a text that may be out of date at once: what
 * is done there goes through `atPlace` or `inDirectory`.
 *
 * @throws {Fault} PERMISSION_DENIED when a link leads out of the collection's directory
 * @throws the file system's own error when there is no such thing
 */
export async function locate(ground: Ground, path: string): Promise<string> {
  const root = await realpath(ground.directory);
  const real = await realpath(join(root, path));
  if (!isInside(root, real)) throw leadsOut(ground.side, path);
  return real;
}

/**
 * Where a thing lies, or would be made, without following a link in its last part: what is put there by
 * rename takes the place of the link and never goes through it.
 *
 * Parents that do not exist are allowed; the deepest one that does must lie in the collection's directory.
 */
export async function locateForWriting(ground: Ground, path: string): Promise<string> {
  const root = await realpath(ground.directory);
  if (path === '/') return root;
  const missing = [basename(path)];
  for (let parent = dirname(path); ; parent = dirname(parent)) {
    try {
      const real = await realpath(join(root, parent));
      if (!isInside(root, real)) throw leadsOut(ground.side, path);
      return join(real, ...missing);
    } catch (error) {
      if (systemCode(error) !== 'ENOENT' || parent === '/') throw error;
      missing.unshift(basename(parent));
    }
  }
}
