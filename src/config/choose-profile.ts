import {readFileSync} from 'node:fs';
import {RequestWrong} from '../errors.ts';
import {throughCache} from './config-cache.ts';
import {localProfile, type Profile} from './profile.ts';
import type {Config} from './read-config.ts';

const NO_CONFIG: Config = {collections: {}, profiles: new Map()};

/**
 * The configuration file, or an empty configuration where there is none.
 *
 * @param cacheDirectory where it may lie as it was read before; undefined: it is read from the file
 * @throws {RequestWrong} when it is malformed
 */
export async function loadConfig(file: string, explicit: boolean, cacheDirectory?: string): Promise<Config> {
  const read = async () => {
    // Only those whose configuration has changed pay for reading YAML.
    const {readConfig} = await import('./read-config.ts');
    return readConfig(readFileSync(file, 'utf8'), file);
  };
  try {
    return await (cacheDirectory === undefined ? read() : throughCache(file, cacheDirectory, read));
  } catch (error) {
    const {code} = error as NodeJS.ErrnoException;
    if (code === 'EISDIR')
      throw new RequestWrong(`the configuration file ${file} is a directory`, {
        code: 'CONFIG_INVALID',
        why: explicit ? 'STAGE_CONFIG names it' : undefined,
        next: [
          explicit ? 'Name a file in it, or unset STAGE_CONFIG.' : 'Move it away, or name a file by STAGE_CONFIG.',
        ],
      });
    if (code !== 'ENOENT') throw error;
    if (explicit)
      throw new RequestWrong(`the configuration file ${file} does not exist`, {
        why: 'STAGE_CONFIG names it',
        next: ['Create it, or unset STAGE_CONFIG.'],
      });
    return NO_CONFIG;
  }
}

/**
 * The profile that was asked for, else the configuration's default.
 *
 * Never the stand-ins by themselves: on a cluster that would be a run that computes nothing where it should.
 *
 * @throws {RequestWrong} when none was asked for, or there is none of that name
 */
export function chooseProfile(config: Config, asked: string | undefined, configFile: string): Profile {
  const name = asked ?? config.defaultProfile;
  const known = [...new Set([...config.profiles.keys(), 'local'])];
  if (name === undefined) {
    throw new RequestWrong('no profile was chosen', {
      code: 'NO_PROFILE',
      why: `${configFile} names no default_profile, and neither --profile nor STAGE_PROFILE is given`,
      next: [
        'Try it on this machine, with a stand-in PBS and Globus: --profile local',
        `Describe your cluster in ${configFile} (docs/profiles.md shows how).`,
      ],
    });
  }
  const profile = config.profiles.get(name) ?? (name === 'local' ? localProfile() : undefined);
  if (!profile)
    throw new RequestWrong(`there is no profile "${name}"`, {
      code: 'NO_PROFILE',
      why: `known profiles: ${known.join(', ')}`,
      next: [`Add it to ${configFile}, or use --profile local.`],
    });
  return {...profile, collections: {...config.collections, ...profile.collections}};
}
