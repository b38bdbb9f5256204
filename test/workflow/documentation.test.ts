import {readFileSync} from 'node:fs';
import {resolve} from 'node:path';
import {expect, test} from 'vitest';
import {invalidOf, load} from './support.ts';

const read = (name: string) => readFileSync(resolve(import.meta.dirname, '../../docs', name), 'utf8');
const examplesOf = (text: string) => [...text.matchAll(/^```yaml\n(.*?)^```$/gms)].map(([, yaml = '']) => yaml);
const page = read('workflow-file.md');
const examples = examplesOf(page);

test('the examples of the page on the options of a transfer are right, batch file and all', () => {
  const options = read('transfer-options.md');
  const batch = /^ {4}# files\.txt.*\n(?: {4}.*\n)+/m.exec(options)?.[0].replace(/^ {4}/gm, '') ?? '';
  const flows = examplesOf(options);
  expect(flows).toHaveLength(4);
  for (const text of flows) expect(load(text, {readText: () => ({text: batch})}).steps).not.toHaveLength(0);
  const listed = load(flows[2] ?? '', {readText: () => ({text: batch})}).steps[0];
  expect(listed?.kind === 'transfer' && listed.items).toHaveLength(4);
});

test('the examples of the page on the workflow file are right', () => {
  expect(examples).toHaveLength(11);
  for (const text of examples) {
    const params: Record<string, string> = /^ {2}year:/m.test(text) ? {year: '2020'} : {};
    expect(load(text, {params}).steps).not.toHaveLength(0);
  }
});

test('the page shows mistakes as they are told', () => {
  const text = `name: a
steps:
  stage-in:
    transfer:
      from: theta:/a
      to: laptop:/a
  cleanup: {on_failure_of: stage-in, job: {script: a.sh}}
  compute:
    needs: [stage_in]
    job: {script: computeJob.sh, walltime: 60}
`;
  const {details} = invalidOf(() => load(text));
  expect(details).toHaveLength(2);
  for (const line of details) expect(page).toContain(line);
});
