// biome-ignore-all lint/suspicious/noTemplateCurlyInString: it is the syntax under test
import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {expandText, isLonePlaceholder} from '../../../src/workflow/file/params.ts';

const VALUES = new Map([
  ['year', '2020'],
  ['my-dir', 'd'],
]);

describe('expandText', () => {
  test.each([
    ['a${{ params.year }}b', 'a2020b'],
    ['${{params.year}}${{  params.my-dir  }}', '2020d'],
    ['$${{ params.year }}', '${{ params.year }}'],
    ['$$${{ params.year }}', '$${{ params.year }}'],
    ['${ params.year }} $HOME {{x}} $', '${ params.year }} $HOME {{x}} $'],
  ])('%s becomes %s', (text, expected) => {
    expect(expandText(text, VALUES)).toMatchObject({text: expected, problems: []});
  });

  test.each([
    ['${{ year }}', '${{ year }} is not understood'],
    ['${{ params.year', '"${{" is not closed'],
    ['${{ params.a.b }}', 'is not understood'],
    ['${{}}', 'is not understood'],
    ['${{ params.yaer }}', 'did you mean "year"?'],
  ])('%s is told, and stays as it is', (text, problem) => {
    const expanded = expandText(text, VALUES);
    expect(expanded.text).toBe(text);
    expect(expanded.problems).toHaveLength(1);
    expect(expanded.problems[0]).toContain(problem);
  });

  test('text without "${{" comes back as it is', () => {
    fc.assert(
      fc.property(
        fc.string().filter((text) => !text.includes('${{')),
        (text) => {
          expect(expandText(text, VALUES)).toMatchObject({text, used: [], problems: []});
        },
      ),
    );
  });

  test('any text comes back when every "${{" in it is escaped', () => {
    const pieces = fc.array(fc.constantFrom('$', '{{', '}}', '${{', ' params.year ', 'a'), {maxLength: 8});
    fc.assert(
      fc.property(
        pieces.map((list) => list.join('')),
        (text) => {
          expect(
            expandText(
              text.replaceAll('${{', () => '$${{'),
              VALUES,
            ),
          ).toMatchObject({text, used: [], problems: []});
        },
      ),
    );
  });
});

test('a lone placeholder has nothing around it', () => {
  expect(['${{ params.x }}', ' ${{params.x}} '].every(isLonePlaceholder)).toBe(true);
  expect(['x${{ params.x }}', '${{ params.x }}${{ params.y }}', '$${{ params.x }}', ''].some(isLonePlaceholder)).toBe(
    false,
  );
});
