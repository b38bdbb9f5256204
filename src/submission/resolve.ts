import type {JobId} from '../base/job-id.ts';
import {EXIT, StageError} from '../errors.ts';
import type {Scheduler} from '../scheduler/scheduler.ts';
import {isOpen, isOverdue, type Resolution, resolutionOf, type SubmissionRecord} from './resolution.ts';
import type {SubmissionFacts} from './submission-facts.ts';

// To resolve a submission is to find out, and record, whether PBS took a job whose confirmation is missing since the process
// that submitted it died or got no answer. resolution.ts decides, without I/O; here PBS is searched and the result recorded.
// The engine calls searchByTag and recordResolution for runs and for the monitor chain; "stage job submit" calls
// waitUntilResolved.

/**
 * Search PBS for overdue submissions: one question, whatever their number.
 *
 * @returns for each tag the job that PBS has, or null when it has none
 * @throws {SchedulerUnreachable} {SearchIncomplete} when nothing may be concluded of what was not found
 */
export async function searchByTag(
  scheduler: Pick<Scheduler, 'findByTag'>,
  tags: readonly string[],
): Promise<ReadonlyMap<string, JobId | null>> {
  if (tags.length === 0) return new Map();
  const found = await scheduler.findByTag(tags);
  return new Map(tags.map((tag) => [tag, found.get(tag) ?? null]));
}

/** Put on record what became of a submission. @returns false when that was done before */
export function recordResolution(
  {create, note}: Pick<SubmissionFacts, 'create' | 'note'>,
  resolution: Pick<Resolution, 'is'> & {readonly job?: JobId},
  at: number,
): boolean {
  const {is, job} = resolution;
  const first = is === 'adopted' ? create('confirmed', {at, job, adopted: true}) : create('never-arrived', {at});
  if (first) note(is === 'adopted' ? 'job-adopted' : 'submission-given-up', job === undefined ? {} : {job});
  return first;
}

export interface Time {
  /** milliseconds since the epoch */
  readonly clock: () => number;
  readonly sleep: (ms: number) => Promise<void>;
}

/** A process that submits has its answer in a moment as a rule. A server that is slow to answer is not asked twice a second. */
const [FIRST_PAUSE_MS, LONGEST_PAUSE_MS] = [500, 8_000];

/**
 * Wait until it is known what became of a submission: for the process that is at it, and past its deadline by asking PBS.
 *
 * @param read what is on record by now
 * @returns undefined when it came to nothing
 * @throws {SchedulerUnreachable} when PBS cannot be queried
 */
export async function waitUntilResolved(
  facts: Pick<SubmissionFacts, 'create' | 'note'>,
  read: () => SubmissionRecord,
  scheduler: Pick<Scheduler, 'findByTag'>,
  {clock, sleep}: Time,
): Promise<JobId | undefined> {
  let pauseMs = FIRST_PAUSE_MS;
  for (let overdueRounds = 0; overdueRounds < MOST_ROUNDS; pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
    const record = read();
    if (!isOpen(record)) return record.refused || record.neverArrived ? undefined : record.job;
    const {tag, deadline, begun} = record;
    // Before the question: a qsub that PBS takes while it is answering is not in the answer.
    const overdue = isOverdue(record, clock());
    if (overdue) overdueRounds += 1;
    const found = begun ? undefined : (await searchByTag(scheduler, [tag])).get(tag);
    const resolution = resolutionOf(begun, found ?? (overdue ? null : undefined));
    if (!resolution || !recordResolution(facts, resolution, clock()))
      await sleep(Math.max(1, Math.min(pauseMs, overdue ? pauseMs : deadline + 1 - clock())));
  }
  throw new NotResolved(read().tag);
}

/** After its deadline one answer of PBS resolves a submission, and one more round shows that on record. */
const MOST_ROUNDS = 20;

/** What PBS says of a submission cannot be put on record, or not be seen there. */
class NotResolved extends StageError {
  constructor(tag: string) {
    super({
      code: 'NOT_RESOLVED',
      exit: EXIT.unreachable,
      what: `what became of the submission ${tag} cannot be put on record`,
      why: `PBS was asked ${MOST_ROUNDS} times, and its answer does not show in the state directory`,
      next: [
        'See whether the state directory can be written and read: stage doctor',
        'Then run the same command again.',
      ],
    });
  }
}
