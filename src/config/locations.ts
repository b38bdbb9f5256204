import {homedir} from 'node:os';
import {join, resolve} from 'node:path';

/** Where stage keeps things on this machine. */
export interface Locations {
  /** state directories, one a profile */
  readonly home: string;
  readonly configFile: string;
  /** what may be deleted at any time and is then made again */
  readonly cache: string;
}

/** From `STAGE_HOME` and `STAGE_CONFIG`, else where the XDG base directory specification puts them. */
export function locations(env: NodeJS.ProcessEnv): Locations {
  const state = env.XDG_STATE_HOME || join(homedir(), '.local', 'state');
  const cache = env.XDG_CACHE_HOME || join(homedir(), '.cache');
  const config = env.XDG_CONFIG_HOME || join(homedir(), '.config');
  return {
    home: resolve(env.STAGE_HOME || join(state, 'stage')),
    configFile: resolve(env.STAGE_CONFIG || join(config, 'stage', 'config.yaml')),
    cache: join(cache, 'stage'),
  };
}
