import type {Place} from '../base/task-request.ts';
import type {CollectionSeen, FileEntry} from './transfer-service.ts';

/** A collection as people want to know it. */
export interface CollectionDetails extends CollectionSeen {
  readonly description?: string;
  readonly organization?: string;
  readonly keywords: readonly string[];
  readonly infoLink?: string;
  /** where one arrives who names no path */
  readonly defaultDirectory?: string;
  /** of a guest collection: the collection it lies in, and the directory there that is its root */
  readonly host?: {readonly collection: string; readonly path: string};
  /** what its manager tells everybody */
  readonly message?: string;
  /** what this identity may do there besides moving data, such as `administrator` */
  readonly roles: readonly string[];
  readonly public: boolean;
  /** transfers are encrypted whether they ask for it or not */
  readonly forceEncryption?: true;
}

/** Which collections are searched. Source: Globus Transfer API, "Search scope". */
export const SEARCH_SCOPES = [
  'all',
  'my-endpoints',
  'my-gcp-endpoints',
  'recently-used',
  'in-use',
  'shared-by-me',
  'shared-with-me',
  'administered-by-me',
] as const;
export type SearchScope = (typeof SEARCH_SCOPES)[number];

export interface CollectionQuery {
  /** words to look for; `all` wants some */
  readonly text?: string;
  readonly scope: SearchScope;
  /** Globus gives 1000 at most, by offset and limit together */
  readonly limit: number;
  readonly offset: number;
}

export interface FileDetails extends FileEntry {
  /** in milliseconds since the epoch */
  readonly modifiedAt?: number;
  /** `0755` */
  readonly permissions?: string;
  readonly user?: string;
  readonly group?: string;
  /** of a symbolic link */
  readonly linkTarget?: string;
}

export interface ListQuery {
  readonly collection: string;
  /** the default directory when not given */
  readonly path?: string;
  readonly limit: number;
  readonly offset: number;
  /** files and directories whose names start with a dot, too */
  readonly hidden: boolean;
  /** names that fit a pattern with `*` and `?` */
  readonly match?: string;
}

export interface Listing {
  /** as Globus names it; the default directory where none was asked for */
  readonly path: string;
  readonly files: readonly FileDetails[];
  readonly more: boolean;
  /** of all that fits; absent where Globus does not say */
  readonly total?: number;
}

/** A name that a user has given to a place at Globus. Unique among the user's. */
export interface Bookmark {
  readonly id: string;
  readonly name: string;
  readonly place: Place;
}

/** Globus collections as people look at them. All methods throw what those of `TransferService` throw. */
export interface CollectionService {
  search(query: CollectionQuery): Promise<{readonly collections: readonly CollectionDetails[]; readonly more: boolean}>;
  show(id: string): Promise<CollectionDetails>;
  /** List a directory, a page of any length. */
  list(query: ListQuery): Promise<Listing>;
  /** All of this identity's. */
  bookmarks(): Promise<readonly Bookmark[]>;
  /** @throws {TransferRefused} when there is one of that name */
  createBookmark(name: string, place: Place): Promise<Bookmark>;
  deleteBookmark(id: string): Promise<void>;
}
