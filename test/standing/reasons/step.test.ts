import {expect, test} from 'vitest';
import {explanationsOf} from '../../../src/app/runs/why/explanations.ts';
import {standingOf} from '../../../src/standing/standing-of.ts';
import {
  ARun,
  ended,
  HELD,
  jobStep,
  live,
  NOW,
  SETTINGS,
  SILENT,
  task,
  transferStep,
  UNKNOWN,
} from '../../support/a-run.ts';

const explain = (run: ARun, only?: string, now = NOW) =>
  explanationsOf(standingOf({run: run.state, seen: run.seen(now), settings: SETTINGS}), only);
const alone = () => new ARun([jobStep('compute')]);
const moved = () => new ARun([transferStep('in')]);

const CASES: readonly (readonly [what: string, run: ARun, code: string, next: RegExp])[] = [
  ['nothing was started yet', alone(), 'STEP_TO_BE_STARTED', /stage status r\.1/],
  [
    'the queue is full',
    alone()
      .fact('compute.1.job.intent', {tag: 't', hold: false, dependsOn: [], deadline: 0})
      .fact('compute.1.job.refused', {at: NOW, why: 'limit', retry: true}),
    'JOB_REFUSED_FOR_NOW',
    /qstat -u/,
  ],
  [
    'its script is not the one that was recorded',
    alone()
      .fact('compute.1.job.intent', {tag: 't', hold: false, dependsOn: [], deadline: 0})
      .fact('compute.1.job.refused', {at: NOW, why: 'changed', retry: true, notAsked: true, next: ['cp SCRIPT x']}),
    'JOB_NOT_SUBMITTED',
    /cp SCRIPT x[\s\S]*tried again by itself after \S+[\s\S]*at once: the "stage run"/,
  ],
  [
    'its queue is on a server that is not known',
    alone()
      .fact('compute.1.job.intent', {tag: 't', hold: false, dependsOn: [], deadline: 0})
      .fact('compute.1.job.refused', {at: NOW, why: 'unknown; n.sh:2', retry: true, unknownServer: 'nowhere'}),
    'PBS_SERVER_UNKNOWN',
    /--update[\s\S]*4 times in all/,
  ],
  [
    'Globus has no room for its task',
    moved()
      .fact('in.1.transfer.intent', {submissionId: 's', request: {}})
      .fact('in.1.transfer.later-1', {at: NOW, why: 'full', room: true}),
    'TRANSFER_REFUSED_FOR_NOW',
    /asked for again by itself after .*, or as soon as a transfer of stage has ended/,
  ],
  [
    'PBS was away when it was submitted',
    alone()
      .fact('compute.1.job.intent', {tag: 't', hold: false, dependsOn: [], deadline: 0})
      .fact('compute.1.job.refused', {at: NOW, why: 'cannot connect to server', retry: true, unreachable: true}),
    'PBS_WAS_AWAY',
    /tried again by itself[\s\S]*qstat -B/,
  ],
  [
    'the answer of qsub was lost',
    alone().fact('compute.1.job.intent', {tag: 't', hold: false, dependsOn: [], deadline: NOW + 1000}),
    'SUBMISSION_UNCLEAR',
    /stage status/,
  ],
  ['deleted by hand', alone().job('compute.1.job', '5.s', ended(undefined, 'deleted')), 'JOB_DELETED', /stage run/],
  ['PBS does not know it', alone().job('compute.1.job', '5.s', UNKNOWN), 'JOB_ABSENT', /stage status/],
  [
    'lost',
    alone()
      .job('compute.1.job', '5.s', UNKNOWN)
      .fact('compute.1.job.absent', {at: NOW - 600_000, job: '5.s'}),
    'JOB_LOST',
    /stage status/,
  ],
  ['PBS is away', alone().job('compute.1.job', '5.s', SILENT), 'PBS_NOT_ASKED', /qstat -B/],
  ['just submitted', alone().job('compute.1.job', '5.s'), 'JOB_SUBMITTED', /^$/],
  ['its end was not concluded', alone().job('compute.1.job', '5.s', ended(0)), 'JOB_ENDED', /stage status/],
  ['it failed', alone().outcome('compute', 'failed'), 'STEP_FAILED', /stage resume r\.1/],
  ['it was cancelled', alone().outcome('compute', 'cancelled'), 'STEP_CANCELLED', /stage resume/],
  [
    'Globus refused',
    moved().fact('in.1.transfer.intent', {submissionId: 's'}).fact('in.1.transfer.refused', {why: 'no', retry: false}),
    'TRANSFER_REFUSED',
    /stage resume/,
  ],
  [
    'a sign-in is wanted first',
    moved().fact('in.1.transfer.sign-in-1', {what: 'a consent', why: 'said', next: ['stage login --collection c']}),
    'SIGN_IN_NEEDED',
    /^stage login --collection c$/,
  ],
  [
    'a refusal brings its own advice',
    moved()
      .fact('in.1.transfer.intent', {submissionId: 's'})
      .fact('in.1.transfer.refused', {why: 'no', retry: false, next: ['Correct the id.']})
      .outcome('in', 'failed'),
    'STEP_FAILED',
    /^Correct the id\.\n[\s\S]*stage resume r\.1$/,
  ],
  [
    'the submission is not confirmed',
    moved().fact('in.1.transfer.intent', {submissionId: 's'}),
    'SUBMISSION_UNCONFIRMED',
    /stage status/,
  ],
  [
    'Globus is away',
    moved().task('in', 't', {kind: 'no-evidence', why: 'timeout'}),
    'GLOBUS_NOT_ASKED',
    /status\.globus\.org/,
  ],
  ['Globus does not list it', moved().task('in', 't', {kind: 'unknown'}), 'TASK_UNKNOWN', /signed in/],
  ['submitted moments ago', moved().task('in', 't'), 'TASK_SUBMITTED', /^$/],
  ['the task is inactive', moved().task('in', 't', task('inactive')), 'TASK_INACTIVE', /stage login/],
];

test.each(CASES)('%s: %#', (_what, run, code, next) => {
  const [reason] = explain(run);
  expect(reason).toMatchObject({code});
  expect(reason?.next.join('\n')).toMatch(next);
});

test('a step that could not be started just now says what stood in the way, if it concerns that step', () => {
  const problem = {code: 'TRANSFER_UNREACHABLE', what: 'Globus did not answer', why: 'maintenance', next: ['later']};
  const look = (run: ARun) =>
    explanationsOf(standingOf({run: run.state, seen: run.seen(), settings: SETTINGS}, {problems: [problem]}));
  expect(look(moved())).toMatchObject([
    {code: 'GLOBUS_NOT_ASKED', standing: 'trouble', why: 'Globus did not answer: maintenance', next: ['later']},
  ]);
  expect(look(alone())).toMatchObject([{code: 'STEP_TO_BE_STARTED'}]);
  const unconfirmed = moved().fact('in.1.transfer.intent', {submissionId: 's'});
  expect(look(unconfirmed)[0]?.why).toMatch(
    /^Globus did not answer: maintenance\. the request is repeated under the same/,
  );
});

test('a pause before a retry says what failed, and when the next attempt begins', () => {
  const run = new ARun([{...jobStep('compute'), retries: 2}]);
  run.fact('compute.1.outcome', {at: NOW - 1000, state: 'failed', why: 'exit status 3'});
  expect(explain(run)[0]).toMatchObject({code: 'RETRY_PAUSE', standing: 'waiting', why: 'exit status 3'});
  expect(explain(run)[0]?.what).toMatch(/attempt 1 failed; the next one begins/);
});

test('a job that was lost too often waits for a person', () => {
  const run = alone();
  for (const attempt of [1, 2, 3, 4, 5]) run.fact(`compute.${attempt}.outcome`, {state: 'lost', why: 'gone'});
  expect(explain(run)[0]).toMatchObject({code: 'JOB_LOST_TOO_OFTEN', standing: 'action'});
});

test('those that a person can do something about come first, and one that moves is left out', () => {
  const run = new ARun([transferStep('in'), jobStep('other'), jobStep('compute', {needs: ['in']})]);
  run.task('in', 't', task('inactive')).job('other.1.job', '4.s', live('running'));
  run.job('compute.1.job', '5.s', HELD, {hold: true});
  expect(explain(run).map(({step, code}) => [step, code])).toEqual([
    ['in', 'TASK_INACTIVE'],
    ['compute', 'STEP_WAITS'],
  ]);
  expect(explain(run, 'other')).toMatchObject([{step: 'other', code: 'JOB_RUNNING', standing: 'fine'}]);
});

test('a run that a person holds says so first, with the command that ends it', () => {
  const run = alone().fact('decision.hold-1', {at: 7, by: 'ada@h:1'});
  expect(explain(run)[0]).toMatchObject({
    code: 'RUN_HELD',
    since: '1970-01-01T00:00:00.007Z',
    next: ['End the hold: stage release r.1'],
  });
  expect(explain(run)[0]).not.toHaveProperty('step');
});

test('when all is well, what is under way is told', () => {
  const run = new ARun([jobStep('a'), jobStep('b')]).outcome('a', 'succeeded').job('b.1.job', '4.s', live('running'));
  expect(explain(run)).toMatchObject([{step: 'b', standing: 'fine'}]);
});

test('a transfer that went on without files says how many, and how to see which', () => {
  const run = moved().task('in', 'T').outcome('in', 'succeeded');
  run.facts.set('in.1.outcome', {at: 0, state: 'succeeded', why: 'x', skippedErrors: 3});
  expect(explain(run, 'in')).toMatchObject([
    {
      code: 'STEP_SUCCEEDED_WITH_SKIPS',
      standing: 'fine',
      what: 'it has succeeded, 3 files skipped',
      next: ['List them: stage transfer skipped T'],
    },
  ]);
});

test('a deletion under way is told as one', () => {
  const run = new ARun([
    {
      kind: 'delete',
      name: 'tidy',
      needs: [],
      onFailureOf: [],
      after: [],
      at: {collection: 'a', path: '/x/'},
      recursive: true,
    },
  ]).task('tidy', 'T', task('active', {destinationCollection: '', destinationName: '', sourceName: 'scratch'}));
  expect(explain(run, 'tidy')).toMatchObject([{code: 'TASK_ACTIVE', what: 'Globus is deleting at scratch'}]);
});
