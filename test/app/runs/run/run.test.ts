import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterEach, beforeEach, expect, test} from 'vitest';
import {type RunRequest, runWorkflow} from '../../../../src/app/runs/run/run.ts';
import {EXIT} from '../../../../src/errors.ts';
import type {Ledger} from '../../../../src/ledger/ledger.ts';
import type {RunId} from '../../../../src/ledger/state-directory.ts';
import {ended} from '../../../support/a-run.ts';
import {type FakeStage, fakeStage} from '../../../support/fake-stage.ts';

let directory: string;
let stage: FakeStage;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'stage-run-'));
  stage = fakeStage(directory);
  writeFileSync(join(directory, 'job.sh'), '#!/bin/sh\n');
});
afterEach(() => rmSync(directory, {recursive: true, force: true}));

const run = (more: Partial<RunRequest> = {}, at: FakeStage = stage) =>
  runWorkflow(at, {
    params: {},
    name: 'r',
    flags: {stageIn: [], stageOut: [], job: [join(directory, 'job.sh')], resources: {}},
    again: false,
    update: false,
    adopt: [],
    check: true,
    confirmDelete: false,
    ...more,
  });

/** The stage, with every whole reading of a run by the command itself; looks of the engine read by a ledger of their own. */
function counting(): {counted: FakeStage; opened: RunId[]} {
  const opened: RunId[] = [];
  const open: Ledger['open'] = (id) => {
    opened.push(id);
    return stage.ledger.open(id);
  };
  return {counted: {...stage, ledger: {...stage.ledger, open}}, opened};
}

/** One changed resource: another workflow. */
const LONGER = {walltime: '02:00:00'};
const longer = (): Partial<RunRequest> => ({
  flags: {stageIn: [], stageOut: [], job: [join(directory, 'job.sh')], resources: LONGER},
});

test('created, repeated, changed, refused, ended, started again: each reads the run from disk once at most', async () => {
  const did = async (more: Partial<RunRequest>) => {
    const {counted, opened} = counting();
    const report = await run(more, counted).catch((error: {code: string}) => ({did: error.code, run: {run: ''}}));
    expect(opened.length).toBeLessThanOrEqual(1);
    return `${report.did} ${report.run.run}`.trim();
  };
  expect(await did({})).toBe('created r.1');
  expect(await did({})).toBe('nothing r.1');
  expect(await did(longer())).toBe('RUN_DIFFERS');
  expect(await did({...longer(), update: true})).toBe('updated r.1');
  endIt(3);
  expect(await did(longer())).toBe('repaired r.1');
  expect(await did(longer())).toBe('nothing r.1');
  expect(await did({...longer(), again: true})).toBe('created r.2');
});

test('a run that has failed is told as such, and a task to adopt is refused where its workflow has no transfer', async () => {
  await run();
  endIt(3);
  await run();
  const told = await run();
  expect(told).toMatchObject({did: 'nothing', exit: EXIT.failed, submitted: {jobs: 0, transfers: 0}});
  expect(told.message).toMatch(/^r\.1 has failed: .*stage resume r\.1/);
  await expect(run({adopt: ['0f528ce0-493c-4fa7-acaf-f5d97d9812a4']})).rejects.toThrow('not clear which step');
});

/** Jobs of every kind end now. */
function endIt(exitStatus: number): void {
  for (const job of stage.world.scheduler.jobs.keys()) stage.world.scheduler.show(job, ended(exitStatus));
}
