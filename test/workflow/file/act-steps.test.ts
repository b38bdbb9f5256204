import {expect, test} from 'vitest';
import {describeDifference} from '../../../src/workflow/model/difference.ts';
import {fingerprint} from '../../../src/workflow/model/fingerprint.ts';
import {invalidOf, load} from '../support.ts';

const flow = (step: string) => `name: x\nsteps:\n  a: ${step}\n`;

test('reads steps that link, move and remove files of the cluster', () => {
  const text = `name: x
params: { user: ada }
steps:
  spread: { link: { from: "/scratch/in//", into: [/work/a, /work/./b/] } }
  shift: { needs: [spread], move: { from: "/scratch/\${{ params.user }}/in", to: /work/in, below: [/scratch/ada, /work] } }
  clean: { needs: [shift], remove: { path: "/work/try\${{ try }}", below: /work } }
`;
  expect(load(text).steps).toMatchObject([
    {kind: 'link', name: 'spread', from: '/scratch/in', into: ['/work/a', '/work/b']},
    {kind: 'move', from: '/scratch/ada/in', to: '/work/in', below: ['/scratch/ada', '/work']},
    {kind: 'remove', paths: [`/work/try\${{ try }}`], below: ['/work'], numbered: true},
  ]);
});

test('another path is another run; the order of a list is not', () => {
  const record = (step: string) => ({workflow: load(flow(step)), scriptHashes: {}});
  const print = (step: string) => fingerprint(load(flow(step)), new Map());
  const one = '{ remove: { path: [/s/a, /s/b], below: /s } }';
  expect(print(one)).toBe(print('{ remove: { path: [/s/b, /s/a], below: [/s] } }'));
  expect(describeDifference(record(one), record('{ remove: { path: /s/a, below: /s } }'))).toEqual([
    'steps.a.path: /s/a, /s/b → /s/a',
  ]);
});

test.each([
  ['{ remove: { path: /s, below: /s } }', 'steps.a.remove.path: is the directory that "below" names'],
  ['{ remove: { path: /t/a, below: /s } }', 'does not lie below /s'],
  ['{ remove: { path: /sa, below: /s } }', 'does not lie below /s'],
  ['{ remove: { path: "/s/../t", below: /s } }', 'has ".." in it'],
  ['{ remove: { path: "s/a", below: /s } }', 'is relative; needs an absolute path'],
  ['{ remove: { path: "~/a", below: /s } }', '"~" is not expanded'],
  ['{ remove: { path: /s/a, below: / } }', 'is the whole file system; name a directory'],
  ['{ remove: { path: [/s/a, /s/a/b], below: /s } }', 'steps.a.remove.path[1]: lies below another path of the list'],
  ['{ remove: { path: [/s/a, /s/a/], below: /s } }', 'names "/s/a/" twice'],
  ['{ remove: { path: [], below: /s } }', 'is an empty list; needs an absolute path, or a list of these'],
  ['{ remove: { path: /s/a } }', 'below is missing; needs a directory, or a list of directories'],
  ['{ remove: /s/a }', 'needs a map with path and below'],
  ['{ remove: { paths: /s/a, below: /s } }', 'unknown key; known: path and below; did you mean "path"?'],
  ['{ move: { from: /s/a, to: /t/a, below: /s } }', 'steps.a.move.to: does not lie below /s'],
  ['{ move: { from: /s/a, to: /s/a/b, below: /s } }', 'lies in what is moved'],
  ['{ move: { from: /s/a, to: /s/a, below: /s } }', 'is the same place'],
  ['{ link: { from: /s/a, into: /s/a } }', 'is the same place as "from"'],
  ['{ link: { from: /, into: /s/a } }', 'is the whole file system'],
  ['{ link: { from: /s/a, into: [/t, /t] } }', 'names "/t" twice'],
  ['{ link: { from: /s/a } }', 'into is missing'],
  ['{ link: { from: /s/a, into: /t }, strategy: wait }', 'says how a transfer is waited for; a link step has none'],
  ['{ link: { from: /s/a, into: /t }, remove: { path: /s/a, below: /s } }', 'has both link and remove'],
])('says what is wrong with %s', (step, text) => {
  expect(invalidOf(() => load(flow(step))).details.join('\n')).toContain(text);
});

const withTransfer = (
  from: string,
  to: string,
  needs: string,
  transferNeeds = '[]',
  path = '/scratch/out/a',
) => `name: x
steps:
  send: { needs: ${transferNeeds}, transfer: { from: "${from}", to: "${to}" } }
  between: { needs: [send], remove: { path: /tmp/x, below: /tmp } }
  clean: { needs: ${needs}, remove: { path: ${path}, below: /scratch } }
`;
const shown = {
  clusterPath: (path: string) =>
    path.startsWith('/scratch/') ? {collection: 'laptop', path: path.replace('/scratch/', '/~/')} : 'no collection',
};

test('what takes away what a transfer reads or wrote must need that transfer, directly or not', () => {
  const wrong = (text: string) => invalidOf(() => load(text, shown)).details.join('\n');
  const reads = (needs: string, more?: string) => withTransfer('laptop:/~/out/', 'theta:/x/', needs, more);
  expect(wrong(reads('[]'))).toBe(
    'flow.yaml:5:3: steps.clean: takes away /scratch/out/a, which the transfer "send" reads or writes; add needs: [send], so that it has succeeded before, or let the transfer wait for this step',
  );
  expect(wrong(withTransfer('theta:/x/', 'laptop:/~/out/', '[]'))).toContain('needs: [send]');
  for (const needs of ['[send]', '[between]'])
    expect(load(reads(needs), shown).steps.at(-1)).toMatchObject({touches: ['send']});
  const after = reads('[]').replace('{ needs: [], remove', '{ after: [send], remove');
  expect(wrong(after)).toContain('needs: [send]');
});

test('a transfer that waits for the act, and one of other places, are no matter', () => {
  const first = `name: x
steps:
  clean: { remove: { path: /scratch/out/a, below: /scratch } }
  send: { needs: [clean], transfer: { from: "laptop:/~/out/", to: "theta:/x/" } }
`;
  expect(load(first, shown).steps[0]).not.toHaveProperty('touches');
  expect(load(withTransfer('theta:/~/out/', 'theta:/x/', '[]'), shown).steps).toHaveLength(3);
  expect(load(withTransfer('laptop:/~/outer/', 'theta:/x/', '[]'), shown).steps).toHaveLength(3);
});

test('where it is not known which collection shows a path, the same path of any is taken for it', () => {
  const text = withTransfer('laptop:/scratch/out/', 'theta:/x/', '[]');
  expect(invalidOf(() => load(text)).details.join('\n')).toContain('needs: [send]');
});

test('names of rounds and tries are compared as the first attempt has them', () => {
  const path = `"/scratch/v.try\${{ try.send }}"`;
  const text = withTransfer(`laptop:/~/v.try\${{ try }}`, 'theta:/x/v', '[]', '[]', path);
  expect(invalidOf(() => load(text, shown)).details.join('\n')).toContain('needs: [send]');
});
