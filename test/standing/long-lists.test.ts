import {expect, test} from 'vitest';
import {renderListing} from '../../src/app/places/render-collections.ts';
import {renderLogs} from '../../src/app/runs/logs/render-logs.ts';

const MANY = 300_000;

test('a job that printed hundreds of thousands of lines has a log', () => {
  const at = '2026-11-21T14:03:22.000Z';
  const entries = Array.from(
    {length: MANY},
    (_, line) => ({at, step: 'compute', source: 'stdout', text: `${line}`}) as const,
  );
  const lines = renderLogs({run: 'big.1', entries}, {colour: false}).split('\n');
  expect([lines.length, lines.at(-1)]).toEqual([MANY, expect.stringMatching(/ compute stdout \| 299999$/)]);
});

test('a directory of hundreds of thousands of files can be listed with what is known of each', () => {
  const files = Array.from({length: MANY}, (_, at) => ({name: `f${at}`, type: 'file', sizeBytes: at}) as const);
  const lines = renderListing({collection: 'theta', path: '/big/', files}, true);
  expect([lines.length, lines.at(-1)]).toEqual([MANY, '300 kB  f299999']);
});
