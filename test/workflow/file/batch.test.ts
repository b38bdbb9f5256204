import * as fc from 'fast-check';
import {expect, test} from 'vitest';
import {readWords} from '../../../src/base/shell-words.ts';
import {readBatch} from '../../../src/workflow/file/batch.ts';
import {describeDifference} from '../../../src/workflow/model/difference.ts';
import {itemsOf} from '../../../src/workflow/model/items.ts';
import type {Workflow} from '../../../src/workflow/model/workflow.ts';
import {invalidOf, load} from '../support.ts';

const FLOW =
  'name: x\nsteps:\n  in:\n    transfer: { from: "theta:/data/", to: "laptop:/run/", batch: lists/files.txt }\n';

function loadBatch(
  text: string,
  files: Readonly<Record<string, string>> = {'/work/flow/lists/files.txt': text},
): Workflow {
  return load(FLOW, {
    readText: (path) => (path in files ? {text: files[path] ?? ''} : {wrong: 'it does not exist'}),
  });
}

test('reads what the globus CLI reads: quotes, comments, options before and after', () => {
  // The standard input of a recorded `globus transfer --batch -`, and the examples of its help.
  const text =
    'in/f1.txt out/one.txt\n--recursive in/sub "out/sub two"\n# comment\n\n--external-checksum 0123 in/f2.bin out/f2.bin\n' +
    '/share/godata ~/mygodatadir -r\n\'it\'\'s\' "a \\"b\\"" # and a comment\n--checksum-algorithm=SHA256 a b\n-- -r b\r\n';
  expect(readBatch(text)).toEqual({
    problems: [],
    items: [
      {line: 1, from: 'in/f1.txt', to: 'out/one.txt'},
      {line: 2, from: 'in/sub', to: 'out/sub two', recursive: true},
      {line: 5, from: 'in/f2.bin', to: 'out/f2.bin', external_checksum: '0123'},
      {line: 6, from: '/share/godata', to: '~/mygodatadir', recursive: true},
      {line: 7, from: 'its', to: 'a "b"'},
      {line: 8, from: 'a', to: 'b', checksum_algorithm: 'SHA256'},
      {line: 9, from: '-r', to: 'b'},
    ],
  });
});

test.each([
  ['one', '1: has one path; needs SOURCE and DEST'],
  ['a b c', '1: has 3 paths'],
  ['\n\na "b', '3: has a " that is not closed'],
  ['a b\\', '1: ends in a backslash'],
  ['a#1 b', '1: has "#" in the middle of a word'],
  ['-x a b', '1: unknown option "-x"'],
  ['a b --external-checksum', '1: --external-checksum has no value'],
])('says which line of a batch is wrong, and why: %j', (text, problem) => {
  expect(readBatch(text).problems[0]).toContain(problem);
});

test('any words that are quoted come back as they were', () => {
  const quoted = (word: string) => `'${word.replaceAll("'", "'\\''")}'`;
  fc.assert(
    fc.property(fc.array(fc.string({unit: 'grapheme'}), {maxLength: 4}), (words) => {
      expect(readWords(words.map(quoted).join(' '))).toEqual(words);
    }),
  );
});

test('the items of a batch file are part of the workflow, as they were when it was read', () => {
  const workflow = loadBatch('a.nc a.nc\nsub/ sub/\n');
  const [step] = workflow.steps;
  expect(step?.kind === 'transfer' && itemsOf(step)).toEqual([
    {from: '/data/a.nc', to: '/run/a.nc', recursive: false},
    {from: '/data/sub/', to: '/run/sub/', recursive: true},
  ]);
  expect(JSON.stringify(workflow)).not.toContain('files.txt');
});

test('a batch file that changed makes another run of it, and the difference names what came and went', () => {
  const before = {workflow: loadBatch('a a\nb b\n'), scriptHashes: {}};
  const after = {workflow: loadBatch('b b\nc c\nd d\ne e\nf f\n'), scriptHashes: {}};
  expect(describeDifference(before, after)).toEqual([
    'steps.in.items: added "/data/c" → "/run/c"',
    'steps.in.items: added "/data/d" → "/run/d"',
    'steps.in.items: added "/data/e" → "/run/e"',
    'steps.in.items: added 1 more',
    'steps.in.items: removed "/data/a" → "/run/a"',
  ]);
  expect(describeDifference(before, {workflow: loadBatch('# the same\na a\nb   b\n'), scriptHashes: {}})).toEqual([]);
});

test('a mistake in a batch file is told with its line there', () => {
  const told = (text: string) => invalidOf(() => loadBatch(text)).details.join('\n');
  expect(told('a a\nb\n')).toContain('steps.in.transfer.batch: files.txt:2: has one path');
  expect(told('a a\nb b/\n')).toContain('files.txt:2: "/run/b/" ends in "/"');
  expect(told('a c\n\nb c\n')).toContain('files.txt:3: goes to "/run/c", as files.txt:1 does');
  expect(told('# nothing\n')).toContain('files.txt names no items');
  expect(invalidOf(() => loadBatch('', {})).details[0]).toContain('lists/files.txt cannot be read: it does not exist');
});
