import type {JobId} from '../../../base/job-id.ts';
import type {MonitorLink} from '../../../ledger/monitor-link.ts';
import type {JobRecord, Refusal, RunState} from '../../../ledger/run-facts.ts';
import type {Claim, Limit} from '../../../limits/grant.ts';
import {isOpen} from '../../../submission/resolution.ts';
import type {Observed, SubmitJob} from '../actions.ts';
import {seenOf} from '../jobs/job-seen.ts';

/**
 * How many jobs PBS takes of a user, in all queues together, as a limit: each submission claims places. Pure.
 *
 * A job takes none that would leave no process to see its end: places are kept for its sentinel and for monitors. Where the
 * limit is too small for that, jobs go one by one.
 */

/** For the monitor that looks and the one that follows it. */
const PLACES_OF_MONITORS = 2;

/** @param maxQueued how many jobs PBS takes, monitors included */
export function queueLimit(maxQueued: number): Limit {
  return {capacity: maxQueued - PLACES_OF_MONITORS};
}

/** A job takes a second place for its sentinel, which follows when the job has an id. */
const PLACES_OF_JOB = 2;

/**
 * What a submission claims. A job that waits leaves the places of one job free: what it waits for may itself need them,
 * such as a step that is tried again, and would be kept out for ever.
 *
 * @param key unlike that of any other claim
 * @param learnt see {@link learntLimit}
 */
export function claimOf({role, hold, dependencies}: SubmitJob, key: string, learnt?: number): Claim {
  if (role === 'sentinel') return {key, amount: 0};
  const amount = role === 'job' ? PLACES_OF_JOB : 1;
  if (!hold && dependencies.length === 0) return {key, amount, leaves: 0};
  return {key, amount, leaves: PLACES_OF_JOB, within: keptOut(role, learnt)};
}

/** A launcher is not kept out: what it waits for works, and it sees the end of that. */
function keptOut(role: SubmitJob['role'], learnt: number | undefined): number | undefined {
  return learnt === undefined || role === 'launcher' ? undefined : queueLimit(learnt).capacity;
}

/** A limit that PBS has not told may have been raised, or other jobs of the user have ended: it is tried again then. Longer than
 *  the longest pause after a refusal, and the longest wait for a look: what was refused has its turn first. */
const LEARNT_MS = 75 * 60_000;
/** Refusals of one look: the last of them has counted what was on its way to PBS with it. */
const TOGETHER_MS = 60_000;

/**
 * How many jobs of ours PBS took when it refused one for room, where it does not say how many it takes. It may be the limit
 * of one queue alone, and the user may have other jobs: it keeps out only jobs that would wait in the queue, and might keep
 * out what they wait for. Pure.
 *
 * @param refusals of monitors
 * @returns undefined when PBS has refused none of late
 */
export function learntLimit(runs: readonly RunState[], refusals: readonly Refusal[], now: number): number | undefined {
  const ofRuns = runs.flatMap(({attempts}) =>
    [...attempts.values()].flat().flatMap(({jobs}) => jobs.flatMap(({refused}) => refused ?? [])),
  );
  const counted = [...ofRuns, ...refusals].flatMap(({at, inQueue}) =>
    inQueue !== undefined && now - at < LEARNT_MS ? [{at, inQueue}] : [],
  );
  if (counted.length === 0) return undefined;
  const newest = Math.max(...counted.map(({at}) => at));
  return Math.min(...counted.flatMap(({at, inQueue}) => (newest - at < TOGETHER_MS ? [inQueue] : [])));
}

/** Names a job of a run among the claims: the one that is submitted is the one that PBS shows later. */
export function nameOfPlace(run: string, key: string): string {
  return `${run} ${key}`;
}

/**
 * The places that are taken, as PBS shows it, the link of the monitor chain apart. A job has the place of its sentinel,
 * too, also where that is not there yet. What PBS was not asked about has its place, too: another process submitted it
 * since, or died before its job was on record.
 */
export function placesTaken(runs: readonly RunState[], seen: Observed, link: MonitorLink | undefined): Claim[] {
  const known = new Set<JobId>(link?.job ? [link.job] : []);
  const ofRuns = runs.flatMap(({spec, attempts}) =>
    [...attempts.values()].flat().flatMap(({jobs}) => {
      const there = jobs.filter((record) => mayBeInQueue(seen, record));
      for (const {job} of there) if (job) known.add(job);
      const working = there.flatMap(({role, job}) => (role === 'job' && job ? [job] : []));
      const counting = there.filter(
        ({role, intent}) => role !== 'sentinel' || !intent.dependsOn.some((job) => working.includes(job)),
      );
      return counting.map(({role, key}) => ({
        key: nameOfPlace(spec.run, key),
        amount: role === 'job' ? PLACES_OF_JOB : 1,
      }));
    }),
  );
  const others = [...seen.jobs].filter(([job, {kind}]) => kind === 'live' && !known.has(job));
  return [...ofRuns, ...others.map(([job]) => ({key: job, amount: 1}))];
}

/** PBS shows it, or may have it: what became of its submission is not known, or it came after PBS was asked. */
function mayBeInQueue(seen: Observed, record: JobRecord): boolean {
  if (!record.job) return isOpen({...record, ...record.intent}) && seen.tags.get(record.intent.tag) !== null;
  const at = seenOf(seen, record);
  return at === undefined ? !record.deleted : at.kind === 'live';
}
