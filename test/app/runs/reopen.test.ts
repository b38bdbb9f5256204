import {describe, expect, test} from 'vitest';
import {reopening} from '../../../src/app/runs/reopen.ts';
import {ARun, jobStep} from '../../support/a-run.ts';

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
