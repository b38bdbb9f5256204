import type {JobStore, NamedJob} from '../../ledger/job-store.ts';
import type {JobSeen, Scheduler} from '../../scheduler/scheduler.ts';
import type {Time} from '../../submission/resolve.ts';

/** Pauses before each look. PBS drops such a job within milliseconds of its answer (measured on OpenPBS 23.06). */
const PAUSES_MS = [100, 500];

/**
 * Is PBS keeping a job that was submitted with dependencies?
 *
 * qsub answers with an id first; a moment later PBS aborts a job whose dependency is unknown, or has been decided
 * against it since it was last looked at. What is found is put on record, and the first record counts: a job that its
 * dependency removes later on has been submitted all the same.
 *
 * @returns false when PBS dropped it, and it will never run. True when PBS cannot be queried, too: it gave an id; the
 *   next call looks again
 */
export async function isKept(
  store: JobStore,
  scheduler: Pick<Scheduler, 'look'>,
  one: NamedJob,
  {clock, sleep}: Time,
): Promise<boolean> {
  const {job} = one;
  if (!job) return false;
  if (one.dependsOn.length === 0 || one.kept) return true;
  let seen: JobSeen | undefined;
  for (const pause of PAUSES_MS) {
    await sleep(pause);
    seen = (await scheduler.look([job])).get(job);
    if (seen?.kind === 'ended') break;
  }
  if (seen === undefined || seen.kind === 'no-evidence') return true;
  const dropped =
    (seen.kind === 'ended' && seen.how === 'removed') ||
    (seen.kind === 'unknown' && store.takeClaim(one.name, one.number));
  const why = seen.kind === 'ended' ? seen.reason : seen.kind;
  store.create(one.name, one.number, 'checked', {at: clock(), dropped, why});
  return !store.read(one.name, one.number)?.givenUp;
}
