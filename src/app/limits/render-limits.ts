import {renderBytes, renderTime} from '../../base/units.ts';
import {renderTable} from '../shared/text-layout.ts';
import type {InitReport, ReleaseReport, SetReport} from './change-limits.ts';
import type {ClaimView, DirectoryView, LimitsReport, LimitView} from './limits.ts';

/** What there is of each limit, who holds it, who waits, and why. */
export function renderLimits({directories}: LimitsReport): string {
  if (directories.length === 0)
    return 'There are no limits. Set some under "limits" of the profile, or make a directory of them for a group: stage limits init DIR';
  return directories.map(renderDirectory).join('\n\n');
}

function renderDirectory(view: DirectoryView): string {
  const {directory, shared, limits, claims, unreadable} = view;
  const holds = claims.filter(({state}) => state === 'granted');
  const waits = claims.filter(({state}) => state === 'waiting');
  return [
    `${shared ? 'shared by a group' : 'of this profile'}: ${directory}`,
    ...(limits.length > 0
      ? [renderTable([['LIMIT', 'HELD', 'OF', 'FREE ON DISK'], ...limits.map(limitCells)])]
      : ['no limits are set']),
    ...(holds.length > 0
      ? ['', renderTable([['CLAIM', 'HOLDS', 'SINCE', 'BY', 'LAST LOOK'], ...holds.map((claim) => cells(claim, view))])]
      : []),
    ...(waits.length > 0
      ? [
          '',
          renderTable([
            ['CLAIM', 'WAITS FOR', 'SINCE', 'BY', 'LAST LOOK'],
            ...waits.map((claim) => cells(claim, view)),
          ]),
          ...waits.map(({claim, why}) => `  ${claim}: ${why}`),
        ]
      : []),
    ...unreadable.map(({entry, why}) => `entry ${entry} cannot be read, and nothing is granted meanwhile: ${why}`),
    ...(unreadable.length > 0
      ? ['  next: Restore it, or let it count for nothing: stage limits release --entry N']
      : []),
  ].join('\n');
}

function limitCells({limit, kind, size, held, reserve = 0, free}: LimitView): string[] {
  if (kind === 'slots') return [limit, `${held}`, `${size}`, ''];
  const onDisk = free === undefined || free >= Number.MAX_SAFE_INTEGER ? '' : renderBytes(free);
  const kept = reserve > 0 ? `${onDisk}, of which ${renderBytes(reserve)} stay free` : onDisk;
  return [limit, renderBytes(held), renderBytes(size), kept];
}

function cells({claim, wants, since, who, run, step, lastLook, priority}: ClaimView, view: DirectoryView): string[] {
  const what = wants.map(({limit, amount}) => {
    const isPool = view.limits.find((each) => each.limit === limit)?.kind === 'pool';
    return isPool ? `${renderBytes(amount)} of ${limit}` : amount === 1 ? limit : `${amount} of ${limit}`;
  });
  const by = [run, step].filter(Boolean).join(' ');
  const rank = priority === 0 ? '' : ` (priority ${priority})`;
  return [
    `${claim}`,
    `${what.join(', ')}${rank}`,
    renderTime(since),
    by === '' ? who : `${by} of ${who}`,
    lastLook ? `${renderTime(lastLook.at)} by ${lastLook.who}` : 'not known',
  ];
}

export function renderInit({directory, made, group}: InitReport): string {
  return [
    made
      ? `${directory} is a directory of limits now, for the group ${group}`
      : `${directory} is a directory of limits already`,
    `  next: Say how much there is: stage limits set NAME --slots N --directory ${directory}`,
    `        Members name it in their profile: limits: {directory: ${directory}}`,
    '        For another group: chgrp -R GROUP, before anything is claimed.',
  ].join('\n');
}

export function renderSet({limit, directory, was, capacity}: SetReport): string {
  const words = (size: number) => (capacity.kind === 'pool' ? renderBytes(size) : `${size}`);
  const before = was === undefined ? '' : `, was ${words(was.size)}`;
  return `${limit} in ${directory}: ${words(capacity.size)}${before}. What was granted stays granted.`;
}

export function renderRelease({done, claim, entry, directory, note}: ReleaseReport): string {
  if (entry !== undefined)
    return `entry ${entry} of ${directory} ${done ? 'counts for nothing now' : 'would count for nothing'}${done ? '' : '; to do so: the same command with --yes'}`;
  if (!claim) return 'There is no such claim any more.';
  const what = claim.wants.map(({limit, amount}) => `${amount} of ${limit}`).join(', ');
  const by = [claim.run, claim.step].filter(Boolean).join(' ');
  const look = claim.lastLook
    ? `last looked at ${renderTime(claim.lastLook.at)} by ${claim.lastLook.who}`
    : 'when it was last looked at is not known';
  return [
    `claim ${claim.claim} (${what}) ${done ? 'is released' : 'would be released'}`,
    `  ${claim.state === 'granted' ? 'held' : 'waiting'} since ${renderTime(claim.since)} by ${by === '' ? claim.who : `${by} of ${claim.who}`}; ${look}`,
    ...(note ? [`  ${note}`] : []),
    ...(done ? [] : ['  next: Look whether what it is for has ended, then: the same command with --yes']),
  ].join('\n');
}
