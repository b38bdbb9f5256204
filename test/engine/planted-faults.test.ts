import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterAll, describe, expect, test} from 'vitest';
import {FAULTS, withFault} from '../support/faults.ts';

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
