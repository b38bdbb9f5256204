import {UUID} from '../../base/ids.ts';
import {mappingsById, toCluster} from '../../config/map-path.ts';
import {RequestWrong} from '../../errors.ts';
import {
  type CollectionDetails,
  type FileDetails,
  SEARCH_SCOPES,
  type SearchScope,
} from '../../transfer/collection-service.ts';
import type {PlacesStage} from '../../wiring/stage.ts';
import {own} from '../../workflow/file/problems.ts';
import {findCollection} from './find-collection.ts';
import {resolvePlaces} from './place-names.ts';

/** A collection, and what it is called here. */
export interface CollectionView extends CollectionDetails {
  /** friendly names of it that count in this profile */
  readonly aliases: readonly string[];
}

/** For the flag: which collections may be searched. */
export const SCOPES = SEARCH_SCOPES;

export interface SearchRequest {
  readonly text: string | undefined;
  readonly scope: SearchScope;
  readonly limit: number;
  readonly offset: number;
}

export interface SearchReport {
  readonly collections: readonly CollectionView[];
  /** `offset` of the next page; absent at the end */
  readonly next?: number;
}

/** Globus gives no more than this of one search. Source: Globus Transfer API, "endpoint_search". */
const MOST_FOUND = 1000;

/** Search collections by words. @throws {RequestWrong} {TransferUnreachable} {SignInNeeded} */
export async function searchCollections(stage: PlacesStage, request: SearchRequest): Promise<SearchReport> {
  const {text, scope, limit, offset} = request;
  if (scope === 'all' && !text?.trim())
    throw new RequestWrong('no words to search for were given', {
      next: [
        'Name some: stage collection search climate data',
        'Or list your own: stage collection search --scope my-endpoints',
      ],
    });
  if (offset + limit > MOST_FOUND)
    throw new RequestWrong(`--offset and --limit go beyond ${MOST_FOUND}`, {
      why: 'Globus returns no further results of one search',
      next: ['Search with more words.'],
    });
  const service = await stage.collectionService();
  const {collections, more} = await service.search({scope, limit, offset, text});
  const naming = await aliasesById(stage);
  const next = offset + collections.length;
  return {
    collections: collections.map((one) => ({...one, aliases: naming.get(one.id) ?? []})),
    next: more && next < MOST_FOUND ? next : undefined,
  };
}

/** All that there is to know of one collection. @param name friendly name, id, bookmark, or its name at Globus */
export async function showCollection(stage: PlacesStage, name: string): Promise<CollectionView> {
  const id = await findCollection(stage, name);
  const shown = await (await stage.collectionService()).show(id);
  return {...shown, aliases: (await aliasesById(stage)).get(id) ?? []};
}

async function aliasesById(stage: PlacesStage): Promise<ReadonlyMap<string, readonly string[]>> {
  const naming = new Map<string, string[]>();
  for (const [name, id] of Object.entries(await stage.collections())) {
    const key = id.toLowerCase();
    naming.set(key, [...(naming.get(key) ?? []), name]);
  }
  return naming;
}

export interface ListRequest {
  /** `collection:path`, a collection alone, a bookmark, or a path of the cluster */
  readonly place: string;
  readonly limit: number;
  readonly offset: number;
  readonly hidden: boolean;
  readonly match: string | undefined;
}

/** A file as `--json` shows it. */
export type FileView = Omit<FileDetails, 'modifiedAt'> & {readonly modified?: string};

export interface ListReport {
  readonly collection: string;
  /** a friendly name of it, where there is one */
  readonly alias?: string;
  readonly path: string;
  /** where jobs find the same directory, as far as the profile says */
  readonly clusterPath?: string;
  readonly files: readonly FileView[];
  readonly total?: number;
  /** `offset` of the next page; absent at the end */
  readonly next?: number;
}

/** List a directory of a collection. @throws {RequestWrong} {TransferRefused} {TransferUnreachable} {SignInNeeded} */
export async function listCollection(stage: PlacesStage, request: ListRequest): Promise<ListReport> {
  const {limit, offset, hidden, match} = request;
  if (match !== undefined && /[/:,\r\n]/.test(match))
    throw new RequestWrong(`--match ${match} is not a pattern for names`, {
      why: 'a pattern is letters with * and ?; "/", ":" and "," mean something else to Globus',
    });
  const {collection, path} = await placeToList(stage, request.place);
  const service = await stage.collectionService();
  const listing = await service.list({
    collection,
    limit,
    offset,
    hidden,
    path,
    match,
  });
  const clusterPath = await clusterPathOf(stage, collection, listing.path);
  const [alias] = (await aliasesById(stage)).get(collection) ?? [];
  return {
    collection,
    alias,
    path: listing.path,
    clusterPath,
    files: listing.files.map(({modifiedAt, ...file}) => ({
      ...file,
      ...(modifiedAt === undefined ? {} : {modified: new Date(modifiedAt).toISOString()}),
    })),
    total: listing.total,
    next: listing.more ? offset + listing.files.length : undefined,
  };
}

/** A collection without a path is its default directory; a bookmark without one is the bookmark. */
async function placeToList(stage: PlacesStage, text: string): Promise<{collection: string; path?: string}> {
  const name = text.replace(/:$/, '');
  const known = own(await stage.collections(), name) ?? (UUID.test(name) ? name : undefined);
  if (known !== undefined) return {collection: known.toLowerCase()};
  const whole = text.includes(':') || text.startsWith('/') ? text : `${text}:`;
  return (await resolvePlaces(stage, {place: whole})).place;
}

async function clusterPathOf(stage: PlacesStage, id: string, path: string): Promise<string | undefined> {
  const {paths} = stage.profile;
  if (paths.length === 0) return undefined;
  return toCluster(mappingsById(paths, await stage.collections()), {collection: id, path});
}
