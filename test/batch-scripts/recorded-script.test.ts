import {writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {expect, test} from 'vitest';
import {readRecorded, ScriptChanged, sha256} from '../../src/batch-scripts/recorded-script.ts';
import {memoryDirectory} from '../support/memory-directory.ts';

test('a script that is not as recorded is not read, and no look is promised that the pause after a refusal puts off', () => {
  const path = join(memoryDirectory('recorded-'), 'compute.script');
  const recorded = sha256(Buffer.from('echo good'));
  writeFileSync(path, 'echo good', {mode: 0o700});
  const of = {run: 'r.1', step: 'compute'};
  expect(readRecorded(path, recorded, of).toString()).toBe('echo good');
  writeFileSync(path, 'echo mine');
  expect(() => readRecorded(path, recorded, of)).toThrow(ScriptChanged);
  expect(new ScriptChanged(path, recorded, of).next).toEqual([
    `Put back what was recorded: cp SCRIPT ${path}`,
    'When it is tried again: stage why r.1 compute',
  ]);
});
