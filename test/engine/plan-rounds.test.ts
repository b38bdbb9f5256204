import {expect, test} from 'vitest';
import {roundOf, roundsLeft} from '../../src/ledger/attempts.ts';
import type {Step} from '../../src/workflow/model/workflow.ts';
import {ARun, inWords, jobStep, live, transferStep} from '../support/a-run.ts';

const REDO = {step: 'pack', rounds: 2, atOnceOn: [65]} as const;
/** pack, send, validate; what failed to validate is packed again */
const VOLUME: readonly Step[] = [
  jobStep('pack'),
  transferStep('send', {needs: ['pack']}),
  {...jobStep('validate', {needs: ['send']}), retries: 1, redoFrom: REDO},
  jobStep('record', {needs: ['validate']}),
  jobStep('tell', {onFailureOf: ['pack', 'validate']}),
];

const failed = (run: ARun, attempt: number, exitStatus = 1) =>
  run.fact(`validate.${attempt}.outcome`, {at: 0, state: 'failed', why: `exit status ${exitStatus}`, exitStatus});

function validated(steps = VOLUME): ARun {
  return new ARun(steps).outcome('pack', 'succeeded').outcome('send', 'succeeded');
}

const rounds = (run: ARun) => run.plan().filter((action) => action.do === 'open-round');

test('a round opens when the retries are spent, and puts aside all attempts of the stretch at once', () => {
  const run = failed(validated(), 1);
  expect(rounds(run)).toEqual([]);
  expect(rounds(failed(run, 2))).toEqual([
    {
      do: 'open-round',
      step: 'validate',
      number: 1,
      from: 'pack',
      steps: {pack: 1, send: 1, validate: 2},
      why: 'validate failed: exit status 1',
    },
  ]);
});

test('a round opens at once with one of the exit statuses that say so', () => {
  expect(rounds(failed(validated(), 1, 65))).toMatchObject([{steps: {validate: 1}}]);
});

test('no round opens while a job of the stretch may still work, or is not known to have ended', () => {
  const run = failed(failed(validated(), 1), 2).job('pack.1.job', '7.s', live('running'));
  expect(rounds(run)).toEqual([]);
  run.jobs.set('7.s' as never, {kind: 'no-evidence', why: 'timeout'});
  expect(rounds(run)).toEqual([]);
  run.jobs.set('7.s' as never, {kind: 'unknown'});
  expect(rounds(run)).toHaveLength(1);
});

test('what waits for the end of the last step, or watches one of the stretch, sees nothing before the rounds are spent', () => {
  const run = failed(failed(validated(), 1), 2);
  const others = () =>
    run
      .plan()
      .filter(({step, do: what}) => ['record', 'tell'].includes(step) && what === 'end-step')
      .map(inWords);
  expect(others()).toEqual([]);
  run.fact('decision.round-1', {by: 'a', step: 'validate', from: 'pack', steps: {pack: 1, send: 1, validate: 2}});
  run
    .fact('pack.2.start.1', {job: '8.s'})
    .fact('pack.2.outcome', {at: 1, state: 'failed', why: 'no room', final: true});
  expect(others()).toEqual([]);
  run.fact('send.2.outcome', {at: 1, state: 'skipped', why: 'pack failed'});
  run.fact('validate.3.outcome', {at: 1, state: 'skipped', why: 'send was skipped'});
  expect(others()).toEqual(['end-step record skipped']);
  expect(run.plan().find(({step}) => step === 'tell')).toMatchObject({do: 'submit-job', hold: false});
});

test('in the next round each step of the stretch is done again, and the others are not', () => {
  const run = failed(failed(validated(), 1), 2);
  run.fact('decision.round-1', {by: 'a', step: 'validate', from: 'pack', steps: {pack: 1, send: 1, validate: 2}});
  const submitted = run.plan().filter(({do: what}) => what === 'submit-job');
  expect(submitted).toMatchObject([
    {step: 'pack', attempt: 2},
    {step: 'validate', attempt: 3, hold: true},
    {step: 'record'},
    {step: 'tell'},
  ]);
  expect(roundOf(run.state, 'send')).toBe(2);
  expect(roundOf(run.state, 'record')).toBe(1);
});

test('when the rounds are spent the step has failed; a person who resumes it has them again', () => {
  const run = failed(failed(validated(), 1), 2);
  run.fact('decision.round-1', {by: 'a', step: 'validate', from: 'pack', steps: {pack: 1, send: 1, validate: 2}});
  run.fact('pack.2.outcome', {at: 1, state: 'succeeded', why: ''}).fact('send.2.outcome', {at: 1, state: 'succeeded'});
  failed(failed(run, 3), 4);
  run.fact('decision.round-2', {by: 'a', step: 'validate', from: 'pack', steps: {pack: 2, send: 2, validate: 4}});
  run.fact('pack.3.outcome', {at: 1, state: 'succeeded', why: ''}).fact('send.3.outcome', {at: 1, state: 'succeeded'});
  failed(failed(run, 5), 6);
  expect(rounds(run)).toEqual([]);
  expect(run.plan().map(inWords)).toContain('end-step record skipped');
  const step = VOLUME[2] as Step;
  expect(roundsLeft(run.state, step)).toBe(0);
  run.resumed({pack: 3, send: 3, validate: 6});
  expect(roundsLeft(run.state, step)).toBe(2);
});

test.each([
  ['a cancelled run', (run: ARun) => run.fact('decision.cancel', {by: 'ann', cleanup: false}), 1],
  [
    'a step that a person ended',
    (run: ARun) => run.fact('validate.1.outcome', {state: 'failed', why: 'deleted', final: true}),
    0,
  ],
])('%s opens no round', (_, change, attempts) => {
  const run = validated();
  for (let attempt = 1; attempt <= attempts * 2; attempt++) failed(run, attempt);
  expect(rounds(change(run))).toEqual([]);
});

test('PBS is not left to start what needs a step that may be done again', () => {
  const record = new ARun(VOLUME).plan().find(({step}) => step === 'record');
  expect(record).toMatchObject({do: 'submit-job', hold: true, dependencies: []});
});

test('its texts have the numbers of the round and of the tries', () => {
  const send = {...transferStep('send', {needs: ['pack']}), numbered: true as const};
  const named = {...send, to: {...send.to, path: '/v/7.try${{ try }}.round${{ round }}.of${{ try.pack }}'}};
  const run = failed(failed(validated([VOLUME[0] as Step, named, ...VOLUME.slice(2)]), 1), 2);
  const path = () => run.state.spec.workflow.steps.flatMap((step) => (step.kind === 'transfer' ? [step.to.path] : []));
  expect(path()).toEqual(['/v/7.try1.round1.of1']);
  run.fact('decision.round-1', {by: 'a', step: 'validate', from: 'pack', steps: {pack: 1, send: 1, validate: 2}});
  expect(path()).toEqual(['/v/7.try2.round2.of2']);
});
