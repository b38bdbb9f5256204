import {mkdtempSync, readFileSync, rmSync} from 'node:fs';
import {join} from 'node:path';
import {afterAll, describe, expect, test} from 'vitest';
import {profileOf} from '../support/fake-stage.ts';
import {FAULTS, JOB_FAULTS, MONITOR_FAULTS, withFault} from '../support/faults.ts';
import {memoryDirectory} from '../support/memory-directory.ts';
import type {exploreMonitors} from '../support/monitor-deaths.ts';
import type {exploreJob} from '../support/single-job.ts';

/**
 * The properties must be able to fail: each of these faults, planted in a copy of the sources, is caught by them.
 * STAGE_PLANTED_FAULTS=print prints the table of docs/testing.md.
 */
// In the package: what is bundled takes its libraries from there, and what submits a job reads a script of it.
const directory = mkdtempSync(join(import.meta.dirname, '../../node_modules/.planted-'));
afterAll(() => rmSync(directory, {recursive: true, force: true}));

const RUNS = 3000;
const PRINTS = process.env.STAGE_PLANTED_FAULTS === 'print';
/** instead of the seeds beside the faults, which make it short */
const SEED = process.env.STAGE_PROPERTY_SEED;

describe('the whole-run properties catch that', () => {
  test.each(FAULTS)('$name', async (fault) => {
    const {explore} = await withFault(fault, directory);
    const caught = await explore(fault.under, RUNS, Number(SEED ?? fault.seed));
    if (PRINTS) process.stdout.write(`| ${fault.name} | ${caught?.wrong ?? 'NOT CAUGHT'} | ${caught?.runs ?? '-'} |\n`);
    expect(caught?.wrong).toBeDefined();
  });
});

test('docs/testing.md names each fault', () => {
  const page = readFileSync(join(import.meta.dirname, '../../docs/testing.md'), 'utf8');
  const planted = page.slice(page.indexOf('## Planted faults'), page.indexOf('## On a real PBS'));
  const named = [...planted.matchAll(/^\| (.+?) +\|/gm)].flatMap(([, name = '']) =>
    /^fault$|^-+$/.test(name) ? [] : [name],
  );
  expect(named).toEqual([...FAULTS, ...JOB_FAULTS, ...MONITOR_FAULTS].map(({name}) => name));
});

describe('the deaths of single jobs and of monitors catch that', () => {
  const module = (name: string) => join(import.meta.dirname, '../support', name);
  const expectCaught = ({name}: {name: string}, wrongs: readonly string[]) => {
    if (PRINTS) process.stdout.write(`| ${name} | ${wrongs[0] ?? 'NOT CAUGHT'} |\n`);
    expect(wrongs).not.toEqual([]);
  };

  test.each(JOB_FAULTS)('$name', async (fault) => {
    const planted = await withFault<{exploreJob: typeof exploreJob}>(fault, directory, module('single-job.ts'));
    const place = memoryDirectory('jobs-');
    expectCaught(fault, (await planted.exploreJob(place, profileOf('{transfer: local}'))).wrongs);
  });

  test.each(MONITOR_FAULTS)('$name', async (fault) => {
    const planted = await withFault<{exploreMonitors: typeof exploreMonitors}>(
      fault,
      directory,
      module('monitor-deaths.ts'),
    );
    expectCaught(fault, (await planted.exploreMonitors(memoryDirectory('monitors-'))).wrongs);
  });
});
