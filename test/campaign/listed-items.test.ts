import {expect, test} from 'vitest';
import {compareItems, type ItemLine, inSegments, replaceLines} from '../../src/campaign/listed-items.ts';

const line = (key: string, params: Record<string, string> = {}, more: Partial<ItemLine> = {}): ItemLine => ({
  key,
  params,
  priority: 0,
  ...more,
});
const recorded = [
  {segment: {segment: 'a', first: 1, count: 2, priority: 0}, lines: [line('x', {t: '1'}), line('y', {t: '2'})]},
  {segment: {segment: 'b', first: 3, count: 1, priority: 0}, lines: [line('z', {t: '3'}, {inputs: 'old'})]},
];

test('items are found again by their keys, in whatever order they are asked for', () => {
  const asked = [line('z', {t: '3'}, {inputs: 'old'}), line('w'), line('x', {t: '1'}), line('y', {t: '2'})];
  expect(compareItems(recorded, asked)).toEqual({added: [line('w')], changed: [], inputsChanged: [], gone: []});
});

test('what differs is told apart: parameters, priority, inputs, and what is not asked for any more', () => {
  const asked = [line('x', {t: '9'}), line('z', {t: '3'}, {inputs: 'new'})];
  const {changed, inputsChanged, gone} = compareItems(recorded, asked);
  expect([changed.map(({number}) => number), inputsChanged.map(({number}) => number), gone]).toEqual([[1], [3], [2]]);
  expect(compareItems(recorded, [line('x', {t: '1'}, {priority: 5})]).changed.map(({number}) => number)).toEqual([1]);
  expect(compareItems(recorded, [line('x', {t: '1', u: ''})]).changed.map(({number}) => number)).toEqual([1]);
});

test('lines come in segments of ten thousand, each with the priority that all of its items have', () => {
  const lines = Array.from({length: 20_001}, (_, index) => line(`${index}`, {}, {priority: index === 15_000 ? 1 : 0}));
  expect(inSegments(6, lines).map(({about}) => about)).toEqual([
    {first: 6, count: 10_000, priority: 0},
    {first: 10_006, count: 10_000, priority: undefined},
    {first: 20_006, count: 1, priority: 0},
  ]);
});

test('only segments with an item that differs are written again, whole', () => {
  const changed = [{number: 2, line: line('y', {t: '7'})}];
  expect(replaceLines(recorded, changed)).toEqual([
    {about: {first: 1, count: 2, priority: 0}, lines: [line('x', {t: '1'}), line('y', {t: '7'})]},
  ]);
});
