import {expect, test} from 'vitest';
import {readSubmitFlags} from '../../src/cli/job-flags.ts';
import {RequestWrong} from '../../src/errors.ts';

const given = (...variable: string[]) => readSubmitFlags('a.sh', {again: false, hold: false, variable});

test('variables for the script are taken as written', () => {
  expect(given('A=1', 'start=two words').variables).toEqual(['A=1', 'start=two words']);
});

test.each([
  ['A', 'is not NAME=VALUE'],
  ['A=1,2', 'cannot be sent to a job'],
  ['STAGE_CLAIM=x', 'STAGE_CLAIM cannot be set'],
  [`A=${'x'.repeat(131_070)}`, 'A cannot be sent to a job'],
])('refused before PBS is asked: %.20s', (word, what) => {
  expect(() => given(word)).toThrow(RequestWrong);
  expect(() => given(word)).toThrow(what);
});

test.each([
  [['-z'], 'does not print the id'],
  [['-k', 'oe', '-hz'], 'does not print the id'],
  [['-I'], 'cannot run unattended'],
])('a further argument with which nothing can be confirmed is refused before PBS is asked: %j', (extra, why) => {
  const asked = () => readSubmitFlags('a.sh', {again: false, hold: false, extra});
  expect(asked).toThrow(expect.objectContaining({exit: 2, why: expect.stringContaining(why)}));
});

test.each([[['-k', 'oe']], [['-p', '-1']], [['-m', 'n', '-V']]])(
  'other further arguments are taken as written: %j',
  (extra) => {
    expect(readSubmitFlags('a.sh', {again: false, hold: false, extra}).extra).toEqual(extra);
  },
);
