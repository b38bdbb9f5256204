import {expect, test} from 'vitest';
import {exitOfFindings, note, problem} from '../../../../src/app/shared/findings.ts';
import {askCollections, planQuestions} from '../../../../src/app/shared/preflight/ask-collections.ts';
import {findAtGlobus} from '../../../../src/app/shared/preflight/check-at-globus.ts';
import {CheckFailed} from '../../../../src/app/shared/preflight/preflight.ts';
import type {StageError} from '../../../../src/errors.ts';
import {SignInNeeded, TransferRefused, TransferUnreachable} from '../../../../src/globus-errors.ts';
import {createSourceListing} from '../../../../src/transfer/source-listing.ts';
import type {CollectionSeen, FileEntry} from '../../../../src/transfer/transfer-service.ts';
import type {TransferStep} from '../../../../src/workflow/model/workflow.ts';
import {jobStep, specOf, transferStep} from '../../../support/a-run.ts';

const NOW = Date.UTC(2026, 0, 1);
const SEEN: CollectionSeen = {id: 'x', displayName: 'x', owner: 'o@x', entityType: ''};
const DIR: FileEntry = {name: 'd', type: 'dir', sizeBytes: 0};
const FILE: FileEntry = {name: 'f', type: 'file', sizeBytes: 1};
const refused = (globusCode: string) =>
  new TransferRefused({asked: 'stat', globusCode, why: globusCode, next: ['ask']});
const consent = new SignInNeeded({what: 'a consent', why: 'ConsentRequired', next: ['stage login']});
const silent = new TransferUnreachable('stat', 'timeout');

interface Given {
  readonly step?: Partial<TransferStep>;
  readonly source?: FileEntry | StageError;
  readonly destination?: FileEntry | StageError | undefined;
  readonly collection?: CollectionSeen | StageError;
}

async function find({step = {}, source = DIR, destination, collection = SEEN}: Given) {
  const asked = {...transferStep('in'), ...step};
  const questions = planQuestions(specOf([jobStep('before'), asked]).workflow, []);
  const answers = {
    collections: new Map(questions.map(({place}) => [place.collection, collection] as const)),
    places: [source, destination],
  };
  return findAtGlobus(questions, answers, new Map([[asked.from.collection, 'archive']]), NOW);
}

const deadline = (at: string) => ({options: {...transferStep('in').options, deadline: at}});
const TRANSFERS: readonly (readonly [name: string, given: Given, level: string, what: RegExp, exit?: number])[] = [
  ['all is there', {}, 'ok', /Globus accepts your sign-in/],
  ['the source is a file', {source: FILE}, 'problem', /its source archive:\/in\/from\/ is a file/, 2],
  ['the destination is a file', {destination: FILE}, 'problem', /destination .* is a file/, 2],
  [
    'one file onto a directory',
    {step: {recursive: false}, source: FILE, destination: DIR},
    'problem',
    /is a directory/,
    2,
  ],
  ['a consent is missing', {source: consent}, 'problem', /cannot be checked/, 3],
  ['the permission is missing', {source: refused('EndpointPermissionDenied')}, 'problem', /cannot be checked/, 2],
  ['the collection cannot say', {source: refused('NotSupported')}, 'note', /cannot be checked/],
  ['Globus is silent', {source: silent}, 'note', /cannot be checked/, 4],
  ['no such collection', {collection: refused('EndpointNotFound')}, 'problem', /collection archive cannot be used/, 2],
  ['not signed in', {collection: consent}, 'problem', /collection archive cannot be used/, 3],
  ['a dead collection', {collection: {...SEEN, nonFunctional: true}}, 'problem', /cannot be used/, 2],
  ['a laptop that sleeps', {collection: {...SEEN, away: 'not connected'}}, 'note', /archive is not connected/],
  ['a deadline that passed', {step: deadline('2025-12-31T23:59:59Z')}, 'problem', /deadline has passed/, 2],
  ['a deadline ahead', {step: deadline('2026-01-02T00:00:00Z')}, 'ok', /accepts your sign-in/],
  ['a line end in a path', {step: {to: {collection: 'b', path: '/a\nb/'}}}, 'problem', /line end/, 2],
];

test.each(TRANSFERS.map((row) => [row[0], row] as const))('%s', async (_name, [, given, level, what, exit]) => {
  const [first] = await find(given);
  expect(first).toMatchObject({level, what: expect.stringMatching(what)});
  expect(first?.exit).toBe(exit);
});

test('a source must be there only where nothing before it can make it', () => {
  const needed = (step: TransferStep, adopted: string[] = []) =>
    planQuestions(specOf([jobStep('before'), step]).workflow, adopted).map((question) => question.needed);
  expect(needed(transferStep('in'))).toEqual([true, false]);
  expect(needed(transferStep('out', {needs: ['before']}))).toEqual([false, false]);
  expect(needed(transferStep('out', {after: ['before']}))).toEqual([false, false]);
  expect(needed(transferStep('in'), ['in'])).toEqual([]);
  const questions = planQuestions(specOf([transferStep('in')]).workflow, []);
  const missing = findAtGlobus(questions, {collections: new Map(), places: [undefined, undefined]}, new Map(), NOW);
  expect(missing).toMatchObject([{level: 'problem', what: expect.stringContaining('does not exist'), exit: 2}]);
});

test('a few missing sources are told one by one, many in one message', () => {
  const steps = Array.from({length: 10}, (_, n) => {
    const step = transferStep(`in-${n}`);
    return {...step, from: {...step.from, path: `/in/${n}/`}};
  });
  const questions = planQuestions(specOf(steps).workflow, []);
  const [first] = steps;
  const ids = new Map([[first?.from.collection ?? '', 'archive']]);
  const found = (missing: number) => {
    let sources = 0;
    const places = questions.map(({end}) => (end === 'source' && ++sources > missing ? DIR : undefined));
    const collections = new Map(questions.map(({place}) => [place.collection, SEEN] as const));
    return findAtGlobus(questions, {collections, places}, ids, NOW);
  };
  expect(found(3).map(({what}) => what)).toEqual(
    [0, 1, 2].map((n) => `step in-${n}: its source archive:/in/${n}/ does not exist`),
  );
  expect(found(4)).toMatchObject([
    {
      level: 'problem',
      exit: 2,
      what: '4 of 10 sources do not exist: archive:/in/0/, archive:/in/1/, archive:/in/2/, archive:/in/3/',
    },
  ]);
  expect(found(8)[0]?.what).toMatch(/^8 of 10 sources do not exist: archive:\/in\/0\/, .* and 3 more$/);
});

test('each collection and each place is asked about once, whatever the number of steps', async () => {
  const asked: string[] = [];
  const transfers = {
    stat: async ({path}: {path: string}) => {
      asked.push(`stat ${path}`);
      return DIR;
    },
    list: async ({path}: {path: string}) => {
      asked.push(`ls ${path}`);
      return [DIR];
    },
    collection: async (id: string) => {
      asked.push(`collection ${id.slice(0, 1)}`);
      throw silent;
    },
  };
  const steps = ['a', 'b'].map((name) => ({...transferStep(name), from: transferStep('x').from}));
  // A fake of the two questions that are asked.
  const listing = createSourceListing(transfers, () => 0);
  const answers = await askCollections(transfers as never, listing, planQuestions(specOf(steps).workflow, []));
  expect(asked.sort()).toEqual(['collection a', 'collection b', 'ls /x/from/', 'stat /a/to/', 'stat /b/to/']);
  expect(answers.places).toMatchObject([{type: 'dir'}, {type: 'dir'}, {type: 'dir'}, {type: 'dir'}]);
  expect(answers.collections.size).toBe(2);
});

test('what is to be corrected comes before a sign-in, and a missing answer counts only where the check asks for answers', () => {
  const silence = {...note('w', 'y'), exit: 4 as const};
  expect(exitOfFindings([silence], true)).toBe(4);
  expect(exitOfFindings([silence], false)).toBe(0);
  expect(exitOfFindings([problem('w', 'y', 4), problem('w', 'y', 3)], false)).toBe(3);
  expect(exitOfFindings([problem('w', 'y', 3), problem('w', 'y', 2)], false)).toBe(2);
});

test('no run is advised to begin without the check where the disk is full', () => {
  const full = problem('no space is left for the state directory', '/s: its disk is full', 4, 'Free some space.');
  const missing = problem('step in: its source a:/x does not exist', 'it never ends', 2, 'Correct it.');
  expect(new CheckFailed('r', [full]).next).toEqual(['Free some space.', 'Then run the same command again.']);
  expect(new CheckFailed('r', [missing]).next.join()).toContain('--no-check');
});
