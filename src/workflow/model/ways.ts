import {posix} from 'node:path';
import {UUID} from '../../base/ids.ts';
import type {Place, Way} from '../../base/task-request.ts';
import {own, quote} from '../file/problems.ts';
import {type EndOfWay, type PlaceNames, resolveCollection, resolvePlace} from './places.ts';

/** A transfer that Globus does not make: its way, and its places by host. */
export interface WayTaken {
  readonly via: Way;
  readonly from: Place;
  readonly to: Place;
}

/** The cluster itself, among hosts. */
export const HERE = 'localhost';

const HOST = /^(?:[A-Za-z_][A-Za-z0-9_.-]*@)?[A-Za-z0-9][A-Za-z0-9_.-]*$/;
const ALLOWED =
  'needs a path of the cluster that starts with "/", or HOST:PATH or USER@HOST:PATH, with a path that starts with "/" or "~/"';

/**
 * Read a place of a way that is not Globus: a path of the cluster, or a host and a path. Pure.
 *
 * @returns the place, or one sentence on what is wrong with it
 */
export function readHostPlace(text: string): Place | string {
  if (/[\r\n\0]/.test(text)) return `${quote(text)} has a line end or NUL in it; ${ALLOWED}`;
  const colon = text.indexOf(':');
  const [host, path] = text.startsWith('/') || colon < 0 ? [HERE, text] : [text.slice(0, colon), text.slice(colon + 1)];
  if (!HOST.test(host)) return `${quote(host)} cannot be a host; ${ALLOWED}`;
  if (path.split('/').includes('..')) return `the path ${quote(path)} has ".." in it; write out what is meant`;
  if (path === '~' || path.startsWith('~/')) return {collection: host, path: `/${path === '~' ? '~/' : path}`};
  if (!path.startsWith('/')) return `the path ${quote(path)} is relative; ${ALLOWED}`;
  return {collection: host, path};
}

/** What a transfer says of its way, as far as it has the right types. */
export interface WrittenWay {
  readonly from?: unknown;
  readonly to?: unknown;
  readonly via?: unknown;
  readonly program?: unknown;
}

/** What is wrong with one of its keys. */
export interface WrongWay {
  readonly key: 'from' | 'to' | 'via' | 'program';
  readonly text: string;
}

/**
 * The way of a transfer: as it says itself, else as the profile says of the two places. Pure.
 *
 * @returns undefined where Globus makes it, and for what has the wrong types, which the schema reports
 */
export function wayOf(
  transfer: WrittenWay,
  names: PlaceNames,
): WayTaken | undefined | {readonly wrong: readonly WrongWay[]} {
  const {from, to, via, program} = transfer;
  if (program !== undefined && via !== 'command')
    return {wrong: [{key: 'program', text: 'has no meaning without via: command'}]};
  if (typeof from !== 'string' || typeof to !== 'string') return undefined;
  if (via === undefined) return wayBetween(from, to, names);
  if (via !== 'copy' && via !== 'command') return undefined;
  if (via === 'command' && program === undefined)
    return {
      wrong: [
        {
          key: 'via',
          text: 'is command, and there is no program; add program: /PATH/OF/PROGRAM (docs/transfer-plugins.md)',
        },
      ],
    };
  const places = {from: readHostPlace(from), to: readHostPlace(to)};
  const wrong = (['from', 'to'] as const).flatMap((key): WrongWay[] => {
    const place = places[key];
    if (typeof place === 'string') return [{key, text: place}];
    const isCollection = UUID.test(place.collection) || own(names.collections, place.collection) !== undefined;
    if (isCollection)
      return [
        {
          key,
          text: `${quote(place.collection)} is a collection, which Globus alone knows; with via: ${via} it ${ALLOWED}`,
        },
      ];
    return [];
  });
  if (wrong.length > 0) return {wrong};
  const [fromPlace, toPlace] = [places.from as Place, places.to as Place]; // a sentence would be wrong
  if (via === 'copy' && isElsewhere(fromPlace) && isElsewhere(toPlace)) return {wrong: [{key: 'to', text: TWO_HOSTS}]};
  // The schema reports a program of a wrong type.
  return {via: via === 'copy' ? {by: 'copy'} : {by: 'command', program: String(program)}, from: fromPlace, to: toPlace};
}

export const TWO_HOSTS = 'is on another host, as the source is; a copy has the cluster at one end at least';

export function isElsewhere({collection}: Place): boolean {
  return collection !== HERE;
}

function wayBetween(from: string, to: string, names: PlaceNames): WayTaken | undefined {
  const {ways = []} = names;
  if (ways.length === 0) return undefined;
  const [source, destination] = [resolvePlace(from, names), resolvePlace(to, names)];
  if (typeof source === 'string' || typeof destination === 'string') return undefined;
  for (const {from: one, to: other, via} of ways) {
    const [fromPlace, toPlace] = [within(one, source.place, names), within(other, destination.place, names)];
    if (fromPlace && toPlace) return via && {via, from: fromPlace, to: toPlace};
  }
  return undefined;
}

/** A place of a collection as a way knows it; undefined where the end of the way does not cover it. */
function within({collection, path, at}: EndOfWay, place: Place, {collections}: PlaceNames): Place | undefined {
  const known = resolveCollection(collection, collections);
  if (typeof known === 'string' || known.id !== place.collection) return undefined;
  if (place.path.split('/').includes('..')) return undefined;
  const [base, whole] = [posix.normalize(path).replace(/\/+$/, ''), posix.normalize(place.path)];
  if (whole !== base && !whole.startsWith(`${base}/`)) return undefined;
  if (at === undefined) return {collection: place.collection, path: whole};
  const rest = whole.slice(base.length).replace(/^\/+/, '');
  const joined = `${at.path.replace(/\/+$/, '')}/${rest}`;
  return {
    collection: at.collection,
    path: rest === '' && !whole.endsWith('/') ? joined.replace(/(.)\/$/, '$1') : joined,
  };
}

/** The options of a transfer that a copy has, by their keys. */
const OF_COPY = ['sync', 'verify_checksum', 'preserve_timestamp', 'symlinks'];
/** Those that no way but Globus has: they are about mails and accounts of Globus. */
const OF_GLOBUS = ['source_local_user', 'destination_local_user', 'notify'];
/** What says nothing of how it is moved. */
const OF_ALL = [
  ...['from', 'to', 'via', 'program', 'recursive', 'items', 'batch', 'deadline', 'label'],
  ...['keep', 'when_output_fails'],
];

/** The options that a way does not have, of those that were said and are not at "no". Pure. */
export function optionsLacking(transfer: Readonly<Record<string, unknown>>, {by}: Way): string[] {
  return Object.entries(transfer).flatMap(([key, value]) => {
    if (value === false || OF_ALL.includes(key)) return [];
    const lacking = by === 'copy' ? !OF_COPY.includes(key) : OF_GLOBUS.includes(key);
    return lacking ? [key] : [];
  });
}

/** A way as one word, or two: for people, and for what makes a workflow another one. */
export function wayInWords(via: Way): string {
  return via.by === 'copy' ? 'copy' : `command ${via.program}`;
}

/** What moves the data, as people know it: in reasons and reports. */
export function moverOf(via: Way): string {
  return via.by === 'copy' ? COPY_JOB : posix.basename(via.program);
}

/** What moves the data with \`via: copy\`. */
export const COPY_JOB = 'the copy job';
