import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterAll, expect, test} from 'vitest';
import type {TaskId} from '../../src/base/ids.ts';
import {DAY_MS} from '../../src/base/time.ts';
import {openRateHints, rateSeen} from '../../src/engine/rate-hints.ts';
import {NOW, task} from '../support/a-run.ts';

const directory = mkdtempSync(join(tmpdir(), 'stage-rates-'));
afterAll(() => rmSync(directory, {recursive: true}));

const MINUTE = 60_000;
const seen = (id: string, bytesTransferred: number) =>
  new Map([[id as TaskId, task('active', {task: id as TaskId, bytesTransferred})]]);

test('what one look saw of a task is there for the next, and goes when no look has seen the task for a day', () => {
  const hints = openRateHints(join(directory, 'a', 'rates.json'));
  rateSeen(hints, seen('t', 0), NOW);
  expect(rateSeen(hints, seen('t', 6_000), NOW + MINUTE).get('t')).toMatchObject({movedBytes: 6_000, movedMs: MINUTE});
  expect([...rateSeen(hints, seen('u', 0), NOW + 2 * MINUTE).keys()]).toEqual(['t', 'u']);
  expect([...rateSeen(hints, seen('u', 9), NOW + DAY_MS + 2 * MINUTE).keys()]).toEqual(['u']);
});

test.each(['', '{"t":', '{"t":{"at":"x"}}', '[]', '{"t":null}'])('a file that holds %j is as none', (text) => {
  const path = join(directory, 'rates.json');
  writeFileSync(path, text);
  const hints = openRateHints(path);
  expect(rateSeen(hints, seen('t', 5), NOW).get('t')).toMatchObject({at: NOW, bytes: 5});
  expect(JSON.parse(readFileSync(path, 'utf8'))).toMatchObject({t: {at: NOW}});
});

test('what cannot be kept is learnt again', () => {
  writeFileSync(join(directory, 'file'), '');
  expect(rateSeen(openRateHints(join(directory, 'file', 'rates.json')), seen('t', 5), NOW).size).toBe(1);
});
