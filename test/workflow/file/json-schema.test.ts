import {expect, test} from 'vitest';
import {workflowJsonSchema} from '../../../src/workflow/file/json-schema.ts';

type Json = Record<string, unknown>;

function inside(value: unknown, ...path: string[]): Json {
  let found = value;
  for (const key of path) found = typeof found === 'object' && found !== null ? (found as Json)[key] : undefined;
  if (typeof found !== 'object' || found === null) throw new Error(`nothing at ${path.join('.')}`);
  return found as Json;
}

const schema = workflowJsonSchema();
const step = inside(schema, 'properties', 'steps', 'additionalProperties');

test('is JSON Schema of draft 2020-12 that knows no other keys than the file', () => {
  expect(schema.$schema).toBe('https://json-schema.org/draft/2020-12/schema');
  expect(schema.required).toEqual(['name', 'steps']);
  const maps = [schema, step, inside(step, 'properties', 'transfer'), inside(step, 'properties', 'job')];
  expect(maps.map((map) => map.additionalProperties)).toEqual([false, false, false, false]);
  expect(step.oneOf).toEqual(
    ['transfer', 'job', 'delete', 'mkdir', 'link', 'move', 'remove'].map((kind) => ({required: [kind]})),
  );
  expect(step.dependentRequired).toEqual({retry_delay: ['retries']});
  expect(JSON.parse(JSON.stringify(schema))).toEqual(schema);
});

test('every key has a title and a description', () => {
  const maps = [schema, step, inside(step, 'properties', 'transfer'), inside(step, 'properties', 'job')];
  const keys = maps.flatMap((map) => Object.entries(inside(map, 'properties')));
  expect(keys.map(([key]) => key)).toEqual(expect.arrayContaining(['name', 'from', 'deadline', 'env', 'strategy']));
  for (const [key, value] of keys)
    expect([key, value]).toEqual([
      key,
      expect.objectContaining({title: expect.any(String), description: expect.any(String)}),
    ]);
});

test('knows what a step may say of retries, and that a placeholder may stand for it', () => {
  const placeholder = {type: 'string', pattern: '\\$\\{\\{'};
  expect(inside(step, 'properties', 'retries').anyOf).toEqual([
    {type: 'integer', minimum: 0, maximum: 20},
    placeholder,
  ]);
  expect(inside(step, 'properties', 'retry_delay').anyOf).toEqual([
    {type: 'integer', minimum: 1, maximum: 604_800},
    {type: 'string', pattern: '^[0-9]{1,9}[smhd]?$'},
    placeholder,
  ]);
  expect(inside(step, 'properties', 'strategy').anyOf).toContainEqual({type: 'string', enum: ['monitor', 'wait']});
  const job = inside(step, 'properties', 'job', 'properties');
  for (const key of ['array', 'on_interrupted']) expect(inside(job, key).anyOf).toContainEqual(placeholder);
});

test('a placeholder may stand where not every text may', () => {
  const transfer = inside(step, 'properties', 'transfer', 'properties');
  for (const key of ['from', 'to', 'recursive', 'sync', 'deadline'])
    expect(inside(transfer, key).anyOf).toContainEqual({type: 'string', pattern: '\\$\\{\\{'});
  expect(inside(transfer, 'deadline').anyOf).toContainEqual({type: 'string', format: 'date-time'});
});
