import {expect, test} from 'vitest';
import {renderList} from '../../../src/app/runs/status/render-list.ts';
import {renderRun} from '../../../src/app/shared/render-status.ts';
import type {RunView, StepView} from '../../../src/app/shared/run-view.ts';
import {loadWidths, type Style, widthOf} from '../../../src/app/shared/text-layout.ts';
import {picture} from '../../../src/cli/live-view.ts';

const TASK = '3fd916ca-9d6d-44c3-8e07-72b29819e06e';

function step(name: string, more: Partial<StepView> = {}): StepView {
  const kind = more.task ? 'transfer' : 'job';
  const none = {needs: [], onFailureOf: [], after: []};
  return {step: name, kind, state: 'waiting', reason: 'waits for in', code: 'STEP_WAITS', attempt: 1, ...none, ...more};
}

const MOVING = step('in', {
  state: 'transferring',
  reason: 'archive to cluster',
  task: TASK,
  bytesTransferred: 4_200_000_000,
  bytesExpected: 10_000_000_000,
  filesTransferred: 42,
  files: 100,
  bytesPerSecond: 120_000_000,
  secondsRemaining: 170,
});

function run(...steps: StepView[]): RunView {
  const createdAt = '2026-11-21T10:16:20.101Z';
  return {run: 'climate.1', name: 'climate', state: 'active', reason: '', profile: 'p', createdAt, steps};
}

const show = (view: RunView, style: Partial<Style> = {}) => renderRun(view, {colour: false, ...style}).split('\n');

test('a transfer says first how far it is and when it ends, then why, and its id last and short', () => {
  const line =
    '└─ ▶ in  transferring  42 %, 4.2 GB of 10 GB (42 of 100 files), 120 MB/s, about 3 min left, archive to cluster';
  expect(show(run(MOVING))[1]).toBe(`${line}, task 3fd916ca`);
  expect(show(run(MOVING), {ids: true})[1]).toBe(`${line}, task ${TASK}`);
});

test('a job has the number that qstat takes, and with --ids the whole id', () => {
  const view = run(step('compute', {state: 'held', job: '7.pbs-sn1'}));
  expect(show(view)[1]).toMatch(/waits for in, job 7$/);
  expect(show(view, {ids: true})[1]).toMatch(/waits for in, job 7\.pbs-sn1$/);
});

const LONG = 'Globus has suspended it until you sign in or consent: the credential for "archive" has expired';

test.each([40, 80, 200])('at %d columns every word of a reason is there, and no line is longer', (width) => {
  const view = run(step('stage-in', {state: 'action-needed', reason: LONG, task: TASK}), MOVING);
  const lines = show({...view, reason: `stage-in: ${LONG}`}, {width});
  expect(Math.max(...lines.map(widthOf))).toBeLessThanOrEqual(width);
  expect(lines.join(' ').replace(/[│├└─ ]+/g, ' ')).toContain(LONG);
});

test('what a step says in full is not said twice', () => {
  const view = {...run(step('in', {state: 'paused', reason: LONG})), reason: `held by ann; in: ${LONG}`};
  expect(show(view)[1]).toBe('│  held by ann; in: paused');
});

test('names of any letters leave the columns straight', async () => {
  await loadWidths();
  const lines = show(run(step('気候'), step('plain'))).slice(1);
  expect(new Set(lines.map((line) => widthOf(line.slice(0, line.indexOf('waiting')))))).toHaveProperty('size', 1);
});

test('a live view that has too few lines leaves out first what went well, and says how much it left out', () => {
  const many = Array.from({length: 30}, (_, at) => step(`done-${at}`, {state: 'succeeded', reason: 'exit status 0'}));
  const view = run(...many, MOVING, step('later'));
  const lines = picture(view, {colour: false, width: 80}, 12).split('\n');
  expect(lines.length).toBeLessThan(12);
  expect(lines.join('\n')).toMatch(/transferring[\s\S]*later +waiting[\s\S]*30 more steps: 30 succeeded$/);
});

test('a list keeps each run on one line where nothing is wrapped, and puts the reason below where there is no room', () => {
  const line = {
    run: 'climate.1',
    name: 'climate',
    state: 'failed',
    reason: `stage-in: ${LONG}`,
    createdAt: '2026-11-21T10:15:50Z',
    endedAt: '2026-11-21T10:15:52Z',
    steps: {all: 4, ended: 4},
  } as const;
  const [head, only, ...more] = renderList([line], {colour: false}).split('\n');
  expect(head).toMatch(/^RUN +STATE +STEPS +STARTED +ENDED +REASON$/);
  expect([only?.endsWith(LONG), more]).toEqual([true, []]);
  for (const width of [40, 80]) {
    const lines = renderList([line], {colour: false, width}).split('\n');
    expect(Math.max(...lines.map(widthOf))).toBeLessThanOrEqual(width);
    expect(lines.slice(2).join(' ').replace(/ +/g, ' ')).toContain(LONG);
  }
});

test('a list says whole ids of what is under way where they are asked for', () => {
  const steps = {all: 2, ended: 0};
  const line = {run: 'r.1', name: 'r', state: 'active', reason: '', createdAt: '2026-11-21T10:15:50Z', steps} as const;
  const ids = [
    {step: 'in', task: TASK},
    {step: 'compute', job: '7.pbs'},
  ];
  expect(renderList([{...line, ids}], {colour: false})).toMatch(
    new RegExp(`r\\.1 .*\\n    in  task ${TASK}\\n    compute  job 7\\.pbs$`),
  );
});
