import {EXIT, RequestWrong, StageError} from '../../../errors.ts';
import {endOf, isOutdated, isRemoved, workingAttempt} from '../../../ledger/attempts.ts';
import type {OpenRun} from '../../../ledger/ledger.ts';
import {
  type Attempt,
  asWritten,
  currentAttempt,
  hasBegun,
  type RunState,
  type UpdateDecision,
} from '../../../ledger/run-facts.ts';
import type {RunId} from '../../../ledger/state-directory.ts';
import type {RunsStage} from '../../../wiring/stage.ts';
import type {WorkflowRecord} from '../../../workflow/model/comparable-form.ts';
import {changedSteps, describeDifference} from '../../../workflow/model/difference.ts';
import {isTask} from '../../../workflow/model/steps.ts';
import type {Step} from '../../../workflow/model/workflow.ts';
import {environmentKept} from '../../shared/environment-kept.ts';
import type {PreparedWorkflow} from '../../shared/prepare-run.ts';

/** What a run is asked to do by now, without the steps that were taken out. */
export function currentWorkflow(state: RunState): WorkflowRecord {
  const {scriptHashes} = state.spec;
  const workflow = asWritten(state);
  const steps = workflow.steps.filter((step) => !isRemoved(state, step.name));
  return {workflow: {...workflow, steps}, scriptHashes};
}

/** An update that may be made: what is recorded of it, but for who and when. */
export interface PlannedUpdate {
  readonly decision: Omit<UpdateDecision, 'at' | 'by'>;
  /** scripts that are new, by file name */
  readonly scripts: ReadonlyMap<string, Uint8Array>;
  /** what the run is asked to do from now on */
  readonly prepared: PreparedWorkflow;
  /** the changes, a line each */
  readonly differences: readonly string[];
}

/**
 * What changes when a run is asked to do something else, in steps that have not begun or that ended without success. Pure.
 *
 * @param ended the run has been sealed
 * @returns {StepsHaveBegun} when a step that is to change runs or has succeeded; {BeingCancelled}
 */
export function planUpdate(
  {id, state}: Pick<OpenRun, 'id' | 'state'>,
  ended: boolean,
  prepared: PreparedWorkflow,
): PlannedUpdate | StepsHaveBegun | BeingCancelled {
  const before = currentWorkflow(state);
  if (state.cancel && !ended) return new BeingCancelled(id);
  const {changed, shifted, removed, added} = changedSteps(before, prepared);
  const tooLate = [...changed, ...removed, ...added].flatMap((name) => reasonAgainst(state, prepared, name) ?? []);
  if (tooLate.length > 0) return new StepsHaveBegun(id, tooLate, ended);
  const kept = asWritten(state).steps.filter(({name}) => !prepared.workflow.steps.some((is) => is.name === name));
  const others = [...changed, ...added, ...shifted.filter((name) => mayBeUpdated(state, name))];
  const scripts = [...prepared.scripts]
    .filter(([step]) => others.includes(step))
    .map(([step, content]) => ({step, content, file: `${step}.${prepared.scriptHashes[step]?.slice(0, 16)}.script`}));
  return {
    decision: {
      workflow: {...prepared.workflow, steps: [...prepared.workflow.steps, ...kept]},
      fingerprint: prepared.fingerprint,
      scriptHashes: {...state.spec.scriptHashes, ...prepared.scriptHashes},
      scripts: Object.fromEntries(scripts.map(({step, file}) => [step, file])),
      changed: others,
      removed: kept.map(({name}) => name),
      steps: skippedBefore(state, others, ended),
    },
    scripts: new Map(scripts.map(({file, content}) => [file, content])),
    prepared,
    differences: describeDifference(before, prepared),
  };
}

/**
 * Record an update: one fact, so that it holds for all its steps or none. Jobs that were submitted for what a step did
 * before are given up by the next look.
 *
 * @throws {UpdatedMeanwhile} when another process updated the run since it was read
 */
export function recordUpdate(stage: RunsStage, run: OpenRun, planned: PlannedUpdate): void {
  const {decision, scripts, prepared, differences} = planned;
  const environment = environmentKept(prepared)?.variables;
  const at = Date.now();
  if (!stage.ledger.update(run, {...decision, at, by: stage.person}, scripts, environment))
    throw new UpdatedMeanwhile(run.id);
  stage.ledger.append(run.id, {at, event: 'run-updated', by: stage.by, why: differences.join('; ')});
}

function mayBeUpdated(state: RunState, name: string): boolean {
  const step = state.spec.workflow.steps.find((each) => each.name === name);
  return step !== undefined && !endOf(state, name) && !begins(step, workingAttempt(state, name));
}

/**
 * Steps that were skipped for what was asked before, and the attempts up to which that holds. In a run that has ended
 * those alone that had been taken out: of the others, "stage resume" opens what there is to do.
 */
function skippedBefore(state: RunState, names: readonly string[], sealed: boolean): Readonly<Record<string, number>> {
  const skipped = names.filter(
    (name) =>
      state.spec.workflow.steps.some((step) => step.name === name) &&
      endOf(state, name)?.state === 'skipped' &&
      (!sealed || isRemoved(state, name)),
  );
  return Object.fromEntries(skipped.map((name) => [name, currentAttempt(state, name).number]));
}

/** Why a step can no longer do something else; undefined when it can. */
function reasonAgainst(state: RunState, prepared: PreparedWorkflow, name: string): string | undefined {
  const was = asWritten(state).steps.find((step) => step.name === name);
  if (!was) return undefined;
  const is = prepared.workflow.steps.find((step) => step.name === name);
  if (is && is.kind !== was.kind && wasWorkedOn(currentAttempt(state, name)))
    return `${name} was a ${was.kind} and is a ${is.kind}: give the new one another name`;
  const end = endOf(state, name);
  if (end) return end.state === 'succeeded' && is ? `${name} has succeeded, and was changed` : undefined;
  return begins(was, workingAttempt(state, name))
    ? `${name} has begun, and was ${is ? 'changed' : 'taken out'}`
    : undefined;
}

function wasWorkedOn(attempt: Attempt): boolean {
  return (
    attempt.number > 1 ||
    attempt.jobs.length > 0 ||
    attempt.transfer !== undefined ||
    attempt.act !== undefined ||
    attempt.outcome !== undefined
  );
}

function begins(step: Step, attempt: Attempt): boolean {
  return isTask(step) ? attempt.transfer !== undefined : hasBegun(attempt) || attempt.act !== undefined;
}

/** Steps that began, with what they did before, at the very moment of the update: they go on so. */
export function begunMeanwhile(state: RunState): string[] {
  const last = state.updates.at(-1);
  return (last?.changed ?? []).filter((name) => {
    if (endOf(state, name)) return false;
    const attempt = workingAttempt(state, name);
    if (attempt.transfer) return (attempt.transfer.intent.updates ?? 0) < state.updates.length;
    return hasBegun(attempt) && attempt.jobs.some((record) => record.role === 'job' && isOutdated(state, name, record));
  });
}

/** Steps that failed with what they did before: they are tried again when the run is resumed. */
export function failedBefore(state: RunState): string[] {
  return (state.updates.at(-1)?.changed ?? []).filter((name) => endOf(state, name)?.state === 'failed');
}

/** Nothing more begins in it. */
export class BeingCancelled extends RequestWrong {
  constructor(run: RunId) {
    super(`${run} is being cancelled`, {
      code: 'BEING_CANCELLED',
      why: 'its jobs and transfers are being ended',
      next: [`Wait for its end (stage status ${run}), then repeat the command.`],
    });
  }
}

/** `--update` came too late for some steps. */
export class StepsHaveBegun extends RequestWrong {
  constructor(run: RunId, reasons: readonly string[], ended: boolean) {
    super(`${run} cannot be updated: steps that have begun or ended were changed`, {
      code: 'STEPS_HAVE_BEGUN',
      details: reasons,
      why: 'steps that have not begun, and steps that failed, can be changed',
      next: [
        'Leave those steps as they were, and repeat the command.',
        `Or ${ended ? '' : `end the run (stage cancel ${run}) and `}start another: the same command with --again`,
      ],
    });
  }
}

/** Two people, or two windows, at once. */
export class UpdatedMeanwhile extends StageError {
  constructor(run: RunId) {
    super({
      code: 'UPDATED_MEANWHILE',
      exit: EXIT.conflict,
      what: `another process updated ${run} at the same time`,
      next: ['Run the same command again: it then compares with the run as it is now.'],
    });
  }
}
