import {waitsFor} from './graph.ts';
import type {Step} from './workflow.ts';

/**
 * Steps that run whatever happened wait for all that they can: every step that does not wait for them itself,
 * directly or not, and is not such a step too. Pure. What they name in `after` they keep.
 *
 * One after the other, by name: what one of them has come to wait for counts for the next, so that steps behind two
 * of them cannot close a circle; and the order of the file means nothing.
 *
 * @param steps without circles
 */
export function withAlways(steps: readonly Step[]): readonly Step[] {
  const always = steps.filter((step) => step.always).map((step) => step.name);
  const done = new Map(steps.map((step) => [step.name, step]));
  for (const name of always.sort()) {
    const behind = allBehind([...done.values()], name);
    const step = done.get(name) as Step; // its name was taken from these steps
    const waited = new Set(step.after);
    const after = steps.filter((other) => waited.has(other.name) || !(other.always || behind.has(other.name)));
    done.set(name, {...step, after: after.map((other) => other.name)});
  }
  return [...done.values()];
}

/** The steps that wait for this one, directly or not. */
function allBehind(steps: readonly Step[], name: string): ReadonlySet<string> {
  const behind = new Set<string>();
  const dependents = new Map<string, string[]>();
  for (const step of steps)
    for (const waited of waitsFor(step)) {
      const waiting = dependents.get(waited);
      if (waiting === undefined) dependents.set(waited, [step.name]);
      else waiting.push(step.name);
    }
  const open = [name];
  for (let next = open.pop(); next !== undefined; next = open.pop())
    for (const dependent of dependents.get(next) ?? [])
      if (!behind.has(dependent)) {
        behind.add(dependent);
        open.push(dependent);
      }
  return behind;
}
