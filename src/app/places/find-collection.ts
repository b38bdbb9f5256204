import {UUID} from '../../base/ids.ts';
import {RequestWrong} from '../../errors.ts';
import type {CollectionDetails} from '../../transfer/collection-service.ts';
import type {PlacesStage} from '../../wiring/stage.ts';
import {didYouMean, listNames, own, quote} from '../../workflow/file/problems.ts';

/** How many collections are looked at for one that is called exactly so. */
const LOOKED_AT = 100;

/**
 * The collection that a person means: by friendly name, id, bookmark, or the name that it has at Globus, in this order.
 *
 * @returns its id
 * @throws {RequestWrong} when nothing is called so, or several things are: with the nearest names and what to type
 */
export async function findCollection(stage: PlacesStage, text: string): Promise<string> {
  const aliases = await stage.collections();
  const id = own(aliases, text) ?? (UUID.test(text) ? text : undefined);
  if (id !== undefined) return id.toLowerCase();
  const service = await stage.collectionService();
  const [bookmarks, {collections}] = await Promise.all([
    service.bookmarks(),
    service.search({text, scope: 'all', limit: LOOKED_AT, offset: 0}),
  ]);
  const bookmark = bookmarks.find(({name}) => name === text);
  if (bookmark) return bookmark.place.collection;
  const [only, ...others] = calledSo(collections, text);
  if (only && others.length === 0) return only.id;
  if (only) throw ambiguous(text, [only, ...others]);
  throw unknown(text, [...Object.keys(aliases), ...bookmarks.map(({name}) => name)], collections);
}

/** Names at Globus are chosen freely by their owners: case does not tell them apart. */
function calledSo(collections: readonly CollectionDetails[], text: string): CollectionDetails[] {
  const exact = collections.filter(({displayName}) => displayName === text);
  if (exact.length > 0) return exact;
  return collections.filter(({displayName}) => displayName.toLowerCase() === text.toLowerCase());
}

function ambiguous(text: string, found: readonly CollectionDetails[]): RequestWrong {
  return new RequestWrong(`${found.length} collections are called ${quote(text)}`, {
    code: 'COLLECTION_AMBIGUOUS',
    details: found.map(lineOf),
    next: [
      `Name the one you mean by its id: stage collection show ${found[0]?.id}`,
      `Then give it a name of your own: stage collection alias set NAME ${found[0]?.id}`,
    ],
  });
}

function unknown(text: string, names: readonly string[], near: readonly CollectionDetails[]): RequestWrong {
  const called = near.map(({displayName}) => displayName);
  const known = names.length === 0 ? 'you have no friendly names and no bookmarks' : `known: ${listNames(names)}`;
  return new RequestWrong(`no collection is called ${quote(text)}`, {
    code: 'COLLECTION_UNKNOWN',
    why: `${known}${didYouMean(text, [...names, ...called])}`,
    details: near.slice(0, 5).map(lineOf),
    next: [
      ...(near.length > 0 ? ['Above is what Globus finds for it: name one by its id.'] : []),
      `Search with other words: stage collection search WORDS`,
      'See the names that you may use: stage collection alias list, stage collection bookmark list',
    ],
  });
}

function lineOf({id, displayName, owner}: CollectionDetails): string {
  return `${id}  ${displayName}${owner === '' ? '' : `  (${owner})`}`;
}
