import type {JobId} from '../../base/job-id.ts';
import type {JobStore, NamedJob} from '../../ledger/job-store.ts';
import type {Scheduler} from '../../scheduler/scheduler.ts';

export type SettledJob = NamedJob & {readonly job: JobId};

interface Time {
  /** milliseconds since the epoch */
  readonly now: () => number;
  readonly sleep: (ms: number) => Promise<void>;
}

const TIME: Time = {now: Date.now, sleep: (ms) => new Promise((done) => setTimeout(done, ms))};

/** Whoever submits has its answer in a moment as a rule. A server that is slow to answer is not asked twice a second. */
const [FIRST_PAUSE_MS, LONGEST_PAUSE_MS] = [500, 8_000];

/**
 * The job of a try, waiting for whoever is at it, and asking PBS where the answer was lost.
 *
 * @returns undefined when it came to nothing
 * @throws {SchedulerUnreachable} when PBS cannot be asked
 */
export async function settleJob(
  store: JobStore,
  scheduler: Pick<Scheduler, 'findByTag'>,
  found: NamedJob,
  {now, sleep}: Time = TIME,
): Promise<SettledJob | undefined> {
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
    const one = store.newest(found.name) ?? found;
    if (one.givenUp) return undefined;
    if (one.job) return {...one, job: one.job};
    // Before the question: a qsub that PBS takes while it is answering is not in the answer.
    const overdue = now() > one.deadline;
    const job = (await scheduler.findByTag([one.tag])).get(one.tag);
    if (job) store.create(one.name, one.number, 'confirmed', {at: now(), job, adopted: true});
    else if (overdue) store.create(one.name, one.number, 'never-arrived', {at: now()});
    else await sleep(Math.max(1, Math.min(pauseMs, one.deadline + 1 - now())));
  }
}
