import {waitsFor} from './graph.ts';
import type {PoolClaim, Step, Workflow} from './workflow.ts';

/** The steps that wait for a step, in whatever way and over others, and the step itself. */
export function withDependents(steps: readonly Step[], name: string): ReadonlySet<string> {
  const found = new Set([name]);
  for (let grew = true; grew; ) {
    const more = steps.filter((step) => !found.has(step.name) && waitsFor(step).some((other) => found.has(other)));
    for (const step of more) found.add(step.name);
    grew = more.length > 0;
  }
  return found;
}

/** Claims that a run would hold at the same time: none may wait for another while it holds one. */
export function overlapping({
  steps,
  claims = [],
}: Pick<Workflow, 'steps' | 'claims'>): [PoolClaim, PoolClaim] | undefined {
  for (const [at, one] of claims.entries())
    for (const other of claims.slice(at + 1)) {
      // The later one begins with a step that needs what ends the earlier one.
      const follows = (first: PoolClaim, second: PoolClaim) =>
        first.until.has === 'succeeded' &&
        first.until.step !== second.from &&
        withDependents(steps, first.until.step).has(second.from);
      if (!follows(one, other) && !follows(other, one)) return [one, other];
    }
  return undefined;
}
