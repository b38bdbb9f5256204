import {expect, test} from 'vitest';
import {readBytes} from '../../../src/base/bytes.ts';
import {describeDifference} from '../../../src/workflow/model/difference.ts';
import {fingerprint} from '../../../src/workflow/model/fingerprint.ts';
import {invalidOf, LAPTOP, load, THETA} from '../support.ts';

const flow = (uses: string, claims: string) => `name: a
collections: {theta: ${THETA}, laptop: ${LAPTOP}}
steps:
  in:
    transfer: {from: "theta:/d/", to: "laptop:/d/"}
  compute:
    needs: [in]
    ${uses}
    job: {script: a.sh}
  out:
    needs: [compute]
    transfer: {from: "laptop:/r", to: "theta:/r"}
${claims}
`;
const read = (uses: string, claims = '') => load(flow(uses, claims));
const wrong = (uses: string, claims = '') => invalidOf(() => load(flow(uses, claims))).details;

test('the slots of a step are a name, a list, or a map of names to how many', () => {
  const uses = (text: string) => read(text).steps[1]?.uses;
  expect(uses('uses: licence')).toEqual({licence: 1});
  expect(uses('uses: [server, licence]')).toEqual({licence: 1, server: 1});
  expect(uses('uses: {licence: 2}')).toEqual({licence: 2});
  expect(uses('')).toBeUndefined();
});

test('a claim says how much of a pool, from before which step and until when', () => {
  const claims = (text: string) => read('', `claims: {scratch: ${text}}`).claims;
  expect(claims('{amount: 12GB, from: in, until: out}')).toEqual([
    {pool: 'scratch', amount: 12e9, from: 'in', until: {step: 'out', has: 'succeeded'}},
  ]);
  expect(claims('{amount: auto, factor: 1.5, from: in, until: {step: compute, has: begun}}')).toEqual([
    {pool: 'scratch', amount: 'auto', factor: 1.5, from: 'in', until: {step: 'compute', has: 'begun'}},
  ]);
});

test('amounts are in powers of 1000, or of 1024 where they say so', () => {
  const amounts = ['500', '12GB', '1.5 TB', '4GiB', '3k', '1MB'].map(readBytes);
  expect(amounts).toEqual([500, 12e9, 1.5e12, 4 * 1024 ** 3, 3000, 1e6]);
  expect(['0', '-1', '1.5.5G', 'GB', '12 gigs', '9999PB'].map(readBytes)).toEqual(Array(6).fill(undefined));
});

test.each([
  ['a name that no limit has', 'uses: "my licence"', '', /:8:11: .*needs the name of a limit/],
  ['no slots', 'uses: {licence: 0}', '', /:8:21: .*needs a whole number of slots, 1 or more/],
  ['an amount that is none', '', 'claims: {scratch: {amount: much, from: in, until: out}}', /needs bytes.*or auto/],
  ['a claim without an end', '', 'claims: {scratch: {amount: 1GB, from: in}}', /until is missing/],
  [
    'an unknown step',
    '',
    'claims: {scratch: {amount: 1GB, from: inn, until: out}}',
    /unknown step "inn"; known: in, compute/,
  ],
  [
    'an end before the beginning',
    '',
    'claims: {scratch: {amount: 1GB, from: out, until: in}}',
    /"in" does not come after "out"/,
  ],
  [
    'the size of what is no transfer',
    '',
    'claims: {scratch: {amount: auto, from: compute, until: out}}',
    /say an amount/,
  ],
  [
    'a factor of nothing',
    '',
    'claims: {scratch: {amount: 1GB, factor: 2, from: in, until: out}}',
    /no meaning without "amount: auto"/,
  ],
  [
    'an unknown key',
    '',
    'claims: {scratch: {amount: 1GB, from: in, until: out, to: out}}',
    /unknown key; known: amount, factor, from and until/,
  ],
  [
    'two pools at once',
    '',
    'claims: {disk: {amount: 1GB, from: in, until: out}, scratch: {amount: 1GB, from: compute, until: out}}',
    /would be held together with disk/,
  ],
])('%s is told where it stands', (_, uses, claims, said) => {
  const details = wrong(uses, claims);
  expect(details, details.join('; ')).toHaveLength(1);
  expect(details[0]).toMatch(said);
});

test('one pool after the other is no circle', () => {
  const claims =
    'claims: {disk: {amount: 1GB, from: in, until: compute}, scratch: {amount: 1GB, from: out, until: out}}';
  expect(read('', claims).claims).toHaveLength(2);
});

test('what a workflow claims is part of its fingerprint, and one that claims nothing has the one it had', () => {
  const scripts = new Map([['compute', 'x']]);
  const [none, uses, claims] = [
    read(''),
    read('uses: licence'),
    read('', 'claims: {scratch: {amount: 1GB, from: in, until: out}}'),
  ];
  const prints = [none, uses, claims].map((workflow) => fingerprint(workflow, scripts));
  expect(new Set(prints).size).toBe(3);
  const record = (workflow: typeof none) => ({workflow, scriptHashes: {compute: 'x'}});
  expect(describeDifference(record(none), record(uses))).toEqual(['steps.compute.uses: not set → {"licence":1}']);
  expect(describeDifference(record(none), record(claims))[0]).toMatch(/^claims.scratch: not set → /);
});
