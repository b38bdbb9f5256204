import {expect, test} from 'vitest';
import type {TokenSource} from '../../src/auth/token-source.ts';
import {createGlobusCollections} from '../../src/transfer/globus/globus-collections.ts';
import {createGlobusTransfer} from '../../src/transfer/globus/globus-transfer.ts';
import {DESTINATION, SOURCE} from './documents.ts';
import {httpService, type Reaction} from './http-service.ts';

const tokens: TokenSource = {token: async () => 't', renew: async () => 'u'};

async function globus(...reactions: Reaction[]) {
  const service = await httpService(...reactions);
  const settings = {tokens, transferUrl: service.url, backoffMs: 1, pace: async () => {}};
  return {...service, collections: createGlobusCollections(settings), transfer: createGlobusTransfer(settings)};
}

const ok = (json: unknown): Reaction => ({status: 200, json});
const id = (n: number) => `aaaaaaaa-0000-4000-8000-${String(n).padStart(12, '0')}`;
const endpoint = (n: number, more: object = {}) => ({DATA_TYPE: 'endpoint', id: id(n), display_name: `c${n}`, ...more});
const found = (from: number, count: number, has_next_page: boolean) =>
  ok({DATA_TYPE: 'endpoint_list', has_next_page, DATA: Array.from({length: count}, (_, n) => endpoint(from + n))});

test('a search asks for pages of a hundred until there is enough, and says whether there is more', async () => {
  const {collections, asked} = await globus(found(0, 100, true), found(100, 50, true));
  const page = await collections.search({text: 'climate data', scope: 'all', limit: 150, offset: 20});
  expect(page.collections.map(({displayName}) => displayName)).toEqual(Array.from({length: 150}, (_, n) => `c${n}`));
  expect(page.more).toBe(true);
  expect(asked.map(({path, query}) => [path, query])).toEqual([
    ['/v0.10/endpoint_search', {filter_scope: 'all', filter_fulltext: 'climate data', limit: '100', offset: '20'}],
    ['/v0.10/endpoint_search', {filter_scope: 'all', filter_fulltext: 'climate data', limit: '50', offset: '120'}],
  ]);
});

test('a search ends with the last page, and with an empty one that promises more', async () => {
  const last = await globus(found(0, 3, false));
  const mine = {scope: 'my-endpoints', limit: 25, offset: 0} as const;
  expect(await last.collections.search(mine)).toMatchObject({more: false, collections: {length: 3}});
  expect(last.asked[0]?.query).not.toHaveProperty('filter_fulltext');
  const empty = await globus(found(0, 0, true));
  expect(await empty.collections.search(mine)).toEqual({more: false, collections: []});
  expect(empty.asked).toHaveLength(1);
});

test.each([
  ['no list', {has_next_page: false}],
  ['no word on whether there is more', {DATA: []}],
  ['an entry without an id', {has_next_page: false, DATA: [{display_name: 'x'}]}],
  ['another type', {has_next_page: 'no', DATA: []}],
])('a search whose answer has %s concludes nothing', async (_, json) => {
  const {collections} = await globus(ok(json));
  await expect(collections.search({text: 'x', scope: 'all', limit: 5, offset: 0})).rejects.toMatchObject({exit: 4});
});

test('a guest collection is shown with its host, its people and what its manager says', async () => {
  const {collections} = await globus(
    ok(
      endpoint(1, {
        description: 'Model output',
        organization: 'Example University',
        keywords: 'climate, model,',
        info_link: 'https://example.edu',
        default_directory: '/~/',
        host_endpoint_id: id(8),
        mapped_collection_id: id(9),
        host_path: '/projects/climate/',
        user_message: 'down on Monday',
        my_effective_roles: ['administrator'],
        public: true,
        force_encryption: true,
        owner_string: 'ada@example.edu',
        entity_type: 'GCSv5_guest_collection',
      }),
    ),
  );
  expect(await collections.show(id(1))).toEqual({
    id: id(1),
    displayName: 'c1',
    owner: 'ada@example.edu',
    entityType: 'GCSv5_guest_collection',
    description: 'Model output',
    organization: 'Example University',
    keywords: ['climate', 'model'],
    infoLink: 'https://example.edu',
    defaultDirectory: '/~/',
    host: {collection: id(9), path: '/projects/climate/'},
    message: 'down on Monday',
    roles: ['administrator'],
    public: true,
    forceEncryption: true,
  });
});

test('a collection of which little is said is shown with little', async () => {
  const {collections} = await globus(ok({id: SOURCE, keywords: null, my_effective_roles: null}));
  expect(await collections.show(SOURCE)).toEqual({
    id: SOURCE,
    displayName: SOURCE,
    owner: '',
    entityType: '',
    keywords: [],
    roles: [],
    public: false,
  });
});

const file = (name: string, more: object = {}) => ({DATA_TYPE: 'file', name, type: 'file', size: 7, ...more});

test('a directory is listed from where one left off, filtered, with times and rights', async () => {
  const row = file('a.nc', {
    last_modified: '2021-01-15 01:45:50+00:00',
    permissions: '0644',
    user: 'ada',
    group: 'climate',
    link_target: '/x',
  });
  const {collections, asked} = await globus(ok({path: '/in/', total: 12, DATA: [row]}));
  const query = {collection: SOURCE, path: '/in/', limit: 1, offset: 10, hidden: false, match: '*.nc'};
  expect(await collections.list(query)).toEqual({
    path: '/in/',
    total: 12,
    more: true,
    files: [
      {
        name: 'a.nc',
        type: 'file',
        sizeBytes: 7,
        modifiedAt: Date.UTC(2021, 0, 15, 1, 45, 50),
        permissions: '0644',
        user: 'ada',
        group: 'climate',
        linkTarget: '/x',
      },
    ],
  });
  expect(asked[0]?.query).toEqual({
    path: '/in/',
    show_hidden: 'false',
    filter: 'name:~*.nc',
    orderby: 'name',
    limit: '1',
    offset: '10',
  });
});

test('no path is asked for where the default directory is wanted', async () => {
  const {collections, asked} = await globus(ok({path: '/~/', total: 0, DATA: []}));
  const listing = await collections.list({collection: SOURCE, limit: 10, offset: 0, hidden: true});
  expect(listing).toEqual({path: '/~/', files: [], more: false});
  expect(asked[0]?.query).not.toHaveProperty('path');
});

test('a listing longer than a page is asked for in pages, and one that ends too early concludes nothing', async () => {
  const page = (from: number, count: number, total: number) =>
    ok({path: '/', total, DATA: Array.from({length: count}, (_, n) => file(`f${from + n}`))});
  const whole = await globus(page(0, 3, 5), page(3, 2, 5));
  const names = (await whole.transfer.list({collection: SOURCE, path: '/'})).map(({name}) => name);
  expect(names).toEqual(['f0', 'f1', 'f2', 'f3', 'f4']);
  expect(whole.asked.map(({query}) => query.offset)).toEqual(['0', '3']);
  const cut = await globus(page(0, 3, 5), page(3, 0, 5));
  await expect(cut.transfer.list({collection: SOURCE, path: '/'})).rejects.toMatchObject({
    exit: 4,
    why: expect.stringContaining('cut after 3 of 5'),
  });
});

const BOOKMARK = {DATA_TYPE: 'bookmark', id: id(5), name: 'scratch', endpoint_id: SOURCE.toUpperCase(), path: '/in/'};

test('bookmarks: listed, made and deleted', async () => {
  const {collections, asked} = await globus(
    ok({DATA_TYPE: 'bookmark_list', DATA: [BOOKMARK, {...BOOKMARK, id: id(6), path: null}]}),
    {status: 201, json: {...BOOKMARK, endpoint_id: DESTINATION}},
    ok({DATA_TYPE: 'result', code: 'Deleted'}),
  );
  expect((await collections.bookmarks()).map(({place}) => place)).toEqual([
    {collection: SOURCE, path: '/in/'},
    {collection: SOURCE, path: '/~/'},
  ]);
  expect(await collections.createBookmark('scratch', {collection: DESTINATION, path: '/in/'})).toMatchObject({
    id: id(5),
    place: {collection: DESTINATION},
  });
  await collections.deleteBookmark(id(5));
  expect(asked.map(({method, path}) => `${method} ${path}`)).toEqual([
    'GET /v0.10/bookmark_list',
    'POST /v0.10/bookmark',
    `DELETE /v0.10/bookmark/${id(5)}`,
  ]);
  expect(JSON.parse(asked[1]?.body ?? '')).toEqual({name: 'scratch', endpoint_id: DESTINATION, path: '/in/'});
  await expect(collections.deleteBookmark('../task_list')).rejects.toMatchObject({exit: 2});
  expect(asked).toHaveLength(3);
});

test('a listing has a time limit of its own, longer than that of other questions', async () => {
  const {url} = await httpService('silent');
  const settings = {tokens, transferUrl: url, pace: async () => {}, fetchTimeoutMs: 50, listTimeoutMs: 300};
  const collections = createGlobusCollections(settings);
  await expect(collections.show(SOURCE)).rejects.toMatchObject({timedOut: true, why: 'no answer within 0.05 s'});
  await expect(
    collections.list({collection: SOURCE, path: '/', limit: 10, offset: 0, hidden: true}),
  ).rejects.toMatchObject({timedOut: true, why: 'no answer within 0.3 s'});
});
