import {UUID} from '../../base/ids.ts';
import {RequestWrong} from '../../errors.ts';
import type {Bookmark} from '../../transfer/collection-service.ts';
import type {PlacesStage} from '../../wiring/stage.ts';
import {didYouMean, listNames, own, quote} from '../../workflow/file/problems.ts';
import {isBookmarkName} from '../../workflow/model/places.ts';
import {resolvePlaces} from './place-names.ts';

export interface BookmarkView {
  readonly name: string;
  readonly id: string;
  readonly collection: string;
  /** a friendly name of the collection, where there is one here */
  readonly alias?: string;
  readonly path: string;
  /** why its name cannot be written in place of a collection; absent where it can */
  readonly unusable?: string;
}

export interface BookmarkListReport {
  readonly bookmarks: readonly BookmarkView[];
}

/** All bookmarks of the identity in use. @throws {TransferUnreachable} {SignInNeeded} */
export async function listBookmarks(stage: PlacesStage): Promise<BookmarkListReport> {
  const all = await (await stage.collectionService()).bookmarks();
  const aliases = await stage.collections();
  const bookmarks = all.map((one) => viewBookmark(one, aliases));
  return {bookmarks: bookmarks.sort((one, other) => (one.name < other.name ? -1 : 1))};
}

/** A bookmark as it is shown. Pure. */
function viewBookmark({id, name, place}: Bookmark, aliases: Readonly<Record<string, string>>): BookmarkView {
  const alias = Object.entries(aliases).find(([, other]) => other.toLowerCase() === place.collection)?.[0];
  const unusable = whyUnusable(name, aliases);
  return {
    name,
    id,
    collection: place.collection,
    alias,
    path: place.path,
    unusable,
  };
}

function whyUnusable(name: string, aliases: Readonly<Record<string, string>>): string | undefined {
  if (own(aliases, name) !== undefined) return 'a collection has this friendly name, which takes precedence';
  if (UUID.test(name)) return 'it has the form of an id';
  return isBookmarkName(name)
    ? undefined
    : 'a name must not contain ":", "/", "=" or a line end, or start with "~" or a blank';
}

/** Bookmark a place. @throws {RequestWrong} when there is a bookmark of that name, or the name could not be used */
export async function createBookmark(stage: PlacesStage, name: string, text: string): Promise<BookmarkView> {
  const aliases = await stage.collections();
  const unusable = whyUnusable(name, aliases);
  if (unusable !== undefined)
    throw new RequestWrong(`${quote(name)} cannot be the name of a bookmark`, {
      why: unusable,
      next: ['Choose another name.'],
    });
  const {place} = await resolvePlaces(stage, {place: text});
  const service = await stage.collectionService();
  if ((await service.bookmarks()).some((one) => one.name === name)) throw taken(name);
  return viewBookmark(await service.createBookmark(name, place), aliases);
}

function taken(name: string): RequestWrong {
  return new RequestWrong(`there is a bookmark ${quote(name)} already`, {
    code: 'BOOKMARK_EXISTS',
    why: 'names of bookmarks are unique',
    next: [
      'See what it is: stage collection bookmark list',
      `Choose another name, or delete it first: stage collection bookmark delete ${quote(name)}`,
    ],
  });
}

/** Delete a bookmark. Runs that used it go on: they have the place on record. @param text its name or id */
export async function deleteBookmark(stage: PlacesStage, text: string): Promise<BookmarkView> {
  const service = await stage.collectionService();
  const all = await service.bookmarks();
  const found = all.find(({name}) => name === text) ?? all.find(({id}) => id === text.toLowerCase());
  const names = all.map(({name}) => name);
  if (!found)
    throw new RequestWrong(`there is no bookmark ${quote(text)}`, {
      code: 'BOOKMARK_UNKNOWN',
      why: `${names.length === 0 ? 'you have no bookmarks' : `known: ${listNames(names)}`}${didYouMean(text, names)}`,
      next: ['List them: stage collection bookmark list'],
    });
  await service.deleteBookmark(found.id);
  return viewBookmark(found, await stage.collections());
}
