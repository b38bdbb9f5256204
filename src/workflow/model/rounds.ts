import {type GraphStep, waitsFor} from './graph.ts';

/**
 * The steps of a stretch: those on a way from `first` to `last` along what each needs, both included, in the order of the
 * workflow. Pure.
 *
 * @returns none when `last` does not need `first`, directly or not
 */
export function stretchOf(steps: readonly GraphStep[], first: string, last: string): string[] {
  return between(steps, first, last, ({needs}) => needs);
}

/**
 * Steps that stand between the first and the last of a stretch in another way than by what they need: when the stretch is
 * done again, they would wait for its end, and its end for them. Pure.
 */
export function besideStretch(steps: readonly GraphStep[], first: string, last: string): string[] {
  const stretch = new Set(stretchOf(steps, first, last));
  return between(steps, first, last, waitsFor).filter((name) => !stretch.has(name));
}

function between(
  steps: readonly GraphStep[],
  first: string,
  last: string,
  edges: (step: GraphStep) => readonly string[],
): string[] {
  const waited = new Map(steps.map((step) => [step.name, edges(step)]));
  const waiting = new Map<string, string[]>();
  for (const [name, others] of waited)
    for (const other of others) waiting.set(other, [...(waiting.get(other) ?? []), name]);
  const behindFirst = reachable(first, waiting);
  const beforeLast = reachable(last, waited);
  return steps.flatMap(({name}) => (behindFirst.has(name) && beforeLast.has(name) ? [name] : []));
}

function reachable(start: string, edges: ReadonlyMap<string, readonly string[]>): ReadonlySet<string> {
  const found = new Set([start]);
  const open = [start];
  for (let name = open.pop(); name !== undefined; name = open.pop())
    for (const next of edges.get(name) ?? [])
      if (!found.has(next)) {
        found.add(next);
        open.push(next);
      }
  return found;
}
