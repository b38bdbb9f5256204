import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {findCycle, type GraphStep, topologicalOrder, waitsFor} from '../../../src/workflow/model/graph.ts';

function step(name: string, conditions: Partial<GraphStep> = {}): GraphStep {
  return {name, needs: [], onFailureOf: [], after: [], ...conditions};
}

const KINDS = ['needs', 'onFailureOf', 'after'] as const;

/** Steps that wait only for steps made before them, in any order: a graph without circles. */
const acyclic = fc
  .array(fc.record({kind: fc.constantFrom(...KINDS), picks: fc.array(fc.nat(), {maxLength: 3})}), {
    minLength: 1,
    maxLength: 8,
  })
  .map((shapes) =>
    shapes.map(({kind, picks}, index) =>
      step(`s${index}`, index === 0 ? {} : {[kind]: [...new Set(picks.map((pick) => `s${pick % index}`))]}),
    ),
  )
  .chain((steps) => fc.shuffledSubarray(steps, {minLength: steps.length}));

describe('findCycle', () => {
  test('finds nothing where no step waits for itself', () => {
    fc.assert(
      fc.property(acyclic, (steps) => {
        expect(findCycle(steps)).toBeUndefined();
      }),
    );
  });

  test('reports a circle when one edge leads back, and each of its steps waits for the next', () => {
    const withBackEdge = fc.tuple(acyclic, fc.nat(), fc.constantFrom(...KINDS)).map(([steps, pick, kind]) => {
      const order = topologicalOrder(steps);
      const last = order[pick % order.length] ?? '';
      const first = [...reachableFrom(steps, last)].at(-1) ?? last;
      return steps.map((old) => (old.name === first ? {...old, [kind]: [...new Set([...old[kind], last])]} : old));
    });
    fc.assert(
      fc.property(withBackEdge, (steps) => {
        const cycle = findCycle(steps) ?? [];
        expect(cycle).not.toHaveLength(0);
        expect(new Set(cycle).size).toBe(cycle.length);
        cycle.forEach((name, index) => {
          const waiting = steps.find((candidate) => candidate.name === name);
          expect(waiting && waitsFor(waiting)).toContain(cycle[(index + 1) % cycle.length]);
        });
      }),
    );
  });

  test('a step that waits for itself is a circle of one', () => {
    expect(findCycle([step('a'), step('b', {after: ['b']})])).toEqual(['b']);
  });

  test('the way to a circle is no part of it', () => {
    const steps = [step('in', {needs: ['a']}), step('a', {needs: ['b']}), step('b', {onFailureOf: ['a']})];
    expect(findCycle(steps)).toEqual(['a', 'b']);
  });

  test('a chain of fifty thousand steps does not exhaust the stack', () => {
    const chain = Array.from({length: 50_000}, (_, index) => step(`s${index}`, {needs: [`s${index + 1}`]}));
    expect(findCycle(chain)).toBeUndefined();
    expect(topologicalOrder(chain)[0]).toBe('s49999');
  });
});

describe('topologicalOrder', () => {
  test('has every step once, after all that it waits for', () => {
    fc.assert(
      fc.property(acyclic, (steps) => {
        const order = topologicalOrder(steps);
        expect([...order].sort()).toEqual(steps.map(({name}) => name).sort());
        for (const waiting of steps)
          for (const name of waitsFor(waiting)) expect(order.indexOf(name)).toBeLessThan(order.indexOf(waiting.name));
      }),
    );
  });

  test('keeps the order of steps that do not wait, and knows nothing of steps that do not exist', () => {
    expect(topologicalOrder([step('c'), step('a', {needs: ['elsewhere']}), step('b')])).toEqual(['c', 'a', 'b']);
  });

  test('refuses a circle', () => {
    expect(() => topologicalOrder([step('a', {needs: ['b']}), step('b', {needs: ['a']})])).toThrow(/a → b/);
  });
});

/** A step and everything that it waits for, however far away. */
function reachableFrom(steps: readonly GraphStep[], name: string): Set<string> {
  const seen = new Set([name]);
  for (const reached of seen) {
    const found = steps.find((candidate) => candidate.name === reached);
    for (const next of found ? waitsFor(found) : []) seen.add(next);
  }
  return seen;
}
