import fc from 'fast-check';
import {expect, test} from 'vitest';
import type {OutcomeState} from '../../../src/ledger/run-facts.ts';
import type {RemoveStep} from '../../../src/workflow/model/workflow.ts';
import {ARun, jobStep, transferStep} from '../../support/a-run.ts';

const clean: RemoveStep = {
  kind: 'remove',
  name: 'clean',
  needs: ['send', 'check'],
  onFailureOf: [],
  after: [],
  paths: ['/scratch/a', '/scratch/b'],
  below: ['/scratch'],
  touches: ['send'],
};

interface Case {
  readonly send: OutcomeState | 'open';
  readonly check: OutcomeState | 'open';
  readonly skipped: number;
  readonly parts: number;
  readonly whole: boolean;
  readonly steps: number;
  readonly finished: boolean;
  readonly left: number;
  readonly cancelled: boolean;
  readonly held: boolean;
}

const state = fc.constantFrom<OutcomeState | 'open'>(
  'open',
  'succeeded',
  'succeeded',
  'failed',
  'cancelled',
  'skipped',
);
const cases: fc.Arbitrary<Case> = fc.record({
  send: state,
  check: state,
  skipped: fc.constantFrom(0, 0, 3),
  parts: fc.nat(2),
  whole: fc.boolean(),
  steps: fc.nat(2),
  finished: fc.boolean(),
  left: fc.constantFrom(0, 0, 2),
  cancelled: fc.boolean(),
  held: fc.boolean(),
});

function runOf(one: Case): ARun {
  const aRun = new ARun([transferStep('send'), jobStep('check'), clean]);
  if (one.send !== 'open') aRun.fact('send.1.outcome', {state: one.send, why: 'x', skippedErrors: one.skipped});
  if (one.check !== 'open') aRun.fact('check.1.outcome', {state: one.check, why: 'x'});
  for (let part = 1; part <= one.parts; part++) {
    const whole = one.whole && part === one.parts;
    const things = [{path: `${part}`, kind: 'file', device: '1', number: `${part}`, size: 1, mtime: '1'}];
    aRun.fact(`clean.1.act.intent-${part}`, {by: 'x', host: 'h', across: false, copyBytes: 0, whole, things});
  }
  for (let step = 1; hasBegun(one) && step <= one.steps; step++) {
    const finished = one.finished && step === one.steps ? true : undefined;
    const counts = {acted: step, copied: 0, gone: 0, left: one.left, told: []};
    aRun.fact(`clean.1.act.progress-${step}`, {part: 'act', done: step, ...counts, finished});
  }
  if (one.cancelled) aRun.fact('decision.cancel', {by: 'ann', cleanup: true});
  if (one.held) aRun.fact('decision.hold-1', {by: 'ann'});
  return aRun;
}

const hasBegun = (one: Case) => one.parts > 0 && one.whole;
const isDone = (one: Case) => hasBegun(one) && one.finished && one.steps > 0;

test('nothing is taken away before all that it needs has succeeded with all files, nor when a person has said no', () => {
  fc.assert(
    fc.property(cases, (one) => {
      const planned = runOf(one)
        .plan()
        .filter(({step}) => step === 'clean');
      const acts = planned.some((action) => action.do === 'act' && !action.stop);
      const may = one.send === 'succeeded' && one.check === 'succeeded' && !one.cancelled && !one.held;
      if (acts) expect([may, isDone(one)]).toEqual([true, false]);
      if (acts && one.parts === 0) expect(one.skipped).toBe(0);
      if (may && !isDone(one) && (one.skipped === 0 || one.parts > 0)) expect(acts).toBe(true);
    }),
    {numRuns: 500},
  );
});

test('what is on record as done ends the step, and in success only when nothing was left', () => {
  fc.assert(
    fc.property(cases, (one) => {
      const ends = runOf(one)
        .plan()
        .filter((action) => action.step === 'clean' && action.do === 'end-step');
      if (isDone(one)) expect(ends).toMatchObject([{state: one.left === 0 ? 'succeeded' : 'failed'}]);
      else expect(ends.some((end) => end.do === 'end-step' && end.state === 'succeeded')).toBe(false);
    }),
    {numRuns: 500},
  );
});
