import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import fc from 'fast-check';
import {expect, test} from 'vitest';
import {explanationsOf} from '../../src/app/runs/why/explanations.ts';
import {exitOf} from '../../src/app/shared/look-results.ts';
import {viewRun} from '../../src/app/shared/run-view.ts';
import {EXIT} from '../../src/errors.ts';
import type {JobSeen, LiveJob} from '../../src/scheduler/scheduler.ts';
import type {RunStanding} from '../../src/standing/standing.ts';
import {standingOf} from '../../src/standing/standing-of.ts';
import type {TaskSeen} from '../../src/transfer/transfer-service.ts';
import {ARun, ended, jobStep, live, NOW, SETTINGS, SILENT, task, transferStep, UNKNOWN} from '../support/a-run.ts';
import {play, scenarios, TROUBLES} from '../support/play.ts';

const page = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'why.md'), 'utf8');

/** Codes by state, from the one table that says which go together: that of the page. `…` stands for the rest of a word. */
const TABLE: ReadonlyMap<string, readonly RegExp[]> = new Map(
  page
    .slice(page.indexOf('## Codes and the words'))
    .split('\n')
    .flatMap((line) => {
      const [, state, codes] = /^\| `([a-z-]+)` +\| (.*) \|$/.exec(line) ?? [];
      const words = [...(codes ?? '').matchAll(/`([A-Z_]+)(…?)`/g)];
      return state ? [[state, words.map(([, word, open]) => new RegExp(`^${word}${open ? '' : '$'}`))] as const] : [];
    }),
);

/** Codes that only a job has which is neither held nor queued; `JOB_…` does not stand for them. */
const ELSEWHERE = /^JOB_(RUNNING|ENDING|ENDED|DELETED|ABSENT|LOST|LOST_TOO_OFTEN|REFUSED_FOR_NOW)$/;

/** Everything in which what two commands say of a run could differ. */
function disagreements(standing: RunStanding): string[] {
  const document = viewRun(standing);
  const wrong = standing.steps.flatMap(({step, state, reason}, index) => {
    const {code} = reason;
    const fits = TABLE.get(state)?.some((pattern) => pattern.test(code));
    const elsewhere = (state === 'held' || state === 'queued') && ELSEWHERE.test(code);
    const shown = document.steps[index];
    const told = explanationsOf(standing, step);
    return [
      ...(fits && !elsewhere ? [] : [`${step} is ${state}, because of ${code}`]),
      ...(shown?.state === state && shown.code === code ? [] : [`${step}: status says ${shown?.state}`]),
      ...(told.length === 1 && told[0]?.code === code ? [] : [`${step}: why says ${told[0]?.code}`]),
      ...(state === 'action-needed' && reason.standing !== 'action' ? [`${step}: nobody has to act on ${code}`] : []),
    ];
  });
  const asks = standing.steps.some(({state}) => state === 'action-needed');
  const failed = standing.steps.some(({state}) => state === 'failed');
  const exit = exitOf(standing, []);
  if (standing.state === 'active' && !failed && (exit === EXIT.actionNeeded) !== asks) wrong.push(`exit ${exit}`);
  return wrong;
}

const standing = (run: ARun) => standingOf({run: run.state, seen: run.seen(), settings: SETTINGS});

test('the table has every state of a step', () => {
  expect([...TABLE.keys()]).toHaveLength(14);
});

const taskSeen: fc.Arbitrary<TaskSeen | undefined> = fc.oneof(
  fc.constantFrom<TaskSeen | undefined>(undefined, {kind: 'unknown'}, {kind: 'no-evidence', why: 'timeout'}),
  fc
    .record({
      state: fc.constantFrom('queued', 'active', 'paused', 'inactive', 'succeeded', 'failed', 'cancelled'),
      trouble: fc.constantFrom(undefined, 'file not found'),
      faults: fc.nat(2),
      bytesTransferred: fc.constantFrom(0, 10),
      rate: fc.constantFrom(0, 1),
      requestedAt: fc.constantFrom(0, NOW - 3_600_000),
    })
    .map(({state, trouble, ...more}) => task(state, {...more, ...(trouble ? {trouble, troubleCode: 'X'} : {})})),
);

const STATES = [
  'queued',
  'held',
  'waiting',
  'running',
  'ending',
  'suspended',
  'moved',
  'in-transit',
  'unlisted',
] as const;
const HOLDS: readonly LiveJob['holds'][] = [undefined, [], ['user'], ['operator'], ['system'], ['bad-password']];
const COMMENTS = [undefined, 'Job held by ann on Mon', 'Not Running: Queue not started.', 'Can Never Run: x', 'odd'];

const jobSeen: fc.Arbitrary<JobSeen | undefined> = fc.oneof(
  fc.constantFrom<JobSeen | undefined>(undefined, UNKNOWN, SILENT, ended(0), ended(1), ended(undefined, 'deleted')),
  fc
    .record({
      state: fc.constantFrom(...STATES),
      userHold: fc.boolean(),
      holds: fc.constantFrom(...HOLDS),
      comment: fc.constantFrom(...COMMENTS),
      runCount: fc.nat(1),
    })
    .map(({state, holds, comment, ...more}) =>
      live(state, {...more, ...(holds ? {holds} : {}), ...(comment ? {comment} : {})}),
    ),
);

const AWAY = {code: 'SCHEDULER_UNREACHABLE', what: 'nobody answers', next: []};

/** What may be on record and be seen of a stage-in, a job after it, and a job that waits for nothing. */
const standings = fc
  .record({
    signIn: fc.boolean(),
    transfer: fc.constantFrom('none', 'asked', 'refused', 'taken'),
    taskSeen,
    endOfTransfer: fc.constantFrom(undefined, 'succeeded', 'failed', 'lost', 'skipped', 'cancelled'),
    job: fc.constantFrom('none', 'asked', 'refused', 'away', 'taken'),
    jobSeen,
    heldFirst: fc.boolean(),
    releasedAt: fc.constantFrom(undefined, 0, NOW),
    start: fc.constantFrom(undefined, 'job', 'void'),
    absent: fc.constantFrom(undefined, 0, NOW),
    hold: fc.boolean(),
    cancel: fc.boolean(),
    retries: fc.nat(1),
    afterTransfer: fc.boolean(),
    away: fc.boolean(),
  })
  .map((is) => {
    const job = {...jobStep('compute', {needs: is.afterTransfer ? ['in'] : []}), retries: is.retries};
    const run = new ARun([transferStep('in'), job]);
    if (is.signIn) run.fact('in.1.transfer.sign-in-1', {what: 'a consent', next: ['stage login']});
    if (is.transfer === 'taken') run.task('in', 't', is.taskSeen);
    else if (is.transfer !== 'none') run.fact('in.1.transfer.intent', {submissionId: 's', request: {}});
    if (is.transfer === 'refused') run.fact('in.1.transfer.refused', {why: 'no', retry: false});
    if (is.endOfTransfer) run.outcome('in', is.endOfTransfer);
    const intent = {hold: is.heldFirst};
    if (is.job === 'taken') run.job('compute.1.job', '5.s', is.jobSeen, intent);
    else if (is.job !== 'none')
      run.fact('compute.1.job.intent', {tag: 't', dependsOn: [], deadline: NOW + 1000, ...intent});
    if (is.job === 'refused' || is.job === 'away')
      run.fact('compute.1.job.refused', {at: NOW, why: 'no', retry: true, unreachable: is.job === 'away'});
    if (is.releasedAt !== undefined) run.fact('compute.1.job.release.confirmed', {at: is.releasedAt});
    if (is.start) run.fact('compute.1.start-1', is.start === 'void' ? {void: true} : {job: '5.s'});
    if (is.absent !== undefined) run.fact('compute.1.job.absent', {at: is.absent, job: '5.s'});
    if (is.hold) run.fact('decision.hold-1', {by: 'ann'});
    if (is.cancel) run.fact('decision.cancel', {by: 'ann', cleanup: true});
    const problems = is.away ? [AWAY, {...AWAY, code: 'TRANSFER_UNREACHABLE'}] : [];
    return standingOf({run: run.state, seen: run.seen(), settings: SETTINGS}, {problems});
  });

test('whatever is on record and is seen, the word of "stage status" and the code of "stage why" go together', () => {
  fc.assert(
    fc.property(standings, (one) => {
      expect(disagreements(one)).toEqual([]);
    }),
    {numRuns: 3000, seed: 20_261_130},
  );
});

test('so they do at every look of runs that meet all troubles', async () => {
  const wrong: string[] = [];
  let looks = 0;
  await fc.assert(
    fc.asyncProperty(scenarios(TROUBLES), async (scenario) => {
      await play(scenario, ({runs: open, seen}) => {
        for (const {state} of open) wrong.push(...disagreements(standingOf({run: state, seen, settings: SETTINGS})));
        looks++;
      });
      expect(wrong).toEqual([]);
    }),
    {numRuns: 10, seed: 20_261_130},
  );
  expect(looks).toBeGreaterThan(30);
});

test('a transfer that Globus took after the sign-in it had asked for does not ask for it any more', () => {
  const run = new ARun([transferStep('in')]).fact('in.1.transfer.sign-in-1', {what: 'a consent', next: []});
  expect(standing(run).steps[0]).toMatchObject({state: 'action-needed', reason: {code: 'SIGN_IN_NEEDED'}});
  const taken = standing(run.task('in', 't', task('active')));
  expect(taken.steps[0]).toMatchObject({state: 'transferring', reason: {code: 'TASK_ACTIVE'}});
  expect(exitOf(taken, [])).toBe(EXIT.ok);
});

test('a job that was released a moment before PBS was asked is not said to be held by a person', () => {
  const held = live('held', {userHold: true, holds: ['user']});
  const run = new ARun([jobStep('compute')]).job('compute.1.job', '5.s', held, {hold: true});
  run.fact('compute.1.job.release.intent').fact('compute.1.job.release.confirmed', {at: NOW - 1});
  expect(standing(run).steps[0]).toMatchObject({reason: {code: 'JOB_TO_BE_RELEASED', brief: 'released just now'}});
  run.fact('compute.1.job.release.confirmed', {at: NOW - 3_600_000});
  expect(standing(run).steps[0]).toMatchObject({reason: {code: 'JOB_USER_HOLD'}});
});

test('a job that is submitted again says why, where the one before it was released by hand', () => {
  const run = new ARun([transferStep('in'), jobStep('compute', {needs: ['in']})]).task('in', 't', task('active'));
  run.job('compute.1.job', '5.s', ended(96), {hold: true});
  run.fact('compute.1.outcome', {state: 'lost', why: 'x', unpermitted: true});
  run.job('compute.2.job', '6.s', live('held', {userHold: true}), {hold: true});
  expect(standing(run).steps[1]).toMatchObject({
    state: 'held',
    reason: {
      code: 'STEP_WAITS',
      why: 'job 5.s was released by hand (qrls) before its data was there: its script was not run, and it was submitted again',
      brief: 'waits for in; released by hand before, without effect',
    },
  });
});

test('a job whose hold of "stage hold" was ended is to be released, and no message says to type qrls', () => {
  const held = live('held', {userHold: true, holds: ['user']});
  const run = new ARun([jobStep('compute')])
    .job('compute.1.job', '5.s', held)
    .fact('decision.hold-1', {by: 'ann'})
    .fact('compute.1.job.hold-1.intent')
    .fact('compute.1.job.hold-1.confirmed')
    .fact('decision.release-1', {at: 1});
  expect(standing(run).steps[0]).toMatchObject({state: 'held', reason: {code: 'JOB_TO_BE_RELEASED'}});
});
