import {endOf, workingAttempt} from '../../../ledger/attempts.ts';
import {type Attempt, type JobRecord, type JobRole, newestJob, type Outcome} from '../../../ledger/run-facts.ts';
import type {Step} from '../../../workflow/model/workflow.ts';
import type {Action} from '../actions.ts';
import {isLeftWaiting, isPending, type View} from '../view.ts';

/** Jobs that are still in the queue although nothing is left for them. One that runs already ends by itself. */
export function planLeftovers(view: View, step: Step): Action[] {
  const working = workingAttempt(view.run, step.name).number;
  const ended = endOf(view.run, step.name);
  return (view.run.attempts.get(step.name) ?? []).flatMap((attempt) =>
    attempt.jobs.flatMap((record): Action[] => {
      const why = attempt.number === working ? spent(view, attempt, record, ended) : 'its attempt was given up';
      return why ? deleteWaiting(view, step.name, attempt, record, why) : [];
    }),
  );
}

/** The jobs of an attempt that serve in a role nothing is left for. One that runs ends by itself. */
export function planSpent(view: View, step: string, attempt: Attempt, role: JobRole, why: string): Action[] {
  return attempt.jobs.flatMap((record) =>
    record.role === role ? deleteWaiting(view, step, attempt, record, why) : [],
  );
}

/** Delete a job, unless PBS has begun it. */
export function deleteWaiting(view: View, step: string, attempt: Attempt, record: JobRecord, why: string): Action[] {
  const {key, job} = record;
  return job && isPending(view, attempt, record) ? [{do: 'delete-job', step, key, job, why}] : [];
}

function spent(view: View, attempt: Attempt, record: JobRecord, ended: Outcome | undefined): string | undefined {
  // What depends on it is freed when it succeeds, which takes it a moment; deleted, it would keep that waiting for ever.
  const frees = record.role === 'wait' && !record.leaving && !isLeftWaiting(view, record);
  if (ended?.state === 'succeeded' && frees) return undefined;
  if (ended) return 'the step has ended';
  // An earlier submission that was given up, and turned out to have arrived.
  return record === newestJob(attempt, record.role) ? undefined : 'another job takes its place';
}
