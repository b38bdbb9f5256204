import {expect, test} from 'vitest';
import {itemsOf} from '../../../src/workflow/model/items.ts';
import {ITEMS_A_TASK, splitItems} from '../../../src/workflow/model/split-items.ts';
import {jobStep, transferStep} from '../../support/a-run.ts';
import {invalidOf, load} from '../support.ts';

const items = (count: number) =>
  Array.from({length: count}, (_, index) => ({from: `/a/${index}`, to: `/b/${index}`, recursive: false}));

test('a list too long for one submission becomes several transfers, and what waits for it waits for all of them', () => {
  const steps = [
    {...transferStep('in'), items: items(5)},
    jobStep('compute', {needs: ['in']}),
    jobStep('tidy', {onFailureOf: ['compute', 'in'], after: ['in']}),
  ];
  const split = splitItems(steps, 2);
  expect(split.map(({name}) => name)).toEqual(['in-1', 'in-2', 'in-3', 'compute', 'tidy']);
  expect(split.flatMap((step) => (step.kind === 'transfer' ? itemsOf(step) : []))).toEqual(items(5));
  expect(split.find(({name}) => name === 'compute')?.needs).toEqual(['in-1', 'in-2', 'in-3']);
  expect(split.find(({name}) => name === 'tidy')).toMatchObject({
    onFailureOf: ['compute', 'in-1', 'in-2', 'in-3'],
    after: ['in-1', 'in-2', 'in-3'],
  });
});

test('a list that fits stays one step', () => {
  const steps = [{...transferStep('in'), items: items(2)}, transferStep('out', {needs: ['in']})];
  expect(splitItems(steps, 2)).toEqual(steps);
});

const many = (file: string) =>
  load(file, {
    readText: () => ({text: Array.from({length: ITEMS_A_TASK + 1}, (_, index) => `f${index} f${index}`).join('\n')}),
  });
const FLOW = 'name: x\nsteps:\n  in:\n    transfer: { from: "theta:/a/", to: "laptop:/b/", batch: l }\n';

test('the parts of a long list have numbered names, which no other step may have', () => {
  expect(many(FLOW).steps.map(({name}) => name)).toEqual(['in-1', 'in-2']);
  const taken = `${FLOW}  in-2:\n    job: { script: a.sh }\n`;
  expect(invalidOf(() => many(taken)).details[0]).toContain('there is a step in-2 already');
  expect(invalidOf(() => many(FLOW.replace('in:', `${'i'.repeat(62)}:`))).details[0]).toContain('too long a name');
});
