import {readFileSync} from 'node:fs';
import {dirname, resolve} from 'node:path';
import {expect, test} from 'vitest';

const WORKFLOW = resolve(import.meta.dirname, '../../src/workflow');

/** Packages that a module loads, itself or through others. Types are erased and cost nothing. */
function packagesOf(file: string, seen = new Set<string>()): Set<string> {
  if (seen.has(file)) return new Set();
  seen.add(file);
  const imports = [...readFileSync(file, 'utf8').matchAll(/^(?:import|export) (?!type\b)[^;]*?from '([^']+)'/gms)];
  return new Set(
    imports.flatMap(([, from = '']) =>
      from.startsWith('.') ? [...packagesOf(resolve(dirname(file), from), seen)] : [from],
    ),
  );
}

test.each(['model/graph', 'model/fingerprint', 'model/difference', 'model/comparable-form', 'file/problems'])(
  '%s.ts loads neither zod nor yaml: commands that read no workflow file start without them',
  (module) => {
    const packages = [...packagesOf(resolve(WORKFLOW, `${module}.ts`))];
    expect(packages.filter((name) => name === 'zod' || name === 'yaml')).toEqual([]);
  },
);

test('load.ts does load both, so the check above sees what it looks for', () => {
  const packages = packagesOf(resolve(WORKFLOW, 'file/load.ts'));
  expect([...packages]).toEqual(expect.arrayContaining(['zod', 'yaml']));
});
