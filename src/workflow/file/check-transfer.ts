import {posix} from 'node:path';
import type {Way} from '../../base/task-request.ts';
import {readChecksum} from '../model/checksums.ts';
import {readItem, type WrittenItem, wrongTogether} from '../model/items.ts';
import {type PlaceNames, readPlace, resolvePlace} from '../model/places.ts';
import {optionsLacking, wayOf} from '../model/ways.ts';
import {isMap, MISTAKES_SHOWN, type Path, type Problem} from './problems.ts';
import type {Batches} from './read-batches.ts';

/**
 * What the schema cannot see of a transfer: its collections, slashes that say two things, options that have no meaning
 * there. Silent on whatever has a wrong type.
 *
 * @param path  of the transfer, such as `steps.stage-in.transfer`
 * @param names what places may be called by
 */
export function checkTransfer(path: Path, transfer: unknown, names: PlaceNames, batches: Batches): Problem[] {
  if (!isMap(transfer)) return [];
  const problems: Problem[] = [];
  const way = wayOf(transfer, names);
  if (way && 'wrong' in way)
    return way.wrong.map(({key, text}) => ({path: [...path, key], at: key === 'program' ? 'key' : 'value', text}));
  if (way) problems.push(...checkWay(path, transfer, way.via));
  const [from, to] = (['from', 'to'] as const).map((key) => {
    if (way) return {path: way[key].path, id: way[key].collection};
    const found = checkPlace([...path, key], transfer[key], names);
    problems.push(...found.problems);
    return found.place;
  });
  const batch = batches.get(String(path[1]));
  const hasItems = Object.hasOwn(transfer, 'items') || batch !== undefined;
  problems.push(...checkAlone(path, transfer), ...checkFilters(path, transfer, hasItems, from?.path));
  if (batch?.wrong !== undefined) problems.push({path: [...path, 'batch'], at: 'value', text: batch.wrong});
  if (from === undefined || to === undefined) return problems;
  const [source, destination] = [from.path, to.path].map((at) => (transfer.recursive === true ? `${at}/` : at));
  const same = from.id !== undefined && from.id === to.id && plain(source) === plain(destination);
  if (hasItems) problems.push(...checkItems(path, transfer, {from: from.path, to: to.path}, batches));
  else if (same)
    problems.push({path: [...path, 'to'], at: 'value', text: 'is the same place as "from"; needs another one'});
  else
    problems.push(
      ...checkSlashes(path, from.path, to.path, transfer.recursive),
      ...checkChecksum(path, transfer, from.path),
    );
  return problems;
}

/** Options that its way does not have. */
function checkWay(path: Path, transfer: Readonly<Record<string, unknown>>, via: Way): Problem[] {
  const whose = transfer.via === undefined ? `, which is the way of the profile between these places` : '';
  return optionsLacking(transfer, via).map((key) => ({
    path: [...path, key],
    at: 'key',
    text: `is an option that via: ${via.by} does not have${whose}; leave it out, or say via: globus`,
  }));
}

/** Without doubled slashes. */
function plain(path: string | undefined): string | undefined {
  return path?.replace(/\/+/g, '/');
}

/** A place, as far as it can be read: the path of one whose collection is unknown can be judged all the same. */
export function checkPlace(
  path: Path,
  text: unknown,
  names: PlaceNames,
): {readonly problems: readonly Problem[]; readonly place?: {readonly path: string; readonly id?: string}} {
  if (typeof text !== 'string') return {problems: []};
  const resolved = resolvePlace(text, names);
  if (typeof resolved !== 'string')
    return {problems: [], place: {path: resolved.place.path, id: resolved.place.collection}};
  const written = readPlace(text);
  const problems: Problem[] = [{path, at: 'value', text: resolved}];
  return typeof written === 'string' ? {problems} : {problems, place: {path: written.path}};
}

/** What is deleted is gone: what could mean more than was meant is refused. */
export function checkDelete(path: Path, step: unknown, names: PlaceNames): Problem[] {
  if (!isMap(step)) return [];
  const {problems, place} = checkPlace([...path, 'at'], step.at, names);
  const wrong = (text: string): Problem[] => [...problems, {path: [...path, 'at'], at: 'value', text}];
  if (place === undefined) return [...problems];
  if (/^\/(~\/?)?$/.test(posix.normalize(place.path)))
    return wrong('is a whole collection, or a home directory; name what is in it');
  if (place.path.split('/').includes('..')) return wrong('has ".." in its path; write out what is meant');
  if (place.path.endsWith('/') && step.recursive !== true)
    return wrong('ends in "/" (a directory); add recursive: true, or name one file without "/"');
  return [...problems];
}

/** With `recursive: true` both are directories, whatever they end in: Globus treats them alike. */
function checkSlashes(path: Path, from: string, to: string, recursive: unknown): Problem[] {
  if (recursive === true) return [];
  const [fromDirectory, toDirectory] = [from.endsWith('/'), to.endsWith('/')];
  if (fromDirectory !== toDirectory) {
    const which = fromDirectory
      ? '"from" ends in "/" (a directory) and "to" does not (a file)'
      : '"to" ends in "/" (a directory) and "from" does not (a file)';
    const cure = fromDirectory
      ? 'end both in "/" to copy what is in the directory'
      : 'give the file its full name in "to", or end both in "/" to copy what is in a directory';
    return [{path: [...path, 'to'], at: 'value', text: `${which}; ${cure}`}];
  }
  if (fromDirectory && recursive === false)
    return [
      {
        path: [...path, 'recursive'],
        at: 'value',
        text: 'is false, but "from" and "to" end in "/" (a directory); leave it out, or name one file without "/"',
      },
    ];
  return [];
}

/** Keys that say the same thing twice, or that say something only beside another one. */
function checkAlone(path: Path, transfer: Readonly<Record<string, unknown>>): Problem[] {
  const has = (key: string) => Object.hasOwn(transfer, key);
  const wrong = (key: string, text: string): Problem => ({path: [...path, key], at: 'key', text});
  const many = has('items') ? 'items' : has('batch') ? 'batch' : undefined;
  const ofOneItem = ['recursive', 'external_checksum', 'checksum_algorithm'].filter((key) => many && has(key));
  return [
    ...(has('items') && has('batch') ? [wrong('batch', 'is given together with items; needs one of them')] : []),
    ...ofOneItem.map((key) => wrong(key, `is about one item; say it for each item of ${many}`)),
    ...(has('confirm_delete') && !has('delete_extra')
      ? [wrong('confirm_delete', 'has no meaning without delete_extra')]
      : []),
  ];
}

function checkFilters(
  path: Path,
  transfer: Readonly<Record<string, unknown>>,
  hasItems: boolean,
  from: string | undefined,
): Problem[] {
  const {filters, recursive} = transfer;
  const rules: readonly unknown[] = Array.isArray(filters) ? filters : [];
  const found = rules.flatMap((rule, index): Problem[] => {
    if (!isMap(rule)) return [];
    const both = Object.hasOwn(rule, 'include') && Object.hasOwn(rule, 'exclude');
    if (!both && (Object.hasOwn(rule, 'include') || Object.hasOwn(rule, 'exclude'))) return [];
    const text = both ? 'has both include and exclude; make two rules of it' : 'has neither include nor exclude';
    return [{path: [...path, 'filters', index], at: 'value', text}];
  });
  const oneFile = !hasItems && from !== undefined && !from.endsWith('/') && recursive !== true;
  if (!oneFile) return found;
  const inDirectories = (['filters', 'symlinks', 'delete_extra'] as const).filter((key) => transfer[key] ?? false);
  return [
    ...found,
    ...inDirectories.map(
      (key): Problem => ({path: [...path, key], at: 'key', text: 'is about directories; "from" is one file'}),
    ),
  ];
}

function checkChecksum(path: Path, transfer: Readonly<Record<string, unknown>>, from: string): Problem[] {
  const {external_checksum: checksum, checksum_algorithm: algorithm, recursive} = transfer;
  const at = (key: string, text: string): Problem[] => [{path: [...path, key], at: 'value', text}];
  if (typeof algorithm === 'string' && checksum === undefined)
    return at('checksum_algorithm', 'has no external_checksum beside it; add it, or leave this out');
  if (typeof checksum !== 'string' || (algorithm !== undefined && typeof algorithm !== 'string')) return [];
  if (from.endsWith('/') || recursive === true)
    return at('external_checksum', 'is for one file, and "from" is a directory; leave it out');
  const read = readChecksum(checksum, algorithm);
  return typeof read === 'string' ? at('external_checksum', read) : [];
}

function checkItems(
  path: Path,
  transfer: Readonly<Record<string, unknown>>,
  base: {readonly from: string; readonly to: string},
  batches: Batches,
): Problem[] {
  const noBase = (['from', 'to'] as const).filter((key) => !base[key].endsWith('/'));
  if (noBase.length > 0)
    return noBase.map((key) => ({
      path: [...path, key],
      at: 'value',
      text: 'needs to end in "/": the paths of items are taken from this directory',
    }));
  const batch = batches.get(String(path[1]));
  if (batch !== undefined) return checkTogether([...path, 'batch'], batch.items, base, (index) => batch.lineOf(index));
  const items = Array.isArray(transfer.items) ? transfer.items.filter(isWrittenItem) : [];
  // Where one is of a wrong type, the schema says so; positions would be wrong, and the rest can wait.
  if (!Array.isArray(transfer.items) || items.length < transfer.items.length) return [];
  return checkTogether([...path, 'items'], items, base, (index) => `item ${index + 1}`);
}

function checkTogether(
  path: Path,
  items: readonly WrittenItem[],
  base: {readonly from: string; readonly to: string},
  name: (index: number) => string,
): Problem[] {
  const read = items.map((item) => readItem(item, base));
  const wrong = read.flatMap((item, index) => (typeof item === 'string' ? [`${name(index)}: ${item}`] : []));
  const together =
    wrong.length > 0
      ? wrong
      : wrongTogether(
          read.flatMap((item) => (typeof item === 'string' ? [] : [item])),
          name,
        );
  const shown = together.slice(0, MISTAKES_SHOWN);
  const more = together.length - shown.length;
  return [...shown, ...(more > 0 ? [`and ${more} more items have mistakes`] : [])].map((text) => ({
    path,
    at: 'key',
    text,
  }));
}

/** Of a list of thousands, one mistake is often all of them. */

function isWrittenItem(item: unknown): item is WrittenItem {
  return isMap(item) && typeof item.from === 'string' && typeof item.to === 'string';
}
