import type {Action} from '../plan/actions.ts';

/**
 * Actions in the order they are planned in, those together that may be done at the same time: submissions of jobs.
 * None of them waits for another of the same plan, since a plan names only jobs that PBS has given an id. Pure.
 *
 * @param atOnce how many submissions at most; 1 or more
 */
export function inBatches(actions: readonly Action[], atOnce: number): readonly (readonly Action[])[] {
  const batches: Action[][] = [];
  for (const action of actions) {
    const last = batches.at(-1);
    const joins = action.do === 'submit-job' && last?.[0]?.do === 'submit-job' && last.length < atOnce;
    if (joins) last.push(action);
    else batches.push([action]);
  }
  return batches;
}
