import {expect, test} from 'vitest';
import {inBatches} from '../../src/engine/act.ts';
import type {Action} from '../../src/engine/plan/actions.ts';
import {ARun, jobStep, transferStep} from '../support/a-run.ts';

const submissions = (steps: number): Action[] =>
  new ARun(Array.from({length: steps}, (_, at) => jobStep(`s${at}`)))
    .plan()
    .filter(({do: what}) => what === 'submit-job');
const words = (batches: readonly (readonly Action[])[]) =>
  batches.map((batch) => batch.map(({step}) => step).join(' '));

test('jobs that wait for nothing are submitted four at a time, in the order of the workflow', () => {
  expect(words(inBatches(submissions(6), 4))).toEqual(['s0 s1 s2 s3', 's4 s5']);
});

test('everything else is done alone, in its turn', () => {
  const [a, b, c] = submissions(3) as [Action, Action, Action];
  const [transfer] = new ARun([transferStep('move')]).plan() as [Action];
  expect(words(inBatches([a, transfer, b, c], 4))).toEqual(['s0', 'move', 's1 s2']);
  expect(inBatches([], 4)).toEqual([]);
});
