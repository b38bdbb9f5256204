import type {ProfileSection} from './config-schema.ts';
import type {JobDefaults, Profile} from './profile.ts';

/** A profile in the words of the configuration file, defaults included: read again it is the same profile. Pure. */
export function writtenProfile(profile: Profile): ProfileSection {
  const {scheduler, transfer, staging, proxy} = profile;
  return {
    scheduler: {kind: scheduler.kind, ...some('bin', scheduler.bin), timeout: seconds(scheduler.timeoutMs)},
    transfer: {
      kind: transfer.kind,
      ...some('auth_url', transfer.authUrl || undefined),
      ...some('transfer_url', transfer.transferUrl || undefined),
      ...some('sign_in', transfer.signIn),
      ...some('client_id', transfer.clientId),
      ...some('token_store', transfer.tokenStore),
      ...some('credentials', transfer.credentials),
      ...some('scopes', transfer.scopes && [...transfer.scopes]),
    },
    compute: jobs(profile.compute),
    staging: {...jobs(staging), network: staging.network},
    ...some('cli', profile.cli),
    setup: [...profile.setup],
    ...(proxy
      ? {proxy: {...some('http', proxy.http), ...some('https', proxy.https), no_proxy: [...proxy.noProxy]}}
      : {}),
    strategy: profile.strategy,
    wait_walltime: profile.waitWalltime,
    ...some('max_queued', profile.maxQueued),
    paths: [...profile.paths],
    monitor: {min: seconds(profile.monitor.minMs), max: seconds(profile.monitor.maxMs)},
    collections: {...profile.collections},
    lost_after: seconds(profile.lostGraceMs),
    log: {level: profile.log.level, format: profile.log.format, keep: profile.log.keepDays},
  };
}

function jobs({queue, account, project, resources, extraArgs}: JobDefaults) {
  return {
    ...some('queue', queue),
    ...some('account', account),
    ...some('project', project),
    resources: {...resources},
    extra: [...extraArgs],
  };
}

/** A key that is there only with a value. */
function some<K extends string, V>(key: K, value: V | undefined): {[key in K]?: V} {
  return value === undefined ? {} : ({[key]: value} as {[key in K]?: V}); // TypeScript widens a computed key to string
}

function seconds(ms: number): string {
  return `${ms / 1000}s`;
}
