import {describe, expect, test} from 'vitest';
import {wrongTasks} from '../support/verify.ts';

const scenario = {run: 'a.1', tasks: ['stage a.1 stage-out 1'], end: 'succeeded'} as const;
const wrongs = (labels: readonly string[], resumed = false) =>
  wrongTasks(scenario, labels, resumed).map(({kind, what}) => `${kind}: ${what}`);

describe('tasks of a run', () => {
  test('are those that it was to have, once each; those of others are not looked at', () => {
    expect(wrongs(['stage a.1 stage-out 1', 'stage b.1 in 1'])).toEqual([]);
    expect(wrongs([])).toEqual(['loss: no task "stage a.1 stage-out 1"']);
    expect(wrongs(['stage a.1 stage-out 1', 'stage a.1 stage-out 1'])).toHaveLength(1);
    expect(wrongs(['stage a.1 stage-out 2'])).toHaveLength(2);
  });

  test('may be of a later attempt where the run was resumed, and are still one for each step', () => {
    expect(wrongs(['stage a.1 stage-out 2'], true)).toEqual([]);
    expect(wrongs(['stage a.1 stage-out 1', 'stage a.1 stage-out 2'], true)).toEqual([
      'duplicate: two tasks "stage a.1 stage-out"',
    ]);
    expect(wrongs(['stage a.1 other 2'], true)).toHaveLength(2);
  });
});
