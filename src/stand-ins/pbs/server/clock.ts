import type {Core} from './core.ts';
import {catchUp} from './dependencies/carry-out.ts';
import {start} from './life/start-job.ts';
import {watch} from './life/watch-job.ts';
import {routeOn} from './queues/routing.ts';
import {schedule} from './queues/schedule.ts';
import {tidyHistory} from './store/history.ts';
import {type Job, settle} from './store/job.ts';
import {ownMilliseconds} from './store/settings.ts';

/** Time: whatever is due is done, and the next look is set for when something will be. */
export interface Clock {
  /** look as soon as the present work is done */
  wake(): void;
  stop(): void;
}

/** how long the server waits after a failure of its own, such as a full disk */
const STUMBLE_MS = 1000;
const SHORTEST_MS = 10;
/** longer waits than a timer can hold are cut in pieces */
const LONGEST_MS = 2 ** 30;

/** @param core is asked for only when something happens, since it needs the clock itself */
export function createClock(core: () => Core): Clock {
  let timer: NodeJS.Timeout | undefined;
  let scheduled: NodeJS.Immediate | undefined;

  /** A disk that is full for a while must not end the server: say so, and try again. */
  function look(): void {
    if (core().closed) return;
    clearTimeout(timer);
    timer = undefined;
    try {
      const next = tick(core());
      if (next === undefined) return;
      timer = setTimeout(look, Math.min(Math.max(next - Date.now(), SHORTEST_MS), LONGEST_MS));
    } catch (error) {
      core().log(`the server stumbled: ${error instanceof Error ? error.stack : String(error)}`);
      timer = setTimeout(look, STUMBLE_MS);
    }
  }

  return {
    wake() {
      if (core().closed || scheduled) return;
      scheduled = setImmediate(() => {
        scheduled = undefined;
        look();
      });
    },
    stop() {
      clearTimeout(timer);
      if (scheduled) clearImmediate(scheduled);
    },
  };
}

/**
 * Everything that is due: start times, walltimes, the end of histories, supervisors that are not our children, and what may start.
 *
 * @returns when something will be due next, in milliseconds since the epoch, or undefined
 */
function tick(core: Core): number | undefined {
  catchUp(core);
  const now = Date.now();
  const times: number[] = [tidyHistory(core, now)];
  for (const job of [...core.jobs.values()]) {
    if (job.state === 'W') times.push(waited(core, job, now));
    if (job.state === 'R') times.push(watch(core, job, now));
  }
  for (const job of [...core.jobs.values()]) if (job.state === 'Q' && job.parent === undefined) routeOn(core, job);
  times.push(startWhatMay(core, now));
  const next = Math.min(...times);
  return Number.isFinite(next) ? next : undefined;
}

/** A job with a start time. @returns when it has come, or infinity */
function waited(core: Core, job: Job, now: number): number {
  if (job.executionTime === undefined) return Number.POSITIVE_INFINITY;
  if (job.executionTime > now) return job.executionTime;
  settle(job, now);
  core.save(job);
  return Number.POSITIVE_INFINITY;
}

/** @returns when the next job may start that only its delay keeps from it, or infinity */
function startWhatMay(core: Core, now: number): number {
  const delay = ownMilliseconds(core.settings, 'stage_start_delay');
  const mayAt = (job: Job) => (job.etime ?? now) + delay;
  const all = [...core.jobs.values()];
  const running = all.filter((job) => job.state === 'R' || job.state === 'E');
  const waiting = all.filter(
    (job) =>
      (job.state === 'Q' || (job.state === 'B' && (job.array?.remaining.length ?? 0) > 0)) &&
      job.unregistered === undefined,
  );
  const due = waiting.filter((job) => mayAt(job) <= now);
  const plan = schedule(due, running, core.settings, {name: core.names.server, processors: core.processors()});
  for (const [id, comment] of plan.comments) {
    const job = core.jobs.get(id);
    if (job?.state !== 'Q' || job.comment === comment) continue;
    job.comment = comment;
    core.save(job);
  }
  for (const job of plan.start) start(core, job);
  if (plan.start.length > 0) core.wake();
  return Math.min(...waiting.map(mayAt).filter((at) => at > now), Number.POSITIVE_INFINITY);
}
