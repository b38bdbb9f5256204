import {mkdtempSync, statSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {expect, test} from 'vitest';
import {globusVariablesIn, keepGlobusVariables, readGlobusVariables} from '../../src/ledger/globus-variables.ts';

const home = mkdtempSync(join(tmpdir(), 'globus-variables-'));
const file = join(home, 'globus-variables.json');

test('the login that the last run was begun with is kept; that none was chosen is kept as well', () => {
  expect(readGlobusVariables(home)).toBeUndefined();
  keepGlobusVariables(home, globusVariablesIn({GLOBUS_PROFILE: 'work', GLOBUS_CLI_CLIENT_SECRET: 'x'}));
  expect(readGlobusVariables(home)).toEqual({GLOBUS_PROFILE: 'work'});
  const {ino} = statSync(file);
  keepGlobusVariables(home, {GLOBUS_PROFILE: 'work'});
  expect(statSync(file).ino).toBe(ino);
  keepGlobusVariables(home, globusVariablesIn({GLOBUS_PROFILE: ''}));
  expect(readGlobusVariables(home)).toEqual({});
});

test.each(['', '{', '{"variables":{"PATH":"/evil"}}', '[]', '{"variables":{"GLOBUS_PROFILE":7}}'])(
  'a file that is damaged, or names others, is none: %s',
  (text) => {
    writeFileSync(file, text);
    expect(readGlobusVariables(home)).toBeUndefined();
  },
);
