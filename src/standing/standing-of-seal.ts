import type {RunSummary, StepSummary} from '../ledger/summary.ts';
import {explainEnd} from './reasons/explain-end.ts';
import {movedInAll, type RunStanding, type StepStanding} from './standing.ts';

/**
 * How a run that has ended stands, from its seal. Pure.
 *
 * @param adviceOn what can be done about the refusal that ended a step: the seal does not keep it
 */
export function standingOfSeal(
  summary: RunSummary,
  adviceOn: (step: string) => readonly string[] = () => [],
): RunStanding {
  const {run, name, profile, state, why, createdAt, endedAt} = summary;
  const steps = summary.steps.map((step) => sealedStep(run, step, adviceOn));
  return {run, name, profile, state, line: why, reasons: [], createdAt, endedAt, now: endedAt, steps};
}

function sealedStep(run: string, sealed: StepSummary, adviceOn: (step: string) => readonly string[]): StepStanding {
  const {step, kind, state, why, needs, onFailureOf, after, attempts, startedAt, endedAt, exitStatus} = sealed;
  const {job, task, skippedErrors, cause} = sealed;
  const advice = state === 'failed' || state === 'cancelled' ? adviceOn(step) : [];
  return {
    step,
    kind,
    needs,
    onFailureOf,
    after,
    places: [],
    attempt: attempts,
    state,
    reason: explainEnd({run, step, state, why, at: endedAt, skippedErrors, cause, task, job, advice}),
    end: {why, at: endedAt, exitStatus, cause},
    ...(job ? {job: {id: job}} : {}),
    ...(task ? {task: {id: task}} : {}),
    progress: movedInAll(sealed),
    startedAt,
  };
}
