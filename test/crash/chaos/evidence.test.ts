import {describe, expect, test} from 'vitest';
import {loadWorkflow} from '../../../src/workflow/file/load.ts';
import {chaosPlan} from './chaos-plan.ts';
import {type Conclusion, goingOnBesideDeleted, readLines, wrongsInEvidence} from './evidence.ts';
import {expectedStates, type JobStep, type RandomGraph, workflowOf} from './random-graph.ts';

const job = (name: string, more: Partial<JobStep> = {}): JobStep => ({
  kind: 'job',
  name,
  needs: [],
  indices: 0,
  fails: 'never',
  sleep: 0,
  onFailureOf: [],
  updated: false,
  deleted: false,
  ...more,
});
const graph: RandomGraph = {
  name: 'g',
  person: 'none',
  steps: [job('a'), job('b', {needs: ['a'], indices: 2}), job('cleanup', {onFailureOf: ['a', 'b']})],
};
const WELL = [
  'begin a 1 - 1.s 1',
  'end a 1 - 1.s 0',
  'begin b 1 0 2[0].s 1',
  'begin b 1 1 2[1].s 1',
  'end b 1 1 2[1].s 0',
  'end b 1 0 2[0].s 0',
];
const SUCCEEDED: Conclusion = {
  state: 'succeeded',
  steps: [
    {step: 'a', state: 'succeeded'},
    {step: 'b', state: 'succeeded'},
    {step: 'cleanup', state: 'skipped'},
  ],
};
const CALM = {interrupted: false, resumed: false, unmarked: new Set<string>()};

function told(
  lines: readonly string[],
  {
    of = graph,
    end = SUCCEEDED,
    circumstances = CALM,
  }: {of?: RandomGraph; end?: Conclusion; circumstances?: typeof CALM} = {},
) {
  return wrongsInEvidence(of, readLines(`${lines.join('\n')}\n`), end, circumstances).map(
    ({kind, what}) => `${kind}: ${what}`,
  );
}

test('nothing is wrong with a run that went well, nor with half a line', () => {
  expect(told(WELL)).toEqual([]);
  expect(told([...WELL, 'begin a 1'])).toEqual([]);
});

describe('what scripts and the person wrote down convicts', () => {
  test.each<[what: string, lines: readonly string[], says: string]>([
    [
      'a script that begins again after its success',
      [...WELL, 'begin a 2 - 9.s 1'],
      'duplicate: g: a began again after it had succeeded, as 9.s',
    ],
    ['two jobs for one attempt', ['begin a 1 - 8.s 1', ...WELL], 'duplicate: g: attempt 1 of a was run by 8.s and 1.s'],
    ['a script that runs too often', ['begin a 1 - 1.s 1', ...WELL], 'duplicate: g: a ran 2 times'],
    [
      'a step before what it needs',
      WELL.toSorted((x, y) => Number(x.startsWith('end')) - Number(y.startsWith('end'))),
      'loss: g: b began before a had succeeded',
    ],
    [
      'a cleanup without a failure',
      [...WELL, 'begin cleanup 1 - 7.s 1'],
      'loss: g: cleanup began, and nothing had failed',
    ],
    ['a step before its data', [...WELL, 'early b 1 0 2[0].s in0'], 'loss: g: b began before in0 had arrived'],
    ['an environment that is another', [...WELL, 'env a 1 - 1.s start'], 'loss: g: a had another value of $start'],
    ['a job that begins under a hold', ['held 1.s 5.s', ...WELL], 'loss: g: b began under a hold, as 2[0].s'],
    ['an old script', ['updated b 2[1].s', ...WELL], 'loss: g: b began with its old script, as 2[0].s'],
    [
      'what a person deleted',
      ['deleted b', ...WELL],
      'duplicate: g: b began as 2[1].s, and a person had deleted its job',
    ],
    [
      'a success that no script tells of',
      WELL.slice(0, -1),
      'loss: g: b is said to have succeeded, and its script has not',
    ],
  ])('%s', (_, lines, says) => {
    expect(told(lines)).toContain(says);
  });

  test('an end that is another than the scripts show', () => {
    const end = {state: 'succeeded', steps: [{step: 'a', state: 'failed'}, ...SUCCEEDED.steps.slice(1)]};
    expect(told(WELL, {end})).toEqual([
      'loss: g: a is said to have failed, and its script has succeeded',
      'loss: g: it succeeded, and a did not',
      'loss: g: a ended as failed, not succeeded',
    ]);
  });

  test('what does not wait for a job that a person deleted has to end by itself', () => {
    const lines = readLines('deleted b');
    const ends = new Map(graph.steps.map(({name}) => [name, {attempt: 1, state: 'succeeded'}] as const));
    const left = () => goingOnBesideDeleted(graph, lines, (step) => ends.get(step));
    ends.delete('b');
    expect(left()).toEqual([]);
    ends.delete('a');
    expect(left()).toEqual(['a']);
    expect(goingOnBesideDeleted(graph, [], () => undefined)).toBeUndefined();
  });

  test('a hold that ended, a job that ran before it, and what was interrupted are innocent', () => {
    expect(told([...WELL.slice(0, 2), 'held 1.s', 'released', ...WELL.slice(2)])).toEqual([]);
    expect(told(['held 1.s 2[0].s 2[1].s', ...WELL])).toEqual([]);
    const circumstances = {...CALM, interrupted: true};
    expect(told(['begin a 1 - 1.s 1', ...WELL], {circumstances})).toEqual([]);
    expect(told(['begin a 1 - 8.s 1', ...WELL], {circumstances})).toHaveLength(1);
  });

  test('a script whose end no process was left to see may begin again, where processes were killed and not elsewhere', () => {
    const lines = [...WELL.slice(0, 2), 'begin a 2 - 9.s 1', 'end a 2 - 9.s 0', ...WELL.slice(2)];
    const again = 'duplicate: g: a began again after it had succeeded, as 9.s';
    const unmarked = new Set(['a 1 -']);
    expect(told(lines, {circumstances: {...CALM, interrupted: true, unmarked}})).toEqual([]);
    expect(told(lines, {circumstances: {...CALM, interrupted: true}})).toEqual([again]);
    expect(told(lines, {circumstances: {...CALM, unmarked}})).toContain(again);
    const thrice = [...lines, 'begin a 3 - 10.s 1'];
    expect(told(thrice, {circumstances: {...CALM, interrupted: true, unmarked}})).toEqual([
      again.replace('9.s', '10.s'),
    ]);
  });
});

test('what a graph comes to follows from what fails in it', () => {
  const of: RandomGraph = {
    ...graph,
    steps: [job('a', {fails: 'always'}), job('b', {needs: ['a']}), job('cleanup', {onFailureOf: ['a', 'b']})],
  };
  expect([...expectedStates(of).values()]).toEqual(['failed', 'skipped', 'succeeded']);
});

test('data for a step that can no longer run may be left out, and data for another one may not', () => {
  const ended = (needs: readonly string[]) => {
    const of: RandomGraph = {
      ...graph,
      steps: [{kind: 'in', name: 'in0', needs: [], adopted: false}, job('a', {fails: 'always'}), job('b', {needs})],
    };
    const states = {in0: 'skipped', a: 'failed', b: 'skipped'};
    const end = {state: 'failed', steps: Object.entries(states).map(([step, state]) => ({step, state}))};
    return told(['begin a 1 - 1.s 1', 'end a 1 - 1.s 3'], {of, end});
  };
  expect(ended(['in0', 'a'])).toEqual([]);
  expect(ended(['in0'])).toContain('loss: g: in0 ended as skipped, not succeeded');
});

test('every random graph is a workflow that stage takes, and all that a person does occurs', () => {
  const graphs = Array.from({length: 300}, (_, seed) => chaosPlan(seed)).flatMap((plan) => plan.graphs);
  const id = 'aaaaaaaa-5a5a-4a5a-8a5a-000000000001';
  const collections = {archive: id, cluster: id.replace('1', '2'), shut: id.replace('1', '3')};
  for (const each of graphs) {
    const source = {text: workflowOf(each), file: 'g.yaml', directory: '/w'};
    const workflow = loadWorkflow(source, {collections, params: {}, readText: () => ({wrong: 'none'})});
    expect(workflow.steps).toHaveLength(each.steps.length);
  }
  expect(new Set(graphs.map(({person}) => person)).size).toBe(6);
});

test('a third of the worlds gets no command after the last trouble, and in those nothing empties the queue', () => {
  const plans = Array.from({length: 300}, (_, seed) => chaosPlan(seed));
  const silent = plans.filter((plan) => plan.silent);
  expect(silent).toHaveLength(100);
  expect(silent.some(({troubles}) => troubles.some(({trouble}) => trouble.do === 'wipe'))).toBe(false);
  const kinds = new Set(plans.flatMap(({troubles}) => troubles.map(({trouble}) => trouble.do)));
  for (const kind of ['death', 'wipe', 'kill', 'kill-one', 'freeze', 'disk', 'outage', 'double'] as const)
    expect(kinds).toContain(kind);
});
