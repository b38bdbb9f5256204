import type {JobId} from '../../../base/job-id.ts';
import type {MonitorLink} from '../../../ledger/monitor-link.ts';
import {resolutionOf} from '../../../submission/resolution.ts';
import type {Observed} from '../actions.ts';
import {seenAs} from '../jobs/job-seen.ts';
import type {LookBounds} from './next-look.ts';

export type MonitorAction =
  | {
      readonly do: 'submit-monitor';
      readonly generation: number;
      readonly startAt: number;
      /** a job that was deleted for it */
      readonly inPlaceOf?: JobId | undefined;
      readonly why: string;
    }
  | {
      readonly do: 'move-monitor';
      readonly job: JobId;
      readonly generation: number;
      readonly startAt: number;
      readonly why: string;
    }
  | {readonly do: 'delete-monitor'; readonly job: JobId; readonly generation: number; readonly why: string}
  | {readonly do: 'adopt-monitor'; readonly generation: number; readonly job: JobId; readonly why: string}
  | {readonly do: 'give-up-monitor'; readonly generation: number; readonly why: string};

export interface MonitorView {
  /** the newest link; undefined when there never was one */
  readonly newest: MonitorLink | undefined;
  /** when something has to be looked at; undefined when nothing has */
  readonly wantedAt: number | undefined;
  /** the generation this very process is, if it runs in a monitor job */
  readonly me: number | undefined;
  readonly seen: Observed;
  readonly bounds: LookBounds;
  readonly refusedRetryMs: number;
  /** a person asked: a refusal from before this look is tried again at once */
  readonly insist: boolean;
  /** this process looks again soon, by itself: it adds no link beside one that PBS may have taken */
  readonly stays: boolean;
}

/** From a look to what PBS does of it. */
const DUE_MS = 2_000;
/** A link that is so late, and cannot be seen where other jobs can, is not counted on: it may be at a server that was renamed. */
const OVERDUE_MS = 60 * 60_000;

/**
 * What to do about the one monitor chain. Pure.
 *
 * There is at most one link ahead: a new one is made only when the newest runs, is this process itself, or is
 * proven gone. Its generation number is a fact that only one process can create, so a monitor that PBS runs
 * twice, or two processes that both find the chain broken, do not split it.
 */
export function planMonitor(view: MonitorView): MonitorAction[] {
  const {newest, wantedAt, seen} = view;
  if (!newest || newest.generation === view.me || newest.neverArrived) return extend(view);
  // Another process is deleting it: it may be gone the moment after it was seen.
  if (newest.unwanted && wantedAt !== undefined) return extend(view);
  if (newest.refused) return mayTryAgain(view, newest.refused.at) ? extend(view) : [];
  const {generation} = newest;
  if (!newest.job) {
    const resolution = resolutionOf(undefined, seen.tags.get(newest.tag));
    if (resolution?.is === 'adopted')
      return [{do: 'adopt-monitor', generation, job: resolution.job, why: resolution.why}];
    // The process that was submitting it has died, or is very slow: a further link, at the time when that can be told, serves for either.
    if (resolution === undefined)
      return wantedAt === undefined || view.stays
        ? []
        : extend({...view, wantedAt: Math.max(wantedAt, newest.deadline)});
    // No other process may come: the next link follows at once.
    return [{do: 'give-up-monitor', generation, why: resolution.why}, ...extend(view)];
  }
  const at = seenAs(seen, newest);
  if (at === undefined) return [];
  // A second link beside one that is there after all looks for a second, and finds that another goes on.
  if (at.kind === 'no-evidence') return linkIsOverdue(newest, seen) ? extend(view) : [];
  if (at.kind !== 'live') return extend(view);
  // It may have looked already, when there was nothing to look at yet, and adds no link then. Otherwise it does the same
  // this moment, and only one of the two can.
  if (at.state === 'running' || at.state === 'ending') return extend(view);
  // PBS holds a job that it failed to start too often, and a person may have held it: it starts when it is released, if ever.
  if (at.state === 'held' && wantedAt !== undefined) return extend(view);
  const startAt = at.startAt ?? newest.startAt;
  if (wantedAt === undefined) {
    // One that may start this moment would be met running: it looks for a second, and finds nothing to do.
    if (Math.abs(startAt - seen.now) < DUE_MS) return [];
    return [{do: 'delete-monitor', generation, job: newest.job, why: 'nothing is left to look at'}];
  }
  // A link on its way is left alone unless it would come much too late: every move costs PBS a question.
  const slackMs = Math.max(view.bounds.minMs, (startAt - seen.now) / 4);
  if (at.state !== 'waiting' || startAt - wantedAt <= slackMs) return [];
  return [
    {do: 'move-monitor', generation, job: newest.job, startAt: wantedAt, why: 'something has to be looked at earlier'},
  ];
}

/** Why no link is known to stand in the queue, though something has to be looked at. */
export interface ChainGap {
  /** false: there may be one, and PBS has not said so */
  readonly certain: boolean;
  readonly why: string;
}

/**
 * Is there a link that will look when this look has ended? Pure.
 *
 * @param view as it is after everything that `planMonitor` asked for was done
 * @returns undefined when one stands in the queue, or nothing has to be looked at
 */
export function chainGap(view: MonitorView): ChainGap | undefined {
  const {newest, wantedAt, seen, me} = view;
  if (wantedAt === undefined) return undefined;
  if (!newest) return {certain: true, why: 'none was submitted'};
  if (newest.damaged) return {certain: true, why: 'what is on record of the last one is damaged'};
  if (newest.refused) return {certain: true, why: `PBS accepted none: ${newest.refused.why}`};
  if (newest.neverArrived) return {certain: true, why: 'the last one never arrived at PBS'};
  if (newest.generation === me) return {certain: true, why: 'the one that runs has no successor'};
  if (newest.unwanted) return {certain: true, why: 'the last one is being deleted'};
  const at = seenAs(seen, newest);
  if (at === undefined) return {certain: false, why: 'PBS has not said whether it took the last one'};
  if (at.kind === 'no-evidence') return {certain: false, why: `PBS could not be queried: ${at.why}`};
  if (at.kind !== 'live') return {certain: true, why: 'the last one is gone from the queue'};
  return at.state === 'held' ? {certain: true, why: 'the last one is held'} : undefined;
}

/** What a person can do where no monitor is in the queue. */
export const WITHOUT_MONITOR = [
  'Run any command again later, which adds a monitor when PBS takes it: stage status',
  'Or let cron look: */5 * * * * stage monitor',
] as const;

function mayTryAgain({insist, seen, refusedRetryMs}: MonitorView, refusedAt: number): boolean {
  return insist ? refusedAt < seen.now : seen.now - refusedAt >= refusedRetryMs;
}

function linkIsOverdue({startAt}: MonitorLink, {now, jobs}: Observed): boolean {
  return now - startAt > OVERDUE_MS && [...jobs.values()].some(({kind}) => kind !== 'no-evidence');
}

function extend({newest, wantedAt}: MonitorView): MonitorAction[] {
  if (wantedAt === undefined) return [];
  return [
    {
      do: 'submit-monitor',
      generation: (newest?.generation ?? 0) + 1,
      startAt: wantedAt,
      why: newest ? 'the next look' : 'the first look',
    },
  ];
}
