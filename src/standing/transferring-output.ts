import {largest, renderTime} from '../base/units.ts';
import {type View, verdictOf} from '../engine/plan/view.ts';
import {endOf, putAside} from '../ledger/attempts.ts';
import {type Attempt, hasBegun, type Markers, type RunState} from '../ledger/run-facts.ts';
import {downstreamOf} from '../workflow/model/graph.ts';
import type {Reason, TransferringOutput} from './standing.ts';

/**
 * Whether all that a run does is to move what its jobs made. Pure; made of what is on record alone, so that `list` says
 * the same as `status`.
 *
 * A job that waits for such a transfer, or for its failure, may still come: it holds no node before.
 *
 * @returns undefined when a job of it runs or may start, when none ran, or when nothing is moved
 */
export function transferringOutput(view: View): TransferringOutput | undefined {
  const {run} = view;
  const {steps} = run.spec.workflow;
  if (run.cancel) return undefined;
  const ended = new Set(steps.flatMap(({name}) => (endOf(run, name) ? [name] : [])));
  const jobs = steps.filter(({kind}) => kind === 'job').map(({name}) => name);
  const ran = jobs.filter((name) => ended.has(name) && hasRun(run, name));
  const afterJobs = downstreamOf(steps, ran);
  const moved = steps.flatMap((step) => {
    const isMoved = step.kind === 'transfer' && !ended.has(step.name) && afterJobs.has(step.name);
    return isMoved && verdictOf(view, step).is === 'met' ? [step.name] : [];
  });
  const later = downstreamOf(steps, moved);
  if (moved.length === 0 || jobs.some((name) => !ended.has(name) && !later.has(name))) return undefined;
  return {since: largest(ran.map((name) => lastEndOf(run, name))), steps: moved};
}

/** In the words of a status line. */
export function transferringInWords({since}: Pick<TransferringOutput, 'since'>): string {
  return `transferring output, its nodes are free since ${renderTime(since)}`;
}

export function explainTransferringOutput({since, steps}: TransferringOutput): Reason {
  return {
    standing: 'fine',
    code: 'TRANSFERRING_OUTPUT',
    what: `its jobs have ended and hold no node; ${steps.join(', ')} ${steps.length === 1 ? 'moves' : 'move'} what they made`,
    next: [],
    since,
  };
}

/** Those attempts that count: a step that is done again has not run yet. */
function countedAttempts(run: RunState, step: string): readonly Attempt[] {
  const aside = putAside(run, step);
  return (run.attempts.get(step) ?? []).filter(({number}) => number > aside);
}

function hasRun(run: RunState, step: string): boolean {
  return countedAttempts(run, step).some((attempt) => hasBegun(attempt) || attempt.indices.size > 0);
}

/** What the job itself wrote at its end; where it could not, when that was found out. */
function lastEndOf(run: RunState, step: string): number {
  const ends = countedAttempts(run, step).flatMap((attempt) => {
    const written = [attempt, ...attempt.indices.values()].flatMap(writtenEnds);
    return written.length > 0 ? written : (attempt.outcome?.at ?? []);
  });
  return largest(ends);
}

function writtenEnds({ends}: Markers): number[] {
  return [...ends.values()].flatMap(({at}) => at ?? []);
}
