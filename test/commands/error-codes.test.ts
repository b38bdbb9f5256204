import {readdirSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
import {expect, test} from 'vitest';
import {EXIT, EXIT_MEANINGS} from '../../src/errors.ts';

const ROOT = join(import.meta.dirname, '..', '..');

/** `code: 'NO_SUCH_RUN'`, wherever errors for users are made; a stumble of the file system (ENOENT) is no code of ours. */
function codesInTheSource(): Set<string> {
  const files = ['src', 'commands'].flatMap((directory) =>
    readdirSync(join(ROOT, directory), {recursive: true, encoding: 'utf8'})
      .filter((file) => file.endsWith('.ts') && !file.includes('render-'))
      .map((file) => readFileSync(join(ROOT, directory, file), 'utf8')),
  );
  const written = files
    .filter((text) => /\bEXIT\b|RequestWrong/.test(text))
    .flatMap((text) =>
      [...text.matchAll(/\bcode: [^,;\n]*/g)].flatMap(([line]) => line.match(/'[A-Z]+(?:_[A-Z]+)*'/g) ?? []),
    );
  const launcher = readFileSync(join(ROOT, 'bin', 'stage'), 'utf8');
  const ofTheLauncher = [...launcher.matchAll(/\bfail ([A-Z_]+) ['"]/g)].map(([, code = '']) => code);
  const words = [...written.map((word) => word.slice(1, -1)), ...ofTheLauncher, 'NOT_LOADED'];
  return new Set(words.filter((code) => !/^E[A-Z]+$/.test(code)));
}

function codesOnThePage(): Set<string> {
  const page = readFileSync(join(ROOT, 'docs', 'formats', 'json.md'), 'utf8');
  const section = page.slice(page.indexOf('## Errors'), page.indexOf('## A run'));
  const table = section.split('\n').filter((line) => line.startsWith('| `'));
  return new Set(table.flatMap((line) => [...line.matchAll(/`([A-Z_]+)`/g)].map(([, code = '']) => code)));
}

test('the page about --json names every code of an error, and none that there is not', () => {
  const inSource = codesInTheSource();
  const onPage = codesOnThePage();
  expect([...inSource].filter((code) => !onPage.has(code))).toEqual([]);
  const ofTheSystem = (code: string) => code.startsWith('SYSTEM_');
  expect([...onPage].filter((code) => !inSource.has(code) && !ofTheSystem(code))).toEqual([]);
});

test.each(['README.md', 'docs/reference/commands.md'])('%s has the table of exit codes as the code has it', (name) => {
  const page = readFileSync(join(ROOT, name), 'utf8');
  for (const [code, number] of Object.entries(EXIT)) {
    const row = page.split('\n').find((line) => line.startsWith(`| ${number} `));
    expect(row).toContain(EXIT_MEANINGS[code as keyof typeof EXIT]); // Object.entries forgets which keys there are
  }
});
