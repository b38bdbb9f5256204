import {existsSync} from 'node:fs';
import {join} from 'node:path';
import {pathToFileURL} from 'node:url';
import {expect, test} from 'vitest';

const ROOT = join(import.meta.dirname, '../../..');
// A script without types; its own comment says what it holds.
const {FILES} = (await import(pathToFileURL(join(import.meta.dirname, 'files.mjs')).href)) as {
  FILES: readonly string[];
};

test('every file that "npm run test:pbs" plays is there: vitest passes over a name that is not', () => {
  expect(FILES.filter((file) => !existsSync(join(ROOT, file)))).toEqual([]);
});
