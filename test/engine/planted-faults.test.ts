import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterAll, describe, expect, test} from 'vitest';
import {profileOf} from '../support/fake-stage.ts';
import {FAULTS, JOB_FAULTS, withFault} from '../support/faults.ts';
import type {exploreJob as explore} from '../support/single-job.ts';

/**
 * The properties must be able to fail: each of these faults, planted in a copy of the sources, is caught by them.
 * STAGE_PLANTED_FAULTS=print prints the table of docs/testing.md.
 */
const directory = mkdtempSync(join(tmpdir(), 'planted-'));
afterAll(() => rmSync(directory, {recursive: true, force: true}));

const RUNS = 3000;
const PRINTS = process.env.STAGE_PLANTED_FAULTS === 'print';
const SEED = Number(process.env.STAGE_PROPERTY_SEED ?? 20_261_121);

describe('the whole-run properties catch that', () => {
  test.each(FAULTS)('$name', async (fault) => {
    const {explore} = await withFault(fault, directory);
    const caught = await explore(fault.under, RUNS, SEED);
    if (PRINTS) process.stdout.write(`| ${fault.name} | ${caught?.wrong ?? 'NOT CAUGHT'} | ${caught?.runs ?? '-'} |\n`);
    expect(caught?.wrong).toBeDefined();
  });
});

describe('the deaths of single jobs catch that', () => {
  // Below the package: what submits a job reads a script of it.
  const inPackage = mkdtempSync(join(import.meta.dirname, '../../node_modules/.planted-'));
  afterAll(() => rmSync(inPackage, {recursive: true, force: true}));

  test.each(JOB_FAULTS)('$name', async (fault) => {
    const module = join(import.meta.dirname, '../support/single-job.ts');
    const {exploreJob} = await withFault<{exploreJob: typeof explore}>(fault, inPackage, module);
    const {wrongs} = await exploreJob(mkdtempSync(join(directory, 'jobs-')), profileOf('{transfer: local}'));
    if (PRINTS) process.stdout.write(`| ${fault.name} | ${wrongs[0] ?? 'NOT CAUGHT'} | |\n`);
    expect(wrongs).not.toEqual([]);
  });
});
