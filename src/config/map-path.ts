import {posix} from 'node:path';

/** A directory of the cluster, and where a collection shows it. */
export interface PathMapping {
  /** absolute, as jobs see it: `/lus/eagle/projects` */
  readonly cluster: string;
  /** the collection's friendly name, or its id */
  readonly collection: string;
  /** absolute, as the collection shows the same directory: `/projects` */
  readonly path: string;
}

/** Mappings with collections by id, whatever they call them. @param known ids by friendly name */
export function mappingsById(
  mappings: readonly PathMapping[],
  known: Readonly<Record<string, string>>,
): readonly PathMapping[] {
  return mappings.map((mapping) => {
    const id = Object.hasOwn(known, mapping.collection) ? known[mapping.collection] : undefined;
    return {...mapping, collection: (id ?? mapping.collection).toLowerCase()};
  });
}

/** A place in a collection. */
export interface CollectionPlace {
  readonly collection: string;
  readonly path: string;
}

/**
 * Where a collection shows a path of the cluster. The longest mapping that covers the path wins; the first of equals.
 * A slash at the end stays, since it tells a directory from a file.
 *
 * @returns undefined when no mapping covers the path, or the path is not absolute
 */
export function toCollection(mappings: readonly PathMapping[], clusterPath: string): CollectionPlace | undefined {
  const best = longest(
    mappings,
    (mapping) => below(mapping.cluster, clusterPath),
    (mapping) => mapping.cluster,
  );
  return best && {collection: best.mapping.collection, path: like(clusterPath, joined(best.mapping.path, best.rest))};
}

/** The same the other way: where jobs find what a collection shows. */
export function toCluster(mappings: readonly PathMapping[], place: CollectionPlace): string | undefined {
  const best = longest(
    mappings.filter((mapping) => mapping.collection === place.collection),
    (mapping) => below(mapping.path, place.path),
    (mapping) => mapping.path,
  );
  return best && like(place.path, joined(best.mapping.cluster, best.rest));
}

/**
 * Why a path of the cluster leads to no collection, in one sentence: which mappings there are, and how to add one. Pure.
 *
 * @param profile where mappings stand
 */
export function explainUncovered(
  mappings: readonly PathMapping[],
  clusterPath: string,
  profile: {readonly name: string; readonly configFile: string},
): string {
  const known = mappings.map(({cluster, collection, path}) => `${cluster} (${collection}:${path})`);
  const top = /^\/[^/]*/.exec(clusterPath)?.[0] ?? '/';
  return [
    `no collection shows the path "${clusterPath}"`,
    `profile "${profile.name}" ${known.length === 0 ? 'maps no paths' : `maps ${known.join(', ')}`}`,
    `write it as collection:path, or add under paths: of the profile in ${profile.configFile}: - { cluster: ${top}, collection: NAME, path: / }`,
  ].join('; ');
}

function longest(
  mappings: readonly PathMapping[],
  restOf: (mapping: PathMapping) => string | undefined,
  prefixOf: (mapping: PathMapping) => string,
): {mapping: PathMapping; rest: string} | undefined {
  let best: {mapping: PathMapping; rest: string; length: number} | undefined;
  for (const mapping of mappings) {
    const rest = restOf(mapping);
    const {length} = trimmed(prefixOf(mapping));
    if (rest !== undefined && length > (best?.length ?? -1)) best = {mapping, rest, length};
  }
  return best;
}

/** What is left of a path below a directory, or nothing when it does not lie there: `/ab` is not below `/a`. */
function below(directory: string, path: string): string | undefined {
  if (!path.startsWith('/')) return undefined;
  const [base, whole] = [trimmed(directory), posix.normalize(path)];
  if (whole === base) return '';
  return whole.startsWith(`${base}/`) ? whole.slice(base.length + 1) : undefined;
}

/** Without slashes at the end; the root is the empty text, so that a prefix and a slash always make a path. */
function trimmed(directory: string): string {
  return posix.normalize(directory).replace(/\/+$/, '');
}

/** With a slash at the end where the other path has one: it tells a directory. */
function like(asked: string, path: string): string {
  return asked.endsWith('/') && !path.endsWith('/') ? `${path}/` : path;
}

function joined(directory: string, rest: string): string {
  const base = trimmed(directory);
  return rest === '' ? base || '/' : `${base}/${rest}`;
}
