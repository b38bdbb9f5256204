import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {describe, expect, onTestFinished, test} from 'vitest';
import {reopening} from '../../../../src/app/runs/run/reopen.ts';
import {resumeRuns} from '../../../../src/app/runs/run/resume.ts';
import {ARun, jobStep, specOf} from '../../../support/a-run.ts';
import {fakeStage} from '../../../support/fake-stage.ts';

const STEPS = [
  jobStep('prep'),
  jobStep('compute', {needs: ['prep']}),
  {...jobStep('tidy', {after: ['prep', 'compute']}), always: true as const},
];
const failed = () => new ARun(STEPS).outcome('prep', 'succeeded').outcome('compute', 'failed');

describe('a step that runs whatever happened, when its run is resumed', () => {
  test('runs again at the end, after what is tried again, and a person is told that it ran', () => {
    const run = failed().outcome('tidy', 'succeeded');
    expect(reopening(run.state, [], true)).toEqual({
      steps: {compute: 1, tidy: 1},
      redo: [],
      broken: true,
      again: ['compute', 'tidy'],
      kept: ['prep'],
      cleanedUp: ['tidy'],
    });
  });

  test('runs again when steps were added to a run that had succeeded', () => {
    const steps = [...STEPS.slice(0, 2), jobStep('more'), STEPS[2] ?? jobStep('tidy')];
    const run = new ARun(STEPS)
      .outcome('prep', 'succeeded')
      .outcome('compute', 'succeeded')
      .outcome('tidy', 'succeeded')
      .updated(steps, ['more', 'tidy']);
    expect(reopening(run.state, [], true)).toMatchObject({
      steps: {tidy: 1},
      again: ['more', 'tidy'],
      kept: ['prep', 'compute'],
      cleanedUp: ['tidy'],
      broken: false,
    });
  });

  test('is left to run for the first time when it has not ended', () => {
    expect(reopening(failed().state, [], false)).toMatchObject({
      steps: {compute: 1},
      again: ['compute'],
      cleanedUp: [],
    });
  });
});

test('a run that ends while it is being read is not resumed: none of its steps only seemed not to have begun', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'reopen-'));
  onTestFinished(() => rmSync(directory, {recursive: true, force: true}));
  const stage = fakeStage(directory);
  const {ledger} = stage;
  const {run: _, number, nonce: __, format: ___, ...spec} = specOf([jobStep('compute')]);
  const run = ledger.createRun(number, spec, new Map());
  if (!run) throw new Error('it exists');
  const endsMeanwhile: typeof ledger.open = (id) => {
    const read = ledger.open(id);
    ledger.create(id, 'compute.1.outcome', {at: 1, state: 'succeeded', why: 'exit status 0'});
    ledger.seal(ledger.open(id), 2);
    return read;
  };
  const {runs, exit} = await resumeRuns(
    {...stage, ledger: {...ledger, open: endsMeanwhile}},
    {run: spec.name, redo: []},
  );
  expect([runs[0]?.message, exit]).toEqual([expect.stringMatching(/there is nothing to resume/), 0]);
  expect(ledger.open(run).state.resumes).toEqual([]);
});
