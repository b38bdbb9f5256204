// biome-ignore-all lint/suspicious/noTemplateCurlyInString: it is the syntax under test
import fc from 'fast-check';
import {expect, test} from 'vitest';
import {WorkflowInvalid} from '../../../src/workflow/file/problems.ts';
import {EXAMPLE, load} from '../support.ts';

/** Either it loads, or it is a located mistake; nothing else comes out. */
function loadsOrIsInvalid(text: string): void {
  let thrown: unknown;
  try {
    load(text);
  } catch (error) {
    thrown = error;
  }
  if (thrown === undefined) return;
  expect(thrown).toBeInstanceOf(WorkflowInvalid);
  const {details} = thrown as WorkflowInvalid; // asserted above
  expect(details.length).toBeGreaterThan(0);
  const lines = text.split('\n').length;
  const positions = details.map((line) => /^flow\.yaml:(\d+):(\d+): ./.exec(line)?.slice(1).map(Number) ?? []);
  for (const [line = 0, column = 0] of positions) {
    expect(line).toBeGreaterThanOrEqual(1);
    expect(line).toBeLessThanOrEqual(lines);
    expect(column).toBeGreaterThanOrEqual(1);
  }
  expect(positions).toEqual(positions.toSorted(([a = 0, b = 0], [c = 0, d = 0]) => a - c || b - d));
}

test('any text is a workflow or a located mistake', () => {
  fc.assert(fc.property(fc.string({unit: 'binary', maxLength: 60}), loadsOrIsInvalid));
});

const WORDS = [
  ...[
    'name',
    'steps',
    'params',
    'collections',
    'transfer',
    'job',
    'needs',
    'script',
    'env',
    'from',
    'a',
    'constructor',
  ],
  ...['__proto__', 'toString', '${{ params.a }}', '"theta:/a"', '1.10', 'true', 'null', '~', '<<', '0x1f', '.nan'],
  ...[': ', ': ', ': ', '\n', '\n', '\n  ', '\n  ', '\n    ', '- ', '[', ']', '{', '}', ', ', '? ', '"', "'", '#'],
  ...[
    '&a ',
    '*a',
    '!t ',
    '!!binary ',
    '!!timestamp ',
    '|\n',
    '>\n',
    '---\n',
    '...\n',
    '%YAML 1.1\n',
    '\t',
    '\r\n',
    '\0',
  ],
];

test('any heap of YAML words is a workflow or a located mistake', () => {
  const heap = fc.array(fc.constantFrom(...WORDS), {maxLength: 25}).map((words) => words.join(''));
  fc.assert(fc.property(heap, loadsOrIsInvalid), {numRuns: 2000});
});

test('the example with one piece of it replaced is a workflow or a located mistake', () => {
  const pieces = EXAMPLE.split(/(?<=[\s:,{}[\]])/);
  const damaged = fc
    .tuple(fc.nat(pieces.length - 1), fc.constantFrom(...WORDS, ''))
    .map(([index, word]) => pieces.with(index, word).join(''));
  fc.assert(fc.property(damaged, loadsOrIsInvalid), {numRuns: 1000});
});

test.each(['[', '{a: ', '- ', '? ', '- ? ', '- &a ', 'a: ', '- [', '- {a: ', '*a ', '!t '])(
  'sixty kilobytes of "%s" are a located mistake',
  (unit) => loadsOrIsInvalid(unit.repeat(Math.floor(60_000 / unit.length))),
);
