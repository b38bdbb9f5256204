import type {EngineContext} from './context.ts';
import type {Done} from './progress.ts';

/**
 * Record what PBS wrote into the comments of jobs on which this look has put a user hold: by that, a hold of a person's
 * on the same job is told from ours, and outlasts the end of ours. Where a process dies before, it is taken for ours.
 */
export async function recordHolds(
  {ledger, scheduler, clock}: Pick<EngineContext, 'ledger' | 'scheduler' | 'clock'>,
  done: readonly Done[],
): Promise<void> {
  const held = done.flatMap(({run, action}) => (action.do === 'hold-job' ? [{run, ...action}] : []));
  if (held.length === 0) return;
  const seen = await scheduler.look(held.map(({job}) => job));
  for (const {run, key, hold, job} of held) {
    const at = seen.get(job);
    const comment = at?.kind === 'live' && at.userHold ? (at.comment ?? '') : '';
    // Several processes may have put the same hold on it: PBS shows the comment of the last one.
    for (let number = 1; !ledger.create(run, `${key}.hold-${hold}.comment-${number}`, {at: clock(), comment}); )
      number += 1;
  }
}
