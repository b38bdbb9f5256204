import {describe, expect, test} from 'vitest';
import {decideRun, type RecordedRun, type RunChoices} from '../../../../src/app/runs/run/decide-run.ts';
import {type RunOutcome, runInWords} from '../../../../src/app/runs/run/run-words.ts';
import type {PreparedWorkflow} from '../../../../src/app/shared/prepare-run.ts';
import type {OpenRun} from '../../../../src/ledger/ledger.ts';
import {summarise} from '../../../../src/ledger/summary.ts';
import type {Step} from '../../../../src/workflow/model/workflow.ts';
import {ARun, jobStep, transferStep} from '../../../support/a-run.ts';

const BEFORE = [
  transferStep('in'),
  {...jobStep('compute', {needs: ['in']}), resources: {walltime: '01:00:00'}},
] as const;
const LONGER = [BEFORE[0], {...BEFORE[1], resources: {walltime: '02:00:00'}}];
const DELETING = [
  {...transferStep('in'), options: {...transferStep('in').options, deleteExtra: true as const}},
  BEFORE[1],
];

/** As the run was created with, or with other steps: then it has another fingerprint. */
function prepared(steps: readonly Step[] = BEFORE): PreparedWorkflow {
  const {workflow, fingerprint} = aRun().spec;
  return {
    name: 'r',
    workflow: {...workflow, steps},
    scripts: new Map([['compute', new Uint8Array()]]),
    scriptHashes: {compute: 'h'},
    fingerprint: steps === BEFORE ? fingerprint : `${fingerprint}'`,
  };
}

function aRun(): ARun {
  const run = new ARun(BEFORE);
  return Object.assign(run, {spec: {...run.spec, scriptHashes: {compute: 'h'}}});
}

const fresh = aRun();
const arrived = aRun().task('in', 't-1').outcome('in', 'succeeded');
const computing = aRun().outcome('in', 'succeeded').job('compute.1.job', '7.s').fact('compute.1.start.1', {job: '7.s'});
const cancelled = aRun().fact('decision.cancel', {by: 'ann', cleanup: true});
const succeeded = aRun().outcome('in', 'succeeded').outcome('compute', 'succeeded');
const failed = aRun().outcome('in', 'succeeded').outcome('compute', 'failed');

function active(run: ARun): RecordedRun {
  return {open: {id: run.spec.run, state: run.state} as OpenRun, ended: undefined}; // nothing else of it is read
}

function ended(run: ARun): RecordedRun {
  return {...active(run), ended: summarise(run.state, 1)};
}

const MUST_BE_CONFIRMED = 'DELETE_NOT_CONFIRMED';

type Row = [recorded: RecordedRun | undefined, asked: Partial<RunChoices>, decision: string];

const decide = (recorded: RecordedRun | undefined, asked: Partial<RunChoices>) =>
  decideRun(recorded, {
    prepared: prepared(),
    again: false,
    update: false,
    adopts: false,
    confirmDelete: false,
    ...asked,
  });

function inWords(decision: ReturnType<typeof decide>): string {
  if (decision.do === 'refuse') return `refuse: ${decision.error.code}`;
  return decision.do === 'update' ? `update, then ${decision.then.do}` : decision.do;
}

describe('what stage run does, by what is recorded and what is asked', () => {
  const table: Record<string, Row> = {
    'nothing is recorded': [undefined, {}, 'create'],
    'nothing, with --again': [undefined, {again: true}, 'create'],
    'nothing, with --update': [undefined, {update: true}, 'create'],
    'nothing, and files would be deleted': [undefined, {prepared: prepared(DELETING)}, `refuse: ${MUST_BE_CONFIRMED}`],
    'nothing, and the deletion is confirmed': [
      undefined,
      {prepared: prepared(DELETING), confirmDelete: true},
      'create',
    ],
    'the same, active': [active(fresh), {}, 'go-on'],
    'the same, active, with --again': [active(fresh), {again: true}, 'go-on'],
    'the same, active, with --update': [active(fresh), {update: true}, 'go-on'],
    'the same, being cancelled': [active(cancelled), {}, 'go-on'],
    'the same, succeeded': [ended(succeeded), {}, 'done'],
    'the same, failed': [ended(failed), {}, 'done'],
    'the same, failed, with --again': [ended(failed), {again: true}, 'create'],
    'the same, succeeded, with --again': [ended(succeeded), {again: true}, 'create'],
    'the same, failed, with a task to adopt': [ended(failed), {adopts: true}, 'go-on'],
    'something else, active': [active(fresh), {prepared: prepared(LONGER)}, 'refuse: RUN_DIFFERS'],
    'something else, active, with --again': [
      active(fresh),
      {prepared: prepared(LONGER), again: true},
      'refuse: RUN_DIFFERS',
    ],
    'something else, succeeded': [ended(succeeded), {prepared: prepared(LONGER)}, 'refuse: RUN_DIFFERS'],
    'something else, succeeded, with --again': [ended(succeeded), {prepared: prepared(LONGER), again: true}, 'create'],
    'something else in a step that has not begun, with --update': [
      active(arrived),
      {prepared: prepared(LONGER), update: true},
      'update, then go-on',
    ],
    'something else in a step that runs, with --update': [
      active(computing),
      {prepared: prepared(LONGER), update: true},
      'refuse: STEPS_HAVE_BEGUN',
    ],
    'something else in a step that failed, with --update': [
      ended(failed),
      {prepared: prepared(LONGER), update: true},
      'update, then done',
    ],
    'the same with a task to adopt besides': [
      ended(failed),
      {prepared: prepared(LONGER), update: true, adopts: true},
      'update, then go-on',
    ],
    'something else in a step that succeeded, with --update': [
      ended(succeeded),
      {prepared: prepared(LONGER), update: true},
      'refuse: STEPS_HAVE_BEGUN',
    ],
    'something else, being cancelled, with --update': [
      active(cancelled),
      {prepared: prepared(LONGER), update: true},
      'refuse: BEING_CANCELLED',
    ],
    'something else that deletes files, with --update': [
      active(fresh),
      {prepared: prepared(DELETING), update: true},
      `refuse: ${MUST_BE_CONFIRMED}`,
    ],
    'something else that deletes files, confirmed': [
      active(fresh),
      {prepared: prepared(DELETING), update: true, confirmDelete: true},
      'update, then go-on',
    ],
  };

  test.each(Object.entries(table))('%s', (_, [recorded, asked, decision]) => {
    expect(inWords(decide(recorded, asked))).toBe(decision);
  });

  test('a refusal names the differences, and what to type for a run that is active or has ended', () => {
    const refused = (recorded: RecordedRun) => {
      const decision = decide(recorded, {prepared: prepared(LONGER)});
      return decision.do === 'refuse' ? decision.error : undefined;
    };
    expect(refused(active(fresh))?.details).toEqual(['steps.compute.resources.walltime: "01:00:00" → "02:00:00"']);
    expect(refused(active(fresh))?.next.join()).toContain('--update');
    expect(refused(ended(failed))?.next.join()).toContain('--again');
  });

  test('an update is planned whole: what changes, with the scripts that are new', () => {
    const decision = decide(active(arrived), {prepared: prepared(LONGER), update: true});
    expect(decision).toMatchObject({
      do: 'update',
      update: {
        decision: {changed: ['compute'], removed: [], steps: {}},
        differences: ['steps.compute.resources.walltime: "01:00:00" → "02:00:00"'],
      },
    });
  });
});

describe('one sentence says what it came to', () => {
  const {id} = active(fresh).open;
  const end = (run: ARun) => summarise(run.state, 1);
  test.each<[RunOutcome, string]>([
    [{is: 'created', submitted: {jobs: 2, transfers: 1}}, 'r.1 is created; submitted 1 transfer and 2 jobs'],
    [{is: 'created', submitted: {jobs: 0, transfers: 0}}, 'r.1 is created'],
    [{is: 'under-way', again: false}, 'r.1 is under way; nothing had to be submitted'],
    [
      {is: 'repaired', submitted: {jobs: 1, transfers: 0}, again: true},
      'r.1 is still active, so --again started nothing; submitted 1 job that had been missing',
    ],
    [{is: 'cancelling'}, 'r.1 is being cancelled'],
    [
      {is: 'updated', changes: ['steps.a: added'], late: ['b'], failed: ['c']},
      'r.1 is updated (steps.a: added); b has just begun, and continues unchanged; c failed before: once the run has ended, stage resume r.1',
    ],
    [
      {is: 'updated-ended', changes: ['steps.a: added'], ended: end(failed), toDo: true},
      'r.1 is updated (steps.a: added) and had failed before; continue with: stage resume r.1',
    ],
    [
      {is: 'ended', ended: end(succeeded), toDo: false},
      'r.1 has succeeded already; start a new run with --again, or with another name by --name',
    ],
    [
      {is: 'ended', ended: end(succeeded), toDo: true},
      'r.1 had succeeded before it was changed; continue with: stage resume r.1',
    ],
    [
      {is: 'ended', ended: end(failed), toDo: true},
      'r.1 has failed: compute: it failed; retry what failed with "stage resume r.1", or start a new run with --again, or with another name by --name',
    ],
  ])('%j', (outcome, sentence) => {
    expect(runInWords(id, outcome)).toBe(sentence);
  });
});
