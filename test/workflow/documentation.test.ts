import {readFileSync} from 'node:fs';
import {resolve} from 'node:path';
import {expect, test} from 'vitest';
import {invalidOf, load} from './support.ts';

const page = readFileSync(resolve(import.meta.dirname, '../../docs/workflow-file.md'), 'utf8');
const examples = [...page.matchAll(/^```yaml\n(.*?)^```$/gms)].map(([, text = '']) => text);

test('the examples of the page on the workflow file are right', () => {
  expect(examples).toHaveLength(8);
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
