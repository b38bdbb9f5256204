import {expect, test} from 'vitest';
import {readFilters} from '../../src/transfer/filter-names.ts';

test.each([
  ['*.tmp', 'a.tmp', true],
  ['*.tmp', 'a.tmpx', false],
  ['a?c', 'abc', true],
  ['a?c', 'ac', false],
  ['[ab]*', 'b1', true],
  ['[!ab]*', 'b1', false],
  ['[]a]', ']', true],
  ['[z-a]', 'z', false],
  ['[', '[', true],
  ['a.b', 'axb', false],
  ['{a,b}', 'a', false],
  ['*', '.hidden', true],
])('%s and the name %s: %s', (name, tried, fits) => {
  expect(readFilters([{method: 'exclude', name}])(tried, 'file')).toBe(!fits);
});

test('the first rule that fits decides, for its kind alone, and none includes', () => {
  const taken = readFilters([
    {method: 'include', name: '*.nc'},
    {method: 'exclude', name: '*', type: 'file'},
  ]);
  expect([taken('a.nc', 'file'), taken('a.txt', 'file'), taken('sub', 'dir')]).toEqual([true, false, true]);
  expect(readFilters()('a', 'file')).toBe(true);
});
