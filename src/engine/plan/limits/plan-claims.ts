import {adoptedTask, endOf, workingAttempt} from '../../../ledger/attempts.ts';
import type {RunState} from '../../../ledger/run-facts.ts';
import {runEnd} from '../../../ledger/summary.ts';
import type {PoolClaim, Step} from '../../../workflow/model/workflow.ts';
import {holdOn, isPausing, standingJob, type View, verdictBeforeLimits} from '../view.ts';
import {
  amountOf,
  claimsBefore,
  isLimited,
  isReached,
  isUnderWay,
  parseClaimName,
  type WantedClaim,
  workHasBegun,
} from './limit-claims.ts';

/** Which claims of limits a run is to make, and which of its own are over. Pure. */

export interface HeldClaim extends WantedClaim {
  /** its run or step is held by a person: it is passed over */
  readonly held: boolean;
}

/** All that a run should have claimed by now. */
export function wantedClaims(view: View): HeldClaim[] {
  const {run, seen} = view;
  const wanted = new Map<string, HeldClaim>();
  for (const step of run.spec.workflow.steps.filter((each) => mayBegin(view, each))) {
    const held = holdOn(run, step.name) !== undefined;
    for (const claim of claimsBefore(run, seen.limits, step)) {
      if (Object.values(claim.wants).some((amount) => amount < 1)) break; // how much is not known yet
      if (!wanted.has(claim.name)) wanted.set(claim.name, {...claim, held});
      // One at a time: pools before slots, and one pool after the other.
      if (!seen.limits?.granted.has(claim.name)) break;
    }
  }
  return [...wanted.values()];
}

/** Claims of pools whose amount hangs on a listing that there is not, of steps that may begin. */
export function unlistedSources(view: View): PoolClaim[] {
  const {run, seen} = view;
  const {steps, claims = []} = run.spec.workflow;
  return claims.filter((claim) => {
    const step = steps.find(({name}) => name === claim.from);
    if (claim.amount !== 'auto' || !step || isReached(run, claim) || !mayBegin(view, step)) return false;
    return amountOf(run, claim, seen.limits) === undefined;
  });
}

/** Nothing but limits keeps the step from beginning, and it has not begun. */
function mayBegin(view: View, step: Step): boolean {
  const {run} = view;
  const attempt = workingAttempt(run, step.name);
  if (!isLimited(run, step) || isUnderWay(run, step, standingJob(attempt, 'job'))) return false;
  if (isPausing(view, step.name) || adoptedTask(run, step.name, attempt.number)) return false;
  return verdictBeforeLimits(view, step).is === 'met';
}

/**
 * Whether a claim of a run is over, as far as its record says for certain. What the record does not reach to, such as an
 * attempt that another process has begun since, is kept.
 *
 * @param name of the claim, see {@link parseClaimName}
 */
export function isOver(run: RunState, name: string, granted: boolean): boolean {
  const claim = parseClaimName(name);
  if (!claim || claim.run !== run.spec.run) return false;
  if ('step' in claim) {
    const {number} = workingAttempt(run, claim.step);
    if (claim.attempt !== number) return claim.attempt < number;
    return endOf(run, claim.step) !== undefined;
  }
  const wanted = run.spec.workflow.claims?.find(({pool}) => pool === claim.pool);
  if (wanted && isReached(run, wanted)) return true;
  const end = runEnd(run);
  if (!end) return false;
  // What a run that failed or was cancelled has left on the disk is there: its space is kept until that is gone.
  return end.state === 'succeeded' || !granted || !wanted || !leftSomething(run, wanted);
}

/** The first step of the stretch has begun at all: there may be files. */
function leftSomething(run: RunState, {from}: PoolClaim): boolean {
  return (run.attempts.get(from) ?? []).some((attempt) => workHasBegun(attempt) || attempt.transfer !== undefined);
}
