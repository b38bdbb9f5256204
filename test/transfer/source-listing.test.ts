import {describe, expect, test} from 'vitest';
import type {Place, TransferItem} from '../../src/base/task-request.ts';
import {sleep} from '../../src/base/time.ts';
import {TransferRefused, TransferUnreachable} from '../../src/globus-errors.ts';
import {createSourceListing, type ListedTransfer, MOST_NAMES} from '../../src/transfer/source-listing.ts';
import type {FileEntry} from '../../src/transfer/transfer-service.ts';

const COLLECTION = 'aaaaaaaa-0000-4000-8000-000000000001';
const WIDE = {requests: 100, ms: 5_000};

const file = (name: string, sizeBytes: number): FileEntry => ({name, type: 'file', sizeBytes});
const dir = (name: string): FileEntry => ({name, type: 'dir', sizeBytes: 0});
const refused = (globusCode: string) => new TransferRefused({asked: 'ls', globusCode, why: globusCode});

/** A collection of the directories that are given, each with what it holds; what is asked of it is written down. */
function collection(directories: Readonly<Record<string, readonly FileEntry[] | Error>>, delayMs = 0) {
  const asked: string[] = [];
  const entriesOf = (path: string) => directories[path.endsWith('/') ? path : `${path}/`];
  const listing = createSourceListing(
    {
      async list({path}: Place, most = Number.POSITIVE_INFINITY) {
        asked.push(`ls ${path}`);
        if (delayMs > 0) await sleep(delayMs);
        const entries = entriesOf(path);
        if (entries instanceof Error) throw entries;
        if (!entries) throw refused('ClientError.NotFound');
        return entries.slice(0, most);
      },
      async stat({path}: Place) {
        asked.push(`stat ${path}`);
        const bare = path.replace(/\/+$/, '');
        const above = entriesOf(bare.replace(/[^/]*$/, ''));
        return Array.isArray(above) ? above.find(({name}) => name === bare.split('/').pop()) : undefined;
      },
    },
    () => 7,
  );
  return {asked, listing};
}

const item = (from: string): TransferItem => ({from, to: '/to', recursive: from.endsWith('/')});
const moving = (from: readonly string[], options: ListedTransfer['options'] = {}): ListedTransfer => ({
  collection: COLLECTION,
  items: from.map(item),
  options,
});

const TREE = {
  '/d/': [file('a', 5), file('b.tmp', 70), dir('e'), dir('skip')],
  '/d/e/': [file('c', 1_000)],
  '/d/skip/': [file('x', 9_000_000)],
};

describe('how much a transfer is to move', () => {
  test('is what lies in its directory and those below it', async () => {
    const {listing, asked} = collection(TREE);
    expect(await listing.totalsOf(moving(['/d/']), WIDE)).toEqual({
      files: 4,
      directories: 3,
      bytes: 9_001_075,
      sizes: {1: [1, 5], 2: [1, 70], 4: [1, 1_000], 7: [1, 9_000_000]},
      cut: false,
      why: undefined,
      listedAt: 7,
    });
    expect(asked).toHaveLength(3);
  });

  test('does not hold what filters leave out: neither files, nor directories with all that is in them', async () => {
    const {listing, asked} = collection(TREE);
    const filters = [
      {method: 'exclude', name: '*.[st]mp', type: 'file'},
      {method: 'exclude', name: 'sk?p', type: 'dir'},
    ] as const;
    expect(await listing.totalsOf(moving(['/d/'], {filters}), WIDE)).toMatchObject({
      files: 2,
      bytes: 1_005,
      cut: false,
    });
    expect(asked).not.toContain('ls /d/skip/');
  });

  test('holds what links lead to only where the transfer follows them', async () => {
    const linked = {
      '/d/': [file('a', 5), {...file('l', 100), link: true}, {...dir('e'), link: true}],
      '/d/e/': [file('c', 1)],
    } as const;
    const bytes = async (symlinks?: 'keep' | 'copy') =>
      (await collection(linked).listing.totalsOf(moving(['/d/'], symlinks ? {symlinks} : {}), WIDE)).bytes;
    expect(await bytes()).toBe(5);
    expect(await bytes('keep')).toBe(5);
    expect(await bytes('copy')).toBe(106);
  });

  test('is found with one question for the files of a directory, whatever their number', async () => {
    const names = Array.from({length: 200}, (_, at) => `f${at}`);
    const {listing, asked} = collection({'/d/': names.map((name) => file(name, 10))});
    const transfer = moving(names.map((name) => `/d/${name}`));
    expect(await listing.totalsOf(transfer, WIDE)).toMatchObject({files: 200, bytes: 2_000, cut: false});
    expect(asked).toEqual(['ls /d/']);
  });

  test.each([
    [
      'a directory may not be read',
      {...TREE, '/d/e/': refused('ExternalError.DirListingFailed.PermissionDenied')},
      WIDE,
      '/d/e/ could not be listed',
    ],
    [
      'there are more directories than may be asked about',
      TREE,
      {requests: 2, ms: 5_000},
      'it took more than 2 requests',
    ],
    [
      'a directory has too many names',
      {'/d/': Array.from({length: MOST_NAMES}, (_, at) => file(`${at}`, 1))},
      WIDE,
      `/d/ has more than ${MOST_NAMES} names`,
    ],
  ] as const)('is cut, and says why, when %s', async (_name, directories, bounds, why) => {
    expect(await collection(directories).listing.totalsOf(moving(['/d/']), bounds)).toMatchObject({cut: true, why});
  });

  test('is cut when it takes too long', async () => {
    const deep = {'/d/': [dir('e')], '/d/e/': [dir('e')], '/d/e/e/': [dir('e')], '/d/e/e/e/': []};
    const {listing, asked} = collection(deep, 40);
    expect(await listing.totalsOf(moving(['/d/']), {requests: 100, ms: 60})).toMatchObject({
      cut: true,
      why: 'it took longer than 0 s',
    });
    await sleep(100);
    expect(asked.length).toBeLessThan(4);
  });

  test('is cut where a file of its list was not found, unless the transfer passes over such', async () => {
    const missing = (skipSourceErrors?: true) =>
      collection(TREE).listing.totalsOf(moving(['/d/a', '/d/none'], skipSourceErrors ? {skipSourceErrors} : {}), WIDE);
    expect(await missing()).toMatchObject({cut: true, why: '/d/none was not listed as a file'});
    expect(await missing(true)).toMatchObject({cut: false, files: 1, bytes: 5});
  });

  test('does not hold directories that may not be read, where the transfer passes over them', async () => {
    const directories = {...TREE, '/d/skip/': refused('ExternalError.DirListingFailed.PermissionDenied')};
    const {listing} = collection(directories);
    expect(await listing.totalsOf(moving(['/d/'], {skipSourceErrors: true}), WIDE)).toMatchObject({
      cut: false,
      files: 3,
    });
  });

  test('is not known when Globus does not answer', async () => {
    const silent = collection({'/d/': new TransferUnreachable('ls', 'timeout')});
    await expect(silent.listing.totalsOf(moving(['/d/']), WIDE)).rejects.toThrow(TransferUnreachable);
  });
});

describe('what lies at places', () => {
  const at = (path: string, more: {contents?: boolean; needed?: boolean} = {}) => ({
    place: {collection: COLLECTION, path},
    ...more,
  });

  test('is told by one listing of the directory that holds them', async () => {
    const names = Array.from({length: 200}, (_, index) => `f${index}`);
    const {listing, asked} = collection({'/d/': names.map((name) => file(name, 1)), '/to/': []});
    const seen = await listing.lookAt([
      ...names.map((name) => at(`/d/${name}`, {needed: true})),
      ...names.map((name) => at(`/to/${name}`)),
      ...names.map((name) => at(`/new/${name}`)),
    ]);
    expect(seen.slice(0, 200).every((entry) => entry && 'type' in entry && entry.type === 'file')).toBe(true);
    expect(seen.slice(200).every((entry) => entry === undefined)).toBe(true);
    expect(asked.sort()).toEqual(['ls /d/', 'ls /new/', 'ls /to/']);
  });

  test('is asked once more by itself where it must be there, and a listing does not show it', async () => {
    const {listing, asked} = collection({'/home/': [dir('ann')]});
    const seen = await listing.lookAt(['ann', 'bob', 'eve'].map((name) => at(`/home/${name}`, {needed: true})));
    expect(seen.map((entry) => entry !== undefined)).toEqual([true, false, false]);
    expect(asked).toEqual(['ls /home/', 'stat /home/bob', 'stat /home/eve']);
  });

  test('is asked for each where the directory may not be listed', async () => {
    const {listing, asked} = collection({'/d/': refused('ExternalError.DirListingFailed.PermissionDenied')});
    await listing.lookAt(['a', 'b', 'c'].map((name) => at(`/d/${name}`)));
    expect(asked).toEqual(['ls /d/', 'stat /d/a', 'stat /d/b', 'stat /d/c']);
  });

  test('is asked once when Globus is silent', async () => {
    const {listing, asked} = collection({'/d/': new TransferUnreachable('ls', 'timeout', {timedOut: true})});
    const seen = await listing.lookAt(['a', 'b', 'c'].map((name) => at(`/d/${name}`)));
    expect(seen.every((one) => one instanceof TransferUnreachable)).toBe(true);
    expect(asked).toEqual(['ls /d/']);
  });

  test('of a directory whose contents are listed anyway needs no further question', async () => {
    const {listing, asked} = collection(TREE);
    expect(await listing.lookAt([at('/d/', {contents: true, needed: true})])).toMatchObject([{type: 'dir'}]);
    expect(await listing.totalsOf(moving(['/d/']), WIDE)).toMatchObject({files: 4});
    expect(asked.sort()).toEqual(['ls /d/', 'ls /d/e/', 'ls /d/skip/']);
  });
});
