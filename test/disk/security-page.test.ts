import {existsSync, readFileSync} from 'node:fs';
import {expect, test} from 'vitest';

test('each threat of docs/security.md names tests that are there, or says why there is none', () => {
  const rows = readFileSync('docs/security.md', 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('| ') && !/^\| (threat|-)/.test(line))
    .map((line) => line.split(/(?<!\\) \| /).map((cell) => cell.replace(/^\| | \|$/g, '').trim()));
  expect(rows.length).toBeGreaterThan(20);
  for (const [threat = '', , shown = ''] of rows) {
    const tests = shown.match(/test\/[\w/.-]+\.test\.ts/g) ?? [];
    expect({threat, shown: tests.length > 0 || shown.startsWith('by design')}).toEqual({threat, shown: true});
    expect({threat, missing: tests.filter((file) => !existsSync(file))}).toEqual({threat, missing: []});
  }
});
