import type {JobStore} from '../../ledger/job-store.ts';
import type {JobSeen, Scheduler} from '../../scheduler/scheduler.ts';
import type {SettledJob} from './settle-job.ts';

/** Pauses before each look. PBS drops such a job within milliseconds of its answer (measured on OpenPBS 23.06). */
const PAUSES_MS = [100, 500];

/**
 * Is PBS keeping a job that was submitted with dependencies?
 *
 * qsub answers with an id first; a moment later PBS aborts a job whose dependency is unknown, or has been decided
 * against it since it was last looked at. What is found is put on record, and the first record counts: a job that its
 * dependency removes later on has been submitted all the same.
 *
 * @returns false when PBS dropped it, and it will never run. True when PBS cannot be asked, too: it gave an id; the
 *   next call looks again
 */
export async function isKept(
  store: JobStore,
  scheduler: Pick<Scheduler, 'look'>,
  one: SettledJob,
  sleep: (ms: number) => Promise<void> = (ms) => new Promise((done) => setTimeout(done, ms)),
): Promise<boolean> {
  if (one.dependsOn.length === 0 || one.kept) return true;
  let seen: JobSeen | undefined;
  for (const pause of PAUSES_MS) {
    await sleep(pause);
    seen = (await scheduler.look([one.job])).get(one.job);
    if (seen?.kind === 'ended') break;
  }
  if (seen === undefined || seen.kind === 'no-evidence') return true;
  const dropped =
    (seen.kind === 'ended' && seen.how === 'removed') || (seen.kind === 'unknown' && store.takeClaim(one));
  const why = seen.kind === 'ended' ? seen.reason : seen.kind;
  store.create(one.name, one.number, 'checked', {at: Date.now(), dropped, why});
  return !store.read(one.name, one.number)?.givenUp;
}
