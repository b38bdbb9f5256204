import {resolve} from 'node:path';
import {RequestWrong} from '../../errors.ts';
import type {ControlRequest, LocalStatus, StandIns} from '../../stand-ins/door.ts';

/** Collections of the stand-in, those who use them, and how fast data moves between them. */

/** Ask the stand-ins to do something. @returns how they are afterwards */
export async function steer(standIns: StandIns, request: ControlRequest): Promise<LocalStatus> {
  return (await standIns.ask(request)).status;
}

export async function listCollections(standIns: StandIns): Promise<LocalStatus['collections']> {
  return (await steer(standIns, {do: 'status'})).collections;
}

/** Make a directory a collection; starts the stand-ins when they do not run. */
export async function addCollection(standIns: StandIns, name: string, directory: string): Promise<LocalStatus> {
  await standIns.up();
  return steer(standIns, {do: 'add-collection', name, directory: resolve(directory)});
}

/**
 * Make a guest collection of a directory of another collection.
 *
 * @param place `HOST:PATH`
 * @throws {RequestWrong}
 */
export function shareCollection(standIns: StandIns, name: string, place: string): Promise<LocalStatus> {
  const at = place.indexOf(':');
  if (at < 1)
    throw new RequestWrong(`"${place}" is not of the form COLLECTION:PATH`, {why: 'for example archive:/shared'});
  const [host, path] = [place.slice(0, at), place.slice(at + 1)];
  return steer(standIns, {do: 'share-collection', host, path, name});
}

export interface PermitOptions {
  readonly collection: string;
  readonly path: string;
  /** everybody who has signed in, when absent */
  readonly username: string | undefined;
  readonly write: boolean;
  readonly nothing: boolean;
}

/** Set an access rule of a guest collection, or take it away. @throws {RequestWrong} */
export function permit(standIns: StandIns, asked: PermitOptions): Promise<LocalStatus> {
  const {collection, path, username = null, write, nothing} = asked;
  if (write && nothing) throw new RequestWrong('either --write or --nothing', {why: 'one rule says one thing'});
  return steer(standIns, {do: 'permit', collection, path, username, permissions: nothing ? null : write ? 'rw' : 'r'});
}

/** @param collection name or id, as everywhere here */
export function removeCollection(standIns: StandIns, collection: string): Promise<LocalStatus> {
  return steer(standIns, {do: 'remove-collection', collection});
}

/** @param message what users of the collection are told */
export function pauseCollection(standIns: StandIns, collection: string, message?: string): Promise<LocalStatus> {
  return steer(standIns, {do: 'pause', collection, message: message || undefined});
}

export function resumeCollection(standIns: StandIns, collection: string): Promise<LocalStatus> {
  return steer(standIns, {do: 'resume', collection});
}

/** @param linked a further identity of the person at this machine */
export function addIdentity(standIns: StandIns, username: string, linked: boolean): Promise<LocalStatus> {
  return steer(standIns, {do: 'add-identity', username, linked});
}

export function setRate(standIns: StandIns, rate: string): Promise<LocalStatus> {
  return steer(standIns, {do: 'rate', bytesPerSecond: readRate(rate)});
}

/** `500`, `20k`, `1.5M`, `2G` as bytes per second; `unlimited` as null. @throws {RequestWrong} */
function readRate(text: string): number | null {
  if (text === 'unlimited') return null;
  const match = /^(\d+(?:\.\d+)?)([kMG]?)B?$/.exec(text);
  const value = match ? Number(match[1]) * ({'': 1, k: 1e3, M: 1e6, G: 1e9}[match[2] ?? ''] ?? 1) : 0;
  if (value < 1)
    throw new RequestWrong(`"${text}" is not a rate`, {
      why: 'a rate is bytes per second, such as 500k or 20M, or "unlimited"',
    });
  return Math.round(value);
}
