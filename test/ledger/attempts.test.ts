import {expect, test} from 'vitest';
import type {TaskId} from '../../src/base/ids.ts';
import {adoptedTask, earlierAttempts, endOf, lostInARow, retryAt, workingAttempt} from '../../src/ledger/attempts.ts';
import {foldRun} from '../../src/ledger/fold/fold-run.ts';
import type {ResumeDecision} from '../../src/ledger/run-facts.ts';
import type {Step} from '../../src/workflow/model/workflow.ts';
import {jobStep, specOf, transferStep} from '../support/a-run.ts';

const MINUTE = 60_000;
const twice: Step = {...jobStep('compute'), retries: 2};

/** A run whose attempts of `compute` ended so, one minute after the other. */
function ran(step: Step, states: readonly string[], resumes: readonly Partial<ResumeDecision>[] = [], more = {}) {
  const facts = new Map<string, Record<string, unknown>>(Object.entries(more));
  for (const [index, state] of states.entries())
    facts.set(`${step.name}.${index + 1}.outcome`, {at: index * MINUTE, state, why: 'x'});
  const decisions = resumes.map((resume) => ({at: 0, by: 'ann', steps: {}, redo: [], ...resume}));
  return foldRun(specOf([step]), facts, decisions);
}

test('a failed attempt with a retry left is no end of the step', () => {
  expect(endOf(ran(twice, ['failed']), 'compute')).toBeUndefined();
  expect(endOf(ran(twice, ['failed', 'failed', 'failed']), 'compute')).toMatchObject({state: 'failed'});
  expect(endOf(ran(jobStep('compute'), ['failed']), 'compute')).toMatchObject({state: 'failed'});
});

test('the pause before a retry is a minute, and doubles with each failure up to half an hour', () => {
  expect(retryAt(ran(twice, ['failed']), 'compute')).toBe(MINUTE);
  expect(retryAt(ran(twice, ['failed', 'failed']), 'compute')).toBe(MINUTE + 2 * MINUTE);
  const often = {...jobStep('compute'), retries: 20};
  expect(retryAt(ran(often, Array(10).fill('failed')), 'compute')).toBe(9 * MINUTE + 30 * MINUTE);
});

test('a pause that the workflow asks for may be longer than half an hour, and does not shrink', () => {
  const slow = {...twice, retryDelayMs: 60 * MINUTE};
  expect(retryAt(ran(slow, ['failed', 'failed']), 'compute')).toBe(MINUTE + 60 * MINUTE);
});

test('a lost attempt uses up no retry', () => {
  expect(retryAt(ran(twice, ['lost', 'failed', 'lost', 'failed']), 'compute')).toBeDefined();
  expect(endOf(ran(twice, ['failed', 'lost', 'failed', 'failed']), 'compute')).toMatchObject({state: 'failed'});
});

test('what another attempt would not fix, and what was cancelled, is not tried again', () => {
  const final = ran(twice, [], [], {'compute.1.outcome': {at: 0, state: 'failed', why: 'x', final: true}});
  expect(endOf(final, 'compute')).toMatchObject({state: 'failed'});
  const cancelled = ran(twice, ['failed'], [], {'decision.cancel': {at: 0, by: 'ann', cleanup: true}});
  expect(endOf(cancelled, 'compute')).toMatchObject({state: 'failed'});
});

test('a resumed step has all its retries again, and its old attempts do not count', () => {
  const resumed = ran(twice, ['failed', 'failed', 'failed'], [{steps: {compute: 3}}]);
  expect(endOf(resumed, 'compute')).toBeUndefined();
  expect(retryAt(resumed, 'compute')).toBeUndefined();
  expect(workingAttempt(resumed, 'compute')).toMatchObject({number: 4, jobs: []});
  const failedOnce = ran(twice, ['failed', 'failed', 'failed', 'failed'], [{steps: {compute: 3}}]);
  expect(retryAt(failedOnce, 'compute')).toBe(3 * MINUTE + MINUTE);
});

test('attempts lost one after the other are counted, those whose jobs we deleted left out', () => {
  expect(lostInARow(ran(twice, ['lost', 'failed', 'lost', 'lost']), 'compute')).toBe(2);
  const ours = {'compute.2.job.intent': {tag: 't'}, 'compute.2.job.delete.intent': {}};
  expect(lostInARow(ran(twice, ['lost', 'lost'], [], ours), 'compute')).toBe(1);
});

test('results of earlier attempts stand, unless the step is to be done again', () => {
  expect(earlierAttempts(ran(twice, ['failed', 'failed', 'failed']), 'compute', 3)).toEqual([1, 2]);
  const resumed = ran(twice, ['failed', 'failed', 'failed'], [{steps: {compute: 2}}]);
  expect(earlierAttempts(resumed, 'compute', 3)).toEqual([1, 2]);
  const redone = ran(twice, ['failed', 'failed', 'failed'], [{steps: {compute: 2}, redo: ['compute']}]);
  expect(earlierAttempts(redone, 'compute', 4)).toEqual([3]);
});

test.each([
  ['watches for a failure', jobStep('compute', {onFailureOf: ['compute-2']})],
  ['runs whatever happened', {...jobStep('compute', {after: ['compute-2']}), always: true as const}],
])(
  'a cleanup that %s and ran before the run was resumed is done again whole: there is more to tidy up by then',
  (_, cleanup) => {
    const facts = new Map([['compute.1.outcome', {at: 0, state: 'succeeded', why: 'x'}]]);
    const resumed = foldRun(specOf([jobStep('compute-2'), cleanup]), facts, [
      {at: 0, by: 'ann', steps: {compute: 1}, redo: []},
    ]);
    expect(earlierAttempts(resumed, 'compute', 2)).toEqual([]);
  },
);

test('a task that was grafted on belongs to one attempt', () => {
  const task = 'aaaaaaaa-0000-4000-8000-00000000000a' as TaskId;
  const spec = {...specOf([transferStep('in')]), adopt: {in: task}};
  const run = foldRun(spec, new Map(), []);
  expect([adoptedTask(run, 'in', 1), adoptedTask(run, 'in', 2)]).toEqual([task, undefined]);
  const later = foldRun(specOf([transferStep('in')]), new Map(), [
    {at: 0, by: 'ann', steps: {in: 3}, redo: [], adopt: {in: task}},
  ]);
  expect([adoptedTask(later, 'in', 3), adoptedTask(later, 'in', 4)]).toEqual([undefined, task]);
});
