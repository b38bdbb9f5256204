import {expect, test} from 'vitest';
import {styleOf} from '../../src/cli/style.ts';

const TERMINAL = {isTTY: true, columns: 100} as const;
const FILE = {isTTY: false as unknown as true, columns: undefined as unknown as number}; // as a pipe has them

test.each([
  [TERMINAL, {}, true],
  [FILE, {}, false],
  [TERMINAL, {NO_COLOR: '1'}, false],
  [TERMINAL, {NO_COLOR: ''}, true],
  [TERMINAL, {TERM: 'dumb'}, false],
  [FILE, {FORCE_COLOR: '1'}, true],
  [TERMINAL, {FORCE_COLOR: '0'}, false],
  [FILE, {FORCE_COLOR: '1', NO_COLOR: '1'}, false],
] as const)('%o with %o: colour %s', (stream, env, colour) => {
  expect(styleOf(stream, {}, env).colour).toBe(colour);
});

test('a terminal is wrapped to its width; what is not one, only where COLUMNS says so', () => {
  expect(styleOf(TERMINAL, {}, {COLUMNS: '60'}).width).toBe(100);
  expect(styleOf({isTTY: true, columns: 0}, {}, {}).width).toBe(80);
  expect(styleOf(FILE, {}, {}).width).toBeUndefined();
  expect(styleOf(FILE, {}, {COLUMNS: '60'}).width).toBe(60);
  expect(styleOf(FILE, {}, {COLUMNS: 'wide'}).width).toBeUndefined();
});

test.each([
  [{}, false],
  [{LANG: 'en_GB.UTF-8'}, false],
  [{LANG: 'C.utf8'}, false],
  [{LANG: 'C'}, true],
  [{LANG: 'de_DE.ISO-8859-1'}, true],
  [{LANG: 'en_GB.UTF-8', LC_CTYPE: 'POSIX'}, true],
  [{LC_ALL: 'C', LC_CTYPE: 'en_GB.UTF-8'}, true],
  [{LC_ALL: '', LANG: 'en_GB.UTF-8'}, false],
] as const)('the locale %o asks for ASCII: %s', (env, ascii) => {
  expect(styleOf(TERMINAL, {}, env).ascii).toBe(ascii);
});

test('--ascii asks for it anywhere', () => {
  expect(styleOf(TERMINAL, {ascii: true}, {LANG: 'en_GB.UTF-8'}).ascii).toBe(true);
});
