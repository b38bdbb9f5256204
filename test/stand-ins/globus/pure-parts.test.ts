import fc from 'fast-check';
import {expect, test} from 'vitest';
import {readScopes, resourceServerOf} from '../../../src/stand-ins/globus/auth/scopes.ts';
import {readFilterRules} from '../../../src/stand-ins/globus/copy/filter-rules.ts';
import {globToRegExp} from '../../../src/stand-ins/globus/copy/glob.ts';
import {PathRefused, readPath} from '../../../src/stand-ins/globus/copy/paths.ts';
import {decideSync} from '../../../src/stand-ins/globus/copy/sync-decision.ts';
import {matching, oneOf, readFilters} from '../../../src/stand-ins/globus/http/list-query.ts';
import {readTime, taskTime} from '../../../src/stand-ins/globus/http/time.ts';
import {type Contender, grantSlots, SLOTS} from '../../../src/stand-ins/globus/transfer/slots.ts';

test('a path in normal form never leads above the collection, however it is written', () => {
  const part = fc.constantFrom('a', '.', '..', '', '~', '%2e%2e', 'b c', '..%2f');
  fc.assert(
    fc.property(fc.array(part, {maxLength: 6}), (parts) => {
      try {
        const path = readPath(`/${parts.join('/')}`);
        expect(path).toMatch(/^\//);
        expect(path.split('/')).not.toContain('..');
        expect(readPath(path === '/~' || path.startsWith('/~/') ? `/.${path}` : path)).toBeTypeOf('string');
      } catch (error) {
        expect(error).toBeInstanceOf(PathRefused);
        expect(parts).toContain('..');
      }
    }),
  );
});

test.each([
  ['/~/', '/'],
  ['~/x/', '/x'],
  ['/~', '/'],
  ['/a//b/./c/', '/a/b/c'],
  ['/a/../b', '/b'],
  ['/~x', '/~x'],
])('the path %s is %s', (raw, path) => {
  expect(readPath(raw)).toBe(path);
});

test.each([
  ['*.txt', 'a.txt', true],
  ['*.txt', 'a.txt.bak', false],
  ['f?', 'f1', true],
  ['f?', 'f', false],
  ['[a-c]x', 'bx', true],
  ['[!a-c]x', 'bx', false],
  ['a.b', 'axb', false],
  ['a+(b', 'a+(b', true],
  ['[', '[', true],
])('the wildcard %s against %s: %s', (glob, name, matches) => {
  expect(globToRegExp(glob).test(name)).toBe(matches);
});

test('a name without wildcards matches itself and nothing else', () => {
  const name = fc.string({maxLength: 6}).filter((text) => !/[*?[]/.test(text));
  fc.assert(
    fc.property(name, name, (one, other) => {
      expect(globToRegExp(one).test(other)).toBe(one === other);
    }),
  );
});

test('the first filter rule that matches decides, and no match includes', () => {
  const included = readFilterRules([
    {DATA_TYPE: 'filter_rule', method: 'include', name: '*.txt', type: 'file'},
    {DATA_TYPE: 'filter_rule', method: 'exclude', name: '*', type: 'file'},
  ]);
  expect([included('a.txt', 'file'), included('a.dat', 'file'), included('dir', 'dir')]).toEqual([true, false, true]);
});

test.each([
  [null, 'copy'],
  [0, 'skip'],
  [1, 'skip'],
  [2, 'copy'],
  [3, 'compare-checksums'],
] as const)('at sync level %s a newer source of the same size is: %s', (level, decision) => {
  expect(decideSync(level, {size: 1, mtimeMs: 5000}, {size: 1, mtimeMs: 1000})).toBe(decision);
});

test('at every sync level a file that is not there is copied', () => {
  for (const level of [null, 0, 1, 2, 3] as const)
    expect(decideSync(level, {size: 1, mtimeMs: 0}, undefined)).toBe('copy');
});

test('slots: at most three of a kind and owner, never one that may not run, and no task loses a turn', () => {
  const contender = fc.record({
    owner: fc.constantFrom('me', 'you'),
    type: fc.constantFrom('TRANSFER' as const, 'DELETE' as const),
    eligible: fc.boolean(),
    holding: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(contender, {maxLength: 9}), (drawn) => {
      const all: Contender[] = drawn.map((one, at) => ({...one, id: String(at)}));
      const granted = grantSlots(all);
      for (const one of all) {
        const line = all.filter((other) => other.owner === one.owner && other.type === one.type);
        const mayRun = line.filter((other) => other.eligible);
        expect(line.filter((other) => granted.has(other.id))).toHaveLength(Math.min(SLOTS, mayRun.length));
        if (!one.eligible) expect(granted.has(one.id)).toBe(false);
        if (one.holding && one.eligible && mayRun.filter((other) => other.holding).length <= SLOTS) {
          expect(granted.has(one.id)).toBe(true);
        }
      }
    }),
  );
});

test('scopes split at spaces outside brackets, with their dependencies', () => {
  expect(readScopes('a[*b c[d]] e')).toEqual([
    {
      name: 'a',
      optional: false,
      dependencies: [
        {name: 'b', optional: true, dependencies: []},
        {name: 'c', optional: false, dependencies: [{name: 'd', optional: false, dependencies: []}]},
      ],
    },
    {name: 'e', optional: false, dependencies: []},
  ]);
  for (const wrong of ['a[b', 'a]', '[a]', 'a[]]', '*']) expect(() => readScopes(wrong), wrong).toThrow(RangeError);
  expect(resourceServerOf('urn:globus:auth:scope:groups.api.globus.org:all', () => false)).toBe(
    'groups.api.globus.org',
  );
});

test('a label with a slash and a colon does not start a new clause', () => {
  const test = readFilters(['label:=a/b:c/status:ACTIVE'], {label: matching('contains', true), status: oneOf});
  expect(test({label: 'a/b:c', status: 'ACTIVE'})).toBe(true);
  expect(test({label: 'a/b:c', status: 'FAILED'})).toBe(false);
  expect(test({label: 'a', status: 'ACTIVE'})).toBe(false);
});

test.each(['2030-01-02', '2030-01-02 00:00:00', '2030-01-02T00:00:00+00:00', '2030-01-02T01:00:00+01:00'])(
  'the time %s is read as clients mean it',
  (text) => {
    expect(taskTime(readTime(text, 'deadline'))).toBe('2030-01-02T00:00:00+00:00');
  },
);
