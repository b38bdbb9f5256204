import {describe, expect, test} from 'vitest';
import type {Step} from '../../../../src/workflow/model/workflow.ts';
import {ARun, ended, HELD, inWords, jobStep, live, task, transferStep, UNKNOWN} from '../../../support/a-run.ts';

/** What follows the failure of a step of which nothing had begun: nothing is tidied up after it. */

const words = (run: ARun) => run.plan().map(inWords);
const FLOW = [jobStep('first'), jobStep('compute', {needs: ['first']}), jobStep('tidy', {onFailureOf: ['compute']})];

/** `tidy` waits under its hold; the first step has done its work. */
function begun(steps: readonly Step[] = FLOW): ARun {
  return new ARun(steps).outcome('first', 'succeeded').job('tidy.1.job', '9.s', HELD, {hold: true});
}

function refused(run: ARun, key: string, why = 'illegal -o value'): ARun {
  return run
    .fact(`${key}.intent`, {tag: `s-${key}`, dependsOn: [], deadline: 0})
    .fact(`${key}.refused`, {why, retry: false});
}

describe('a step of which nothing had begun starts no cleanup when it fails, although other steps have begun:', () => {
  test('PBS refused its job', () => {
    const run = refused(begun(), 'compute.1.job').outcome('compute', 'failed', 'illegal -o value');
    expect(words(run)).toEqual(['delete-job tidy']);
    run.fact('tidy.1.job.delete.intent').fact('tidy.1.job.delete.done').job('tidy.1.job', '9.s', UNKNOWN, {hold: true});
    expect(run.plan()).toMatchObject([
      {do: 'end-step', step: 'tidy', state: 'skipped', why: 'compute failed before anything of it began'},
    ]);
  });

  test('PBS removed its job for a dependency of its own script', () => {
    const run = begun().job('compute.1.job', '2.s', {...ended(undefined), byDependency: true});
    const [end] = run.plan();
    expect(end).toMatchObject({do: 'end-step', step: 'compute', state: 'failed'});
    expect(words(run.outcome('compute', 'failed'))).toEqual(['delete-job tidy']);
  });

  test('Globus refused its transfer', () => {
    const steps = [jobStep('first'), transferStep('out', {needs: ['first']}), jobStep('tidy', {onFailureOf: ['out']})];
    const run = begun(steps)
      .fact('out.1.transfer.intent', {submissionId: 's', request: {}})
      .fact('out.1.transfer.refused', {why: 'no such collection', retry: false});
    expect(words(run)).toContain('end-step out failed');
    expect(words(run.outcome('out', 'failed'))).toEqual(['delete-job tidy']);
  });

  test('PBS refused it again after a person resumed the run: what had failed before was tidied up before', () => {
    const run = begun().fact('compute.1.start.1').outcome('compute', 'failed').resumed({compute: 1});
    refused(run, 'compute.2.job').fact('compute.2.outcome', {state: 'failed', why: 'Unknown queue'});
    expect(words(run)).toEqual(['delete-job tidy']);
  });
});

describe('a cleanup is due', () => {
  test('when another step that it watches fails after it had begun, and waits for that', () => {
    const steps = [...FLOW.slice(0, 2), jobStep('beside'), jobStep('tidy', {onFailureOf: ['compute', 'beside']})];
    const run = refused(begun(steps), 'compute.1.job')
      .outcome('compute', 'failed')
      .fact('beside.1.start.1', {job: '3.s'})
      .job('beside.1.job', '3.s', live('running'));
    expect(words(run)).toEqual(['submit-job beside sentinel', 'submit-job tidy sentinel']);
    expect(words(run.outcome('beside', 'failed'))).toContain('release-job tidy');
  });

  test('when an attempt ran, failed, and PBS refused the next one', () => {
    const run = begun().fact('compute.1.start.1').outcome('compute', 'failed');
    refused(run, 'compute.2.job').fact('compute.2.outcome', {state: 'failed', why: 'Unknown queue', final: true});
    expect(words(run)).toContain('release-job tidy');
  });

  test('when an attempt was lost after it had begun, and PBS refused the next one', () => {
    const run = begun().fact('compute.1.start.1').outcome('compute', 'lost');
    refused(run, 'compute.2.job').fact('compute.2.outcome', {state: 'failed', why: 'Unknown queue', final: true});
    expect(words(run)).toContain('release-job tidy');
  });

  test('when the job ended without a start on record, and PBS shows its exit status', () => {
    const run = begun().fact('compute.1.outcome', {state: 'failed', why: 'exit status 1', exitStatus: 1});
    expect(words(run)).toContain('release-job tidy');
  });

  test('when a task of Globus failed, or the step was cancelled', () => {
    const steps = [transferStep('in'), jobStep('tidy', {onFailureOf: ['in']})];
    const run = () => new ARun(steps).job('tidy.1.job', '9.s', HELD, {hold: true});
    expect(words(run().task('in', 't', task('failed')).outcome('in', 'failed'))).toContain('release-job tidy');
    expect(words(run().outcome('in', 'cancelled'))).toContain('release-job tidy');
  });
});

describe('a step with "when: always"', () => {
  const flow = [...FLOW.slice(0, 2), {...jobStep('last', {after: ['first', 'compute']}), always: true as const}];

  test('runs after a refusal when another step has done something', () => {
    const run = refused(new ARun(flow), 'compute.1.job').outcome('compute', 'failed');
    expect(words(run.outcome('first', 'succeeded'))).toContain('submit-job last');
  });

  test('is skipped when nothing of the run has begun', () => {
    const run = refused(new ARun(flow), 'first.1.job').outcome('first', 'failed').outcome('compute', 'skipped');
    expect(run.plan()).toMatchObject([
      {
        do: 'end-step',
        step: 'last',
        state: 'skipped',
        why: 'nothing of the run has begun: there is nothing to tidy up',
      },
    ]);
  });
});
