import type {ActBounds} from '../../../base/act.ts';
import type {EngineContext} from '../../../engine/context.ts';
import {performAct} from '../../../engine/perform/act-step.ts';
import {recordsOf} from '../../../engine/perform/action-outcome.ts';
import {amountOfAct} from '../../../engine/plan/acts/act-end.ts';
import {isRemoved} from '../../../ledger/attempts.ts';
import type {OpenRun} from '../../../ledger/ledger.ts';
import type {RunsStage} from '../../../wiring/stage.ts';
import {isAct} from '../../../workflow/model/acts.ts';
import {type MonitorReport, tick} from './monitor.ts';
import {readServed, type Served} from './served.ts';

/** How far it is, is put on record so often: no more than that is done again after a death. */
const BETWEEN_RECORDS: ActBounds = {entries: 20_000, ms: 60_000};

/** A file system that does not take it now, and another process that acts, are given that long. */
const PAUSE_MS = 5_000;

/** What is left of its time for the look at the end. */
const LOOK_MS = 60_000;

/**
 * Go on with an act until it is done or the time is up, then look once at its run.
 *
 * @param request.of what pbs/act.sh was given: `RUN/STEP.ATTEMPT.job`
 * @param request.seconds how long this job may stay
 * @throws {RequestWrong} for an `of` that names no attempt of a run
 */
export async function goOnWithAct(
  stage: RunsStage,
  request: {readonly of: string; readonly seconds: number},
): Promise<MonitorReport> {
  const served = readServed(stage, request.of);
  const engine = await stage.engine();
  const until = engine.clock() + request.seconds * 1000;
  const last = until - Math.min(LOOK_MS, (request.seconds * 1000) / 4);
  for (;;) {
    const run = stage.ledger.open(served.run);
    const left = last - engine.clock();
    if (left <= 0 || !isWanted(run, served)) break;
    const {is} = await goOn(engine, run, served, {...BETWEEN_RECORDS, ms: Math.min(BETWEEN_RECORDS.ms, left)});
    if (is !== 'done') await engine.sleep(Math.min(PAUSE_MS, Math.max(0, last - engine.clock())));
  }
  // Others need not wait for its end: what is left is theirs from now on.
  stage.ledger.create(served.run, `${served.key}.leaving`, {at: engine.clock(), by: stage.by});
  const seconds = Math.max(0, Math.floor((until - engine.clock()) / 1000));
  return tick(stage, {chain: true, run: served.run, inJob: true, seconds});
}

/** There is something left to do, and no person has decided otherwise. */
function isWanted({state}: OpenRun, {step, attempt}: Served): boolean {
  const found = state.attempts.get(step)?.[attempt - 1];
  if (!found?.act || found.outcome || found.act.progress.finished) return false;
  return !state.cancel && !isRemoved(state, step) && !state.updates.some(({changed}) => changed.includes(step));
}

function goOn(engine: EngineContext, run: OpenRun, {step: name, attempt}: Served, bounds: ActBounds) {
  const step = run.state.spec.workflow.steps.find((each) => each.name === name);
  const act = run.state.attempts.get(name)?.[attempt - 1]?.act;
  const far = step && isAct(step) && act ? amountOfAct(step, act) : {done: 0, of: 0};
  const action = {do: 'act', step: name, attempt, why: `${far.done} of ${far.of} are seen to`} as const;
  return performAct(engine, run, action, recordsOf(engine, run, action), bounds);
}
