import {writeDuration} from '../base/duration.ts';
import type {Place} from '../base/task-request.ts';
import type {WayBetween} from '../workflow/model/places.ts';
import type {ProfileSection} from './config-schema.ts';
import type {JobDefaults, Profile} from './profile.ts';

/** A profile in the words of the configuration file, defaults included: read again it is the same profile. Pure. */
export function writtenProfile(profile: Profile): ProfileSection {
  const {scheduler, transfer, staging, proxy} = profile;
  return {
    scheduler: {
      kind: scheduler.kind,
      ...ifGiven('bin', scheduler.bin),
      timeout: seconds(scheduler.timeoutMs),
      ...ifGiven('commands_per_second', scheduler.pace?.perSecond),
      ...ifGiven('burst', scheduler.pace?.burst),
    },
    transfer: {
      kind: transfer.kind,
      ...ifGiven('auth_url', transfer.authUrl || undefined),
      ...ifGiven('transfer_url', transfer.transferUrl || undefined),
      ...ifGiven('sign_in', transfer.signIn),
      ...ifGiven('client_id', transfer.clientId),
      ...ifGiven('token_store', transfer.tokenStore),
      ...ifGiven('credentials', transfer.credentials),
      ...ifGiven('scopes', transfer.scopes && [...transfer.scopes]),
      ...ifGiven('notify', transfer.notify && [...transfer.notify]),
    },
    compute: jobs(profile.compute),
    staging: {...jobs(staging), network: staging.network},
    ...ifGiven('cli', profile.cli),
    setup: [...profile.setup],
    ...(proxy
      ? {proxy: {...ifGiven('http', proxy.http), ...ifGiven('https', proxy.https), no_proxy: [...proxy.noProxy]}}
      : {}),
    strategy: profile.strategy,
    wait_walltime: profile.waitWalltime,
    ...ifGiven('max_queued', profile.maxQueued),
    ...(profile.limits ? {limits: profile.limits} : {}),
    ...(profile.maxPending === undefined ? {} : {transfers: {max_pending: profile.maxPending}}),
    paths: [...profile.paths],
    ...ifGiven('ways', profile.ways.length > 0 ? profile.ways.map(writtenWay) : undefined),
    ...ifGiven('ssh_config', profile.sshConfig),
    monitor: {min: seconds(profile.monitor.minMs), max: seconds(profile.monitor.maxMs)},
    collections: {...profile.collections},
    lost_after: seconds(profile.lostGraceMs),
    ...(profile.keepRunsMs === undefined ? {} : {keep: {runs: writeDuration(profile.keepRunsMs)}}),
    log: {level: profile.log.level, format: profile.log.format, keep: profile.log.keepDays},
  };
}

function writtenWay({from, to, via}: WayBetween): NonNullable<ProfileSection['ways']>[number] {
  const ends = {from: `${from.collection}:${from.path}`, to: `${to.collection}:${to.path}`};
  if (via === undefined) return {...ends, via: 'globus'};
  const [fromAt, toAt] = [writtenPlace(from.at), writtenPlace(to.at)];
  // The schema has seen that a copy says both.
  if (via.by === 'copy') return {...ends, via: 'copy', from_at: fromAt ?? '', to_at: toAt ?? ''};
  return {...ends, via: 'command', program: via.program, ...ifGiven('from_at', fromAt), ...ifGiven('to_at', toAt)};
}

/** A path below the home directory is `/~/x` when it was read. */
function writtenPlace(at: Place | undefined): string | undefined {
  return at && `${at.collection}:${at.path.replace(/^\/~\//, '~/')}`;
}

function jobs({queue, account, project, resources, extraArgs}: JobDefaults) {
  return {
    ...ifGiven('queue', queue),
    ...ifGiven('account', account),
    ...ifGiven('project', project),
    resources: {...resources},
    extra: [...extraArgs],
  };
}

/** A key that is there only with a value. */
function ifGiven<K extends string, V>(key: K, value: V | undefined): {[key in K]?: V} {
  return value === undefined ? {} : ({[key]: value} as {[key in K]?: V}); // TypeScript widens a computed key to string
}

function seconds(ms: number): string {
  return `${ms / 1000}s`;
}
