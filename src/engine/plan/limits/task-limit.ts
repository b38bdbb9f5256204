import {endOf, workingAttempt} from '../../../ledger/attempts.ts';
import type {RunState} from '../../../ledger/run-facts.ts';
import type {Claim, Limit} from '../../../limits/grant.ts';
import type {TransferTask} from '../../../transfer/transfer-service.ts';
import {isTask} from '../../../workflow/model/steps.ts';
import type {Action, Observed} from '../actions.ts';

/**
 * How many tasks of an identity may be pending at Globus, as a limit: each submission claims one. Pure.
 *
 * Whatever is pending counts, also what other programs, other profiles and the web app have submitted.
 */
export function taskLimit(maxPending: number): Limit {
  return {capacity: maxPending};
}

export type SubmitTask = Action & {readonly do: 'submit-transfer'};

/** A task that is to be submitted, and that has none yet. */
export interface WantedTask {
  readonly run: string;
  readonly action: SubmitTask;
}

/** Names the task of a step's attempt among the claims. */
export function nameOfTask({run, action}: WantedTask): string {
  return `${run} ${action.step}.${action.attempt}`;
}

/** As many tasks are pending as the profile allows: what wants a place is seen to when one of them has ended. */
export function hasNoPlace({places}: Pick<Observed, 'places'>): boolean {
  return places !== undefined && places.pending >= places.limit;
}

/** Another way than Globus moves it: the places are those of Globus. */
export function isOfAnotherWay({spec}: RunState, {step: name}: SubmitTask): boolean {
  return spec.workflow.steps.some((step) => step.name === name && step.kind === 'transfer' && step.via !== undefined);
}

/** It has been asked for, and may be there: it is counted already, and asked for again without a place of its own. */
export function mayBeAtGlobus(run: RunState, {step}: SubmitTask): boolean {
  const {transfer} = workingAttempt(run, step);
  return transfer !== undefined && transfer.putOff === undefined;
}

/** The places that are taken: by what Globus shows as pending, and by what was asked for without an answer so far. */
export function pendingClaims(pending: readonly TransferTask[], runs: readonly RunState[]): Claim[] {
  const unanswered = runs.flatMap((run) =>
    openTransfers(run).flatMap(({step, transfer}) =>
      transfer.task || transfer.putOff || transfer.refused ? [] : [`${run.spec.run} ${step}`],
    ),
  );
  return [...pending.map(({task}) => task), ...unanswered].map((key) => ({key, amount: 1}));
}

function openTransfers(run: RunState) {
  return run.spec.workflow.steps.flatMap((step) => {
    const {transfer} = workingAttempt(run, step.name);
    const ofGlobus = isTask(step) && !(step.kind === 'transfer' && step.via);
    return ofGlobus && transfer && !endOf(run, step.name) ? [{step: step.name, transfer}] : [];
  });
}

/**
 * Whose turn it is: the run that has the fewest tasks under way, of these the oldest, so that a run with a hundred
 * transfers keeps none waiting that has one. The order within a run is that of its plan.
 */
export function inTurn(wanted: readonly WantedTask[], runs: readonly RunState[]): WantedTask[] {
  const waiting = runs
    .toSorted(({spec: one}, {spec: other}) => one.createdAt - other.createdAt || compare(one.run, other.run))
    .map((run) => ({
      held: openTransfers(run).filter(({transfer}) => !transfer.putOff && !transfer.refused).length,
      wants: wanted.filter((each) => each.run === run.spec.run),
    }))
    .filter(({wants}) => wants.length > 0);
  const turns = waiting.flatMap(({held, wants}, age) => wants.map((each, at) => ({each, age, holds: held + at})));
  return turns.toSorted((one, other) => one.holds - other.holds || one.age - other.age).map(({each}) => each);
}

function compare(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}
