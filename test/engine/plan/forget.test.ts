import {describe, expect, test} from 'vitest';
import type {JobId} from '../../../src/base/job-id.ts';
import type {FactValue} from '../../../src/disk/facts.ts';
import {unanswered} from '../../../src/engine/plan/forget.ts';
import {nextLookAtRun} from '../../../src/engine/plan/monitor/next-look.ts';
import {mayBeSealed} from '../../../src/engine/plan/sealing.ts';
import {standingOf} from '../../../src/standing/standing-of.ts';
import type {TaskSeen} from '../../../src/transfer/transfer-service.ts';
import {
  ARun,
  ENGINE_SETTINGS,
  ended,
  HELD,
  inWords,
  jobStep,
  live,
  NOW,
  SETTINGS,
  SILENT,
  task,
  transferStep,
  UNKNOWN,
} from '../../support/a-run.ts';

const NOT_LISTED: TaskSeen = {kind: 'unknown'};
const AWAY: TaskSeen = {kind: 'no-evidence', why: 'timeout'};
const cancelled = (run: ARun, at = 0) => run.fact('decision.cancel', {at, by: 'ann@h', cleanup: true});
const forget = (run: ARun, step: string, more: FactValue = {}) =>
  run.fact('decision.forget-1', {by: 'ann@h', step, attempt: 1, jobs: [], ...more});
const moved = (seen?: TaskSeen) => new ARun([transferStep('in')]).task('in', 't', seen);
const viewOf = (run: ARun) => ({run: run.state, seen: run.seen(), settings: SETTINGS});
const words = (run: ARun) => run.plan().map(inWords);

describe('a task that Globus does not list', () => {
  test('is put on record once, and again when it was listed in between', () => {
    expect(moved(NOT_LISTED).plan()).toEqual([
      {do: 'note-absent', step: 'in', key: 'in.1.transfer', task: 't', number: 1, why: 'Globus does not list it'},
    ]);
    const noted = () => moved(NOT_LISTED).fact('in.1.transfer.absent', {at: NOW - 1, task: 't'});
    expect(words(noted())).toEqual([]);
    const back = noted().task('in', 't', task('active'));
    expect(back.plan()).toMatchObject([{do: 'note-seen-again', number: 1}]);
    back.fact('in.1.transfer.seen-again');
    expect(words(back)).toEqual([]);
    expect(back.task('in', 't', NOT_LISTED).plan()).toMatchObject([{do: 'note-absent', number: 2}]);
  });

  test('keeps a cancelled run waiting, until a person forgets its step', () => {
    const run = cancelled(moved(NOT_LISTED).fact('in.1.transfer.absent', {at: 0}));
    expect(words(run)).toEqual([]);
    const [end] = forget(run, 'in', {task: 't'}).plan();
    expect(end).toMatchObject({
      do: 'end-step',
      state: 'cancelled',
      cause: 'forgotten',
      why: 'forgotten by ann@h: task t may still move data to bbbbbbbb-0000-4000-8000-000000000002:/in/to/ (Globus does not list it for this identity)',
    });
  });

  test.each<[string, TaskSeen | undefined, readonly string[]]>([
    ['is listed again is cancelled like others', task('active'), ['cancel-task in']],
    ['has ended ends the step by what it did', task('succeeded'), ['end-step in succeeded']],
    ['Globus was not asked about yet is waited for', undefined, []],
    ['Globus cannot be asked about ends', AWAY, ['end-step in cancelled']],
  ])('and one that was forgotten and %s', (_what, seen, actions) => {
    expect(words(forget(cancelled(moved(seen)), 'in'))).toEqual(actions);
  });

  test('a word about an earlier attempt says nothing of the one that followed a resumption', () => {
    const run = moved(NOT_LISTED).resumed({in: 1});
    run
      .fact('in.1.transfer.absent', {at: 0})
      .fact('decision.forget-1', {by: 'ann@h', step: 'in', attempt: 1, jobs: []});
    expect(run.plan()).toMatchObject([{do: 'submit-transfer', attempt: 2}]);
  });
});

test('a submission that Globus never confirmed is not repeated for a step that was forgotten', () => {
  const run = cancelled(new ARun([transferStep('in')]).fact('in.1.transfer.intent', {submissionId: 's', request: {}}));
  expect(words(run)).toEqual(['submit-transfer in']);
  expect(forget(run, 'in').plan()).toMatchObject([
    {do: 'end-step', state: 'cancelled', why: expect.stringContaining('a task of submission s may exist')},
  ]);
});

describe('a job of a server that does not answer', () => {
  const silent = () => new ARun([jobStep('compute')]).job('compute.1.job', '5.old', SILENT);

  test('keeps a cancelled run waiting, until a person forgets its step', () => {
    expect(words(cancelled(silent()))).toEqual([]);
    expect(forget(cancelled(silent()), 'compute').plan()).toMatchObject([
      {
        do: 'end-step',
        state: 'cancelled',
        why: expect.stringContaining('job 5.old may still be in a queue, and will not run'),
      },
    ]);
    const begun = silent().fact('compute.1.start.1', {job: '5.old'});
    expect(forget(cancelled(begun), 'compute').plan()[0]?.why).toContain('job 5.old may still run');
  });

  test.each([
    ['a job that is live is deleted', live('running'), 'delete-job compute'],
    ['a job that PBS does not know counts as lost in its time', UNKNOWN, 'note-absent compute'],
    ['a job that has ended ends its step', ended(0), 'end-step compute succeeded'],
  ])('where PBS answers after all, %s', (_what, seen, action) => {
    const run = new ARun([jobStep('compute')]).job('compute.1.job', '5.s', seen);
    expect(words(forget(cancelled(run), 'compute'))).toEqual([action]);
  });

  test('keeps no seal back once it was forgotten, unless PBS shows it', () => {
    const run = cancelled(silent()).outcome('compute', 'cancelled');
    const sealed = () => mayBeSealed(run.state, run.seen(), SETTINGS);
    expect(sealed()).toBe(false);
    forget(run, 'compute', {jobs: ['compute.1.job']});
    expect(sealed()).toBe(true);
    run.job('compute.1.job', '5.old', HELD);
    expect(sealed()).toBe(false);
  });

  test('is looked for at the slow end when nothing but the seal of its run is missing', () => {
    const {bounds} = ENGINE_SETTINGS;
    const run = silent().outcome('compute', 'succeeded');
    const look = () => nextLookAtRun(run.state, run.seen(), SETTINGS, bounds);
    expect(look()).toBe(NOW + bounds.maxMs);
    run.jobs.set('5.old' as JobId, ended(0));
    expect(look()).toBe(NOW + bounds.minMs);
  });

  test('a submission whose answer never came can be forgotten when its time is over, not before', () => {
    const open = (deadline: number) =>
      new ARun([jobStep('compute')]).fact('compute.1.job.intent', {tag: 's-x', hold: false, dependsOn: [], deadline});
    const what = (run: ARun) => unanswered(viewOf(run), jobStep('compute'));
    expect(what(open(NOW))).toMatchObject({submission: 's-x'});
    expect(what(open(NOW + 1))).toBeUndefined();
    expect(words(forget(cancelled(open(NOW)), 'compute'))).toEqual(['end-step compute cancelled']);
  });
});

describe('the advice to forget', () => {
  const advised = (run: ARun) => {
    const {line, reasons, steps} = standingOf(viewOf(run));
    const next = [...reasons, ...steps.map(({reason}) => reason)].flatMap((reason) => reason.next);
    return {line, command: next.map((one) => /stage cancel r\.1 --forget \S+/.exec(one)?.[0]).find(Boolean)};
  };
  const LONG_AGO = NOW - SETTINGS.lostGraceMs;
  const absent = (at: number, seen?: TaskSeen) => moved(seen).fact('in.1.transfer.absent', {at, task: 't'});

  test('comes when a task has not been listed for a while, in the line of the run too', () => {
    expect(advised(moved(NOT_LISTED)).command).toBeUndefined();
    expect(advised(absent(LONG_AGO + 1, NOT_LISTED)).command).toBeUndefined();
    expect(advised(absent(LONG_AGO, NOT_LISTED)).command).toBe('stage cancel r.1 --forget in');
    expect(advised(cancelled(absent(LONG_AGO, NOT_LISTED))).line).toMatch(
      /in: Globus does not list this task.*--forget in$/,
    );
    expect(advised(absent(LONG_AGO)).command).toBe('stage cancel r.1 --forget in');
    expect(advised(absent(LONG_AGO, task('active'))).command).toBeUndefined();
  });

  test('comes for what cannot be asked about only when the run was cancelled a while ago', () => {
    const silent = () => new ARun([jobStep('compute')]).job('compute.1.job', '5.old', SILENT);
    expect(advised(silent()).command).toBeUndefined();
    expect(advised(cancelled(silent(), LONG_AGO + 1)).command).toBeUndefined();
    expect(advised(cancelled(silent(), LONG_AGO)).command).toBe('stage cancel r.1 --forget compute');
    expect(advised(cancelled(moved(AWAY), LONG_AGO)).command).toBe('stage cancel r.1 --forget in');
  });

  test('comes when every step has ended and a job that cannot be asked about keeps the run open', () => {
    const over = (at: number) =>
      new ARun([jobStep('compute')])
        .job('compute.1.job', '5.old', SILENT)
        .fact('compute.1.outcome', {at, state: 'succeeded', why: 'exit status 0'});
    expect(advised(over(LONG_AGO + 1)).command).toBeUndefined();
    expect(advised(over(LONG_AGO)).command).toBe('stage cancel r.1 --forget compute');
    expect(advised(forget(over(LONG_AGO), 'compute', {jobs: ['compute.1.job']})).command).toBeUndefined();
  });
});
