import {mkdtempSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {expect, test} from 'vitest';
import {listRuns} from '../../../../src/app/runs/status/list.ts';
import {openLedger} from '../../../../src/ledger/open-ledger.ts';
import {jobStep, specOf} from '../../../support/a-run.ts';
import {profileOf} from '../../../support/fake-stage.ts';

function recorded(facts: Readonly<Record<string, object>>) {
  const ledger = openLedger(mkdtempSync(join(tmpdir(), 'list-')));
  const steps = [{...jobStep('compute'), retries: 1}, jobStep('tidy', {onFailureOf: ['compute']})];
  const {run: _, number, nonce: __, format: ___, ...spec} = specOf(steps);
  const id = ledger.createRun(number, spec, new Map());
  if (id === undefined) throw new Error('a run of that number exists');
  for (const [name, fact] of Object.entries(facts)) ledger.create(id, name, {at: 0, ...fact});
  return listRuns({ledger, profile: profileOf('{transfer: local}')}, []);
}

const FAILED = {state: 'failed', why: 'exit status 3'};

test('a step that failed and is tried again has not ended', () => {
  expect(recorded({'compute.1.outcome': FAILED})).toMatchObject([
    {state: 'active', reason: '', steps: {all: 2, ended: 0}},
  ]);
});

test('a run that goes on although a step has failed for good says which', () => {
  expect(recorded({'compute.1.outcome': FAILED, 'compute.2.outcome': FAILED})).toMatchObject([
    {state: 'active', reason: 'compute: exit status 3', steps: {all: 2, ended: 1}},
  ]);
});

test('a run that a person holds or cancels says who', () => {
  expect(recorded({'decision.hold-1': {by: 'ann'}})[0]?.reason).toBe('held by ann');
  expect(recorded({'decision.cancel': {by: 'ann', cleanup: true}})[0]).toMatchObject({
    state: 'cancelling',
    reason: expect.stringMatching(/^cancelled by ann/),
  });
});
