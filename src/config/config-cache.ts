import {createHash} from 'node:crypto';
import {statSync} from 'node:fs';
import {join} from 'node:path';
import * as z from 'zod/mini';
import {ensureDirectory} from '../disk/directories.ts';
import {fileCache} from '../disk/file-cache.ts';
import type {Profile} from './profile.ts';
import type {Config} from './read-config.ts';

/** Changed whenever the shape of a profile, or what it may say, changes, so that no old cache is believed. */
const FORMAT = 6;

type CachedConfig = Omit<Config, 'profiles'> & {readonly profiles: readonly (readonly [string, Profile])[]};

/** `sum` is of the configuration as JSON: one that was changed or cut short is read from its file again. */
const Cached = z.looseObject({key: z.string(), sum: z.string(), config: z.custom<CachedConfig>()});

function sumOf(config: CachedConfig): string {
  return createHash('sha256').update(JSON.stringify(config)).digest('hex');
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
  const name = `config${file.replaceAll('/', '-').slice(-100)}.json`;
  const cache = fileCache(join(directory, name), Cached, ensureDirectory);
  const cached = cache.read();
  if (cached?.key === key && cached.sum === sumOf(cached.config))
    return {...cached.config, profiles: new Map(cached.config.profiles)};
  const config = await read();
  const kept = {...config, profiles: [...config.profiles]};
  cache.write({key, sum: sumOf(kept), config: kept});
  return config;
}
