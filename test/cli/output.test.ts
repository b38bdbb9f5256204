import {readdirSync, readFileSync} from 'node:fs';
import fc from 'fast-check';
import {expect, test} from 'vitest';
import {renderList} from '../../src/app/runs/status/render-list.ts';
import {renderWhy} from '../../src/app/runs/why/render-why.ts';
import {renderError} from '../../src/app/shared/render-error.ts';
import {renderStatus} from '../../src/app/shared/render-status.ts';
import type {StepView} from '../../src/app/shared/run-view.ts';
import {inWords, writeForShell, writeText} from '../../src/cli/output.ts';

const COLOURED = {colour: true, width: 60};

/** Pieces of texts as a manager, a file name or an error may hold them, and one that is harmless. */
const piece = fc.constantFrom(
  ...['\u001b[2J\u001b[H', '\u001b[32m', '\u001b]0;x\u0007', '\n', '\r', '\t', '\0', '\u007f', '\u009b2K'],
  ...['\u202e', '\u2066', '\u200b', '\ufeff', '\u2028', '\ud83d', 'all runs succeeded'],
);
const text = fc.array(piece, {maxLength: 5}).map((pieces) => pieces.join(''));

const step: fc.Arbitrary<StepView> = fc.record({
  step: text,
  kind: fc.constant('transfer' as const),
  state: fc.constantFrom('paused' as const, 'failed' as const),
  reason: text,
  code: text,
  attempt: fc.constant(2),
  needs: fc.constant([]),
  onFailureOf: fc.constant([]),
  after: fc.constant([]),
  places: fc.array(fc.record({end: fc.constant('from' as const), written: text, is: text}), {maxLength: 1}),
  job: text,
  task: text,
  comment: text,
});
const run = fc.record({
  run: text,
  name: text,
  state: fc.constant('active' as const),
  reason: text,
  profile: text,
  createdAt: fc.constant('2026-11-30T12:00:00.000Z'),
  steps: fc.array(step, {maxLength: 3}),
});
const problem = fc.record({what: text, why: text, next: fc.array(text, {maxLength: 2})});

/** Colours come from the layout alone, so they stand around signs and words that are known. */
const OBEYED = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200b\u2028-\u202e\u2060-\u206f\ufeff]|\p{Cs}/u;
const PAINTED =
  /\u001b\[(?:3[1236]|2)m(?:[·▶‖!?✓✗-]|[├└]─|│|error:|active|paused *|failed *|succeeded|[^\u001b]* to [^\u001b]*|since [^\u001b]*|.*; nothing was concluded)\u001b\[(?:39|22)m/g;

function mustBeHarmless(out: string): void {
  expect(out.replaceAll(PAINTED, '')).not.toMatch(OBEYED);
}

const RENDERERS: [string, fc.Arbitrary<string>][] = [
  [
    'stage status',
    fc
      .record({
        runs: fc.array(run, {maxLength: 2}),
        problems: fc.array(problem, {maxLength: 1}),
        notKnown: fc.constant([]),
      })
      .map((report) => inWords(report, (seen) => renderStatus(seen, COLOURED), COLOURED)),
  ],
  [
    'stage list',
    run.map((one) => inWords([{...one, steps: {all: 1, ended: 0}}], (seen) => renderList(seen, COLOURED), COLOURED)),
  ],
  [
    'stage why',
    fc
      .record({
        run: text,
        state: fc.constant('active'),
        reasons: fc.array(
          fc.record({
            step: text,
            standing: fc.constant('trouble' as const),
            code: text,
            what: text,
            why: text,
            next: fc.array(text),
          }),
          {maxLength: 2},
        ),
        problems: fc.array(problem, {maxLength: 1}),
        notKnown: fc.constant([]),
      })
      .map((report) => inWords(report, (seen) => renderWhy(seen, COLOURED), COLOURED)),
  ],
  [
    'an error',
    fc
      .record({code: text, exit: fc.constant(4), what: text, why: text, next: fc.array(text), details: fc.array(text)})
      .map((error) => inWords(error, (seen) => renderError(seen, COLOURED), COLOURED)),
  ],
];

test.each(RENDERERS)('nothing in %s is obeyed by a terminal, whatever texts the report holds', (_, rendered) => {
  fc.assert(fc.property(rendered, mustBeHarmless));
});

test('a text from outside begins no line of its own', () => {
  const view = {
    what: 'paused by its manager: back soon\n✓ weather.1  succeeded',
    next: [],
    details: [],
    exit: 4,
    code: 'X',
  };
  const out = inWords(view, (seen) => renderError(seen, {colour: false}), {colour: false});
  expect(out.split('\n')).toEqual(['error: paused by its manager: back soon\\n✓ weather.1  succeeded']);
});

test('what a renderer lets through all the same ends at the edge', () => {
  const out: string[] = [];
  writeText({write: (line: string | Uint8Array) => out.push(String(line)) > 0}, 'a\u001b[2J\u001b[31mb\nc');
  expect(out).toEqual(['a\\u001b[2J\\u001b[31mb\nc\n']);
});

test('what a shell reads stays as it is, unless a person looks at it', () => {
  const lines = ["export A='a\u001bb'"];
  const to = (isTTY: boolean) => {
    const out: string[] = [];
    writeForShell({isTTY, write: (line: string | Uint8Array) => out.push(String(line)) > 0}, lines);
    return out.join('');
  };
  expect(to(false)).toBe("export A='a\u001bb'\n");
  expect(to(true)).toBe("export A='a\\u001bb'\n");
});

/** What writes past src/cli/output.ts. The stand-ins are programs of their own, and start.ts can load nothing. */
const WRITES = /process\.std(out|err)\.write|\bconsole\.\w+\(|\bthis\.(log|logToStderr|warn|error)\(/;

test('every command writes by way of src/cli/output.ts', () => {
  const files = ['commands', 'src'].flatMap((top) =>
    readdirSync(top, {recursive: true, encoding: 'utf8'}).map((name) => `${top}/${name}`),
  );
  const others = files.filter(
    (file) =>
      file.endsWith('.ts') &&
      !/^src\/(stand-ins\/|cli\/output\.ts|cli\/start\.ts)/.test(file) &&
      readFileSync(file, 'utf8')
        .split('\n')
        .some((line) => WRITES.test(line)),
  );
  expect(others).toEqual([]);
});
