import {workingAttempt} from '../../ledger/attempts.ts';
import type {OpenRun} from '../../ledger/ledger.ts';
import {attemptKey} from '../../ledger/run-facts.ts';
import type {EngineContext} from '../context.ts';
import type {Action} from '../plan/actions.ts';
import {type ActionOutcome, DONE, recordsOf, STALE} from './action-outcome.ts';

/** What one command of PBS can do to many jobs, of any runs. */
export type OnManyJobs = Action & {do: 'delete-job' | 'release-job'};

export interface Together<A extends OnManyJobs = OnManyJobs> {
  readonly run: OpenRun;
  readonly action: A;
}

/**
 * Delete jobs, or end their user holds, all at once: each has its intent before PBS is asked, and its confirmation
 * afterwards. Whatever dies in between, a later look asks again.
 *
 * @param asked all of one kind, jobs that this look has seen live, in the order in which PBS is to take them
 * @returns what became of each
 */
export async function performTogether<K extends OnManyJobs['do']>(
  context: EngineContext,
  what: K,
  asked: readonly Together<OnManyJobs & {do: K}>[],
): Promise<readonly ActionOutcome[]> {
  const {ledger, scheduler, by} = context;
  const [name, event] = what === 'delete-job' ? ['delete', 'job-deleted'] : ['release', 'job-released'];
  const intended = asked.map(({run, action}) => {
    const {key, step, why} = action;
    const holds =
      what === 'delete-job' || ledger.stillHolds(run, attemptKey(step, workingAttempt(run.state, step).number));
    if (!holds) return false;
    recordsOf(context, run, action).fact(`${key}.${name}.intent`, {why, by});
    return true;
  });
  const jobs = asked.filter((_, at) => intended[at]).map(({action}) => action.job);
  const notDone = await (what === 'delete-job' ? scheduler.deleteAll(jobs) : scheduler.releaseAll(jobs));
  return asked.map(({run, action}, at): ActionOutcome => {
    if (!intended[at]) return STALE;
    const {key, job} = action;
    const error = notDone.get(job);
    if (error) return {is: 'problem', error};
    const {fact, note} = recordsOf(context, run, action);
    if (fact(`${key}.${name}.confirmed`)) note(event, {job});
    return DONE;
  });
}
