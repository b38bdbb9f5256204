import {describe, expect, test} from 'vitest';
import type {JobId} from '../../../../src/base/job-id.ts';
import {type MonitorView, planMonitor} from '../../../../src/engine/plan/monitor/plan-monitor.ts';
import type {JobSeen} from '../../../../src/scheduler/scheduler.ts';
import {ARun, ended, HELD, inWords, live, NOW, task, UNKNOWN} from '../../../support/a-run.ts';

const words = (run: ARun, ...rest: Parameters<ARun['plan']>) => run.plan(...rest).map(inWords);

/** A run whose stage-in goes on, and whose jobs were wiped. */
function wiped(): ARun {
  return new ARun()
    .task('stage-in', 't-in', task('active'))
    .job('compute.1.job', '1.s', undefined, {hold: true})
    .job('cleanup.1.job', '4.s', undefined, {hold: true});
}

describe('a job that goes by the id on record, and was submitted by another program', () => {
  const strangers: [string, JobSeen][] = [
    ['with another tag, waiting', {...HELD, tag: 's-other.1.job'} as JobSeen],
    ['with another tag, running', live('running', {tag: 's-other.1.job'})],
    ['with variables and no tag', live('queued', {tag: ''})],
    ['that exited with 0', {...ended(0), tag: 's-other.1.job'}],
    ['that exited with 3', {...ended(3), tag: 's-other.1.job'}],
  ];

  test.each(strangers)('%s: it is not ours, and ours is gone', (_, stranger) => {
    const run = wiped();
    for (const id of ['1.s', '4.s']) run.jobs.set(id as JobId, stranger);
    expect(words(run)).toEqual(['note-absent compute', 'note-absent cleanup']);
    run.fact('compute.1.job.absent', {at: NOW - 120_000}).fact('cleanup.1.job.absent', {at: NOW - 120_000});
    expect(words(run)).toEqual(['void-attempt compute', 'void-attempt cleanup']);
  });

  test.each(strangers)(
    '%s: it is neither deleted, held nor released when the run is cancelled or held',
    (_, stranger) => {
      for (const decision of ['decision.cancel', 'decision.hold-1']) {
        const run = wiped().fact(decision, {by: 'a@h', cleanup: false});
        run.jobs.set('1.s' as JobId, stranger).set('4.s' as JobId, stranger);
        expect(run.plan().filter((action) => 'job' in action && action.do !== 'note-absent')).toEqual([]);
      }
    },
  );

  test('when it is our own next attempt, that one is left alone', () => {
    const run = wiped()
      .fact('compute.1.start.1', {void: true})
      .fact('compute.1.outcome', {state: 'lost', why: 'PBS no longer knows it'})
      .job('compute.2.job', '1.s', {...HELD, tag: 's-compute.2.job'} as JobSeen, {hold: true})
      .job('compute.2.sentinel', '2.s', live('held'), {dependsOn: ['1.s']})
      .job('stage-out.1.launcher', '3.s', live('held'), {dependsOn: ['1.s']});
    expect(words(run).filter((word) => !word.includes('cleanup'))).toEqual([]);
  });

  test('when PBS gave the id of a wiped one to our own new job, an earlier look says nothing of that', () => {
    const run = wiped()
      .fact('compute.1.start.1', {void: true})
      .fact('compute.1.outcome', {state: 'lost', why: 'PBS no longer knows it'})
      .job('compute.2.job', '4.s', UNKNOWN, {hold: true})
      .fact('compute.2.job.confirmed', {job: '4.s', at: NOW + 1});
    expect(words(run)).not.toContain('note-absent compute');
    expect(words(run, {}, NOW + 2)).toContain('note-absent compute');
  });

  test('when an earlier submission for the attempt took its claim, that job is the one that counts', () => {
    const run = wiped()
      .job('compute.1.job-2', '9.s', live('queued'))
      .fact('compute.1.job.never-arrived')
      .fact('compute.1.start.1', {job: '1.s'});
    run.jobs.set('1.s' as JobId, {...ended(3), tag: 's-compute.1.job'});
    expect(run.plan()).toContainEqual(expect.objectContaining({do: 'end-step', step: 'compute', exitStatus: 3}));
  });
});

describe('a monitor whose id names another job', () => {
  const link = {
    generation: 4,
    tag: 's-monitor.4.x',
    startAt: NOW,
    deadline: NOW,
    job: '7.s' as JobId,
    neverArrived: false,
    unwanted: false,
  };
  const view = (seen: JobSeen): MonitorView => ({
    newest: link,
    wantedAt: NOW + 1000,
    me: undefined,
    seen: {now: NOW, jobs: new Map([[link.job, seen]]), tasks: new Map(), tags: new Map()},
    bounds: {minMs: 1000, maxMs: 5000},
    refusedRetryMs: 1000,
    insist: false,
    stays: false,
  });

  test('is replaced, and the other job is neither moved nor deleted', () => {
    for (const stranger of [
      live('waiting', {tag: 's-a.1.x', startAt: NOW + 10_000_000}),
      live('running', {tag: ''}),
      {...ended(0), tag: ''},
    ]) {
      expect(planMonitor(view(stranger)).map((action) => action.do)).toEqual(['submit-monitor']);
      expect(planMonitor({...view(stranger), wantedAt: undefined})).toEqual([]);
    }
  });
});
