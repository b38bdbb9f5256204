import type {SourceTotals} from '../../../base/source-totals.ts';
import {endOf, workingAttempt} from '../../../ledger/attempts.ts';
import {type Attempt, hasBegun, type JobRecord, type RunState} from '../../../ledger/run-facts.ts';
import {withDependents} from '../../../workflow/model/claims.ts';
import {isCleanup} from '../../../workflow/model/steps.ts';
import type {PoolClaim, Step} from '../../../workflow/model/workflow.ts';
import type {LimitsSeen} from '../actions.ts';
import type {Later} from '../conditions.ts';

/**
 * What a run claims of limits, and what it does not need any more. Pure: which claims there are is a parameter.
 *
 * A claim of slots is for one attempt of a step: it is made when everything else that the step waits for is there, and is
 * over when that attempt has ended. A claim of a pool is for the run: it is made when the first step of its stretch may
 * begin, and is over when `until` says so, or with the run. Pools come before slots, and the slots of a group's
 * directory before one's own, so that no runs wait for each other in a circle.
 */

/** What one attempt uses, or a run claims of one pool. */
export interface WantedClaim {
  /** names it among the claims of its state directory */
  readonly name: string;
  readonly step: string;
  /** an amount of 0 is not known yet */
  readonly wants: Readonly<Record<string, number>>;
}

/** Whatever is claimed in a run begins so. */
export function claimsOfRun(run: string): string {
  return `${run}/`;
}

export function nameOfSlots(run: string, step: string, attempt: number): string {
  return `${claimsOfRun(run)}${step}/${attempt}`;
}

export function nameOfPool(run: string, pool: string): string {
  return `${claimsOfRun(run)}=${pool}`;
}

/** What the name of a claim stands for; undefined for none of ours. */
export function parseClaimName(
  name: string,
):
  | {readonly run: string; readonly pool: string}
  | {readonly run: string; readonly step: string; readonly attempt: number}
  | undefined {
  const [run = '', what = '', attempt, ...more] = name.split('/');
  if (run === '' || what === '' || more.length > 0) return undefined;
  if (what.startsWith('=')) return attempt === undefined ? {run, pool: what.slice(1)} : undefined;
  return attempt !== undefined && /^[1-9][0-9]*$/.test(attempt)
    ? {run, step: what, attempt: Number(attempt)}
    : undefined;
}

/** A run has anything to do with limits. */
export function usesLimits({spec: {workflow}}: RunState): boolean {
  return (workflow.claims?.length ?? 0) > 0 || workflow.steps.some(({uses}) => uses !== undefined);
}

/**
 * Why a step must not begin yet for the sake of limits; undefined when nothing keeps it.
 *
 * @param job the one that stands for it
 */
export function limitsOf(
  run: RunState,
  limits: LimitsSeen | undefined,
  step: Step,
  job: JobRecord | undefined,
): Later | undefined {
  if (!isLimited(run, step) || isUnderWay(run, step, job)) return undefined;
  const missing = claimsBefore(run, limits, step).find(({name}) => !limits?.granted.has(name));
  if (!missing) return undefined;
  const known = limits?.waiting.get(missing.name) ?? limits?.trouble ?? unlisted(run, missing, limits);
  return {is: 'later', because: 'limit', why: known ?? 'its limits have not been looked at'};
}

/** It is not known how much it wants. */
function unlisted(run: RunState, {wants}: WantedClaim, limits: LimitsSeen | undefined): string | undefined {
  const claim = run.spec.workflow.claims?.find(({pool}) => wants[pool] === 0);
  if (!claim) return undefined;
  const source = sourceOf(run, claim, limits);
  if (!source)
    return `the source of ${claim.from} has not been listed yet, which says how much of ${claim.pool} it wants`;
  return `the listing of the source of ${claim.from} was cut off (${source.why ?? 'it is too long'}): say an amount in place of auto`;
}

/** A job of this step is submitted under a hold as long as a limit may keep it. */
export function mayBeKept(run: RunState, limits: LimitsSeen | undefined, step: Step): boolean {
  const names = [
    ...(step.uses === undefined ? [] : [nameOfSlots(run.spec.run, step.name, workingAttempt(run, step.name).number)]),
    ...poolsBefore(run, step)
      .filter(({from}) => from === step.name)
      .map(({pool}) => nameOfPool(run.spec.run, pool)),
  ];
  return names.some((name) => !limits?.granted.has(name));
}

/** It waits for limits at all. */
export function isLimited(run: RunState, step: Step): boolean {
  return step.uses !== undefined || poolsBefore(run, step).length > 0;
}

/** What must be granted before a step begins, in the order in which it is claimed. */
export function claimsBefore(run: RunState, limits: LimitsSeen | undefined, step: Step): WantedClaim[] {
  const {number} = workingAttempt(run, step.name);
  const pools = poolsBefore(run, step).map((claim): WantedClaim => {
    const wants = {[claim.pool]: amountOf(run, claim, limits) ?? 0};
    return {name: nameOfPool(run.spec.run, claim.pool), step: step.name, wants};
  });
  if (step.uses === undefined) return pools;
  return [...pools, {name: nameOfSlots(run.spec.run, step.name, number), step: step.name, wants: step.uses}];
}

/** The bytes of a claim; undefined while it is not known how much the source holds. */
export function amountOf(run: RunState, {amount, factor = 1, from}: PoolClaim, seen?: LimitsSeen): number | undefined {
  if (amount !== 'auto') return amount;
  const source = sourceOf(run, {from}, seen);
  if (!source || source.cut) return undefined;
  return Math.max(1, Math.ceil(source.bytes * factor));
}

function sourceOf(
  run: RunState,
  {from}: Pick<PoolClaim, 'from'>,
  seen: LimitsSeen | undefined,
): SourceTotals | undefined {
  const listed = seen?.sources?.get(`${run.spec.run}/${from}`) ?? workingAttempt(run, from).source;
  return listed ?? run.attempts.get(from)?.find(({source}) => source)?.source;
}

/** The pools of which a step must have its share: those whose stretch it is in. What tidies up waits for none. */
function poolsBefore(run: RunState, step: Step): PoolClaim[] {
  const {steps, claims = []} = run.spec.workflow;
  if (claims.length === 0 || isCleanup(step)) return [];
  return claims.filter((claim) => !isReached(run, claim) && withDependents(steps, claim.from).has(step.name));
}

/** What ends the claim has come. */
export function isReached(run: RunState, {until}: PoolClaim): boolean {
  const end = endOf(run, until.step);
  if (until.has === 'succeeded') return end?.state === 'succeeded';
  return end !== undefined || workHasBegun(workingAttempt(run, until.step));
}

export function workHasBegun(attempt: Attempt): boolean {
  return hasBegun(attempt) || attempt.transfer?.task !== undefined || attempt.act !== undefined;
}

/** The attempt was let go: what it has no claim for any more it goes on without. */
export function isUnderWay(run: RunState, step: Step, job: JobRecord | undefined): boolean {
  const attempt = workingAttempt(run, step.name);
  if (endOf(run, step.name) || workHasBegun(attempt) || attempt.transfer || attempt.act) return true;
  return job !== undefined && (!job.intent.hold || job.releaseIntended || job.releasedAt !== undefined);
}
