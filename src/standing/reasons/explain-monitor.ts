import {renderTime} from '../../base/units.ts';
import type {Observed} from '../../engine/plan/actions.ts';
import {seenAs} from '../../engine/plan/jobs/job-seen.ts';
import type {MonitorLink} from '../../ledger/monitor-link.ts';
import type {Reason} from '../standing.ts';
import {explainJob} from './explain-job.ts';

/** A scheduler starts a short job within this time of its date, where it starts any. */
const LATE_MS = 2 * 60_000;

/**
 * Why nothing looks by itself although a monitor is in the queue: PBS does not start it. Pure.
 *
 * @returns undefined while it is not due, or runs; and where PBS has not shown it
 */
export function explainMonitor(link: MonitorLink | undefined, seen: Observed, run: string): Reason | undefined {
  const at = link && seenAs(seen, link);
  if (!link?.job || at?.kind !== 'live' || !['queued', 'held', 'suspended'].includes(at.state)) return undefined;
  const due = at.startAt ?? link.startAt;
  if (seen.now - due < LATE_MS) return undefined;
  const context = {run, job: link.job, now: seen.now, waitsOn: [], nameOf: () => undefined, ourHold: 'none'} as const;
  const {what, why, next} = explainJob(at, context);
  return {
    standing: 'trouble',
    code: 'MONITOR_WAITS',
    what: `nothing looks by itself: the monitor (job ${link.job}, ${at.state}) was due ${renderTime(due)}, and PBS has not started it`,
    why: why ? `${what}; ${why}` : what,
    brief: `nothing looks by itself: PBS does not start the monitor (job ${link.job})`,
    next: [...next, `Each command looks meanwhile: stage status ${run}`, 'Or let cron look: */5 * * * * stage monitor'],
    since: due,
  };
}
