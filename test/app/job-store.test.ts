import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterEach, beforeEach, expect, test} from 'vitest';
import {type JobStore, openJobStore} from '../../src/app/job-store.ts';
import type {JobId} from '../../src/scheduler/scheduler.ts';

let home: string;
let store: JobStore;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'job-store-'));
  store = openJobStore(home);
});
afterEach(() => rmSync(home, {recursive: true, force: true}));

function confirmed(name: string, job: string, at: number): void {
  store.create(name, 1, 'intent', {at, tag: `s-job.${name}.1.w`, deadline: at, essence: 'e'});
  store.create(name, 1, 'confirmed', {at, job});
}
const withId = (text: string) => store.withId(text as JobId /* tests make ids as facts would hold them */)?.name;

test.each(['52', '52.server', '52.SERVER', '52.server.example.org'])('the job 52.server is found as %s', (text) => {
  confirmed('n1', '52.server', 1);
  confirmed('n2', '520.server', 2);
  confirmed('n3', '52[].server', 3);
  expect(withId(text)).toBe('n1');
});

test('a job of the same number at another server is another job', () => {
  confirmed('n1', '52.server', 1);
  expect(withId('52.other')).toBeUndefined();
});

test('of two jobs of one id the one that was submitted last counts, whatever their names', () => {
  confirmed('z', '52.server', 1);
  confirmed('a', '52.server', 3);
  confirmed('m', '52.server', 2);
  expect([withId('52'), withId('52.server')]).toEqual(['a', 'a']);
});
