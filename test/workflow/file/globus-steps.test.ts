import {expect, test} from 'vitest';
import {describeDifference} from '../../../src/workflow/model/difference.ts';
import {fingerprint} from '../../../src/workflow/model/fingerprint.ts';
import {invalidOf, LAPTOP, load, THETA} from '../support.ts';

const flow = (step: string) => `name: x\nsteps:\n  a: ${step}\n`;

test('reads steps that delete and that make a directory', () => {
  const text = `name: x
steps:
  make: { mkdir: "laptop:~/run/" }
  tidy: { needs: [make], retries: 2, fail_fast: 10m, delete: { at: "theta:/scratch/run/", recursive: true } }
  file: { delete: { at: "theta:/scratch/a.nc" } }
`;
  expect(load(text).steps).toMatchObject([
    {kind: 'mkdir', name: 'make', at: {collection: LAPTOP, path: '/~/run/'}},
    {kind: 'delete', name: 'tidy', needs: ['make'], at: {collection: THETA, path: '/scratch/run/'}, recursive: true},
    {kind: 'delete', name: 'file', at: {collection: THETA, path: '/scratch/a.nc'}, recursive: false},
  ]);
});

test('a new directory may be made as a local account, and is another step then; as plain text it is the step that it was', () => {
  const [made] = load(flow('{ mkdir: { at: "theta:/a", local_user: grp-ops } }')).steps;
  expect(made).toMatchObject({kind: 'mkdir', at: {collection: THETA, path: '/a', localUser: 'grp-ops'}});
  const print = (step: string) => fingerprint(load(flow(step)), new Map());
  expect(print('{ mkdir: { at: "theta:/a" } }')).toBe(print('{ mkdir: "theta:/a" }'));
  expect(print('{ mkdir: { at: "theta:/a", local_user: x } }')).not.toBe(print('{ mkdir: "theta:/a" }'));
});

test('another place, or deleting all that is in it, makes another run of it', () => {
  const record = (step: string) => ({workflow: load(flow(step)), scriptHashes: {}});
  const print = (step: string) => fingerprint(load(flow(step)), new Map());
  const plain = '{ delete: { at: "theta:/a" } }';
  const recursive = '{ delete: { at: "theta:/a", recursive: true } }';
  const other = '{ delete: { at: "laptop:/a" } }';
  expect(new Set([plain, recursive, other, '{ mkdir: "theta:/a" }', '{ mkdir: "theta:/b" }'].map(print)).size).toBe(5);
  expect(describeDifference(record(plain), record(recursive))).toEqual(['steps.a.recursive: false → true']);
  expect(describeDifference(record(plain), record('{ mkdir: "theta:/a" }'))).toEqual([
    'steps.a: was a delete, is a mkdir',
  ]);
});

test.each([
  ['{ delete: { at: "theta:/" } }', 'is a whole collection, or a home directory'],
  ['{ delete: { at: "theta:~", recursive: true } }', 'is a whole collection, or a home directory'],
  ['{ delete: { at: "theta:/~/./", recursive: true } }', 'is a whole collection, or a home directory'],
  ['{ delete: { at: "theta:/a/../b" } }', 'has ".." in its path'],
  ['{ delete: { at: "theta:/a/" } }', 'add recursive: true'],
  ['{ delete: { at: "thetta:/a" } }', 'unknown collection "thetta"'],
  ['{ delete: { path: "theta:/a" } }', 'known: at, recursive, label, local_user and notify'],
  ['{ delete: "theta:/a" }', 'needs a map with at'],
  ['{ mkdir: "theta" }', 'has no ":"'],
  ['{ mkdir: { at: "theta" } }', 'steps.a.mkdir.at: "theta" has no ":"'],
  ['{ mkdir: { at: "theta:/a", user: x } }', 'known: at and local_user'],
  ['{ mkdir: { local_user: x } }', 'at is missing'],
  ['{ mkdir: [a] }', 'needs collection:path, or a map with at'],
  ['{ mkdir: "theta:/a/", fail_fast: 1h }', 'is about the faults of a transfer; a mkdir step has none'],
  ['{ mkdir: "theta:/a/", delete: { at: "theta:/b" } }', 'needs exactly one of them'],
])('says what is wrong with %s', (step, text) => {
  expect(invalidOf(() => load(flow(step))).details.join('\n')).toContain(text);
});

test('a bookmark or a path of the cluster names what is deleted and made, and the base of items', () => {
  const names = {
    bookmarks: {
      names: ['old'],
      find: (name: string) => (name === 'old' ? {collection: THETA, path: '/archive/old/'} : undefined),
    },
    clusterPath: (path: string) => ({collection: 'laptop', path: path.replace('/lus/', '/')}),
  };
  const text = `name: x
steps:
  gone: { delete: { at: "old:", recursive: true } }
  make: { mkdir: "/lus/run/" }
  in: { transfer: { from: "old:", to: "/lus/run/", items: [{ from: a, to: b }] } }
`;
  expect(load(text, names).steps).toMatchObject([
    {at: {collection: THETA, path: '/archive/old/'}},
    {at: {collection: LAPTOP, path: '/run/'}},
    {items: [{from: '/archive/old/a', to: '/run/b'}]},
  ]);
});
