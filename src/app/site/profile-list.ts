import {join} from 'node:path';
import {chooseProfile, loadConfig} from '../../config/choose-profile.ts';
import type {ProfileSection} from '../../config/config-schema.ts';
import {locations} from '../../config/locations.ts';
import {localProfile, type Profile} from '../../config/profile.ts';
import {writtenProfile} from '../../config/written-profile.ts';

export interface ListedProfile {
  readonly name: string;
  /** used when none is asked for */
  readonly default: boolean;
  readonly scheduler: Profile['scheduler']['kind'];
  readonly transfer: Profile['transfer']['kind'];
  readonly queue?: string;
  readonly stagingQueue?: string;
  readonly account?: string;
  readonly stateDirectory: string;
}

export interface ProfileList {
  readonly configFile: string;
  readonly profiles: readonly ListedProfile[];
}

const readHere = async () => {
  const where = locations(process.env);
  return {where, config: await loadConfig(where.configFile, Boolean(process.env.STAGE_CONFIG), where.cache)};
};

/** All profiles: those of the configuration, and the built-in one. Asks neither PBS nor Globus. */
export async function listProfiles(): Promise<ProfileList> {
  const {where, config} = await readHere();
  const all = new Map([['local', localProfile()], ...config.profiles]);
  return {
    configFile: where.configFile,
    profiles: [...all.values()].map(({name, scheduler, transfer, compute, staging}) => ({
      name,
      default: name === config.defaultProfile,
      scheduler: scheduler.kind,
      transfer: transfer.kind,
      queue: compute.queue || undefined,
      stagingQueue: staging.queue || undefined,
      account: compute.account || undefined,
      stateDirectory: join(where.home, name),
    })),
  };
}

export interface ProfileView {
  readonly configFile: string;
  readonly stateDirectory: string;
  /** as it counts: what the configuration says, and defaults where it is silent. Times in milliseconds */
  readonly profile: Profile;
}

/** One profile as it counts, and the same in the words of the file. @throws {RequestWrong} when there is none of that name */
export async function showProfile(
  asked: string | undefined,
): Promise<ProfileView & {readonly written: ProfileSection}> {
  const {where, config} = await readHere();
  const profile = chooseProfile(config, asked, where.configFile);
  return {
    configFile: where.configFile,
    stateDirectory: join(where.home, profile.name),
    profile,
    written: writtenProfile(profile),
  };
}
