import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {loadWorkflow} from '../../../src/workflow/file/load.ts';
import {canonicalJson, fingerprint} from '../../../src/workflow/model/fingerprint.ts';
import type {Workflow} from '../../../src/workflow/model/workflow.ts';
import {EXAMPLE, LAPTOP, load, OPTIONS, THETA} from '../support.ts';

const SCRIPTS = new Map([
  ['compute', '#!/bin/sh\n./model\n'],
  ['cleanup', '#!/bin/sh\nrm -rf x\n'],
]);

function fingerprintOf(text: string, scripts: ReadonlyMap<string, Uint8Array | string> = SCRIPTS): string {
  return fingerprint(load(text), scripts);
}

/** The example with a part of it replaced; the part must be there. */
function changed(part: string, by: string): string {
  if (!EXAMPLE.includes(part)) throw new Error(`the example has no ${part}`);
  return EXAMPLE.replace(part, by);
}

describe('the fingerprint stays the same', () => {
  const before = fingerprintOf(EXAMPLE);

  test.each([
    ['a comment', changed('steps:', '# what is done\nsteps: # all of it')],
    ['the name of the run', changed('name: climate-ens', 'name: other')],
    ['the id for the friendly name', EXAMPLE.replaceAll('theta:/', `${THETA.toUpperCase()}:/`)],
    ['another friendly name', EXAMPLE.replaceAll('theta', 'alcf')],
    ['a default that is spelled out', changed('recursive: true }\n  compute', 'encrypt: false }\n  compute')],
    ['one name for a list of one', changed('needs: [compute]', 'needs: compute')],
    ['the order of a list', changed('[stage-in, compute]', '[compute, stage-in]')],
    ['the path of a script', changed('computeJob.sh', 'jobs/other.sh')],
    ['~/ for /~/', changed('theta:/~/dm', 'theta:~/dm')],
    ['a strategy', changed('stage-in:', 'stage-in:\n    strategy: monitor')],
    ['another strategy', changed('stage-in:', 'stage-in:\n    strategy: wait')],
    ['no retries, spelled out', changed('compute:', 'compute:\n    retries: 0\n    retry_delay: 5m')],
    ['what interruption leads to anyway', changed('computeJob.sh,', 'computeJob.sh, on_interrupted: rerun,')],
  ])('under %s', (_, text) => {
    expect(fingerprintOf(text)).toBe(before);
  });

  test.each([
    ['a pause of a minute that is spelled out', 'retries: 2', 'retries: 2\n    retry_delay: 60'],
    ['a duration in another unit', 'retries: 2\n    retry_delay: 120s', 'retries: 2\n    retry_delay: 2m'],
  ])('under %s', (_, one, other) => {
    const print = (words: string) => fingerprintOf(changed('stage-in:', `stage-in:\n    ${words}`));
    expect(print(one)).toBe(print(other));
  });

  test('under an array with a step of 1 that is spelled out', () => {
    const print = (range: string) => fingerprintOf(changed('computeJob.sh,', `computeJob.sh, array: "${range}",`));
    expect(print('0-9:1%2')).toBe(print('0-9%2'));
  });

  test.each(['needs', 'on_failure_of', 'after'])('whatever the order of the names in %s', (key) => {
    const text = (names: string) =>
      changed(
        '    job: { script: cleanup.sh }',
        `    job: { script: cleanup.sh }\n  last:\n    ${key}: ${names}\n    job: { script: a.sh }`,
      );
    const scripts = new Map([...SCRIPTS, ['last', '']]);
    expect(fingerprintOf(text('[stage-out, stage-in]'), scripts)).toBe(
      fingerprintOf(text('[stage-in, stage-out]'), scripts),
    );
  });

  test('in another directory, and for bytes instead of text', () => {
    const elsewhere = loadWorkflow({text: EXAMPLE, file: 'x.yaml', directory: '/elsewhere'}, OPTIONS);
    const bytes = new Map([...SCRIPTS].map(([step, text]) => [step, new TextEncoder().encode(text)]));
    expect(fingerprint(elsewhere, bytes)).toBe(before);
  });

  test('whatever the order of keys and steps', () => {
    const example = load(changed('walltime', 'place: scatter, walltime'));
    const shuffled = <T>(items: readonly T[]) => fc.shuffledSubarray([...items], {minLength: items.length});
    const anyOrder = fc
      .tuple(shuffled(example.steps), fc.infiniteStream(fc.nat()))
      .map(([steps, keys]): Workflow => ({...example, steps: steps.map((step) => reordered(step, keys))}));
    const expected = fingerprint(example, SCRIPTS);
    fc.assert(
      fc.property(anyOrder, (workflow) => {
        expect(fingerprint(workflow, SCRIPTS)).toBe(expected);
      }),
    );
  });

  test('in this and every later version: runs that are under way depend on it', () => {
    expect(before).toBe('b9ea96b120f9bba398c86ee52c7ac666b1914411c7f2199cbb2aa0c0ee4ff04a');
  });
});

describe('the fingerprint changes', () => {
  const variants = [
    EXAMPLE,
    changed('theta:/~/dmtestdata/', 'theta:/~/other/'),
    changed('theta:/~/dmtestdata/', `${LAPTOP}:/~/dmtestdata/`),
    changed(
      'dmtestdata/", to: "laptop:/~/xfer/", recursive: true',
      'dmtestdata", to: "laptop:/~/xfer", recursive: true',
    ),
    changed('recursive: true }\n  compute', 'verify_checksum: false }\n  compute'),
    changed('recursive: true }\n  compute', 'encrypt: true }\n  compute'),
    changed('recursive: true }\n  compute', 'preserve_timestamp: true }\n  compute'),
    changed('recursive: true }\n  compute', 'sync: exists }\n  compute'),
    changed('recursive: true }\n  compute', 'sync: size }\n  compute'),
    changed('recursive: true }\n  compute', 'deadline: 2030-01-31T18:00:00Z }\n  compute'),
    changed('01:00:00', '02:00:00'),
    changed('computeJob.sh,', 'computeJob.sh, queue: long,'),
    changed('computeJob.sh,', 'computeJob.sh, account: long,'),
    changed('computeJob.sh,', 'computeJob.sh, project: long,'),
    changed('computeJob.sh,', 'computeJob.sh, name: long,'),
    changed('computeJob.sh,', 'computeJob.sh, env: {A: long},'),
    changed('computeJob.sh,', 'computeJob.sh, array: 0-9,'),
    changed('computeJob.sh,', 'computeJob.sh, array: 0-9:2,'),
    changed('computeJob.sh,', 'computeJob.sh, array: 0-9%2,'),
    changed('computeJob.sh,', 'computeJob.sh, on_interrupted: fail,'),
    changed('needs: [stage-in]', 'needs: [stage-in]\n    retries: 1'),
    changed('needs: [stage-in]', 'needs: [stage-in]\n    retries: 2'),
    changed('needs: [stage-in]', 'needs: [stage-in]\n    retries: 2\n    retry_delay: 2m'),
    changed('stage-in:', 'stage-in:\n    retries: 2'),
    changed('on_failure_of: [stage-in, compute]', 'when: always'),
    changed('on_failure_of: [stage-in, compute]', 'after: [stage-in, compute, stage-out]'),
    changed('needs: [compute]', 'after: [compute]'),
    changed('needs: [compute]', 'on_failure_of: [compute]'),
    changed('    needs: [compute]\n', ''),
    changed('steps:', 'params: {x: 1}\nsteps:'),
    changed('steps:', 'params: {x: 2}\nsteps:'),
    changed('  cleanup:\n    on_failure_of: [stage-in, compute]\n    job: { script: cleanup.sh }\n', ''),
  ];

  test('with everything that changes what is done', () => {
    const prints = variants.map((text) => fingerprintOf(text));
    expect(new Set(prints).size).toBe(variants.length);
  });

  test('with the contents of any script', () => {
    const edited = new Map([...SCRIPTS, ['cleanup', '#!/bin/sh\nrm -rf y\n']]);
    expect(fingerprintOf(EXAMPLE, edited)).not.toBe(fingerprintOf(EXAMPLE));
  });

  test('and a script whose contents are not known is a mistake of the caller', () => {
    expect(() => fingerprintOf(EXAMPLE, new Map([['compute', '']]))).toThrow(RangeError);
  });
});

describe('canonicalJson', () => {
  test('is JSON of the same value, with sorted keys', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)));
        expect(canonicalJson(JSON.parse(canonicalJson(value)))).toBe(canonicalJson(value));
      }),
    );
    expect(canonicalJson({b: [1, {d: null, c: undefined}], a: 'ä"'})).toBe('{"a":"ä\\"","b":[1,{"d":null}]}');
  });

  test('refuses what JSON cannot say', () => {
    expect(() => canonicalJson(Number.NaN)).toThrow(RangeError);
    expect(() => canonicalJson([undefined])).toThrow(RangeError);
  });
});

/** The same value with the keys of every map in another order. */
function reordered<T>(value: T, numbers: Iterator<number>): T {
  if (Array.isArray(value)) return value as T;
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value)
    .map(([key, item]) => ({key, item: reordered(item as unknown, numbers), rank: numbers.next().value}))
    .sort((a, b) => a.rank - b.rank);
  return Object.fromEntries(entries.map(({key, item}) => [key, item])) as T; // the same keys and values
}
