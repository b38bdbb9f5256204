import {expect, test} from 'vitest';
import {renderWhy} from '../../../../src/app/runs/why/render-why.ts';

test.each([
  ['succeeded', 'r.1 has succeeded: nothing is blocking it.'],
  ['failed', 'r.1 has failed: nothing is blocking it.'],
  ['cancelled', 'r.1 was cancelled: nothing is blocking it.'],
  ['active', 'r.1 is active: nothing is blocking it.'],
])('why says of a run that is %s: %s', (state, text) => {
  const parts = {run: 'r.1', state, reasons: [], problems: [], notKnown: []};
  expect(renderWhy(parts, {colour: false})).toBe(text);
});
