import {expect, test} from 'vitest';
import {loadWorkflow} from '../../../src/workflow/file/load.ts';
import {WorkflowInvalid} from '../../../src/workflow/file/problems.ts';
import {describeDifference} from '../../../src/workflow/model/difference.ts';
import type {Workflow} from '../../../src/workflow/model/workflow.ts';

const A = '08925f04-569f-11e7-bef8-22000b9a448b';

function load(line: string, kind = 'transfer: {from: "a:/x/", to: "a:/y/"}'): Workflow {
  const text = `name: w\nsteps:\n  in:\n    ${kind}\n${line ? `    ${line}\n` : ''}`;
  return loadWorkflow({text, file: 'w.yaml', directory: '/w'}, {params: {}, collections: {a: A}});
}

function mistakes(line: string, kind?: string): string {
  try {
    load(line, kind);
  } catch (error) {
    if (error instanceof WorkflowInvalid) return error.details.join('\n');
    throw error;
  }
  return '';
}

test.each([
  ['fail_fast: 10m', 600_000, ['FILE_NOT_FOUND', 'PERMISSION_DENIED']],
  ['fail_fast: 90', 90_000, ['FILE_NOT_FOUND', 'PERMISSION_DENIED']],
  ['fail_fast: {after: 2h}', 7_200_000, ['FILE_NOT_FOUND', 'PERMISSION_DENIED']],
  [
    'fail_fast: {after: 1m, on: [QUOTA_EXCEEDED, NO_SPACE_LEFT, QUOTA_EXCEEDED]}',
    60_000,
    ['NO_SPACE_LEFT', 'QUOTA_EXCEEDED'],
  ],
])('%s', (line, afterMs, on) => {
  expect(load(line).steps[0]).toMatchObject({failFast: {afterMs, on}});
  expect(load('').steps[0]).not.toHaveProperty('failFast');
});

test.each([
  ['fail_fast: soon', /needs a duration/],
  ['fail_fast: {on: [FILE_NOT_FOUND]}', /after is missing/],
  ['fail_fast: {after: 10m, on: [BAD_WEATHER]}', /"BAD_WEATHER".*FILE_NOT_FOUND/],
  ['fail_fast: {after: 10m, on: []}', /needs a list of faults/],
  ['fail_fast: {after: 0}', /needs a duration/],
])('%s is refused with what is allowed', (line, says) => {
  expect(mistakes(line)).toMatch(says);
});

test('a job has no faults to fail fast on', () => {
  expect(mistakes('fail_fast: 10m', 'job: {script: s.sh}')).toMatch(/fail_fast: is about the faults of a transfer/);
});

test('it counts as a change of the workflow, in whatever spelling', () => {
  const record = (line: string) => ({workflow: load(line), scriptHashes: {}});
  expect(describeDifference(record('fail_fast: 10m'), record('fail_fast: {after: 600}'))).toEqual([]);
  expect(describeDifference(record(''), record('fail_fast: 10m'))).toHaveLength(1);
});
