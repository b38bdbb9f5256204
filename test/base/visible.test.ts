import fc from 'fast-check';
import {expect, test} from 'vitest';
import {atTheEdge, shown, visible, visibleJson, visibleLine} from '../../src/base/visible.ts';

/** Texts as enemies write them: letters and whatever a terminal obeys, in any order. */
const HOSTILE_PARTS = [
  '\u001b[2J',
  '\u001b[32m',
  '\u001b]0;title\u0007',
  '\u009b2J',
  '\n',
  '\r',
  '\t',
  '\0',
  '\u007f',
  '\u0085',
  '\u202e',
  '\u2066',
  '\u200f',
  '\u061c',
  '\u200b',
  '\u200d',
  '\ufeff',
  '\u2028',
  '\ud800',
  '\udc00',
  '\u{e0041}',
];
const hostile = fc
  .array(fc.oneof(fc.constantFrom(...HOSTILE_PARTS), fc.string({unit: 'binary', maxLength: 4}), fc.constant('run')), {
    maxLength: 8,
  })
  .map((parts) => parts.join(''));

/** What a terminal obeys; the controls are written out here once more, so that the pattern of the source may be wrong. */
const OBEYED = /[\u0000-\u001f\u007f-\u009f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff]/;
const loneSurrogate = (text: string) => /\p{Cs}/u.test(text);

test.each([
  ['all well\u001b[2J', 'all well\\u001b[2J'],
  ['two\nlines\r\n', 'two\\nlines\\r\\n'],
  ['a\tb', 'a\\tb'],
  ['invoice\u202efdp.exe', 'invoice\\u202efdp.exe'],
  ['pay\u200bpal', 'pay\\u200bpal'],
  ['clean\u200dup', 'clean\\u200dup'],
  ['\u009b31m', '\\u009b31m'],
  ['half \ud800 of it', 'half \\ud800 of it'],
  ['tag\u{e0041}', 'tag\\u{e0041}'],
  ['\u2028', '\\u2028'],
])('%j is shown as %s', (text, expected) => {
  expect(visible(text)).toBe(expected);
});

test.each(['Grüße', 'naïve café', 'данные', '数据', '👩‍💻', '❤️', 'می‌خواهم', 'क्‍ष', 'a b', '~/x\\n', 'e\u0301'])(
  '%s stays as it is written',
  (text) => {
    expect(visible(text)).toBe(text);
  },
);

test('output of jobs keeps the tabs between its columns', () => {
  expect(visibleLine('a\tb\u001b[1A')).toBe('a\tb\\u001b[1A');
});

test('of a value nothing is left that a terminal obeys, and what was visible stays', () => {
  fc.assert(
    fc.property(hostile, (text) => {
      const seen = visible(text);
      expect(seen).not.toMatch(OBEYED);
      expect(loneSurrogate(seen)).toBe(false);
      expect(visible(seen)).toBe(seen);
    }),
  );
});

test('a joiner after a sign that is not seen itself is spelt out with it', () => {
  expect(visible('\u0600\u200d')).toBe('\\u0600\\u200d');
  expect(visible('\u0627\u200d\u0627')).toBe('\u0627\u200d\u0627');
});

test('past the edge go ends of lines, tabs and the colours of stage, and no colour where there is none', () => {
  const text = '\u001b[32m✓\u001b[39m run\n\u001b[2J\u001b[31;1mred\u001b[8m\tend';
  expect(atTheEdge(text, {colour: true})).toBe('\u001b[32m✓\u001b[39m run\n\\u001b[2J\\u001b[31;1mred\\u001b[8m\tend');
  expect(atTheEdge(text, {colour: false})).toBe(
    '\\u001b[32m✓\\u001b[39m run\n\\u001b[2J\\u001b[31;1mred\\u001b[8m\tend',
  );
  fc.assert(
    fc.property(hostile, fc.boolean(), (any, colour) => {
      const out = atTheEdge(any, {colour}).replaceAll(/[\n\t]/g, '');
      expect(colour ? out.replaceAll(/\u001b\[(2|22|31|32|33|36|39)m/g, '') : out).not.toMatch(OBEYED);
    }),
  );
});

test('a document holds the same values, and nothing in it is obeyed', () => {
  fc.assert(
    fc.property(fc.dictionary(hostile, hostile), fc.constantFrom(undefined, 2), (value, indent) => {
      const json = visibleJson(JSON.stringify(value, null, indent));
      expect(JSON.parse(json)).toEqual(JSON.parse(JSON.stringify(value)));
      expect(json.replaceAll('\n', '')).not.toMatch(OBEYED);
    }),
  );
});

test('each text of a model is made visible, wherever it lies, and a model without such texts is handed on as it is', () => {
  const model = {run: 'a\nb', steps: [{why: '\u001b[2J', at: 5, none: undefined}], 'k\u202e': new Map([['\r', '\r']])};
  expect(shown(model)).toEqual({
    run: 'a\\nb',
    steps: [{why: '\\u001b[2J', at: 5, none: undefined}],
    'k\\u202e': new Map([['\\r', '\\r']]),
  });
  const plain = {run: 'a', steps: [{at: 5, ok: true, of: null}]};
  expect(shown(plain)).toBe(plain);
});
