import {existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterEach, beforeEach, expect, test} from 'vitest';
import {openLedger} from '../../src/ledger/open-ledger.ts';
import {runId} from '../../src/ledger/state-directory.ts';
import {CLASSIC, specOf} from '../support/a-run.ts';

let top: string;
let aside: string;
beforeEach(() => {
  top = mkdtempSync(join(tmpdir(), 'prepared-'));
  aside = join(top, 'prepared');
  mkdirSync(aside);
  writeFileSync(join(top, 'kept.script'), '#!/bin/sh\n');
});
afterEach(() => rmSync(top, {recursive: true, force: true}));

const {run: _run, number: _number, nonce: _nonce, format: _format, ...parts} = specOf(CLASSIC);
const spec = {...parts, name: 'many-000007', campaign: {name: 'many', number: 7, key: 'seven', try: 2}};
const id = runId('many-000007', 2);

test('a run that is prepared is found by no look, and is whole when it has been moved to its place', () => {
  const ledger = openLedger(join(top, 'state'));
  mkdirSync(join(top, 'state'));
  ledger.prepareRun(join(aside, '1-a'), 2, spec, new Map([['compute', {kept: join(top, 'kept.script')}]]));
  expect([ledger.runs(), ledger.find('many-000007')]).toEqual([[], undefined]);
  expect(ledger.publishPrepared(join(aside, '1-a'), id)).toBe('published');
  const {state, layout} = ledger.open(id);
  expect(state.spec.campaign).toEqual({name: 'many', number: 7, key: 'seven', try: 2});
  expect(readFileSync(join(layout.scripts, 'compute.script'), 'utf8')).toBe('#!/bin/sh\n');
  // Kept once for all runs.
  expect(statSync(join(layout.scripts, 'compute.script')).ino).toBe(statSync(join(top, 'kept.script')).ino);
  expect(ledger.activeRuns()).toEqual([id]);
});

test('it is moved once, also by a process that comes when the run has ended and was removed', () => {
  const ledger = openLedger(join(top, 'state'));
  mkdirSync(join(top, 'state'));
  ledger.prepareRun(join(aside, '1-a'), 2, spec, new Map());
  ledger.publishPrepared(join(aside, '1-a'), id);
  expect(ledger.publishPrepared(join(aside, '1-a'), id)).toBe('absent');
  rmSync(ledger.open(id).layout.directory, {recursive: true});
  expect(ledger.publishPrepared(join(aside, '1-a'), id)).toBe('absent');
  expect(ledger.runs()).toEqual([]);
});

test('another run in its place is left alone', () => {
  const ledger = openLedger(join(top, 'state'));
  mkdirSync(join(top, 'state'));
  ledger.createRun(2, {...spec, campaign: undefined}, new Map());
  ledger.prepareRun(join(aside, '1-a'), 2, spec, new Map());
  expect(ledger.publishPrepared(join(aside, '1-a'), id)).toBe('taken');
  expect(existsSync(join(aside, '1-a'))).toBe(true);
  expect(ledger.open(id).state.spec.campaign).toBeUndefined();
});
