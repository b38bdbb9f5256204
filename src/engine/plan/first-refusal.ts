import {type Attempt, newestJob, type Refusal, type RunState} from '../../ledger/run-facts.ts';

/**
 * For so long what has become of a run's first job is left to the process that creates the run: when PBS refuses that
 * job, the run is not created.
 */
export const FIRST_WORD_MS = 60_000;

/** What stands first in a run is with PBS, refused, or not begun: no person has decided anything, and nothing else was asked for. Pure. */
function isBeginning(run: RunState): boolean {
  const decided = run.cancel ?? run.spec.adopt ?? run.resumes[0] ?? run.holds[0] ?? run.updates[0];
  return decided === undefined && [...run.attempts.values()].flat().every(isUnbegun);
}

function isUnbegun({jobs, transfer, act, signIn, starts, indices, outcome}: Attempt): boolean {
  const none = transfer === undefined && act === undefined && signIn === undefined && outcome === undefined;
  return none && starts.length === 0 && indices.size === 0 && jobs.every(({job}) => job === undefined);
}

/** Nothing of the run was asked for yet, but for what was refused. Pure. */
export function isUntouched(run: RunState): boolean {
  return isBeginning(run) && openIntents(run).length === 0;
}

function openIntents(run: RunState) {
  const records = [...run.attempts.values()].flat().flatMap(({jobs}) => jobs);
  return records.filter(({job, refused, neverArrived}) => !job && !refused && !neverArrived);
}

export interface FirstRefusal {
  readonly step: string;
  readonly refusal: Refusal;
}

/** The job that PBS refused for good, in a run of which nothing has begun. Pure. */
export function firstRefusal(run: RunState): FirstRefusal | undefined {
  if (!isUntouched(run)) return undefined;
  for (const [step, attempts] of run.attempts) {
    const refusal = refusedForGood(attempts.at(-1));
    if (refusal) return {step, refusal};
  }
  return undefined;
}

function refusedForGood(attempt: Attempt | undefined): Refusal | undefined {
  const refused = attempt && newestJob(attempt, 'job')?.refused;
  return refused && !refused.retry ? refused : undefined;
}

/**
 * Another process hears from PBS about the first job of the run at this moment, or has heard that it is refused: until
 * it has had the time to say so, nothing else is begun. Pure.
 *
 * @param creates this process creates the run: it waits for no other one
 */
export function waitsForFirstWord(run: RunState, now: number, creates: boolean): boolean {
  const refused = firstRefusal(run);
  if (refused) return creates || now - refused.refusal.at < FIRST_WORD_MS;
  // Past its deadline no process is at it any more: PBS is searched for the job.
  const until = ({at, deadline}: {readonly at: number; readonly deadline: number}) =>
    Math.min(at + FIRST_WORD_MS, deadline);
  return isBeginning(run) && openIntents(run).some(({intent}) => now < until(intent));
}

/** The open intent of another process for what stands first in the run. Pure. */
export function firstIntentOfOthers(run: RunState, by: string): {readonly deadline: number} | undefined {
  return isBeginning(run) ? openIntents(run).find(({intent}) => intent.by !== by)?.intent : undefined;
}
