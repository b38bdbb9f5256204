import {renderBytes} from '../../base/units.ts';
import {renderTable} from '../shared/text-layout.ts';

interface CollectionText {
  readonly id: string;
  readonly displayName: string;
  readonly owner: string;
  readonly entityType: string;
  readonly aliases: readonly string[];
  readonly description?: string;
  readonly organization?: string;
  readonly keywords: readonly string[];
  readonly infoLink?: string;
  readonly contact?: string;
  readonly defaultDirectory?: string;
  readonly host?: {readonly collection: string; readonly path: string};
  readonly message?: string;
  readonly roles: readonly string[];
  readonly public: boolean;
  readonly away?: string;
  readonly nonFunctional?: true;
  readonly highAssurance?: boolean;
  readonly authenticationTimeoutMinutes?: number;
  readonly forceEncryption?: true;
}

const TYPES: Readonly<Record<string, string>> = {
  GCSv5_endpoint: 'endpoint (holds collections)',
  GCSv5_mapped_collection: 'mapped',
  GCSv5_guest_collection: 'guest',
  GCP_mapped_collection: 'personal',
  GCP_guest_collection: 'guest of a personal one',
};

/** A line for each collection, and how to go on. */
export function renderSearch({
  collections,
  next,
}: {
  readonly collections: readonly CollectionText[];
  readonly next?: number;
}): string {
  if (collections.length === 0) return 'Globus finds no collection for this.';
  const rows = collections.map((one) => [
    one.id,
    one.displayName,
    TYPES[one.entityType] ?? one.entityType,
    one.owner,
    [one.aliases.length > 0 ? `here: ${one.aliases.join(', ')}` : '', troubleOf(one)].filter(Boolean).join('; '),
  ]);
  return [...table(rows), ...(next === undefined ? [] : [`There are more: the same with --offset ${next}`])].join('\n');
}

/** Everything of one collection, a line each. */
export function renderCollection(one: CollectionText): string {
  const {aliases, host, keywords, roles} = one;
  const lines: [string, string | undefined][] = [
    ['id', one.id],
    ['name here', aliases.length > 0 ? aliases.join(', ') : `none yet: stage collection alias set NAME ${one.id}`],
    ['type', TYPES[one.entityType] ?? (one.entityType || undefined)],
    ['owner', one.owner || undefined],
    ['organization', one.organization],
    ['description', one.description],
    ['keywords', keywords.length > 0 ? keywords.join(', ') : undefined],
    ['contact', one.contact],
    ['more', one.infoLink],
    ['default directory', one.defaultDirectory],
    ['located in', host && `${host.collection}:${host.path}`],
    ['your roles', roles.length > 0 ? `${roles.join(', ')}` : undefined],
    ['visible to', one.public ? 'everybody' : undefined],
    ['requires', demandsOf(one)],
    ['message', one.message],
    ['state', troubleOf(one)],
  ];
  const shown = lines.filter((line): line is [string, string] => Boolean(line[1]));
  return [one.displayName, ...shown.map(([key, value]) => `  ${key.padEnd(12)} ${value.replace(/\s+/g, ' ')}`)].join(
    '\n',
  );
}

function demandsOf({highAssurance, authenticationTimeoutMinutes: minutes, forceEncryption}: CollectionText): string {
  return [
    ...(highAssurance ? ['a sign-in of high assurance'] : []),
    ...(minutes ? [`a sign-in not older than ${minutes} min`] : []),
    ...(forceEncryption ? ['encryption'] : []),
  ].join(', ');
}

function troubleOf({away, nonFunctional}: CollectionText): string {
  return [...(away ? [away] : []), ...(nonFunctional ? ['not functional, Globus reports'] : [])].join(', ');
}

interface ListingText {
  readonly collection: string;
  readonly alias?: string;
  readonly path: string;
  readonly clusterPath?: string;
  readonly files: readonly {
    readonly name: string;
    readonly type: 'file' | 'dir' | 'other';
    readonly sizeBytes: number;
    readonly modified?: string;
    readonly permissions?: string;
    readonly user?: string;
    readonly linkTarget?: string;
  }[];
  readonly total?: number;
  readonly next?: number;
}

/** Names alone, a line each, for other programs; or with what is known of each. Directories end in "/". */
export function renderListing(listing: ListingText, long: boolean): string[] {
  const nameOf = ({name, type}: ListingText['files'][number]) => visible(type === 'dir' ? `${name}/` : name);
  if (!long) return listing.files.map(nameOf);
  const rows = listing.files.map((file) => [
    file.permissions ?? '',
    file.user ?? '',
    file.type === 'file' ? renderBytes(file.sizeBytes) : '',
    file.modified?.slice(0, 16).replace('T', ' ') ?? '',
    `${nameOf(file)}${file.linkTarget ? ` -> ${visible(file.linkTarget)}` : ''}`,
  ]);
  return table(rows);
}

/** For stderr, beside the names. */
export function renderListingHead({collection, alias, path, clusterPath, files, total, next}: ListingText): string {
  const where = `${alias ?? collection}:${path}${clusterPath === undefined ? '' : ` (${clusterPath})`}`;
  if (files.length === 0) return `${where} has no entries to show.`;
  return next === undefined
    ? where
    : `${where}: there are more${total === undefined ? '' : ` (${total} in all)`}: the same with --offset ${next}`;
}

interface AliasText {
  readonly name: string;
  readonly collection: string;
  readonly from: string;
}

export function renderAliases({
  aliases,
  profile,
}: {
  readonly aliases: readonly AliasText[];
  readonly profile: string;
}): string {
  if (aliases.length === 0)
    return `Profile "${profile}" has no friendly names yet. Add one: stage collection alias set NAME COLLECTION`;
  return table(aliases.map(({name, collection, from}) => [name, collection, FROM[from] ?? from])).join('\n');
}

const FROM: Readonly<Record<string, string>> = {
  configuration: 'for all profiles',
  profile: 'of the profile',
  workflow: 'of the workflow file',
  'stand-in': 'of the stand-in Globus',
};

interface AliasSetText {
  readonly name: string;
  readonly collection: string;
  readonly displayName?: string;
  readonly file: string;
  readonly did: 'added' | 'replaced' | 'nothing';
  readonly before?: string;
  readonly hiddenBy?: string;
}

export function renderAliasSet({name, collection, displayName, file, did, before, hiddenBy}: AliasSetText): string {
  const what = `${name} is ${displayName ? `"${displayName}" ` : ''}(${collection})`;
  return [
    did === 'nothing'
      ? `${what} already, in ${file}.`
      : `${what} now, in ${file}${before ? `; it was ${before}` : ''}.`,
    ...(hiddenBy
      ? [`But the ${hiddenBy} defines this name differently, and takes precedence: see stage collection alias list`]
      : []),
  ].join('\n');
}

interface BookmarkText {
  readonly name: string;
  readonly collection: string;
  readonly alias?: string;
  readonly path: string;
  readonly unusable?: string;
}

export function renderBookmarks({bookmarks}: {readonly bookmarks: readonly BookmarkText[]}): string {
  if (bookmarks.length === 0)
    return 'You have no bookmarks. Create one: stage collection bookmark create NAME COLLECTION:PATH';
  return table(
    bookmarks.map(({name, path, unusable, ...rest}) => [
      name,
      `${rest.alias ?? rest.collection}:${path}`,
      unusable ? `not usable as a name: ${unusable}` : '',
    ]),
  ).join('\n');
}

function table(rows: readonly (readonly string[])[]): string[] {
  if (rows.length === 0) return [];
  const empty = (rows[0] ?? []).map((_, column) => rows.every((row) => (row[column] ?? '') === ''));
  return renderTable(rows.map((row) => row.filter((_, column) => !empty[column]))).split('\n');
}

/** Names of files may hold what moves the cursor of a terminal. */
function visible(name: string): string {
  return name.replace(/\p{Cc}/gu, (letter) => `\\x${letter.charCodeAt(0).toString(16).padStart(2, '0')}`);
}
