import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {withAlways} from '../../../src/workflow/model/always.ts';
import {findCycle} from '../../../src/workflow/model/graph.ts';
import type {Step} from '../../../src/workflow/model/workflow.ts';
import {load} from '../support.ts';

/** The steps of a file, each given what it waits for. */
function afterOf(steps: string): Record<string, readonly string[]> {
  return Object.fromEntries(load(`name: a\nsteps:\n${steps}`).steps.map((step) => [step.name, step.after]));
}

const JOB = 'job: {script: a.sh}';

describe('a step with "when: always" waits for', () => {
  test('every other step, in the order of the file', () => {
    const steps = `  last: {when: always, ${JOB}}\n  a: {${JOB}}\n  b: {needs: a, ${JOB}}\n  c: {on_failure_of: b, ${JOB}}\n`;
    expect(afterOf(steps).last).toEqual(['a', 'b', 'c']);
    expect(load(`name: a\nsteps:\n${steps}`).steps[0]).toMatchObject({always: true, needs: [], onFailureOf: []});
  });

  test('no step that waits for it, directly or not', () => {
    const steps = `  a: {${JOB}}\n  last: {when: always, ${JOB}}\n  b: {needs: last, ${JOB}}\n  c: {after: b, ${JOB}}\n`;
    expect(afterOf(steps)).toEqual({a: [], last: ['a'], b: [], c: ['b']});
  });

  test('another such step only when it names it', () => {
    const steps = `  a: {${JOB}}\n  x: {when: always, ${JOB}}\n  y: {when: always, after: x, ${JOB}}\n`;
    expect(afterOf(steps)).toEqual({a: [], x: ['a'], y: ['a', 'x']});
  });

  test('nothing when it is alone', () => {
    expect(afterOf(`  last: {when: always, ${JOB}}\n`)).toEqual({last: []});
  });

  test('what stands behind another such step, unless that closes a circle', () => {
    const steps = `  y: {when: always, ${JOB}}\n  e: {needs: y, ${JOB}}\n  x: {when: always, ${JOB}}\n  b: {needs: x, ${JOB}}\n`;
    expect(afterOf(steps)).toEqual({y: [], e: [], x: ['e'], b: []});
  });
});

/** Steps that wait only for steps made before them, some of which run always; in any order. */
const workflows = fc
  .array(
    fc.record({
      always: fc.boolean(),
      key: fc.constantFrom('needs', 'onFailureOf', 'after'),
      picks: fc.array(fc.nat(), {maxLength: 2}),
    }),
    {minLength: 1, maxLength: 7},
  )
  .map((shapes) =>
    shapes.map(({always, key, picks}, index): Step => {
      const names = index === 0 ? [] : [...new Set(picks.map((pick) => `s${pick % index}`))];
      const none = {needs: [], onFailureOf: [], after: []};
      const conditions = always ? {...none, after: names, always} : {...none, [key]: names};
      return {kind: 'job', name: `s${index}`, ...conditions, script: '/a.sh', resources: {}, env: {}};
    }),
  )
  .chain((steps) => fc.shuffledSubarray(steps, {minLength: steps.length}));

test('no step comes to wait for itself, and each keeps what it named', () => {
  fc.assert(
    fc.property(workflows, (steps) => {
      const done = withAlways(steps);
      expect(findCycle(done)).toBeUndefined();
      done.forEach((step, index) => {
        expect(step.after).toEqual(expect.arrayContaining([...(steps[index]?.after ?? [])]));
        if (!step.always) expect(step).toEqual(steps[index]);
      });
    }),
    {numRuns: 500},
  );
});

test('the order of the steps makes no difference', () => {
  const shuffled = workflows.chain((steps) =>
    fc.tuple(fc.constant(steps), fc.shuffledSubarray(steps, {minLength: steps.length})),
  );
  const sorted = (steps: readonly Step[]) =>
    Object.fromEntries(withAlways(steps).map((step) => [step.name, [...step.after].sort()]));
  fc.assert(
    fc.property(shuffled, ([steps, others]) => {
      expect(sorted(steps)).toEqual(sorted(others));
    }),
  );
});
