import {expect, test} from 'vitest';
import type {FactValue} from '../../../../src/disk/facts.ts';
import {lostInARow} from '../../../../src/ledger/attempts.ts';
import type {LiveJob} from '../../../../src/scheduler/scheduler.ts';
import {ARun, ended, HELD, inWords, jobStep, live, transferStep, UNKNOWN} from '../../../support/a-run.ts';

const words = (run: ARun) => run.plan().map(inWords);
const SENTINEL = {dependsOn: ['1.s']};
const BY_ANN: Partial<LiveJob> = {userHold: true, comment: 'Job held by ann on Mon Nov 30 16:25:20 2026'};

/** A job under a hold that waits for a transfer; its data is there when `ready`. */
function waiting(
  seen: LiveJob | ReturnType<typeof ended>,
  {ready = false, array = false} = {},
  intent: FactValue = {},
): ARun {
  const compute = jobStep('compute', {needs: ['in']});
  const run = new ARun([transferStep('in'), array ? {...compute, array: {first: 0, last: 2, step: 1}} : compute])
    .job('compute.1.job', '1.s', seen, {hold: true, ...intent})
    .job('compute.1.sentinel', '2.s', live('held', {otherHold: true}), SENTINEL);
  return ready ? run.outcome('in', 'succeeded') : run.task('in', 't');
}

test('the release of a job is its permit: one action, and nothing before its needs have succeeded', () => {
  expect(words(waiting(HELD))).toEqual([]);
  expect(words(waiting(HELD, {ready: true}))).toEqual(['release-job compute']);
});

test('a job that was let go by hand before its data was there ran nothing, and is submitted again under a hold', () => {
  const run = waiting(ended(96));
  expect(run.plan()).toContainEqual({
    do: 'void-attempt',
    step: 'compute',
    attempt: 1,
    why: expect.stringContaining('released by hand (qrls)'),
    unpermitted: true,
  });
  run.fact('compute.1.start.1', {void: true}).fact('compute.1.outcome', {state: 'lost', why: 'x', unpermitted: true});
  expect(run.plan()).toContainEqual(
    expect.objectContaining({do: 'submit-job', step: 'compute', attempt: 2, hold: true}),
  );
});

test('its own word is enough where PBS keeps no history, and no time has to pass', () => {
  const run = waiting(ended(96)).fact('compute.1.job.unpermitted', {job: '1.s'});
  run.jobs.set('1.s' as never, UNKNOWN);
  expect(run.plan()).toContainEqual(expect.objectContaining({do: 'void-attempt', unpermitted: true}));
});

test('such attempts do not count among those that were lost', () => {
  const run = new ARun([jobStep('compute')]);
  for (const number of [1, 2, 3, 4, 5, 6])
    run.fact(`compute.${number}.outcome`, {state: 'lost', why: 'x', ...(number === 3 ? {} : {unpermitted: true})});
  expect(lostInARow(run.state, 'compute')).toBe(1);
});

test('a job that was let go by hand and has not begun gets its permit when the data is there', () => {
  expect(words(waiting(live('queued'), {ready: true}))).toEqual(['permit-job compute']);
  expect(words(waiting(live('queued'), {ready: true}).fact('compute.1.job.release.intent'))).toEqual([]);
});

test('a job that is held still is released although another one for its attempt found no permit', () => {
  const run = waiting(HELD, {ready: true}).fact('compute.1.job.unpermitted', {at: 0});
  expect(words(run)).toEqual(['release-job compute']);
});

test('an array that began too early is given no permit: it ends, and another attempt does what is missing', () => {
  const run = waiting(live('running'), {ready: true, array: true}).fact('compute.1.job.unpermitted', {job: '1.s'});
  expect(words(run)).toEqual([]);
  const subjob = (index: number) =>
    run
      .fact('compute.1.start.1', {job: '1.s'})
      .fact(`compute.1.i${index}.start.1`, {job: '1.s'})
      .fact(`compute.1.i${index}.end.1`, {exit: 0, terminated: false});
  subjob(2).fact('compute.1.job.absent', {at: 0});
  run.jobs.set('1.s' as never, ended(1));
  expect(run.plan()).toContainEqual(expect.objectContaining({do: 'void-attempt', attempt: 1, unpermitted: true}));
});

test('a job that was found by its tag is looked at before it is let go: a person may have held it', () => {
  const run = waiting(HELD, {ready: true}, {deadline: -1});
  run.jobs.delete('1.s' as never);
  expect(words(run)).not.toContain('release-job compute');
});

test('nor is it given one when a hold of the run on it is ended', () => {
  const hold = {userHold: true, comment: 'Job held by stage on Mon Nov 30 16:25:31 2026'};
  const run = waiting(live('held', hold), {ready: true, array: true})
    .fact('compute.1.job.unpermitted', {job: '1.s'})
    .fact('decision.hold-1', {by: 'ann'})
    .fact('compute.1.job.hold-1.intent')
    .fact('compute.1.job.hold-1.confirmed')
    .fact('decision.release-1');
  expect(words(run)).toEqual(['unhold-job compute']);
  expect(words(run.fact('compute.1.job.hold-1.ended')), 'what PBS showed before').toEqual([]);
});

test('"on_interrupted: fail" does not fail a step of which nothing has run', () => {
  const run = waiting(ended(96));
  const steps = run.spec.workflow.steps.map((step) =>
    step.kind === 'job' ? {...step, onInterrupted: 'fail' as const} : step,
  );
  expect(words(Object.assign(new ARun(steps), {facts: run.facts, jobs: run.jobs}))).toContain('void-attempt compute');
});

test('the hold that a person put on it stays when the data arrives; the permit is given', () => {
  expect(words(waiting(live('held', BY_ANN), {ready: true}))).toEqual(['permit-job compute']);
  const permitted = waiting(live('held', BY_ANN), {ready: true}).fact('compute.1.job.release.intent');
  expect(words(permitted)).toEqual([]);
  permitted.jobs.set('1.s' as never, live('queued'));
  expect(words(permitted), 'after the qrls of the person').toEqual([]);
});

test('an array under the hold of a person is no different', () => {
  expect(words(waiting(live('held', BY_ANN), {ready: true, array: true}))).toEqual(['permit-job compute']);
});

test('a hold that "stage release" has taken over ends as one of ours does', () => {
  const run = waiting(live('held', BY_ANN), {ready: true});
  run.fact('compute.1.job.hold-by-hand-1', {comment: BY_ANN.comment ?? ''});
  expect(words(run)).toEqual(['release-job compute']);
  run.jobs.set('1.s' as never, live('held', {...BY_ANN, comment: 'Job held by ann on Tue Dec  1 08:00:00 2026'}));
  expect(words(run), 'held once more').toEqual(['permit-job compute']);
});

test('so does one on a job that waits under no hold of ours', () => {
  const run = new ARun([jobStep('compute')]).job('compute.1.job', '1.s', live('held', BY_ANN));
  run.job('compute.1.sentinel', '2.s', live('held', {otherHold: true}), SENTINEL);
  expect(words(run)).toEqual([]);
  expect(words(run.fact('compute.1.job.hold-by-hand-1', {comment: BY_ANN.comment ?? ''}))).toEqual([
    'release-job compute',
  ]);
});

test('what "stage hold" wrote into the comment is not taken for the hold of a person', () => {
  const run = waiting(live('held', BY_ANN), {ready: true}).fact('compute.1.job.hold-1.intent');
  expect(words(run.fact('decision.hold-1', {by: 'ann'}).fact('decision.release-1'))).toEqual([
    'unhold-job compute',
    'release-job compute',
  ]);
});

test('beside the hold of an operator the comment is about that one', () => {
  const both = live('held', {...BY_ANN, otherHold: true, holds: ['user', 'operator']});
  expect(words(waiting(both, {ready: true}))).toEqual(['release-job compute']);
});

test('no job counts as succeeded before what it needs does', () => {
  const run = new ARun([jobStep('first'), jobStep('compute', {needs: ['first']})])
    .job('first.1.job', '1.s', {kind: 'no-evidence', why: 'timeout'})
    .job('compute.1.job', '2.s', ended(0), {dependsOn: ['1.s']});
  expect(words(run)).toEqual([]);
  run.jobs.set('1.s' as never, ended(0));
  expect(words(run)).toEqual(['end-step first succeeded']);
  run.outcome('first', 'succeeded');
  expect(words(run)).toEqual(['end-step compute succeeded']);
});

test('nor at all where its need has failed: it worked on something else', () => {
  const run = new ARun([jobStep('first'), jobStep('compute', {needs: ['first']})])
    .outcome('first', 'failed')
    .job('compute.1.job', '2.s', ended(0), {dependsOn: ['1.s']});
  expect(run.plan()).toMatchObject([{do: 'end-step', state: 'failed', why: expect.stringContaining('first')}]);
});

test('a hold that its script asks for (#PBS -h) stays when the data is there: the job gets its permit alone', () => {
  const run = waiting(HELD, {ready: true}, {ownHold: true});
  expect(words(run)).toEqual(['permit-job compute']);
  expect(words(run.fact('compute.1.job.release.intent'))).toEqual([]);
});

test('the hold of a script ends by stage release --qhold, as one of a person by qhold does', () => {
  const run = waiting(HELD, {ready: true}, {ownHold: true}).fact('compute.1.job.hold-by-hand-1', {
    by: 'ann',
    comment: '',
  });
  expect(words(run)).toEqual(['release-job compute']);
});
