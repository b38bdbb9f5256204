import {expect, test} from 'vitest';
import {ARun, ended, inWords, jobStep, live, UNKNOWN} from '../../../support/a-run.ts';

// A job that found another script than was recorded ran nothing: no end, no failure, and nothing follows from it.

const words = (run: ARun) => run.plan().map(inWords);
const ALTERED = {job: '1.s', at: '2026-11-30T12:00:00Z'};

function runWith(seen: Parameters<ARun['job']>[2], {array = false} = {}): ARun {
  const compute = jobStep('compute');
  const steps = [
    array ? {...compute, array: {first: 0, last: 2, step: 1}} : compute,
    jobStep('out', {needs: ['compute']}),
    jobStep('tidy', {onFailureOf: ['compute']}),
  ];
  return new ARun(steps).job('compute.1.job', '1.s', seen);
}

/** The attempt is given up; nothing that waits for a success or a failure is set going. */
function mustBeGivenUp(run: ARun): void {
  expect(run.plan()).toContainEqual(
    expect.objectContaining({
      do: 'void-attempt',
      step: 'compute',
      attempt: 1,
      why: expect.stringContaining('recorded'),
    }),
  );
  expect(words(run).filter((action) => /end-step|release-job|permit-job/.test(action))).toEqual([]);
}

test('the attempt is lost, neither succeeded nor failed, whether PBS tells of the job or not', () => {
  mustBeGivenUp(runWith(ended(94)).fact('compute.1.altered', ALTERED));
  mustBeGivenUp(runWith(UNKNOWN).fact('compute.1.altered', ALTERED));
  mustBeGivenUp(runWith(ended(94))); // a full disk took no marker
});

test('where PBS had started the job before, the script was interrupted, and did not fail', () => {
  mustBeGivenUp(runWith(ended(94)).fact('compute.1.start.1', {job: '1.s'}).fact('compute.1.altered', ALTERED));
});

test('of an array, subjobs that ran nothing are done by another attempt', () => {
  const run = runWith(ended(1), {array: true}).fact('compute.1.altered', ALTERED);
  mustBeGivenUp(run);
  run
    .fact('compute.1.start.1', {job: '1.s'})
    .fact('compute.1.i0.start.1', {job: '1.s'})
    .fact('compute.1.i0.end.1', {exit: 0, terminated: false})
    .fact('compute.1.job.absent', {at: 0});
  mustBeGivenUp(run);
});

test('the end of a script that ran after all counts', () => {
  const run = runWith(live('running')).fact('compute.1.altered', ALTERED);
  expect(words(run)).not.toContain('void-attempt compute');
  run.fact('compute.1.start.1', {job: '1.s'}).fact('compute.1.end.1', {job: '1.s', exit: 0, terminated: false});
  run.jobs.set('1.s' as never, ended(0));
  expect(words(run)).toContain('end-step compute succeeded');
});
