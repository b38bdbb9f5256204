import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {
  decodeVariables,
  environmentVariables,
  readVariables,
  splitForJson,
} from '../../../src/stand-ins/pbs/language/variables.ts';

// Measured on OpenPBS 23.06: the argument of -v, what is stored, and A as the job sees it.
const TABLE: [given: string, stored: string | undefined, seen?: string][] = [
  ['A=plain', 'A=plain', 'plain'],
  ['A="x,y",B=2', 'A=x\\,y,B=2', 'x,y'],
  ["A='x,y',B=2", 'A=x\\,y,B=2', 'x,y'],
  ['A=x\\,y,B=2', 'A=x\\,y,B=2', 'x,y'],
  ['A=x,y,B=2', undefined],
  ["A=it's,B=2", undefined],
  ['A="it\'s",B=2', undefined],
  ['A=say "hi",B=2', 'A=say hi,B=2', 'say hi'],
  ['A=\'say "hi"\',B=2', 'A=say \\\\hi\\\\', 'say \\hi\\'],
  ['A=say \\"hi\\",B=2', 'A=say \\\\\\\\hi\\\\\\,B=2', 'say \\\\hi\\,B=2'],
  ['A=a\\b,B=2', 'A=a\\\\\\\\b,B=2', 'a\\\\b'],
  ['A=trail\\', 'A=trail\\\\\\\\', 'trail\\\\'],
  ['A=trail\\\\,B=2', 'A=trail\\\\\\\\\\\\\\,B=2', 'trail\\\\\\,B=2'],
  ['A=', 'A=', ''],
  ['A=   ,B=2', 'A=,B=2', ''],
  ['A=5 ,B=2', 'A=5,B=2', '5'],
  ['', ''],
  [',', undefined],
  ['A=1,,B=2', undefined],
  ['A=1,', 'A=1', '1'],
  ['=x', undefined],
  ['A=b=c=d,B=2', 'A=b=c=d,B=2', 'b=c=d'],
  ['A=1,A=2', 'A=1,A=2', '2'],
  ['PBS_O_HOME=/x,PBS_JOBID=7,A=1', 'PBS_JOBID=7,A=1', '1'],
  ['NOTSET', undefined],
  ["A='[1,2]',B=2", 'A=[1\\,2],B=2', '[1,2]'],
  ['A=\'{"k":[1,2]}\',B=2', undefined],
];

describe('-v', () => {
  test.each(TABLE)('%s is kept as %s', (given, stored, seen) => {
    expect(readVariables(given, {})).toBe(stored);
    if (stored !== undefined && seen !== undefined) expect(new Map(decodeVariables(stored)).get('A')).toBe(seen);
  });

  test.each([
    ['', 'A=,B=2'],
    ['x,y', 'A=x\\,y,B=2'],
    ['trail\\', 'A=trail\\\\\\,B=2'],
    ['a\\,b', 'A=a\\\\\\,b,B=2'],
    ['x,"y\'\\z', undefined],
  ])('a name without a value takes %j from the environment', (value, stored) => {
    expect(readVariables('A,B=2', {A: value})).toBe(stored);
  });

  test('values of the safe alphabet arrive as they were given', () => {
    const value = fc.stringMatching(/^[A-Za-z0-9_./:@+ -]*[A-Za-z0-9_./:@+-]$/);
    fc.assert(
      fc.property(fc.array(value, {minLength: 1, maxLength: 4}), (values) => {
        const given = values.map((one, at) => `V${at}=${one}`).join(',');
        const stored = readVariables(given, {}) ?? '';
        expect(decodeVariables(stored)).toEqual(values.map((one, at) => [`V${at}`, one]));
      }),
    );
  });
});

test('-V carries every environment exactly', () => {
  const env = fc.dictionary(fc.stringMatching(/^[A-Z]{1,6}$/), fc.string());
  fc.assert(
    fc.property(env, (given) => {
      expect(Object.fromEntries(decodeVariables(environmentVariables(given)))).toEqual({...given});
    }),
  );
});

test('JSON splits at commas without a backslash before them and drops no other backslash', () => {
  expect(splitForJson('A=x\\,y,W=/dir with \\"q\\"\\, comma,E=')).toEqual([
    ['A', 'x,y'],
    ['W', '/dir with \\"q\\", comma'],
    ['E', ''],
  ]);
});
