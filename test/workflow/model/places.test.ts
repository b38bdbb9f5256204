import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {splitTransfer, workflowFromFlags} from '../../../src/workflow/file/from-flags.ts';
import {type PlaceNames, resolvePlace} from '../../../src/workflow/model/places.ts';
import {invalidOf, load, THETA} from '../support.ts';

const EAGLE = '61d8a676-447d-11ea-ab4d-0a7959ea6081';
const FAR = 'cccccccc-0000-4000-8000-000000000003';
const BOOKMARKS = {
  input: {collection: FAR, path: '/data/in/'},
  'my results': {collection: THETA, path: '/~/results'},
  theta: {collection: FAR, path: '/another/'},
};
const NAMES: PlaceNames = {
  collections: {theta: THETA, eagle: EAGLE},
  bookmarks: {
    names: Object.keys(BOOKMARKS),
    find: (name) => (Object.hasOwn(BOOKMARKS, name) ? BOOKMARKS[name as keyof typeof BOOKMARKS] : undefined), // seen to be one
  },
  clusterPath: (path) =>
    path.startsWith('/lus/') ? {collection: 'eagle', path: path.slice(4)} : `no collection shows "${path}"`,
};

const placeOf = (text: string) => {
  const resolved = resolvePlace(text, NAMES);
  return typeof resolved === 'string' ? resolved : `${resolved.place.collection}:${resolved.place.path}`;
};

test.each([
  ['theta:/a', `${THETA}:/a`],
  ['theta:~/a/', `${THETA}:/~/a/`],
  [`${FAR.toUpperCase()}:/a`, `${FAR}:/a`],
  ['input:', `${FAR}:/data/in/`],
  ['input:2026/', `${FAR}:/data/in/2026/`],
  ['input:/elsewhere', `${FAR}:/elsewhere`],
  ['input:~/x', `${FAR}:/~/x`],
  ['my results:a.nc', `${THETA}:/~/results/a.nc`],
  ['my results:', `${THETA}:/~/results`],
  ['/lus/x/', `${EAGLE}:/x/`],
  ['/lus/a:b', `${EAGLE}:/a:b`],
])('%s is %s', (text, place) => expect(placeOf(text)).toBe(place));

test.each([
  ['/home/x', 'no collection shows "/home/x"'],
  ['input:../x', 'the path "../x" has ".." in it, and could leave the bookmark'],
  ['input:a/../../x', 'the path "a/../../x" has ".." in it, and could leave the bookmark'],
  ['theta:a', 'the path "a" is relative; needs collection:path, with a path that starts with "/" or "~/"'],
  ['inptu:', expect.stringContaining('unknown collection "inptu"')],
  [
    'inptu:/a',
    `unknown collection "inptu"; known: eagle and theta, and any collection's id (a UUID); bookmarks: input, my results and theta; did you mean "input"?`,
  ],
])('%s is wrong: %s', (text, wrong) => expect(placeOf(text)).toEqual(wrong));

test('a friendly name wins over a bookmark of that name', () => {
  expect(resolvePlace('theta:/a', NAMES)).toEqual({place: {collection: THETA, path: '/a'}, name: 'theta'});
});

test('that bookmarks could not be queried for is said where a name is unknown', () => {
  const unasked = {...NAMES, bookmarks: {find: () => undefined, names: [], unasked: 'Globus was not asked'}};
  expect(resolvePlace('input:/a', unasked)).toContain('whether it is a bookmark is not known: Globus was not asked');
});

test('whatever is written, it is read or told wrong in one line', () => {
  const part = fc.constantFrom('theta', 'input', ':', '/', '~', '=', '..', ' ', 'x', '\n', 'lus', FAR);
  fc.assert(
    fc.property(fc.array(part, {maxLength: 8}), (parts) => {
      const resolved = resolvePlace(parts.join(''), NAMES);
      if (typeof resolved === 'string') expect(resolved).not.toContain('\n');
      else {
        expect(resolved.place.collection).toMatch(/^[0-9a-f-]{36}$/);
        expect(resolved.place.path).toMatch(/^\//);
      }
    }),
  );
});

const FLOW = `
name: w
collections: { near: ${THETA} }
steps:
  in:
    transfer: { from: "input:2026/", to: "/lus/x/" }
  out:
    needs: [in]
    transfer: { from: "/lus/r/", to: "near:/r/" }
`;

test('what was written is on record beside the place, and bookmarks as they stood', () => {
  const workflow = load(FLOW, NAMES);
  expect(workflow.steps).toMatchObject([
    {from: {collection: FAR, path: '/data/in/2026/'}, to: {collection: EAGLE, path: '/x/'}},
    {from: {collection: EAGLE, path: '/r/'}, to: {collection: THETA, path: '/r/'}},
  ]);
  expect(workflow.bookmarks).toEqual({input: BOOKMARKS.input});
  expect(workflow.places).toEqual({
    'input:2026/': {collection: FAR, path: '/data/in/2026/'},
    '/lus/x/': {collection: EAGLE, path: '/x/'},
    '/lus/r/': {collection: EAGLE, path: '/r/'},
  });
  expect(workflow.collections).toEqual({near: THETA, eagle: EAGLE});
});

test('a workflow without such names has no record of them', () => {
  const plain = FLOW.replace('input:2026/', 'near:/in/').replace('/lus/x/', 'near:/x/').replace('/lus/r/', 'near:/x/');
  expect(load(plain, NAMES)).not.toHaveProperty('bookmarks');
  expect(load(plain, NAMES)).not.toHaveProperty('places');
});

test('every place that is wrong is told of where it stands', () => {
  const wrong = FLOW.replace('/lus/x/', '/scratch/x/').replace('near:/r/', 'naer:/r/');
  const found = invalidOf(() => load(wrong, NAMES)).details;
  expect(found).toEqual([
    expect.stringMatching(/^flow\.yaml:6:\d+: steps\.in\.transfer\.to: no collection shows "\/scratch\/x\/"$/),
    expect.stringMatching(
      /^flow\.yaml:9:\d+: steps\.out\.transfer\.to: unknown collection "naer".*did you mean "near"\?$/,
    ),
  ]);
});

describe('on a command line', () => {
  test.each([
    ['theta:/a/=/lus/x/', 'theta:/a/', '/lus/x/'],
    ['/lus/x/=theta:/a/', '/lus/x/', 'theta:/a/'],
    ['/lus/x/=/lus/y/', '/lus/x/', '/lus/y/'],
    ['theta:/a=/x/=/lus/y/', 'theta:/a=/x/', '/lus/y/'],
    ['theta:/a/=input:', 'theta:/a/', 'input:'],
    ['theta:/a/=my results:x/', 'theta:/a/', 'my results:x/'],
    ['theta:/a=input:/x=eagle:/b', 'theta:/a=input:/x', 'eagle:/b'],
    ['theta:/a/=/scratch/x/', 'theta:/a/', '/scratch/x/'],
  ])('%s goes from %s to %s', (text, from, to) => expect(splitTransfer(text, NAMES)).toEqual({from, to}));

  test('bookmarks: not asked for where friendly names and mappings do', () => {
    const asked: string[] = [];
    const bookmarks = {
      names: [],
      find(name: string) {
        asked.push(name);
        return undefined;
      },
    };
    const flags = {
      stageIn: ['theta:/a=b:/x=eagle:/b'],
      stageOut: ['/lus/r/=theta:/r/'],
      job: ['a.sh'],
      directory: '/w',
    };
    workflowFromFlags(flags, {...NAMES, bookmarks, params: {}});
    expect(asked).toEqual([]);
  });
});
