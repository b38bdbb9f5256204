import {mkdtempSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {expect, test} from 'vitest';
import {listRuns} from '../../../../src/app/runs/status/list.ts';
import {renderList} from '../../../../src/app/runs/status/render-list.ts';
import {openLedger} from '../../../../src/ledger/open-ledger.ts';
import type {Step} from '../../../../src/workflow/model/workflow.ts';
import {jobStep, specOf, transferStep} from '../../../support/a-run.ts';
import {profileOf} from '../../../support/fake-stage.ts';

const TRIED_AGAIN = [{...jobStep('compute'), retries: 1}, jobStep('tidy', {onFailureOf: ['compute']})];

function recorded(facts: Readonly<Record<string, object>>, steps: readonly Step[] = TRIED_AGAIN) {
  const ledger = openLedger(mkdtempSync(join(tmpdir(), 'list-')));
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

test('a run whose jobs have ended and whose output moves is shown as that, from what is on record', () => {
  const steps = [jobStep('compute'), transferStep('stage-out', {needs: ['compute']})];
  const end = {job: '1.s', exit: 0, terminated: false, at: Date.parse('2026-11-30T23:00:00Z')};
  const runs = recorded(
    {
      'compute.1.start.1': {job: '1.s'},
      'compute.1.end.1': end,
      'compute.1.outcome': {state: 'succeeded', why: 'exit status 0'},
    },
    steps,
  );
  expect(runs).toMatchObject([
    {
      state: 'active',
      reason: expect.stringMatching(/^its nodes are free since /),
      transferringOutput: {nodesFreeSince: '2026-11-30T23:00:00.000Z', steps: ['stage-out']},
    },
  ]);
  expect(renderList(runs, {colour: false}).split('\n')[1]).toMatch(/^r\.1 {2}transferring output {2}1\/2 /);
});
