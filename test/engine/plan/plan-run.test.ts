import {describe, expect, test} from 'vitest';
import type {JobId} from '../../../src/base/job-id.ts';
import {
  ARun,
  CLASSIC,
  ended,
  HELD,
  inWords,
  jobStep,
  live,
  NOW,
  SILENT,
  task,
  transferStep,
  UNKNOWN,
} from '../../support/a-run.ts';

/** The classic run, submitted whole, with its stage-in on the way. */
function underWay(): ARun {
  return new ARun()
    .task('stage-in', 't-in', task('active'))
    .job('compute.1.job', '1.s', HELD, {hold: true})
    .job('compute.1.sentinel', '2.s', live('held', {otherHold: true}), {dependsOn: ['1.s']})
    .job('stage-out.1.launcher', '3.s', live('held', {otherHold: true}), {dependsOn: ['1.s']})
    .job('cleanup.1.job', '4.s', HELD, {hold: true})
    .job('cleanup.1.sentinel', '5.s', live('held', {otherHold: true}), {dependsOn: ['4.s']});
}

const words = (run: ARun, ...rest: Parameters<ARun['plan']>) => run.plan(...rest).map(inWords);

describe('a new run', () => {
  test('submits jobs under their holds first, and the transfer last, so that a refusal moves no data', () => {
    const actions = new ARun().plan();
    expect(actions.map(inWords)).toEqual(['submit-job compute', 'submit-job cleanup', 'submit-transfer stage-in']);
    expect(actions.filter((action) => action.do === 'submit-job').map((action) => action.hold)).toEqual([true, true]);
  });

  test('gets a launcher that depends on compute, and sentinels for both jobs', () => {
    const run = new ARun()
      .task('stage-in', 't')
      .job('compute.1.job', '1.s', undefined, {hold: true})
      .job('cleanup.1.job', '4.s', undefined, {hold: true});
    const actions = run.plan();
    expect(actions.map(inWords)).toEqual([
      'submit-job compute sentinel',
      'submit-job stage-out launcher',
      'submit-job cleanup sentinel',
    ]);
    expect(actions.map((action) => action.do === 'submit-job' && action.dependencies)).toEqual([
      [{type: 'afternotok', jobs: ['1.s']}],
      [{type: 'afterok', jobs: ['1.s']}],
      [{type: 'afterany', jobs: ['4.s']}],
    ]);
  });

  test('a job that needs a job depends on it, without a user hold', () => {
    const run = new ARun([jobStep('a'), jobStep('b', {needs: ['a']})]).job('a.1.job', '1.s');
    expect(run.plan().find((action) => action.do === 'submit-job' && action.step === 'b')).toMatchObject({
      hold: false,
      dependencies: [{type: 'afterok', jobs: ['1.s']}],
    });
  });

  test('a job is not submitted while the job it depends on has no id, or PBS cannot be queried about it', () => {
    const run = new ARun([jobStep('a'), jobStep('b', {needs: ['a']})]);
    expect(words(run)).toEqual(['submit-job a']);
    expect(words(run.job('a.1.job', '1.s', SILENT))).toEqual([]);
  });
});

describe('a job whose output PBS delivers when it has ended', () => {
  const delivering = (seen: Parameters<ARun['job']>[2]) =>
    new ARun([jobStep('a'), transferStep('out', {needs: ['a']})])
      .job('a.1.job', '1.s', seen)
      .fact('a.1.start.1', {job: '1.s'})
      .fact('a.1.end.1', {job: '1.s', exit: 0, terminated: false, delivers: true});

  test.each([
    ['PBS is at it', live('ending')],
    ['PBS cannot be queried', SILENT],
  ])('is followed by nothing while %s', (_, seen) => {
    expect(words(delivering(seen))).not.toContain('end-step a succeeded');
    expect(words(delivering(seen))).not.toContain('submit-transfer out');
  });

  test.each([
    ['has ended it', ended(0)],
    ['no longer knows it', UNKNOWN],
  ])('has succeeded when PBS %s', (_, seen) => {
    expect(words(delivering(seen))).toContain('end-step a succeeded');
  });
});

describe('while the stage-in is on its way', () => {
  test.each(['queued', 'active', 'paused', 'inactive'] as const)('nothing is done while it is %s', (state) => {
    const run = underWay();
    run.task('stage-in', 't-in', task(state));
    expect(words(run)).toEqual([]);
  });

  test('nothing is done when neither PBS nor Globus could be asked', () => {
    const run = underWay();
    run.task('stage-in', 't-in', {kind: 'no-evidence', why: 'HTTP 503'});
    for (const id of run.jobs.keys()) run.jobs.set(id, SILENT);
    expect(words(run)).toEqual([]);
  });

  test('a task that Globus does not list is no failure: since when is put on record, and no more', () => {
    const run = underWay();
    run.task('stage-in', 't-in', {kind: 'unknown'});
    expect(words(run)).toEqual(['note-absent stage-in']);
  });
});

describe('when the stage-in ends', () => {
  test('its success is recorded, and then compute is released once', () => {
    const run = underWay().task('stage-in', 't-in', task('succeeded'));
    expect(words(run)).toEqual(['end-step stage-in succeeded']);
    expect(words(run.outcome('stage-in', 'succeeded'))).toEqual(['release-job compute']);
    run.fact('compute.1.job.release.intent').fact('compute.1.job.release.confirmed');
    expect(words(run)).toEqual([]);
  });

  test.each(['failed', 'cancelled'] as const)(
    '%s: compute and all that hangs on it is deleted from the last to the first, and cleanup released',
    (state) => {
      const run = underWay().task(
        'stage-in',
        't-in',
        task(state, {fatalError: {code: 'CANCELED', description: 'canceled'}}),
      );
      expect(words(run)).toEqual(['end-step stage-in failed']);
      run.outcome('stage-in', 'failed');
      expect(words(run)).toEqual(['delete-job compute', 'delete-job compute sentinel', 'release-job cleanup']);
    },
  );

  test('compute is skipped once no job of it is left', () => {
    const run = underWay()
      .outcome('stage-in', 'failed')
      .fact('compute.1.job.delete.intent')
      .fact('compute.1.job.delete.confirmed')
      .fact('compute.1.sentinel.delete.confirmed');
    expect(words(run)).toContain('end-step compute skipped');
  });
});

describe('when compute ends', () => {
  const computing = () =>
    underWay()
      .outcome('stage-in', 'succeeded')
      .job('compute.1.job', '1.s', live('running'), {hold: true})
      .fact('compute.1.job.release.intent')
      .fact('compute.1.job.release.confirmed')
      .fact('compute.1.start.1', {job: '1.s'});

  test('its own end marker is enough, whatever PBS says', () => {
    const run = computing().fact('compute.1.end.1', {job: '1.s', exit: 0, terminated: false});
    for (const seen of [SILENT, UNKNOWN, live('ending'), ended(0)]) {
      run.job('compute.1.job', '1.s', seen, {hold: true});
      expect(words(run)).toEqual(['end-step compute succeeded']);
    }
  });

  test('exit status 3 fails it: the transfer never starts, cleanup is released', () => {
    const run = computing().fact('compute.1.end.1', {job: '1.s', exit: 3, terminated: false});
    expect(run.plan()).toMatchObject([{do: 'end-step', state: 'failed', why: 'exit status 3', exitStatus: 3}]);
    run.outcome('compute', 'failed');
    expect(words(run)).toEqual([
      'delete-job stage-out launcher',
      'delete-job compute sentinel',
      'end-step stage-out skipped',
      'release-job cleanup',
    ]);
  });

  test('killed at its walltime: what PBS says of a terminated job counts, even if the script trapped TERM and returned 0', () => {
    const run = computing()
      .fact('compute.1.term.1', {job: '1.s'})
      .fact('compute.1.end.1', {job: '1.s', exit: 0, terminated: true});
    run.job('compute.1.job', '1.s', live('running'), {hold: true});
    expect(words(run)).toEqual([]);
    run.job('compute.1.job', '1.s', {...ended(-29), reason: 'killed: walltime exceeded'}, {hold: true});
    expect(run.plan()).toMatchObject([{state: 'failed', why: 'killed: walltime exceeded', exitStatus: -29}]);
  });

  test('told to end, and then unknown to PBS: one such answer concludes nothing, since it may have been requeued', () => {
    const run = computing()
      .fact('compute.1.term.1', {job: '1.s'})
      .fact('compute.1.end.1', {job: '1.s', exit: 143, terminated: true});
    run.job('compute.1.job', '1.s', UNKNOWN, {hold: true});
    expect(words(run)).toEqual(['note-absent compute']);
    run.fact('compute.1.job.absent', {at: NOW - 61_000});
    expect(words(run)).toEqual(['end-step compute failed']);
  });

  test('its success starts the transfer and deletes the cleanup, which nothing can need any more', () => {
    const run = computing().outcome('compute', 'succeeded').job('stage-out.1.launcher', '3.s', live('running'));
    expect(words(run)).toEqual([
      'delete-job cleanup',
      'delete-job cleanup sentinel',
      'delete-job compute sentinel',
      'submit-transfer stage-out',
    ]);
  });

  test('a requeued job that waits again is not ended by its Exit_status of -11', () => {
    const run = computing();
    run.job('compute.1.job', '1.s', live('queued'), {hold: true});
    expect(words(run)).toEqual([]);
  });
});

describe('a job PBS does not know', () => {
  const gone = () => new ARun([jobStep('compute')]).job('compute.1.job', '1.s', UNKNOWN);

  test('is lost only when it is still unknown after the grace time', () => {
    const run = gone();
    expect(words(run)).toEqual(['note-absent compute']);
    run.fact('compute.1.job.absent', {at: NOW - 59_000});
    expect(words(run)).toEqual([]);
    expect(words(run, {}, NOW + 2_000)).toEqual(['void-attempt compute']);
  });

  test('and shows again was not lost: when it does not know it another time, the grace time begins again', () => {
    const run = gone()
      .fact('compute.1.start.1', {job: '1.s'})
      .fact('compute.1.job.absent', {at: NOW - 600_000});
    run.job('compute.1.job', '1.s', live('running'));
    expect(words(run)).toContain('note-seen-again compute');
    run.fact('compute.1.job.seen-again');
    expect(words(run)).not.toContain('note-seen-again compute');
    run.job('compute.1.job', '1.s', UNKNOWN);
    expect(run.plan()).toMatchObject([{do: 'note-absent', number: 2}]);
    run.fact('compute.1.job.absent-2', {at: NOW - 59_000});
    expect(words(run)).toEqual([]);
    expect(words(run, {}, NOW + 2_000)).toEqual(['void-attempt compute']);
  });

  test('is submitted again as a new attempt when it never started, and not before its claim was taken', () => {
    const run = gone().fact('compute.1.start.1', {void: true}).fact('compute.1.outcome', {state: 'lost', why: 'gone'});
    expect(run.plan()).toMatchObject([{do: 'submit-job', step: 'compute', attempt: 2}]);
  });

  test('succeeded all the same when its end marker says so', () => {
    const run = gone()
      .fact('compute.1.start.1', {job: '1.s'})
      .fact('compute.1.end.1', {job: '1.s', exit: 0, terminated: false});
    expect(words(run)).toEqual(['end-step compute succeeded']);
  });

  test('removed by PBS without an exit status did not succeed', () => {
    expect(words(new ARun([jobStep('compute')]).job('compute.1.job', '1.s', ended(undefined)))).toEqual([
      'void-attempt compute',
    ]);
  });

  test('removed by PBS for a dependency that only its script can have named has failed; for one of the run it is lost', () => {
    const removed = {...ended(undefined), byDependency: true} as const;
    const byItself = new ARun([jobStep('compute')]).job('compute.1.job', '1.s', removed);
    expect(words(byItself)).toEqual(['end-step compute failed']);
    const ofTheRun = new ARun([jobStep('compute')]).job('compute.1.job', '1.s', removed, {dependsOn: ['0.s' as JobId]});
    expect(words(ofTheRun)).toEqual(['void-attempt compute']);
  });

  test('a queue on a server that is not known is tried a few times; then the step fails', () => {
    const run = new ARun([jobStep('compute')]);
    const refuse = (serial: number) => {
      const key = `compute.1.job${serial === 1 ? '' : `-${serial}`}`;
      run
        .fact(`${key}.intent`, {tag: `s-${serial}`, hold: false, dependsOn: [], deadline: 0})
        .fact(`${key}.refused`, {at: 0, why: 'no such server', retry: true, unknownServer: 'nowhere'});
    };
    for (const serial of [1, 2, 3]) {
      refuse(serial);
      expect(words(run)).toEqual(['submit-job compute']);
    }
    refuse(4);
    expect(words(run)).toEqual(['end-step compute failed']);
  });

  test('the first one of a run, whose answer was lost, is looked for as soon as its deadline has passed', () => {
    const run = new ARun([jobStep('compute')]);
    const intent = {at: NOW - 20_000, tag: 's-x', hold: false, dependsOn: []};
    const planned = (deadline: number) => {
      run.fact('compute.1.job.intent', {...intent, deadline});
      run.tags.set('s-x', '7.s' as JobId);
      return words(run);
    };
    expect(planned(NOW + 1)).toEqual([]);
    expect(planned(NOW)).toEqual(['adopt-job compute']);
  });

  test('deleted by hand comes back only when a person says so', () => {
    const run = new ARun([jobStep('compute')]).job('compute.1.job', '1.s', ended(undefined, 'deleted'));
    expect(words(run)).toEqual([]);
    expect(words(run, {rebuild: true})).toEqual(['void-attempt compute']);
  });
});

describe('an intent without a confirmation', () => {
  const unclear = () =>
    new ARun([jobStep('compute')]).fact('compute.1.job.intent', {
      tag: 's-x',
      hold: false,
      dependsOn: [],
      deadline: NOW - 1,
    });

  test('stands while PBS has not been asked for its tag', () => {
    expect(words(unclear())).toEqual([]);
  });

  test('is adopted when PBS has its job', () => {
    const run = unclear();
    run.tags.set('s-x', '7.s' as never);
    expect(run.plan()).toMatchObject([{do: 'adopt-job', job: '7.s'}]);
  });

  test('is given up when PBS has none, and only then submitted again', () => {
    const run = unclear();
    run.tags.set('s-x', null);
    expect(words(run)).toEqual(['give-up-intent compute']);
    run.fact('compute.1.job.never-arrived');
    expect(run.plan()).toMatchObject([{do: 'submit-job', attempt: 1, serial: 2}]);
  });

  test('is adopted from the start marker of a job that already ran, which PBS may have forgotten', () => {
    const run = unclear().fact('compute.1.start.1', {job: '7.s'});
    run.tags.set('s-x', null);
    expect(run.plan()[0]).toMatchObject({do: 'adopt-job', job: '7.s'});
  });

  test('of a transfer is submitted again under its submission id', () => {
    const run = new ARun([transferStep('in')]).fact('in.1.transfer.intent', {submissionId: 's', request: {}});
    expect(words(run)).toEqual(['submit-transfer in']);
  });
});

describe('a submission that PBS refused', () => {
  test('for good fails the step, with what PBS said', () => {
    const run = new ARun([jobStep('compute')])
      .fact('compute.1.job.intent', {tag: 't', deadline: 0, dependsOn: []})
      .fact('compute.1.job.refused', {why: 'Unknown queue', retry: false});
    expect(run.plan()).toMatchObject([{do: 'end-step', state: 'failed', why: 'Unknown queue'}]);
  });

  test('for now is tried again after a pause, or at once when a person asks', () => {
    const run = new ARun([jobStep('compute')])
      .fact('compute.1.job.intent', {tag: 't', deadline: 0, dependsOn: []})
      .fact('compute.1.job.refused', {why: 'limit', retry: true, at: NOW - 1});
    expect(words(run)).toEqual([]);
    expect(words(run, {rebuild: true})).toEqual(['submit-job compute']);
    expect(words(run, {}, NOW + 60_000)).toEqual(['submit-job compute']);
  });
});

test('a transfer is not begun when nothing that needs it can run any more', () => {
  const run = new ARun().outcome('compute', 'failed', 'Unknown queue').outcome('stage-out', 'skipped');
  expect(words(run)).toContain('end-step stage-in skipped');
  expect(words(run)).not.toContain('submit-transfer stage-in');
});

test('a cleanup that PBS let go by accident did nothing, and is submitted again under its hold', () => {
  const run = underWay().job('cleanup.1.job', '4.s', ended(96), {hold: true});
  expect(words(run)).toContain('void-attempt cleanup');
  run.fact('cleanup.1.start.1', {void: true}).outcome('cleanup', 'lost');
  expect(run.plan()).toContainEqual(
    expect.objectContaining({do: 'submit-job', step: 'cleanup', attempt: 2, hold: true}),
  );
});

describe('a look that is older than what was done since', () => {
  test('deletes no job that was released after it', () => {
    const run = underWay()
      .outcome('stage-in', 'succeeded')
      .outcome('compute', 'succeeded')
      .outcome('stage-out', 'succeeded');
    run.fact('cleanup.1.job.release.confirmed', {at: NOW + 1});
    expect(words(run)).not.toContain('delete-job cleanup');
  });

  test('deletes no job that has started', () => {
    const run = underWay()
      .outcome('stage-in', 'succeeded')
      .outcome('compute', 'succeeded')
      .fact('compute.1.start.1', {job: '1.s'});
    expect(words(run)).not.toContain('delete-job compute');
  });
});

test('a job of an attempt that was given up, and came back, is deleted', () => {
  const run = new ARun([jobStep('compute')])
    .job('compute.1.job', '1.s', live('queued'))
    .fact('compute.1.start.1', {void: true})
    .outcome('compute', 'lost');
  expect(words(run)).toEqual(['delete-job compute', 'submit-job compute']);
});

describe('a cancelled run', () => {
  test('cancels its task, deletes its jobs, and keeps its cleanup for when the transfer has stopped', () => {
    const run = underWay().fact('decision.cancel', {by: 'ann@h', cleanup: true});
    expect(words(run)).toEqual([
      'delete-job stage-out launcher',
      'delete-job compute',
      'delete-job compute sentinel',
      'cancel-task stage-in',
      'end-step stage-out cancelled',
    ]);
    expect(words(run)).not.toContain('delete-job cleanup');
    run.task('stage-in', 't-in', task('cancelled')).outcome('stage-in', 'cancelled');
    expect(words(run)).toContain('release-job cleanup');
  });

  test('without cleanup deletes the cleanup too', () => {
    expect(words(underWay().fact('decision.cancel', {by: 'ann@h', cleanup: false}))).toContain('delete-job cleanup');
  });

  test('ends running jobs, and is cancelled when they are gone', () => {
    const run = new ARun([jobStep('compute')])
      .job('compute.1.job', '1.s', live('running'))
      .fact('compute.1.start.1', {job: '1.s'})
      .fact('decision.cancel', {by: 'ann@h', cleanup: true});
    run.job('compute.1.sentinel', '2.s', live('held', {otherHold: true}), {dependsOn: ['1.s']});
    expect(words(run), 'the sentinel stays: who else would see the end?').toEqual(['delete-job compute']);
    run.fact('compute.1.job.delete.intent').fact('compute.1.job.delete.confirmed');
    expect(words(run)).toEqual([]);
    run.job('compute.1.job', '1.s', ended(271)).fact('compute.1.job.delete.intent');
    expect(words(run)).toEqual(['end-step compute cancelled']);
  });
});

test('steps in the order of the file make no difference to what is planned', () => {
  const forwards = new ARun(CLASSIC).plan().map(inWords).sort();
  const backwards = new ARun([...CLASSIC].reverse()).plan().map(inWords).sort();
  expect(backwards).toEqual(forwards);
});

test('a transfer that went on without some files has succeeded, and says how many and how to see which', () => {
  const done = task('succeeded', {skippedErrors: 2});
  const run = new ARun([transferStep('in')]).task('in', 't', done);
  expect(run.plan()).toMatchObject([
    {
      do: 'end-step',
      state: 'succeeded',
      skippedErrors: 2,
      why: 'succeeded, 2 files skipped; which: stage transfer skipped t',
    },
  ]);
});

test('a dependent that PBS removed with a job that failed is skipped in its first attempt', () => {
  const run = new ARun([jobStep('first'), jobStep('second', {needs: ['first']})])
    .job('first.1.job', '1.s', ended(271))
    .job('second.1.job', '2.s', {...ended(undefined), byDependency: true}, {dependsOn: ['1.s']});
  expect(words(run)).toEqual(['end-step first failed']);
  run.outcome('first', 'failed');
  expect(run.plan()).toMatchObject([{do: 'end-step', step: 'second', attempt: 1, state: 'skipped'}]);
});

test('where the job that failed is tried again, it is submitted again', () => {
  const run = new ARun([{...jobStep('first'), retries: 1}, jobStep('second', {needs: ['first']})])
    .job('first.1.job', '1.s', ended(271))
    .job('second.1.job', '2.s', ended(undefined), {hold: true});
  expect(words(run)).toEqual(['end-step first failed']);
  run.fact('first.1.outcome', {state: 'failed', why: 'exit status 271', exitStatus: 271, at: NOW});
  expect(words(run)).toEqual(['void-attempt second']);
});
