import type * as z from 'zod/mini';
import type {TaskId} from '../base/ids.ts';
import type {JobId} from '../base/job-id.ts';
import type {Step, StepKind} from '../workflow/model/workflow.ts';
import {endOf} from './attempts.ts';
import type {SEAL} from './fact-schemas/run-record.ts';
import {currentAttempt, newestJob, type OutcomeCause, type OutcomeState, type RunState} from './run-facts.ts';
import type {RunId} from './state-directory.ts';

export type RunEnd = 'succeeded' | 'failed' | 'cancelled';

/** One line of a sealed run for each step. */
export interface StepSummary {
  readonly step: string;
  readonly kind: StepKind;
  readonly state: OutcomeState;
  readonly why: string;
  readonly needs: readonly string[];
  readonly onFailureOf: readonly string[];
  readonly after: readonly string[];
  readonly attempts: number;
  readonly startedAt?: number;
  readonly endedAt?: number;
  readonly job?: JobId;
  readonly task?: TaskId;
  readonly bytes?: number;
  readonly files?: number;
  readonly skippedErrors?: number;
  readonly exitStatus?: number;
  readonly cause?: OutcomeCause | undefined;
}

/** `sealed/RUN.json`: all that lists and reports need of a run that has ended. */
export interface RunSummary {
  readonly format: 1;
  readonly run: RunId;
  readonly name: string;
  readonly number: number;
  readonly profile: string;
  readonly state: RunEnd;
  readonly why: string;
  readonly fingerprint: string;
  /** its record was damaged, and a person gave it up ("stage cancel --give-up"): it can be shown, and not opened */
  readonly givenUp?: true | undefined;
  readonly createdAt: number;
  readonly endedAt: number;
  readonly steps: readonly StepSummary[];
}

/** What a seal says; its first version did not say what a step waited for. */
export function summaryOf(seal: z.output<typeof SEAL.schema>): RunSummary {
  const steps = seal.steps.map((step) => ({
    ...step,
    needs: step.needs ?? [],
    onFailureOf: step.onFailureOf ?? [],
    after: step.after ?? [],
  }));
  return {...seal, format: 1, steps};
}

/** How a run ended, from its steps. A step that was skipped takes nothing away from a success. @returns undefined while any step is open */
export function runEnd(run: RunState): {readonly state: RunEnd; readonly why: string} | undefined {
  const outcomes = run.spec.workflow.steps.map((step) => ({
    step: step.name,
    outcome: endOf(run, step.name),
  }));
  if (outcomes.some(({outcome}) => !outcome)) return undefined;
  const failed = outcomes.find(({outcome}) => outcome?.state === 'failed');
  if (run.cancel) return {state: 'cancelled', why: `cancelled by ${run.cancel.by}`};
  if (failed) return {state: 'failed', why: `${failed.step}: ${failed.outcome?.why}`};
  const cancelled = outcomes.find(({outcome}) => outcome?.state === 'cancelled');
  if (cancelled) return {state: 'cancelled', why: `${cancelled.step}: ${cancelled.outcome?.why}`};
  return {state: 'succeeded', why: 'every step that was needed succeeded'};
}

/** When the newest outcome of a run was put on record, in milliseconds since the epoch. @returns undefined when there is none */
export function lastOutcomeAt({attempts}: RunState): number | undefined {
  const instants = [...attempts.values()].flat().flatMap(({outcome}) => outcome?.at ?? []);
  return instants.length > 0 ? Math.max(...instants) : undefined;
}

/** The summary of a run that has ended. Pure. @throws {RangeError} while a step is open */
export function summarise(run: RunState, endedAt: number): RunSummary {
  const end = runEnd(run);
  if (!end) throw new RangeError(`run ${run.spec.run} has not ended`);
  const {spec} = run;
  return {
    format: 1,
    run: spec.run,
    name: spec.name,
    number: spec.number,
    profile: spec.profile,
    ...end,
    fingerprint: spec.fingerprint,
    createdAt: spec.createdAt,
    endedAt,
    steps: spec.workflow.steps.map((step) => summariseStep(run, step)),
  };
}

function summariseStep(run: RunState, {name: step, kind, needs, onFailureOf, after}: Step): StepSummary {
  const attempt = currentAttempt(run, step);
  const outcome = attempt.outcome;
  const job = newestJob(attempt, 'job')?.job;
  const task = attempt.transfer?.task;
  const startedAt = attempt.starts.find((start) => !start.void)?.at ?? attempt.transfer?.confirmedAt ?? attempt.act?.at;
  return {
    step,
    kind,
    state: outcome?.state ?? 'lost',
    why: outcome?.why ?? '',
    needs,
    onFailureOf,
    after,
    attempts: attempt.number,
    startedAt,
    endedAt: outcome?.at,
    job: job || undefined,
    task: task || undefined,
    bytes: outcome?.bytes,
    files: outcome?.files,
    skippedErrors: outcome?.skippedErrors,
    exitStatus: outcome?.exitStatus,
    cause: outcome?.cause,
  };
}
