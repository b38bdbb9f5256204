import {expect, test} from 'vitest';
import {exitOf, exitUnderWay, notLearnt} from '../../src/app/shared/look-results.ts';
import {viewRun} from '../../src/app/shared/run-view.ts';
import type {TaskId} from '../../src/base/ids.ts';
import {EXIT} from '../../src/errors.ts';
import {type JobSeen, SchedulerUnreachable} from '../../src/scheduler/scheduler.ts';
import type {TaskKnowledge} from '../../src/standing/reasons/explain-task.ts';
import {standingOf} from '../../src/standing/standing-of.ts';
import type {TransferTask} from '../../src/transfer/transfer-service.ts';
import {ARun, jobStep, NOW, SETTINGS, SILENT, task, transferStep} from '../support/a-run.ts';

const TASK = 't' as TaskId; // the id that the tasks of a-run.ts have

function stepsOf(run: ARun, known?: TaskKnowledge) {
  const view = {run: run.state, seen: run.seen(), settings: SETTINGS};
  const {steps} = viewRun(standingOf(view, {tasks: new Map(known ? [[TASK, known]] : [])}));
  return steps.map(({step, state, reason}) => ({step, state, reason}));
}

const moving = (seen: TransferTask) => new ARun([transferStep('in')]).task('in', TASK, seen);

test.each([
  [
    task('paused', {trouble: 'paused by admin'}),
    ['paused', 'paused at Globus: paused by admin'],
    {pauses: [{message: 'tape robot'}]},
    'paused by the manager of a collection: "tape robot"',
  ],
  [
    task('inactive', {trouble: 'no credentials'}),
    ['action-needed', 'Globus has suspended it until you sign in or consent: no credentials'],
    {demands: [{what: 'sign in as ada', next: []}]},
    'Globus has suspended it until you sign in or consent: sign in as ada',
  ],
  [
    task('queued'),
    ['queued', 'queued at Globus: Globus works on 3 transfers of a user at a time'],
    {ahead: [{task: TASK, label: 'big'}]},
    'queued at Globus behind 1 of your own tasks: Globus works on 3 transfers of a user at a time; now on "big" (t)',
  ],
] as const)(
  'a task that does not move is told in the same words by all commands, and in more where Globus was asked for more',
  (seen, [state, reason], known, more) => {
    expect(stepsOf(moving(seen))).toEqual([{step: 'in', state, reason}]);
    expect(stepsOf(moving(seen), known)).toEqual([{step: 'in', state, reason: more}]);
  },
);

test('that Globus does not say who paused a task is told only when it was asked', () => {
  const run = moving(task('paused'));
  expect(stepsOf(run)[0]?.reason).toBe('paused at Globus');
  expect(stepsOf(run, {pauses: []})[0]?.reason).toBe('paused at Globus: Globus does not say by whom');
});

test('a task that moves tells where to, and what it got over', () => {
  expect(stepsOf(moving(task('active')))[0]).toMatchObject({state: 'transferring', reason: 'a to b'});
  expect(stepsOf(moving(task('active', {faults: 2})))[0]?.reason).toBe('a to b, after 2 faults that it recovered from');
});

test('a job that cannot be submitted before a person acts has one exit code, whoever asks and whether it was just tried', () => {
  const run = new ARun([jobStep('compute')])
    .fact('compute.1.job.intent', {tag: 't', hold: false, dependsOn: [], deadline: 0})
    .fact('compute.1.job.refused', {at: NOW, why: 'changed', retry: true, notAsked: true, next: ['cp SCRIPT x']});
  const standing = standingOf({run: run.state, seen: run.seen(), settings: SETTINGS}, {tasks: new Map()});
  expect(standing.steps).toMatchObject([{state: 'action-needed', reason: {code: 'JOB_NOT_SUBMITTED'}}]);
  const tried = {code: 'SCRIPT_CHANGED', exit: EXIT.usage};
  expect([exitOf(standing, [tried]), exitOf(standing, [])]).toEqual([EXIT.actionNeeded, EXIT.actionNeeded]);
  expect([exitUnderWay([standing], [tried], []), exitUnderWay([standing], [], [])]).toEqual([3, 3]);
});

test('a step of a held run whose job was lost is held, and the command that releases it is named', () => {
  const lost = () =>
    new ARun([jobStep('compute'), jobStep('later', {needs: ['compute']})])
      .job('compute.1.job', '5.s')
      .outcome('compute', 'lost');
  expect(stepsOf(lost())[0]).toMatchObject({state: 'waiting', reason: 'to be started at the next look'});
  expect(stepsOf(lost().fact('decision.hold-1', {by: 'ann'}))).toEqual([
    {step: 'compute', state: 'held', reason: 'the run is held by ann; release it with: stage release r.1'},
    {step: 'later', state: 'waiting', reason: 'waits for compute'},
  ]);
});

test('a PBS that is away is told once, with its cause; steps say no more than that it could not be queried', () => {
  const away: JobSeen = {kind: 'no-evidence', why: 'no connection to the server'};
  const run = new ARun([jobStep('one'), jobStep('two'), jobStep('odd')])
    .job('one.1.job', '1.s', away)
    .job('two.1.job', '2.s', away)
    .job('odd.1.job', '3.s', SILENT);
  expect(stepsOf(run).map(({reason}) => reason)).toEqual([
    'PBS could not be queried',
    'PBS could not be queried',
    'PBS could not be queried: timeout',
  ]);
  const looked = {seen: run.seen(), problems: []};
  expect(notLearnt(looked)).toEqual(['PBS could not be queried: no connection to the server']);
  const refused = new SchedulerUnreachable('qsub', 'no connection to the server');
  expect(notLearnt({...looked, problems: [refused]})).toEqual([]);
});
