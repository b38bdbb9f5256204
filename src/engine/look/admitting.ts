import {openRuns} from '../../ledger/open-runs.ts';
import {cancelName} from '../../ledger/run-facts.ts';
import type {RunId} from '../../ledger/state-directory.ts';
import type {LookState} from './state.ts';

/**
 * Let campaigns put on record which of their items have ended, and begin others; cancel the runs of campaigns that were
 * cancelled.
 *
 * @param ended runs that this look has ended
 * @returns whether there is something to plan that was not there before
 */
export async function admitItems(look: LookState, ended: ReadonlySet<RunId>): Promise<boolean> {
  const {admission, ledger, clock} = look.context;
  if (!admission) return false;
  const active = look.runs.filter(({id}) => !ended.has(id));
  const {published, cancelled, isWaiting, problems} = await admission.admit(active);
  const told = new Set(look.problems.map((problem) => `${problem}`));
  look.problems.push(...problems.filter((problem) => !told.has(`${problem}`)));
  look.itemsWait = isWaiting;
  const isHere = new Set(look.runs.map(({id}) => id));
  const {runs, damaged} = openRuns(
    ledger,
    published.filter((id) => !isHere.has(id)),
  );
  look.problems.push(...damaged);
  look.runs = [...look.runs, ...runs];
  const stopped = cancelled.filter(({run, by}) => {
    const open = active.find(({id}) => id === run);
    if (!open || open.state.cancel) return false;
    return ledger.create(run, cancelName(open.state.resumes.length), {at: clock(), by, cleanup: true});
  });
  if (stopped.length > 0) look.runs = look.refreshed(look.runs, new Set(stopped.map(({run}) => run)));
  return runs.length + stopped.length > 0;
}
