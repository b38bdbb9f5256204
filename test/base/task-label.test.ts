import fc from 'fast-check';
import {expect, test} from 'vitest';
import {LABEL_LENGTH, readTaskLabel, relabelled, sameTask, taskLabel, wrongLabel} from '../../src/base/task-label.ts';

const name = fc.stringMatching(/^[A-Za-z][A-Za-z0-9_-]{0,62}$/);
const tag = fc.record({run: name.map((text) => `${text}.1`), step: name, attempt: fc.integer({min: 1, max: 21})});
const words = fc
  .string({unit: 'binary', minLength: 1, maxLength: 140})
  .filter((text) => wrongLabel(text) === undefined);

test('a label with any words of the user is one that Globus accepts, and is that of its attempt', () => {
  fc.assert(
    fc.property(tag, fc.option(words, {nil: undefined}), words, (of, said, others) => {
      const label = taskLabel(of, said);
      expect(wrongLabel(label)).toBeUndefined();
      expect(label.length).toBeLessThanOrEqual(LABEL_LENGTH);
      expect(encodeURIComponent(label)).toBeTruthy(); // no half of a character
      expect(readTaskLabel(label)).toMatchObject({attempt: of.attempt, tag: taskLabel(of)});
      expect(sameTask(label, taskLabel(of, others))).toBe(true);
      expect(sameTask(label, taskLabel({...of, attempt: of.attempt + 1}, said))).toBe(false);
      expect(sameTask(relabelled(label, others), label)).toBe(true);
    }),
  );
});

test('says run, step and attempt first, and then the words, cut where both are too long', () => {
  const of = {run: 'climate.2', step: 'in', attempt: 3};
  expect(taskLabel(of)).toBe('stage climate.2 in 3');
  expect(taskLabel(of, 'winter: b')).toBe('stage climate.2 in 3: winter: b');
  expect(readTaskLabel('stage climate.2 in 3: winter: b')).toEqual({...of, tag: 'stage climate.2 in 3'});
  expect(taskLabel(of, 'x'.repeat(128))).toHaveLength(128);
  expect(relabelled('stage climate.2 in 3: winter', 'summer')).toBe('stage climate.2 in 3: summer');
  expect(relabelled('mine', 'other')).toBe('other');
});

test.each(['mine', 'stage a b', 'stage a b 1x', 'a stage a b 1', 'stage a b 1 : x'])(
  '%s is no label of ours',
  (label) => expect(readTaskLabel(label)).toBeUndefined(),
);
