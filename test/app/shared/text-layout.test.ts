import fc from 'fast-check';
import stringWidth from 'string-width';
import {beforeAll, expect, test} from 'vitest';
import {
  hang,
  hasWideLetters,
  loadWidths,
  pad,
  renderTable,
  spelt,
  widthOf,
  wrapped,
} from '../../../src/app/shared/text-layout.ts';

beforeAll(loadWidths);

const at = (width: number) => ({colour: false, width});

test('columns are counted as a terminal does: letters of East Asia and emoji take two', () => {
  for (const text of ['stage', '✓ ▶ ‖ · ├─ └─ │ … → “x”', '気候', 'e\u0301', '🌍 x', '\u001b[32mgreen\u001b[39m'])
    expect([text, widthOf(text)]).toEqual([text, stringWidth(text)]);
  expect(hasWideLetters('✓ größe \u001b[32mgreen\u001b[39m')).toBe(false);
  expect(hasWideLetters('気候')).toBe(true);
});

test('cells of a table stand below each other whatever letters they have', () => {
  const rows = ['気候 x', 'plain x', '🌍 x'].map((row) => row.split(' '));
  const columns = renderTable(rows)
    .split('\n')
    .map((line) => widthOf(line.slice(0, line.indexOf('x'))));
  expect(new Set(columns)).toEqual(new Set([7]));
});

test('nothing of a text is left out or put elsewhere, and only a word that is too long is longer than the width', () => {
  const word = fc.stringMatching(/^[a-zé気🌍✓-]{1,14}$/u);
  fc.assert(
    fc.property(fc.array(word, {minLength: 1, maxLength: 30}), fc.integer({min: 10, max: 60}), (words, width) => {
      const lines = hang('- ', words.join(' '), '    ', at(width));
      expect(lines.join(' ').split(/ +/)).toEqual(['-', ...words]);
      for (const line of lines)
        if (line.trim().includes(' ') && line !== lines[0]) expect(widthOf(line)).toBeLessThanOrEqual(width);
    }),
  );
});

test('a line is wrapped below its label, and one without a label is indented', () => {
  expect(wrapped('  why: one two three', at(15)).split('\n')).toEqual(['  why: one two', '       three']);
  expect(wrapped('one two three four', at(10)).split('\n')).toEqual(['one two', '  three', '  four']);
  expect(wrapped('NOT  queue: it is not there', at(16)).split('\n')).toEqual([
    'NOT  queue: it',
    '     is not',
    '     there',
  ]);
});

test('a command is never broken: what stands before the break would run', () => {
  const command = 'stage login --collection 08925f04-569f-11e7-bef8-22000b9a448b';
  for (const line of [`  next: Sign in: ${command}`, `        ${command}`])
    expect(
      wrapped(line, at(40))
        .split('\n')
        .map((each) => each.trim()),
    ).toContain(command);
});

test('two commands may stand on two lines, each of them whole, and what begins with a name of ours is text', () => {
  expect(wrapped('  next: End them: stage local down; stage local up', at(40)).split('\n')).toEqual([
    '  next: End them: stage local down;',
    '        stage local up',
  ]);
  expect(wrapped('error: stage met a defect of its own and says so', at(30)).split('\n')).toEqual([
    'error: stage met a defect of',
    '       its own and says so',
  ]);
});

test('where no width is known nothing is wrapped', () => {
  const line = 'word '.repeat(100).trim();
  expect(wrapped(line, {colour: false})).toBe(line);
});

test('without UTF-8 signs are spelt in ASCII, and names stay as they are', () => {
  expect(spelt('├─ ✓ a → b…', {colour: false, ascii: true})).toBe('|- + a -> b...');
  expect(spelt('größe 気候', {colour: false, ascii: true})).toBe('größe 気候');
  expect(spelt('✓', {colour: false})).toBe('✓');
});

test('a name fills its column', () => {
  expect(pad('気候', 6)).toBe('気候  ');
});
