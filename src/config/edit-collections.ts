import {type Document, isMap, parseDocument} from 'yaml';
import {RequestWrong} from '../errors.ts';

/** Where friendly names of collections stand in a YAML file: `['collections']`, `['profiles', 'site', 'collections']`. */
export type NamesAt = readonly string[];

/** What a name stood for before, and the file as it is to be. */
export interface EditedNames {
  readonly text: string;
  readonly before?: string;
}

/**
 * A YAML file with one more friendly name of a collection. Pure. Everything else in it stays, comments too. That what
 * comes out makes sense to the readers of the file is not judged here.
 *
 * @throws {RequestWrong} when the file is no YAML map, or the name is in use for another collection and `force` was not said
 */
export function withCollectionName(
  source: string,
  file: string,
  at: NamesAt,
  {name, id, force}: {readonly name: string; readonly id: string; readonly force: boolean},
): EditedNames {
  const document = read(source, file);
  const before = idAt(document, [...at, name]);
  if (before !== undefined && before.toLowerCase() !== id && !force)
    throw new RequestWrong(`"${name}" is in use for another collection`, {
      code: 'ALIAS_EXISTS',
      why: `${file} says ${name}: ${before}, and was not changed`,
      next: ['Choose another name, or replace it with --force.', `See what it is: stage collection show ${before}`],
    });
  if (before?.toLowerCase() === id) return {text: source, before};
  for (const [index] of at.entries()) {
    const path = at.slice(0, index + 1);
    if (document.getIn(path) === null || document.getIn(path) === undefined)
      document.setIn(path, document.createNode({}));
    if (!isMap(document.getIn(path, true))) throw noMap(file, path.join('.'));
  }
  document.setIn([...at, name], id);
  return {text: document.toString({lineWidth: 0}), before};
}

/** The file without one. Pure. `before` is absent when it was not there. @throws {RequestWrong} when the file is no YAML map */
export function withoutCollectionName(source: string, file: string, at: NamesAt, name: string): EditedNames {
  const document = read(source, file);
  const before = idAt(document, [...at, name]);
  if (before === undefined) return {text: source};
  document.deleteIn([...at, name]);
  const left = document.getIn(at, true);
  if (isMap(left) && left.items.length === 0) document.deleteIn(at);
  return {text: document.toString({lineWidth: 0}), before};
}

/** The friendly names in a file, in their order. Pure. @throws {RequestWrong} when the file is no YAML map */
export function collectionNamesIn(source: string, file: string, at: NamesAt): Readonly<Record<string, string>> {
  const names: unknown = read(source, file).getIn(at);
  if (!isMap(names)) return {};
  return Object.fromEntries(Object.entries(names.toJSON() as object).map(([name, id]) => [name, String(id)])); // a map gives an object
}

function read(source: string, file: string): Document {
  const document = parseDocument(source);
  const [mistake] = document.errors;
  if (mistake)
    throw new RequestWrong(`${file} cannot be read as YAML, and was not changed`, {
      why: mistake.message.split('\n')[0],
    });
  if (document.contents !== null && !isMap(document.contents)) throw noMap(file, 'the file');
  return document as Document; // its contents are seen above
}

function idAt(document: Document, path: readonly string[]): string | undefined {
  if (!isMap(document.getIn(path.slice(0, -1), true))) return undefined;
  const id: unknown = document.getIn(path);
  return id === undefined ? undefined : String(id);
}

function noMap(file: string, what: string): RequestWrong {
  return new RequestWrong(`${file}: ${what} is not a map of keys to values, and was not changed`);
}
