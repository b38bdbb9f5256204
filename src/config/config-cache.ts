import {readFileSync, renameSync, rmSync, statSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {ensureDirectory} from '../ledger/directories.ts';
import type {Profile} from './profile.ts';
import type {Config} from './read-config.ts';

/** Changed whenever the shape of a profile, or what it may say, changes, so that no old cache is believed. */
const FORMAT = 4;

interface Cached {
  readonly key: string;
  readonly config: Omit<Config, 'profiles'> & {readonly profiles: readonly (readonly [string, Profile])[]};
}

/**
 * A configuration as it was read last time, while its file is the same: every command and monitor reads it, and
 * reading YAML is a sixth of their time. The file's identity, times (in nanoseconds) and size tell.
 *
 * @throws what `read` throws, and the system's error when the file does not exist
 */
export async function throughCache(file: string, directory: string, read: () => Promise<Config>): Promise<Config> {
  const {ino, mtimeNs, ctimeNs, size} = statSync(file, {bigint: true});
  const key = [FORMAT, file, ino, mtimeNs, ctimeNs, size].join(' ');
  const path = join(directory, `config${file.replaceAll('/', '-').slice(-100)}.json`);
  const cached = readCached(path);
  if (cached?.key === key) return {...cached.config, profiles: new Map(cached.config.profiles)};
  const config = await read();
  writeCached(directory, path, {key, config: {...config, profiles: [...config.profiles]}});
  return config;
}

function readCached(path: string): Cached | undefined {
  try {
    // Written below for this user alone; anything else has no fitting key.
    return JSON.parse(readFileSync(path, 'utf8')) as Cached;
  } catch {
    return undefined;
  }
}

function writeCached(directory: string, path: string, cached: Cached): void {
  const temporary = `${path}.${process.pid}`;
  try {
    ensureDirectory(directory);
    writeFileSync(temporary, JSON.stringify(cached), {mode: 0o600});
    renameSync(temporary, path);
  } catch {
    // Without a cache it is read again next time: a read-only home directory is no reason to fail.
    try {
      rmSync(temporary, {force: true});
    } catch {
      // Nor is what cannot be removed.
    }
  }
}
