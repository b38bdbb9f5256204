import {expect, test} from 'vitest';
import {fingerprint} from '../../../src/workflow/model/fingerprint.ts';
import {itemsOf} from '../../../src/workflow/model/items.ts';
import type {TransferStep, Workflow} from '../../../src/workflow/model/workflow.ts';
import {invalidOf, load} from '../support.ts';

function flow(transfer: string): string {
  return `name: x\nsteps:\n  in:\n    transfer: ${transfer}\n`;
}
const DIRECTORY = 'from: "theta:/data/", to: "laptop:/run/"';

function stepOf(workflow: Workflow): TransferStep {
  const [step] = workflow.steps;
  if (step?.kind !== 'transfer') throw new Error('no transfer');
  return step;
}

const read = (options: string) => stepOf(load(flow(`{ ${DIRECTORY}, ${options} }`)));
const mistakes = (transfer: string) => invalidOf(() => load(flow(transfer))).details;

test('reads every option, and leaves out what is at its default', () => {
  const {options, confirmDelete} = read(
    'filters: [{include: "*.nc", type: file}, {exclude: "tmp*"}], symlinks: keep, delete_extra: true, ' +
      'confirm_delete: true, skip_source_errors: true, fail_on_quota: true, sync: mtime, notify: [failed]',
  );
  expect(options).toEqual({
    syncLevel: 2,
    verifyChecksum: true,
    preserveTimestamp: false,
    encryptData: false,
    filters: [
      {method: 'include', name: '*.nc', type: 'file'},
      {method: 'exclude', name: 'tmp*'},
    ],
    symlinks: 'keep',
    deleteExtra: true,
    skipSourceErrors: true,
    failOnQuota: true,
    notify: ['failed'],
  });
  expect(confirmDelete).toBe(true);
  expect(read('symlinks: ignore, skip_source_errors: false, fail_on_quota: false').options).toEqual(
    read('verify_checksum: true').options,
  );
});

test('a deadline is an instant, or a time that counts from each submission', () => {
  expect(read('deadline: 2030-01-31T18:00:00+01:00').options.deadline).toBe('2030-01-31T17:00:00Z');
  expect(read('deadline: 2d').options).toMatchObject({deadlineAfterMs: 172_800_000});
  expect(read('deadline: 30d').options.deadlineAfterMs).toBe(30 * 86_400_000);
  for (const wrong of ['2', '"2"', '0s', '400d', 'tomorrow', '2030-01-31'])
    expect(mistakes(`{ ${DIRECTORY}, deadline: ${wrong} }`).join()).toContain(
      'or a time from the submission, such as 2d',
    );
});

test('local accounts go with the places, and the words of a label with the step', () => {
  const step = read('source_local_user: ada, destination_local_user: grace, label: "winter 2026"');
  expect(step).toMatchObject({from: {localUser: 'ada'}, to: {localUser: 'grace'}, label: 'winter 2026'});
  for (const wrong of ['""', '" x"', `"${'x'.repeat(129)}"`, '"a\\nb"', '[a]'])
    expect(mistakes(`{ ${DIRECTORY}, label: ${wrong} }`).join()).toContain('needs 1 to 128 characters');
  const print = (options: string) => fingerprint(load(flow(`{ ${DIRECTORY}${options} }`)), new Map());
  expect(print(', label: x')).toBe(print(''));
  expect(new Set(['', ', source_local_user: a', ', source_local_user: b', ', deadline: 2d'].map(print)).size).toBe(4);
});

test('an option that changes what arrives makes another run of it; one at its default, or a confirmation, does not', () => {
  const print = (options: string) => fingerprint(load(flow(`{ ${DIRECTORY}${options} }`)), new Map());
  const plain = print('');
  for (const same of [
    ', symlinks: ignore',
    ', delete_extra: false',
    ', skip_source_errors: false',
    ', notify: [failed]',
  ])
    expect(print(same)).toBe(plain);
  const others = [
    ', symlinks: copy',
    ', delete_extra: true',
    ', skip_source_errors: true',
    ', fail_on_quota: true',
    ', filters: [{exclude: a}, {include: b}]',
    ', filters: [{include: b}, {exclude: a}]',
    ', filters: [{exclude: a, type: file}, {include: b}]',
    ', items: [{from: a, to: a}]',
    ', items: [{from: a, to: b}]',
  ].map(print);
  expect(new Set([plain, ...others]).size).toBe(others.length + 1);
  expect(print(', delete_extra: true, confirm_delete: true')).toBe(print(', delete_extra: true'));
});

test('takes the paths of items from the directories of the transfer, and absolute ones as they are', () => {
  const step = read(
    'items: [{from: a.nc, to: sub/b.nc}, {from: d/, to: e/}, {from: /x/y, to: "~/z"}, {from: f, to: g, recursive: true}]',
  );
  expect(itemsOf(step)).toEqual([
    {from: '/data/a.nc', to: '/run/sub/b.nc', recursive: false},
    {from: '/data/d/', to: '/run/e/', recursive: true},
    {from: '/x/y', to: '/~/z', recursive: false},
    {from: '/data/f', to: '/run/g', recursive: true},
  ]);
  expect(step.recursive).toBe(true);
});

test.each([
  ['/d', '/e/'],
  ['/d/', '/e'],
  ['/d', '/e'],
  ['/d/', '/e/'],
])('with recursive: true both ends are directories, whatever they end in: %s and %s', (from, to) => {
  const step = stepOf(
    load(flow(`{ from: "theta:${from}", to: "laptop:${to}", recursive: true, filters: [{exclude: x}] }`)),
  );
  expect(itemsOf(step)).toEqual([{from, to, recursive: true}]);
  expect(mistakes(`{ from: "theta:${from}", to: "theta:${from}/", recursive: true }`).join()).toContain(
    'the same place',
  );
});

test('a checksum goes with its file, in one spelling, and is MD5 when nothing else is said', () => {
  const md5 = 'D41D8CD98F00B204E9800998ECF8427E';
  const one = stepOf(load(flow(`{ from: "theta:/a", to: "laptop:/a", external_checksum: "${md5}" }`)));
  expect(itemsOf(one)).toEqual([
    {from: '/a', to: '/a', recursive: false, checksum: md5.toLowerCase(), checksumAlgorithm: 'MD5'},
  ]);
  const sha = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
  const many = read(`items: [{from: a, to: b, external_checksum: "${sha}", checksum_algorithm: sha-256}]`);
  expect(itemsOf(many)[0]).toMatchObject({checksum: sha, checksumAlgorithm: 'SHA256'});
});

test.each([
  [`{ ${DIRECTORY}, filters: [{include: a, exclude: b}] }`, 'has both include and exclude'],
  [`{ ${DIRECTORY}, filters: [{type: file}] }`, 'has neither include nor exclude'],
  [`{ ${DIRECTORY}, filters: [{include: a, kind: file}] }`, 'unknown key; known: include, exclude and type'],
  ['{ from: "theta:/a", to: "laptop:/a", filters: [{exclude: b}] }', '"from" is one file'],
  ['{ from: "theta:/a", to: "laptop:/a", delete_extra: true }', '"from" is one file'],
  [`{ ${DIRECTORY}, notify: [ended] }`, 'needs one of succeeded, failed, inactive'],
  [`{ ${DIRECTORY}, confirm_delete: true }`, 'has no meaning without delete_extra'],
  [`{ ${DIRECTORY}, items: [{from: a, to: b}], batch: c }`, 'needs one of them'],
  [`{ ${DIRECTORY}, items: [{from: a, to: b}], recursive: true }`, 'say it for each item of items'],
  ['{ from: "theta:/data", to: "laptop:/run/", items: [{from: a, to: b}] }', 'needs to end in "/"'],
  [`{ ${DIRECTORY}, items: [{from: a, to: b/}] }`, 'item 1: "/run/b/" ends in "/"'],
  [`{ ${DIRECTORY}, items: [{from: a, to: c}, {from: b, to: c}] }`, 'item 2: goes to "/run/c", as item 1 does'],
  [`{ ${DIRECTORY}, items: [{from: a/, to: b/, external_checksum: "00"}] }`, 'which is for one file'],
  [`{ ${DIRECTORY}, items: [{from: a, to: b, external_checksum: "00"}] }`, 'needs 32 hex digits'],
  [`{ ${DIRECTORY}, items: [{from: a, to: b, sum: "00"}] }`, 'unknown key; known: from, to, recursive'],
  [`{ ${DIRECTORY}, items: [] }`, 'is an empty list'],
  [`{ ${DIRECTORY}, external_checksum: "00" }`, '"from" is a directory'],
  ['{ from: "theta:/a", to: "laptop:/a", checksum_algorithm: MD5 }', 'has no external_checksum beside it'],
  [
    '{ from: "theta:/a", to: "laptop:/a", external_checksum: "00", checksum_algorithm: CRC }',
    '"CRC" is not a checksum algorithm',
  ],
])('says what is wrong with %s', (transfer, text) => {
  expect(mistakes(transfer).join('\n')).toContain(text);
});

test('a list with the same mistake in every item is told of a few times', () => {
  const items = Array.from({length: 50}, (_, index) => `{from: a${index}, to: b/}`).join(', ');
  const told = mistakes(`{ ${DIRECTORY}, items: [${items}] }`);
  expect(told).toHaveLength(11);
  expect(told.at(-1)).toContain('and 40 more items have mistakes');
});
