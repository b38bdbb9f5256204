import type {Place} from '../../base/task-request.ts';
import {explainUncovered, toCollection} from '../../config/map-path.ts';
import {RequestWrong, StageError} from '../../errors.ts';
import type {PlacesStage} from '../../wiring/stage.ts';
import {type BookmarkNames, type PlaceNames, resolvePlace} from '../../workflow/model/places.ts';

/** What places may be called by in a profile, but for bookmarks. */
async function placeNames({profile, locations, ...stage}: PlacesStage): Promise<PlaceNames> {
  const about = {name: profile.name, configFile: locations.configFile};
  return {
    collections: await stage.collections(),
    ways: profile.ways,
    clusterPath: (path) => toCollection(profile.paths, path) ?? explainUncovered(profile.paths, path, about),
  };
}

export interface BookmarkLookup<T> {
  /** Globus must not be asked */
  readonly offline?: boolean;
  /** bookmarks as they stood when the thing that is read was read before */
  readonly pinned?: (first: T) => Readonly<Record<string, Place>>;
}

const NOWHERE: Place = {collection: '00000000-0000-4000-8000-000000000000', path: '/'};

/**
 * Read something that names places. Globus is asked for bookmarks only when a name is found that may be one, and is
 * not on record already: most workflows have none.
 *
 * @param read is called a second time when there are such names; what it throws the first time is forgotten then
 */
export async function readingPlaces<T>(
  stage: PlacesStage,
  read: (names: PlaceNames) => T,
  {offline = false, pinned}: BookmarkLookup<T> = {},
): Promise<T> {
  const names = await placeNames(stage);
  const wanted = new Set<string>();
  const noting = (name: string) => {
    wanted.add(name);
    return NOWHERE;
  };
  let first: T | undefined;
  try {
    first = read({...names, bookmarks: {names: [], find: noting}});
  } catch (error) {
    if (wanted.size === 0) throw error;
  }
  if (wanted.size === 0 && first !== undefined) return first;
  const withNames = (bookmarks: BookmarkNames) => read({...names, bookmarks});
  const known = (first !== undefined && pinned?.(first)) || {};
  if ([...wanted].every((name) => Object.hasOwn(known, name))) return withNames(namesOf(known));
  if (offline) return withNames({...namesOf(known), unasked: 'Globus is not contacted with --offline'});
  const found = await lookUp(stage).catch((error: unknown) => {
    if (!(error instanceof StageError)) throw error;
    throw new BookmarksUnknown(
      error,
      complaintsOf(() => withNames({...namesOf(known), unasked: 'see above'})),
    );
  });
  return withNames(namesOf({...found, ...known}));
}

async function lookUp(stage: PlacesStage): Promise<Readonly<Record<string, Place>>> {
  const all = await stage.bookmarks();
  return Object.fromEntries(all.map(({name, place}) => [name, place]));
}

/** What is wrong if none of the names is a bookmark: a slip of the pen is more likely than that. */
function complaintsOf(read: () => unknown): readonly string[] {
  try {
    read();
    return [];
  } catch (error) {
    if (!(error instanceof StageError)) throw error;
    return error.details.length > 0 ? error.details : [error.message];
  }
}

function namesOf(known: Readonly<Record<string, Place>>): BookmarkNames {
  return {
    names: Object.keys(known).sort(),
    find: (name) => (Object.hasOwn(known, name) ? known[name] : undefined),
  };
}

/** A name is no friendly name, and whether it is a bookmark could not be queried. Exit and advice are those of the asking. */
class BookmarksUnknown extends StageError {
  constructor({code, exit, message, why, next}: StageError, details: readonly string[]) {
    super({
      code,
      exit,
      what: 'the name of a collection may be one of your bookmarks, and Globus could not be queried for them',
      why: [message, why].filter(Boolean).join(': '),
      details,
      next: [...next, 'Or name it here: stage collection alias set NAME ID'],
    });
  }
}

/** Places on a command line, each by collection, bookmark or cluster path. @throws {RequestWrong} for what names none */
export async function resolvePlaces<K extends string>(
  stage: PlacesStage,
  texts: Readonly<Record<K, string>>,
): Promise<Record<K, Place>> {
  const entries = Object.entries<string>(texts);
  return readingPlaces(stage, (names) => {
    const places = entries.map(([key, text]) => {
      const resolved = resolvePlace(text, names);
      if (typeof resolved === 'string')
        throw new RequestWrong(`"${text}": ${resolved}`, {
          next: [
            'Write it as COLLECTION:PATH, such as theta:/~/data/',
            'See the names that you may use: stage collection alias list, stage collection bookmark list',
            'Find a collection by words: stage collection search WORDS',
          ],
        });
      return [key, resolved.place] as const;
    });
    return Object.fromEntries(places) as Record<K, Place>; // the keys that were given
  });
}
