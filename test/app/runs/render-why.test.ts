import {expect, test} from 'vitest';
import {renderWhy} from '../../../src/app/runs/render-why.ts';

test.each([
  ['succeeded', 'r.1 has succeeded: nothing stands in its way.'],
  ['failed', 'r.1 has failed: nothing stands in its way.'],
  ['cancelled', 'r.1 was cancelled: nothing stands in its way.'],
  ['active', 'r.1 is active: nothing stands in its way.'],
])('why says of a run that is %s: %s', (state, text) => {
  const parts = {run: 'r.1', state, reasons: [], problems: [], notKnown: []};
  expect(renderWhy(parts, {colour: false})).toBe(text);
});
