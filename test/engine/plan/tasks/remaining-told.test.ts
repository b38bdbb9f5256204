import {expect, test} from 'vitest';
import {remainingOf} from '../../../../src/engine/plan/tasks/remaining.ts';
import {task} from '../../../support/a-run.ts';

test('where it is told how much there is in all, no listing is needed', () => {
  const seen = task('active', {bytesTransferred: 300, bytesTotal: 1000, rate: 100});
  expect(remainingOf(seen, undefined, undefined)).toEqual({is: 'estimate', ms: 7000, bytesLeft: 700});
});

test('when all of it has been moved, the rest is being checked', () => {
  const seen = task('active', {bytesTransferred: 1000, bytesTotal: 1000, rate: 100});
  expect(remainingOf(seen, undefined, undefined)).toEqual({is: 'none', why: 'the last of it is being checked'});
});
