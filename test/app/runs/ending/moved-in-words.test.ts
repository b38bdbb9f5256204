import {expect, test} from 'vitest';
import {movedInWords} from '../../../../src/app/runs/ending/moved-in-words.ts';

const step = (more: object) => ({step: 'in', kind: 'transfer' as const, ...more});

test.each([
  [[step({})], 'nothing'],
  [[step({task: 'T', filesTransferred: 0, bytesTransferred: 0})], 'nothing'],
  [[step({task: 'T', filesTransferred: 2, bytesTransferred: 5000})], 'in 2 files (5.0 kB), which stay where they are'],
  [[step({task: 'T', filesTransferred: 0, bytesTransferred: 2_600_000})], 'in 2.6 MB of files that are not whole'],
  [[step({task: 'T'})], 'how much in moved is not known'],
  [[{...step({task: 'T', filesTransferred: 1}), kind: 'job' as const}], 'nothing'],
])('what a cancelled run has moved: %j', (steps, words) => {
  expect(movedInWords(steps)).toBe(words);
});
