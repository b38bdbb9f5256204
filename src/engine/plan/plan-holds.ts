import {workingAttempt} from '../../ledger/attempts.ts';
import type {Step} from '../../workflow/model/workflow.ts';
import type {Action} from './actions.ts';
import {seenOf} from './job-seen.ts';
import {holdOn, isPending, type View} from './view.ts';

/**
 * What a person's hold and its end ask of a step's queued jobs. Pure.
 *
 * A job that is under a user hold already is left alone and not written down, so that the end of the hold gives back
 * exactly the holds that were there. Sentinels are not held: they only look.
 */
export function planHolds(view: View, step: Step): Action[] {
  const hold = holdOn(view.run, step.name);
  const attempt = workingAttempt(view.run, step.name);
  return attempt.jobs.flatMap((record): Action[] => {
    if (record.role === 'sentinel' || !record.job || !isPending(view, attempt, record)) return [];
    const on = {step: step.name, key: record.key, job: record.job};
    const seen = seenOf(view.seen, record);
    if (hold) {
      // Once it was held, a person who released it by hand has had the last word.
      const free = seen?.kind === 'live' && !seen.userHold && !record.holds.confirmed.includes(hold.number);
      return free ? [{do: 'hold-job', ...on, hold: hold.number, why: `the run is held by ${hold.by}`}] : [];
    }
    return record.holds.intended
      .filter((number) => !record.holds.ended.includes(number))
      .map((number) => ({do: 'unhold-job', ...on, hold: number, why: 'the hold of the run was ended'}));
  });
}
