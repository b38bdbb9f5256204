import {mkdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {afterAll, beforeAll, expect, test} from 'vitest';
import {localWorld, type World} from '../../support/world.ts';

// Real processes: aliases, bookmarks and collections are read by one command after another from files and over HTTP.

const ARCHIVE = 'aaaaaaaa-5a5a-4a5a-8a5a-000000000001';
const CLUSTER = 'cccccccc-5a5a-4a5a-8a5a-000000000002';
const CONFIG = `# by hand
profiles:
  local:
    paths:
      - { cluster: /lus/eagle, collection: cluster, path: / }
`;

let world: World;
beforeAll(async () => {
  world = await localWorld({config: CONFIG});
  expect((await world.stage('local', 'up')).exitCode).toBe(0);
  for (const name of ['climate data', 'climate model', 'Shared']) await world.collection(name);
});
afterAll(() => world.close());

interface Found {
  readonly collections: readonly {readonly id: string; readonly displayName: string; readonly aliases: string[]}[];
  readonly next?: number;
}

const ids = async (...names: string[]) =>
  await Promise.all(
    names.map(async (name) => (await world.stage('collection', 'show', name, '--json')).json<{id: string}>().id),
  );

/** A second collection of a name that there is; @returns both ids */
async function twins(name: string): Promise<string[]> {
  const directory = join(world.root, 'twin');
  mkdirSync(directory, {recursive: true});
  expect((await world.stage('local', 'collection', 'add', name, directory)).exitCode).toBe(0);
  const found = (await world.stage('collection', 'search', name, '--json')).json<Found>();
  return found.collections.map(({id}) => id);
}

test('a search finds by words, in pages, and says what a collection is called here', async () => {
  const first = (await world.stage('collection', 'search', 'climate', '--limit', '1', '--json')).json<Found>();
  expect(first).toMatchObject({collections: {length: 1}, next: 1});
  const second = (
    await world.stage('collection', 'search', 'climate', '--limit', '5', '--offset', '1', '--json')
  ).json<Found>();
  expect(second.collections.map(({displayName}) => displayName)).toEqual(['climate model']);
  expect(second).not.toHaveProperty('next');
  const mine = await world.stage('collection', 'search', '--scope', 'my-endpoints');
  expect(mine.stdout).toMatch(new RegExp(`^${ARCHIVE} +archive +personal .*here: archive$`, 'm'));
  const none = await world.stage('collection', 'search', 'nothing of this name');
  expect(none).toMatchObject({exitCode: 0, stdout: 'Globus finds no collection for this.\n'});
  expect((await world.stage('collection', 'search')).exitCode).toBe(2);
});

test('a collection is shown by friendly name, id, bookmark and the name that it has at Globus', async () => {
  await world.stage('collection', 'bookmark', 'create', 'there', 'cluster:/');
  expect(await ids('cluster', CLUSTER.toUpperCase(), 'there')).toEqual([CLUSTER, CLUSTER, CLUSTER]);
  expect((await world.stage('collection', 'show', 'climate model')).stdout).toMatch(
    /^climate model\n {2}id +[0-9a-f-]{36}\n/,
  );
});

test('a name that is unknown or means several collections is an error with the nearest names and what to type', async () => {
  const unknown = await world.stage('collection', 'show', 'arhcive');
  expect(unknown).toMatchObject({exitCode: 2, stdout: ''});
  expect(unknown.stderr).toMatch(
    /no collection is called "arhcive"[\s\S]*did you mean "archive"\?[\s\S]*stage collection search WORDS/,
  );
  const near = await world.stage('collection', 'show', 'climate', '--json');
  expect(near.json()).toMatchObject({
    error: {
      code: 'COLLECTION_UNKNOWN',
      details: [expect.stringContaining('climate data'), expect.stringContaining('climate model')],
    },
  });
  const both = await twins('Shared');
  expect(both).toHaveLength(2);
  const ambiguous = await world.stage('collection', 'show', 'shared', '--json'); // friendly names heed case
  expect(ambiguous.exitCode).toBe(2);
  expect(ambiguous.json()).toMatchObject({
    error: {code: 'COLLECTION_AMBIGUOUS', details: both.map((id) => expect.stringContaining(id)), next: {length: 2}},
  });
});

test('a directory is listed in pages: names alone on stdout, the rest on stderr', async () => {
  const directory = world.path('cluster', 'shelf');
  mkdirSync(join(directory, 'deep'), {recursive: true});
  for (const name of ['a.nc', 'b.nc', 'c.txt', '.hidden', 'bell\u0007']) writeFileSync(join(directory, name), 'x');
  const all = await world.stage('collection', 'ls', 'cluster:/shelf/');
  expect(all.stdout.split('\n')).toEqual(['a.nc', 'b.nc', 'bell\\u0007', 'c.txt', 'deep/', '']);
  expect(all.stderr).toBe('cluster:/shelf/ (/lus/eagle/shelf/)\n');
  const page = await world.stage('collection', 'ls', '/lus/eagle/shelf/', '--match', '*.nc', '--limit', '1', '--json');
  expect(page.json()).toMatchObject({
    collection: CLUSTER,
    alias: 'cluster',
    path: '/shelf/',
    total: 2,
    next: 1,
    files: [{name: 'a.nc'}],
  });
  const rest = await world.stage('collection', 'ls', 'cluster:/shelf/', '--match', '*.nc', '--offset', '1', '--long');
  expect(rest.stdout).toMatch(/^0\d{3} .* 1 B .*Z? {2}b\.nc\n$/);
  expect((await world.stage('collection', 'ls', 'cluster:/shelf/', '--all')).stdout).toContain('.hidden');
  expect((await world.stage('collection', 'ls', 'cluster')).stdout).toContain('shelf/');
  expect((await world.stage('collection', 'ls', 'cluster:/nowhere/')).exitCode).toBe(2);
  expect((await world.stage('collection', 'ls', 'cluster:/shelf/a.nc')).stderr).toContain('not a directory');
  expect((await world.stage('collection', 'ls', '/home/x')).stderr).toMatch(
    /profile "local" maps \/lus\/eagle \(cluster:\/\)[\s\S]*under paths:/,
  );
});

test('friendly names are set, listed and removed, and the configuration keeps its comments', async () => {
  const config = join(world.root, 'config', 'stage', 'config.yaml');
  const set = await world.stage('collection', 'alias', 'set', 'model', 'climate model', '--json');
  const [id] = await ids('model');
  expect(set.json()).toEqual({name: 'model', collection: id, displayName: 'climate model', file: config, did: 'added'});
  expect((await world.stage('collection', 'alias', 'set', 'model', ARCHIVE)).stderr).toContain('--force');
  const own = await world.stage('collection', 'alias', 'set', 'model', ARCHIVE, '--for-profile');
  expect(own.exitCode).toBe(0);
  const listed = (await world.stage('collection', 'alias', 'list', '--json')).json<{aliases: unknown[]}>();
  expect(listed.aliases).toEqual(
    expect.arrayContaining([
      {name: 'archive', collection: ARCHIVE, from: 'stand-in'},
      {name: 'model', collection: ARCHIVE, from: 'profile'},
    ]),
  );
  expect((await world.stage('collection', 'alias', 'remove', 'model')).exitCode).toBe(0);
  const wrong = await world.stage('collection', 'alias', 'remove', 'model');
  expect(wrong.exitCode).toBe(2);
  expect(wrong.stderr).toContain('stage collection alias remove model --for-profile');
  expect((await world.stage('collection', 'alias', 'remove', 'model', '--for-profile')).exitCode).toBe(0);
  expect(readFileSync(config, 'utf8')).toContain('# by hand');
  const missing = await world.stage('collection', 'alias', 'set', 'gone', '99999999-0000-4000-8000-000000000000');
  expect(missing.exitCode).toBe(2);
  expect(missing.stderr).toContain('no such collection');
});

test('names of a workflow file are edited in it', async () => {
  const file = world.write(
    'named.yaml',
    'name: named\nsteps: # all\n  a:\n    transfer: {from: "far:/x", to: "cluster:/x"}\n',
  );
  expect((await world.stage('check', 'named.yaml', '--offline')).stderr).toContain('unknown collection "far"');
  const set = ['collection', 'alias', 'set', 'far', 'archive', '--workflow', 'named.yaml'];
  expect((await world.stage(...set)).exitCode).toBe(0);
  expect(readFileSync(file, 'utf8')).toMatch(new RegExp(`# all[\\s\\S]*collections:\\n {2}far: ${ARCHIVE}\n$`));
  expect((await world.stage('check', 'named.yaml', '--offline')).exitCode).toBe(0);
  const listed = await world.stage('collection', 'alias', 'list', '--workflow', 'named.yaml');
  expect(listed.stdout).toMatch(new RegExp(`^far +${ARCHIVE} +of the workflow file$`, 'm'));
  expect((await world.stage('collection', 'alias', 'remove', 'far', '--workflow', 'named.yaml')).exitCode).toBe(0);
});

test('a name that a workflow file would not take is not written into it, though the configuration takes it', async () => {
  const text = 'name: named\nsteps:\n  a:\n    transfer: {from: "archive:/x", to: "cluster:/x"}\n';
  const file = world.write('digits.yaml', text);
  const set = ['collection', 'alias', 'set', '2024data', 'archive'];
  expect(await world.stage(...set, '--workflow', 'digits.yaml')).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining('first a letter'),
  });
  expect(readFileSync(file, 'utf8')).toBe(text);
  expect((await world.stage(...set)).exitCode).toBe(0);
  expect((await world.stage('collection', 'alias', 'remove', '2024data')).exitCode).toBe(0);
});

test('bookmarks: made, listed and deleted', async () => {
  expect((await world.stage('collection', 'bookmark', 'create', 'my shelf', '/lus/eagle/shelf/')).exitCode).toBe(0);
  expect((await world.stage('collection', 'bookmark', 'create', 'my shelf', 'archive:/')).stderr).toContain('already');
  expect((await world.stage('collection', 'bookmark', 'create', 'archive', 'cluster:/')).stderr).toContain(
    'friendly name',
  );
  const listed = (await world.stage('collection', 'bookmark', 'list', '--json')).json<{bookmarks: unknown[]}>();
  expect(listed.bookmarks).toContainEqual(
    expect.objectContaining({name: 'my shelf', collection: CLUSTER, alias: 'cluster', path: '/shelf/'}),
  );
  expect((await world.stage('collection', 'bookmark', 'delete', 'my shlf')).stderr).toContain(
    'did you mean "my shelf"?',
  );
  expect((await world.stage('collection', 'bookmark', 'delete', 'my shelf')).exitCode).toBe(0);
  expect((await world.stage('collection', 'bookmark', 'list')).stdout).not.toContain('my shelf');
});

test('a transfer goes from a bookmark to a path of the cluster', async () => {
  mkdirSync(world.path('archive', 'one'), {recursive: true});
  writeFileSync(world.path('archive', 'one/a'), 'a');
  await world.stage('collection', 'bookmark', 'create', 'one', 'archive:/one/');
  const started = await world.stage('transfer', 'start', 'one:', '/lus/eagle/moved/');
  expect(started.exitCode).toBe(0);
  expect((await world.stage('transfer', 'wait', started.stdout.trim(), '--timeout', '30')).exitCode).toBe(0);
  expect(readFileSync(world.path('cluster', 'moved/a'), 'utf8')).toBe('a');
});

test('a run keeps the place that its bookmark had, whatever becomes of the bookmark', async () => {
  mkdirSync(world.path('archive', 'first'), {recursive: true});
  writeFileSync(world.path('archive', 'first/a'), 'a');
  await world.stage('collection', 'bookmark', 'create', 'input', 'archive:/first');
  world.write('run.yaml', 'name: kept\nsteps:\n  in:\n    transfer: {from: "input:/first/", to: "/lus/eagle/kept/"}\n');
  const checked = await world.stage('check', 'run.yaml');
  expect(checked.stdout).toMatch(/input:\/first\/ is archive:\/first\/\n\s+\/lus\/eagle\/kept\/ is cluster:\/kept\//);
  await world.stage('local', 'pause', 'archive');
  const started = await world.stage('run', 'run.yaml');
  expect(started.stderr).toBe('');
  expect(started.stdout).toContain('to /lus/eagle/kept/ (cluster:/kept/)');
  expect(world.fact('kept.1', '../spec.json')).toMatchObject({
    workflow: {bookmarks: {input: {collection: ARCHIVE, path: '/first'}}},
  });

  await world.stage('collection', 'bookmark', 'delete', 'input');
  await world.stage('collection', 'bookmark', 'create', 'input', 'cluster:/elsewhere/');
  const again = await world.stage('run', 'run.yaml', '--json');
  expect(again.json()).toMatchObject({did: 'nothing', exit: 0});
  await world.stage('collection', 'bookmark', 'delete', 'input');
  expect((await world.stage('run', 'run.yaml', '--json')).json()).toMatchObject({did: 'nothing', exit: 0});
  await world.stage('local', 'resume', 'archive');
  expect((await world.ended('kept.1')).state).toBe('succeeded');
  expect(readFileSync(world.path('cluster', 'kept/a'), 'utf8')).toBe('a');

  expect((await world.stage('run', 'run.yaml')).stdout).toContain('has succeeded already');

  const anew = await world.stage('run', 'run.yaml', '--again');
  expect(anew.exitCode).toBe(2);
  expect(anew.stderr).toMatch(/unknown collection "input".*(bookmarks: |no bookmarks)/);
});

test('a name that may be a bookmark while Globus is away: later, with what else may be wrong with it', async () => {
  world.write('away.yaml', 'name: away\nsteps:\n  in:\n    transfer: {from: "archvie:/x/", to: "/lus/eagle/x/"}\n');
  expect((await world.stage('check', 'away.yaml', '--offline')).stderr).toMatch(
    /unknown collection "archvie".*not contacted with --offline; did you mean "archive"\?/,
  );
  await world.stage('local', 'outage', 'globus');
  const away = await world.stage('check', 'away.yaml');
  await world.stage('local', 'outage', 'end', 'globus');
  expect(away.exitCode).toBe(4);
  expect(away.stderr).toMatch(
    /may be one of your bookmarks[\s\S]*did you mean "archive"\?[\s\S]*run the same command again later/i,
  );
  rmSync(join(world.work, 'away.yaml'));
});
