import type {Attempt} from '../../../ledger/run-facts.ts';
import {resolutionOf} from '../../../submission/resolution.ts';
import type {Action} from '../actions.ts';
import type {View} from '../view.ts';

/**
 * What became of submissions without a confirmation: their job is adopted when PBS (or the job's own start
 * marker) knows it, and given up when PBS answered that it holds none. Before that, nothing is submitted in their place.
 * Those of earlier attempts too: what PBS has of them must be deleted, and the run is not over before that is known.
 */
export function planUnconfirmedJobs(view: View, step: string): Action[] {
  return (view.run.attempts.get(step) ?? []).flatMap((attempt) => ofAttempt(view, step, attempt));
}

function ofAttempt(view: View, step: string, attempt: Attempt): Action[] {
  return attempt.jobs.flatMap((record): Action[] => {
    if (record.job || record.refused) return [];
    const {key} = record;
    const late = record.neverArrived && view.seen.tags.get(record.intent.tag);
    if (late) return [{do: 'adopt-job', step, key, job: late, why: 'it arrived after it was given up'}];
    if (record.neverArrived) return [];
    const claimed = record.role === 'job' ? attempt.starts.find((start) => start.job)?.job : undefined;
    const resolution = resolutionOf(claimed, view.seen.tags.get(record.intent.tag));
    if (resolution?.is === 'adopted') return [{do: 'adopt-job', step, key, job: resolution.job, why: resolution.why}];
    if (resolution) return [{do: 'give-up-intent', step, key, why: resolution.why}];
    return [];
  });
}
