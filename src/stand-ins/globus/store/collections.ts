import {randomUUID} from 'node:crypto';
import {mkdirSync, statSync} from 'node:fs';
import {join, resolve} from 'node:path';
import {z} from 'zod';
import {readRecord, writeRecord} from '../../record.ts';
import {type Requirements, requirements} from '../auth/requirements.ts';
import type {Side} from '../copy/fault.ts';
import type {Ground} from '../copy/held-directories.ts';
import {locate} from '../copy/paths.ts';
import {type PlannedFault, plannedFault} from '../copy/planned-faults.ts';
import {badRequest, collectionDeleted, collectionNotFound} from '../http/problem.ts';
import {uuid} from '../transfer/submission.ts';

const collectionSchema = z.object({
  id: z.string(),
  name: z.string(),
  directory: z.string(),
  /** of a guest collection: the collection whose directory it shows a part of, where, and whose it is */
  guest: z.object({host: z.string(), hostDirectory: z.string(), path: z.string(), owner: z.string()}).optional(),
  /** the credential with which the service acts there has lapsed */
  expired: z.object({since: z.string()}).optional(),
  faults: z.array(plannedFault).optional(),
  /** what it asks of those who use it */
  requires: requirements.optional(),
});
export type Collection = z.output<typeof collectionSchema>;

/** The directories of this machine that are served as collections. */
export interface Collections {
  all(): Collection[];
  get(id: string): Collection | undefined;
  /** @throws {TransferProblem} 404, also for one that was removed */
  mustGet(id: string): Collection;
  /** @throws {RangeError} when the id is no UUID: clients could not name such a collection */
  add(wanted: {name: string; directory: string; id?: string}): Collection;
  /**
   * Make a guest collection of a directory of another one.
   *
   * @param path of an existing directory of the host, in normal form
   * @throws {TransferProblem} 400 when it is none
   */
  share(host: Collection, path: string, name: string, owner: string): Promise<Collection>;
  /** @throws {RangeError} when no collection has this name or id */
  named(nameOrId: string): Collection;
  /** Its directory and what lies in it stay. */
  remove(nameOrId: string): Collection;
  /** @param wanted undefined: nothing any more */
  require(nameOrId: string, wanted: Requirements | undefined): void;
  /** @param namesOrIds all collections when empty */
  expire(namesOrIds: readonly string[], now: number): void;
  renew(namesOrIds: readonly string[]): void;
  /** Let everything beneath a path fault, or no more. @param code null clears; a path has one fault at most */
  setFault(nameOrId: string, path: string, code: PlannedFault['code'] | null): void;
}

/** What is done on a collection stands on its directory; a guest's must be reached from that of its host. */
export const groundIn = ({directory, guest}: Collection, side: Side): Ground => ({
  directory,
  side,
  within: guest?.hostDirectory,
});

/** @param root directory of the stand-in's state; `collections.json` lies in it */
export function openCollections(root: string): Collections {
  const file = join(root, 'collections.json');
  const removedFile = join(root, 'removed-collections.json');
  const removed = new Set(readRecord(removedFile, z.array(z.string())));
  const known = new Map((readRecord(file, z.array(collectionSchema)) ?? []).map((one) => [one.id, one]));
  const save = (one: Collection) => {
    known.set(one.id, one);
    writeRecord(file, [...known.values()]);
  };
  const find = (nameOrId: string): Collection => {
    const found = known.get(nameOrId.toLowerCase()) ?? [...known.values()].find((one) => one.name === nameOrId);
    if (!found) throw new RangeError(`no collection is called "${nameOrId}"`);
    return found;
  };
  // Looked up before anything is changed: one wrong name among several changes nothing.
  const meant = (namesOrIds: readonly string[]): Collection[] =>
    namesOrIds.length === 0 ? [...known.values()] : namesOrIds.map(find);
  return {
    all: () => [...known.values()],
    get: (id) => known.get(id.toLowerCase()),
    mustGet(id) {
      const found = known.get(id.toLowerCase());
      if (!found) throw removed.has(id.toLowerCase()) ? collectionDeleted(id) : collectionNotFound(id);
      return found;
    },
    add(wanted) {
      const directory = resolve(wanted.directory);
      const same = [...known.values()].find((one) => one.name === wanted.name && one.directory === directory);
      if (wanted.id !== undefined && !uuid.safeParse(wanted.id).success) {
        throw new RangeError(`the id of a collection is a UUID, not "${wanted.id}"`);
      }
      mkdirSync(directory, {recursive: true});
      if (same && (wanted.id === undefined || wanted.id.toLowerCase() === same.id)) return same;
      const added = {id: (wanted.id ?? randomUUID()).toLowerCase(), name: wanted.name, directory};
      save(added);
      return added;
    },
    async share(host, path, name, owner) {
      const directory = await locate({directory: host.directory, side: 'source'}, path).catch(() => undefined);
      if (directory === undefined || !statSync(directory).isDirectory())
        throw badRequest(`Invalid host_path: '${path}' is not a directory of the host collection`);
      const guest = {host: host.id, hostDirectory: host.directory, path, owner};
      const made = {id: randomUUID(), name, directory, guest};
      save(made);
      return made;
    },
    named: find,
    remove(nameOrId) {
      const found = find(nameOrId);
      if ([...known.values()].some((one) => one.guest?.host === found.id))
        throw new RangeError(`collection "${nameOrId}" has guest collections`);
      removed.add(found.id);
      writeRecord(removedFile, [...removed]);
      known.delete(found.id);
      writeRecord(file, [...known.values()]);
      return found;
    },
    require(nameOrId, wanted) {
      const {requires: _, ...rest} = find(nameOrId);
      save(wanted ? {...rest, requires: wanted} : rest);
    },
    expire(namesOrIds, now) {
      for (const one of meant(namesOrIds)) save({...one, expired: {since: new Date(now).toISOString()}});
    },
    renew(namesOrIds) {
      for (const {expired: _, ...renewed} of meant(namesOrIds)) save(renewed);
    },
    setFault(nameOrId, path, code) {
      const {faults = [], ...rest} = find(nameOrId);
      const left = [...faults.filter((fault) => fault.path !== path), ...(code === null ? [] : [{path, code}])];
      save(left.length > 0 ? {...rest, faults: left} : rest);
    },
  };
}
