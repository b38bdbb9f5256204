import type {OpenRun} from '../../ledger/ledger.ts';
import type {EngineContext} from '../context.ts';
import type {Action} from '../plan/actions.ts';
import {type ActionOutcome, askRepeatably, DONE, type Records, STALE} from './action-outcome.ts';

type HoldJob = Action & {do: 'hold-job' | 'unhold-job'};

/** Put a user hold on a job, for a person's hold of the run that still stands. */
export async function holdJob(
  context: EngineContext,
  run: OpenRun,
  action: HoldJob,
  records: Records,
): Promise<ActionOutcome> {
  const {ledger, scheduler} = context;
  const {key, hold, job} = action;
  const isEnded = () =>
    ledger.refresh(run).state.holds.some(({number, endedAt}) => number === hold && endedAt !== undefined);
  if (isEnded()) return STALE;
  const ask = () => scheduler.hold(job);
  await askRepeatably(context, action, records, {key: `${key}.hold-${hold}`, ask, event: 'job-held', on: {job}});
  // The process that ended the run's hold meanwhile may have released this job before it was held.
  return isEnded() ? unholdJob(context, action, records) : DONE;
}

/** Take back the user hold that was put on a job for a person's hold of the run. */
export async function unholdJob(
  {scheduler}: EngineContext,
  {key, hold, job}: HoldJob,
  {note, fact}: Records,
): Promise<ActionOutcome> {
  await scheduler.release(job);
  if (fact(`${key}.hold-${hold}.ended`)) note('job-unheld', {job});
  return DONE;
}
