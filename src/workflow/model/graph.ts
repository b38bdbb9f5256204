import type {Conditions} from './workflow.ts';

/** A step as the graph sees it: its name, and the steps it waits for. */
export type GraphStep = Conditions & {readonly name: string};

/** The steps that a step waits for, in whatever way, each once. */
export function waitsFor(step: Conditions): string[] {
  return [...new Set([...step.needs, ...step.onFailureOf, ...step.after])];
}

/**
 * One circle of steps that wait for each other.
 *
 * @returns the names in order, each waiting for the next and the last for the first; undefined when there is none.
 *   Names of steps that do not exist are no edges.
 *
 * Depth first with a stack of its own: a chain of thousands of steps must not exhaust the call stack.
 */
export function findCycle(steps: readonly GraphStep[]): string[] | undefined {
  const edges = new Map(steps.map((step) => [step.name, waitsFor(step)]));
  const done = new Set<string>();
  for (const start of edges.keys()) {
    const trail: string[] = [];
    const onTrail = new Set<string>();
    const stack: {name: string; next: Iterator<string>}[] = [];
    const enter = (name: string): void => {
      trail.push(name);
      onTrail.add(name);
      stack.push({name, next: (edges.get(name) ?? []).values()});
    };
    if (!done.has(start)) enter(start);
    for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
      const {value, done: exhausted} = top.next.next();
      if (exhausted) {
        done.add(top.name);
        onTrail.delete(top.name);
        trail.pop();
        stack.pop();
      } else if (onTrail.has(value)) return trail.slice(trail.indexOf(value));
      else if (edges.has(value) && !done.has(value)) enter(value);
    }
  }
  return undefined;
}

/**
 * Every step after all that it waits for; otherwise in the order given.
 *
 * @throws {RangeError} when steps wait for each other in a circle
 */
export function topologicalOrder(steps: readonly GraphStep[]): string[] {
  const position = new Map(steps.map((step, index) => [step.name, index]));
  const open = steps.map((step) => waitsFor(step).filter((name) => position.has(name)).length);
  const dependents = new Map<string, number[]>();
  steps.forEach((step, index) => {
    for (const name of waitsFor(step)) {
      const waiting = dependents.get(name);
      if (waiting === undefined) dependents.set(name, [index]);
      else waiting.push(index);
    }
  });
  const order: string[] = [];
  let ready = steps.flatMap((_, index) => (open[index] === 0 ? [index] : []));
  while (ready.length > 0) {
    const freed: number[] = [];
    for (const index of ready) {
      const name = steps[index]?.name ?? '';
      order.push(name);
      for (const dependent of dependents.get(name) ?? []) {
        const left = (open[dependent] ?? 0) - 1;
        open[dependent] = left;
        if (left === 0) freed.push(dependent);
      }
    }
    ready = freed.sort((a, b) => a - b);
  }
  if (order.length < steps.length) throw new RangeError(`steps wait for each other: ${findCycle(steps)?.join(' → ')}`);
  return order;
}

/** All steps that wait for one of these, for a step that does, and so on; none of these itself, unless it does so. */
export function downstreamOf(steps: readonly GraphStep[], of: Iterable<string>): ReadonlySet<string> {
  const waiting = new Map<string, string[]>();
  for (const step of steps)
    for (const name of waitsFor(step)) {
      const known = waiting.get(name);
      if (known) known.push(step.name);
      else waiting.set(name, [step.name]);
    }
  const found = new Set<string>();
  const open = [...of];
  for (let name = open.pop(); name !== undefined; name = open.pop())
    for (const step of waiting.get(name) ?? []) {
      if (found.has(step)) continue;
      found.add(step);
      open.push(step);
    }
  return found;
}
