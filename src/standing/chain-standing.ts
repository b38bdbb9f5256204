import type {JobId} from '../base/job-id.ts';
import {iso} from '../base/time.ts';
import {renderTime} from '../base/units.ts';
import type {Observed} from '../engine/plan/actions.ts';
import {seenAs} from '../engine/plan/jobs/job-seen.ts';
import {type ChainGap, chainGap, WITHOUT_MONITOR} from '../engine/plan/monitor/plan-monitor.ts';
import type {LookFact} from '../ledger/monitor-facts.ts';
import type {MonitorLink} from '../ledger/monitor-link.ts';

/** How the monitor chain of a state directory stands. Times in milliseconds. */
export interface ChainStanding {
  /** absent where no monitor has looked yet */
  readonly lastLook?:
    | {readonly at: number; readonly job?: JobId | undefined; readonly host?: string | undefined}
    | undefined;
  /** the monitor that is in the queue, or is to be; absent where none is */
  readonly nextLook?:
    | {
        readonly at: number;
        readonly job: JobId;
        /** what PBS says of it; absent where it was not asked */
        readonly state?: string | undefined;
        /** why PBS does not start it */
        readonly comment?: string | undefined;
      }
    | undefined;
  /** nothing looks by itself: why, and what to do */
  readonly broken?: {readonly why: string; readonly next: readonly string[]} | undefined;
}

/**
 * How the chain stands, from what is on record of it and what a look has seen. Pure.
 *
 * @param gap what the look found at its end; where none was made, what is on record decides
 */
export function chainStanding({
  last,
  newest,
  seen,
  gap,
  asked,
}: {
  readonly last: LookFact | undefined;
  readonly newest: MonitorLink | undefined;
  readonly seen: Observed;
  readonly gap?: ChainGap | undefined;
  /** PBS was asked */
  readonly asked: boolean;
}): ChainStanding {
  const found = asked ? gap : gapOnRecord(newest, last, seen.now);
  return {
    lastLook: last && {at: last.at, job: last.job, host: /@([^:]+)/.exec(last.by ?? '')?.[1]},
    nextLook: found?.certain ? undefined : nextLook(newest, last, seen),
    broken: found?.certain ? {why: found.why, next: WITHOUT_MONITOR} : undefined,
  };
}

/** A link that is late by more than this has not been started, or has died: PBS starts a short job sooner, and stays are shorter. */
const LATE_ON_RECORD_MS = 10 * 60_000;

/**
 * The same as far as it is on record, for those who ask PBS nothing. Pure.
 *
 * @param last the newest look of a monitor
 */
function gapOnRecord(newest: MonitorLink | undefined, last: LookFact | undefined, now: number): ChainGap | undefined {
  // Deleted since nothing was left to look at: whatever needs a look again submits another one.
  if (newest?.unwanted) return undefined;
  const seen = {now, jobs: new Map(), tasks: new Map(), tags: new Map()};
  const bounds = {minMs: 0, maxMs: 0};
  const view = {newest, wantedAt: now, me: undefined, seen, bounds, refusedRetryMs: 0, insist: false, stays: false};
  const gap = chainGap(view);
  if (gap?.certain || !newest) return gap;
  const looked = last !== undefined && (last.job === undefined ? last.at >= newest.startAt : last.job === newest.job);
  if (looked || now - newest.startAt < LATE_ON_RECORD_MS) return undefined;
  return {
    certain: true,
    why: `the monitor${newest.job ? ` (job ${newest.job})` : ''} was due ${renderTime(newest.startAt)}, and has not looked`,
  };
}

function nextLook(
  newest: MonitorLink | undefined,
  last: LookFact | undefined,
  seen: Observed,
): ChainStanding['nextLook'] {
  if (!newest?.job || newest.refused || newest.neverArrived || newest.unwanted || newest.job === last?.job)
    return undefined;
  const at = seenAs(seen, newest);
  if (at === undefined || at.kind === 'no-evidence') return {at: newest.startAt, job: newest.job};
  if (at.kind !== 'live') return undefined;
  const waits = !['waiting', 'running', 'ending'].includes(at.state);
  return {
    at: at.startAt ?? newest.startAt,
    job: newest.job,
    state: at.state,
    comment: waits ? at.comment : undefined,
  };
}

/** What it is told from: with times as the document has them, or in milliseconds. */
export type ChainText = ChainStanding | ChainDocument;

/** In one line, and what to do below it where the chain is broken: the same words wherever it is shown. Pure. */
export function chainInWords({lastLook, nextLook, broken}: ChainText): string[] {
  const by = (...parts: readonly (string | undefined)[]) => {
    const known = parts.filter((part) => part !== undefined && part !== '');
    return known.length > 0 ? ` (${known.join(', ')})` : '';
  };
  const looked = lastLook
    ? `last look ${renderTime(lastLook.at)}${by(lastLook.job && `job ${lastLook.job}`, lastLook.host && `on ${lastLook.host}`)}`
    : 'no look yet';
  const next =
    nextLook && `next look ${renderTime(nextLook.at)}${by(`job ${nextLook.job}`, nextLook.state, nextLook.comment)}`;
  const gone = broken && `nothing looks by itself: ${broken.why}`;
  return [
    `monitors: ${[looked, next, gone].filter(Boolean).join('; ')}`,
    ...(broken?.next ?? []).map((line) => `  ${line}`),
  ];
}

/** The shape of `--json`: times in ISO 8601 UTC. */
export interface ChainDocument {
  readonly lastLook?:
    | {readonly at: string; readonly job?: string | undefined; readonly host?: string | undefined}
    | undefined;
  readonly nextLook?:
    | {
        readonly at: string;
        readonly job: string;
        readonly state?: string | undefined;
        readonly comment?: string | undefined;
      }
    | undefined;
  readonly broken?: {readonly why: string; readonly next: readonly string[]} | undefined;
}

export function chainDocument({lastLook, nextLook, broken}: ChainStanding): ChainDocument {
  return {
    lastLook: lastLook && {...lastLook, at: iso(lastLook.at)},
    nextLook: nextLook && {...nextLook, at: iso(nextLook.at)},
    broken,
  };
}
