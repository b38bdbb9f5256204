import {expect, test} from 'vitest';
import type {WorkflowRecord} from '../../../src/workflow/model/comparable-form.ts';
import {describeDifference} from '../../../src/workflow/model/difference.ts';
import {EXAMPLE, LAPTOP, load, THETA} from '../support.ts';

const HASHES = {compute: 'c0', cleanup: 'c1'};

function record(text: string, scriptHashes: Record<string, string> = HASHES): WorkflowRecord {
  return {workflow: load(text), scriptHashes};
}

test('says nothing about what means the same', () => {
  const same = `# another look\n${EXAMPLE.replaceAll('theta', 'alcf').replace('[stage-in, compute]', '[compute, stage-in]')}`;
  expect(describeDifference(record(EXAMPLE), record(same))).toEqual([]);
});

test('says what changed, in the words of the file', () => {
  const after = EXAMPLE.replace('steps:', 'params: {year: 2021}\nsteps:')
    .replace('"theta:/~/dmtestdata/"', '"theta:/~/other/"')
    .replace('needs: [stage-in]', 'after: [stage-in]')
    .replace('01:00:00', '02:00:00')
    .replace('computeJob.sh,', 'computeJob.sh, queue: long, env: {A: b},');
  expect(describeDifference(record(EXAMPLE), record(after, {...HASHES, compute: 'c9'}))).toEqual([
    'params.year: not set → "2021"',
    'steps.stage-in.from: "theta:/~/dmtestdata/" → "theta:/~/other/"',
    'steps.compute.script: its contents changed',
    'steps.compute.resources.walltime: "01:00:00" → "02:00:00"',
    'steps.compute.queue: not set → "long"',
    'steps.compute.env.A: not set → "b"',
    'steps.compute.needs: stage-in → none',
    'steps.compute.after: none → stage-in',
  ]);
});

test('says how retries, arrays, interruption and "when" changed', () => {
  const step = (words: string, job: string) =>
    `{name: a, steps: {a: {job: {script: a.sh}}, b: {${words}job: {script: b.sh${job}}}}}`;
  const [was, is] = [
    record(step('retries: 2, ', ', array: 0-9'), {a: '1', b: '2'}),
    record(step('retries: 3, retry_delay: 300, when: always, ', ', array: "0-9:1%4", on_interrupted: fail'), {
      a: '1',
      b: '2',
    }),
  ];
  expect(describeDifference(was, is)).toEqual([
    'steps.b.array: "0-9" → "0-9%4"',
    'steps.b.on_interrupted: not set → "fail"',
    'steps.b.after: none → a',
    'steps.b.retries: 2 → 3',
    'steps.b.retry_delay: not set → "5m"',
    'steps.b.when: not set → "always"',
  ]);
  expect(describeDifference(is, is)).toEqual([]);
});

test('says which steps came, went, and became something else', () => {
  const before = '{name: a, steps: {a: {job: {script: a.sh}}, b: {job: {script: b.sh}}}}';
  const after = `{name: a, steps: {c: {job: {script: c.sh}}, a: {transfer: {from: "${THETA}:/a", to: "${LAPTOP}:/a"}}}}`;
  expect(describeDifference(record(before, {a: '1', b: '2'}), record(after, {c: '3'}))).toEqual([
    'steps.c: added',
    'steps.a: was a job, is a transfer',
    'steps.b: removed',
  ]);
});

test('shows ids when one friendly name came to mean another collection', () => {
  const text = (id: string) => `name: a
collections: {dtn: ${id}}
steps: {a: {transfer: {from: "dtn:/a", to: "dtn:/b", encrypt: true}}}`;
  expect(describeDifference(record(text(THETA)), record(text(LAPTOP)))).toEqual([
    `steps.a.from: "${THETA}:/a" → "${LAPTOP}:/a"`,
    `steps.a.to: "${THETA}:/b" → "${LAPTOP}:/b"`,
  ]);
});

test('a step that is called like something every JavaScript object has is a step like any other', () => {
  const before = '{name: a, steps: {a: {job: {script: a.sh}}}}';
  const after = '{name: a, steps: {a: {job: {script: a.sh}}, constructor: {job: {script: a.sh}}}}';
  expect(describeDifference(record(before, {a: '1'}), record(after, {a: '1', constructor: '1'}))).toEqual([
    'steps.constructor: added',
  ]);
});
