import {readdirSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
import {expect, test} from 'vitest';
import {CODE_MEANINGS} from '../../../src/standing/reasons/event-codes.ts';

const root = join(import.meta.dirname, '..', '..', '..');
const page = readFileSync(join(root, 'docs', 'why.md'), 'utf8');
const rows = page.split('\n').filter((line) => line.startsWith('|'));

test('the page has a row for every code that "stage why" can give', () => {
  const sources = join(root, 'src', 'standing');
  const text = readdirSync(sources, {recursive: true, encoding: 'utf8'})
    .filter((name) => name.endsWith('.ts'))
    .map((name) => readFileSync(join(sources, name), 'utf8'))
    .join('\n');
  const codes = [
    ...text.matchAll(/'((?:TASK|JOBS?|MONITOR|STEP|RUN|SUBMISSION|TRANSFER|RETRY|SIGN|PBS|GLOBUS)_[A-Z_]+)'/g),
  ];
  const known = [...new Set(codes.map(([, code = '']) => code))];
  expect(known.length).toBeGreaterThan(50);
  const ofProblems = ['TRANSFER_UNREACHABLE', 'SCHEDULER_UNREACHABLE'];
  expect(
    known.filter((code) => !ofProblems.includes(code) && !rows.some((row) => row.includes(`\`${code}\``))),
  ).toEqual([]);
});

test('the page tells faults in the words of "stage why"', () => {
  const words: Readonly<Record<string, string>> = {
    place: 'FILE',
    collection: 'COLLECTION',
    run: 'RUN',
    ls: 'stage collection ls COLLECTION:DIRECTORY',
  };
  const filled = (line = '') => line.replace(/\{(\w+)\}/g, (_, name: string) => words[name] ?? '');
  for (const [code, {means, next}] of Object.entries(CODE_MEANINGS)) {
    const cells = rows
      .find((row) => row.startsWith(`| \`${code}\` `))
      ?.split('|')
      .map((cell) => cell.trim());
    expect(cells?.slice(1, 4)).toEqual([`\`${code}\``, filled(means), filled(next[0])]);
  }
});
