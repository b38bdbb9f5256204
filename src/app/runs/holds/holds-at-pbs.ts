import type {Observed} from '../../../engine/plan/actions.ts';
import {seenOf} from '../../../engine/plan/jobs/job-seen.ts';
import {personHold} from '../../../engine/plan/jobs/person-hold.ts';
import {unconfirmedUnderHold} from '../../../engine/plan/jobs/plan-holds.ts';
import {type Reconciled, reconcile} from '../../../engine/turn.ts';
import {type JobRecord, type RunState, standingHold} from '../../../ledger/run-facts.ts';
import type {RunId} from '../../../ledger/state-directory.ts';
import {mayHaveStarted} from '../../../scheduler/scheduler.ts';
import type {RunsStage} from '../../../wiring/stage.ts';

export function jobRecordsOf(state: RunState, steps?: readonly string[]): JobRecord[] {
  return [...state.attempts]
    .filter(([step]) => steps?.includes(step) ?? true)
    .flatMap(([, attempts]) => attempts.flatMap((attempt) => attempt.jobs));
}

/** So long at most, another process is waited for that submits a job of a run that is held by now. */
const LONGEST_WAIT_MS = 5_000;

/** Look at runs, and once more where a process that was at a submission when they were held has had its answer. */
export async function lookUntilConfirmed(stage: RunsStage, runs: readonly RunId[]): Promise<Reconciled> {
  const context = await stage.engine();
  const looked = await reconcile(context, {about: runs});
  const isUnclear = () => runs.some((run) => unconfirmedUnderHold(stage.ledger.open(run).state).length > 0);
  if (!isUnclear()) return looked;
  const {clock, sleep} = context;
  for (const until = clock() + LONGEST_WAIT_MS; isUnclear() && clock() < until; ) await sleep(100);
  return reconcile(context, {about: runs});
}

/** Record of the jobs that a person holds by qhold that stage ends these holds, as it ends its own. @returns their ids, by run */
export async function takeOver(
  stage: RunsStage,
  runs: ReadonlyMap<RunId, RunState>,
): Promise<ReadonlyMap<RunId, readonly string[]>> {
  const {scheduler, clock} = await stage.engine();
  const records = [...runs].flatMap(([run, state]) => jobRecordsOf(state).map((record) => ({run, record})));
  const now = clock();
  const jobs = await scheduler.look(records.flatMap(({record}) => record.job ?? []));
  const taken = new Map<RunId, string[]>();
  for (const {run, record} of records) {
    const at = seenOf({jobs, now}, record);
    if (at?.kind !== 'live' || !personHold(record, at)) continue;
    const fact = `${record.key}.hold-by-hand-${record.handedOver.length + 1}`;
    stage.ledger.create(run, fact, {at: now, by: stage.person, comment: at.comment ?? ''});
    taken.set(run, [...(taken.get(run) ?? []), String(record.job)]);
  }
  return taken;
}

/**
 * Arrays that had begun before they were held, and that PBS still shows as begun: OpenPBS 23.06 shows them as held, and
 * starts no further subjob (measured). A server that does not is not said to.
 */
export async function arraysThatGoOn(
  stage: RunsStage,
  runs: ReadonlyMap<RunId, RunState>,
  seen: Observed,
): Promise<ReadonlyMap<RunId, string[]>> {
  const held = [...runs.keys()].flatMap((run) => {
    const {state} = stage.ledger.open(run);
    const hold = standingHold(state);
    return jobRecordsOf(state, hold?.steps).flatMap((record) => {
      const at = seenOf(seen, record);
      const begun = at?.kind === 'live' && at.array !== undefined && mayHaveStarted(at);
      return begun && hold && record.holds.confirmed.includes(hold.number) ? [{run, record}] : [];
    });
  });
  if (held.length === 0) return new Map();
  const {scheduler, clock} = await stage.engine();
  const jobs = await scheduler.look(held.flatMap(({record}) => record.job ?? []));
  const goOn = new Map<RunId, string[]>();
  for (const {run, record} of held) {
    const at = seenOf({jobs, now: clock()}, record);
    if (at?.kind === 'live' && at.state === 'running') goOn.set(run, [...(goOn.get(run) ?? []), String(record.job)]);
  }
  return goOn;
}
