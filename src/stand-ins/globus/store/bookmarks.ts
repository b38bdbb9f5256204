import {randomUUID} from 'node:crypto';
import {join} from 'node:path';
import {z} from 'zod';
import {readRecord, writeRecord} from '../../record.ts';
import {bookmarkNotFound, conflict} from '../http/problem.ts';
import {uuid} from '../transfer/submission.ts';

const kept = z.object({id: z.string(), owner: z.string(), name: z.string(), endpointId: z.string(), path: z.string()});
type Bookmark = z.output<typeof kept>;

const name = z.string().min(1).max(128);
export const newBookmark = z.object({name, endpoint_id: uuid, path: z.string().min(1)});
export const changedBookmark = z.object({name});

/** Names a user gives to places. Source: Globus Transfer API, bookmarks; requests of globus-cli 3.41. */
export interface Bookmarks {
  list(owner: string): Bookmark[];
  /** @throws {TransferProblem} 404 when there is none */
  get(owner: string, id: string): Bookmark;
  /** @throws {TransferProblem} 409 when the user has that name already */
  create(owner: string, wanted: z.output<typeof newBookmark>): Bookmark;
  rename(owner: string, id: string, to: string): Bookmark;
  remove(owner: string, id: string): void;
}

/** @param root directory of the stand-in's state; `bookmarks.json` lies in it */
export function openBookmarks(root: string): Bookmarks {
  const file = join(root, 'bookmarks.json');
  let all = readRecord(file, z.array(kept)) ?? [];
  const save = (now: Bookmark[]) => {
    all = now;
    writeRecord(file, all);
  };
  const free = (owner: string, wanted: string) => {
    if (all.some((one) => one.owner === owner && one.name === wanted))
      throw conflict(`A bookmark is named '${wanted}'`);
  };
  return {
    list: (owner) => all.filter((one) => one.owner === owner),
    get(owner, id) {
      const found = all.find((one) => one.owner === owner && one.id === id);
      if (!found) throw bookmarkNotFound(id);
      return found;
    },
    create(owner, wanted) {
      free(owner, wanted.name);
      const made = {id: randomUUID(), owner, name: wanted.name, endpointId: wanted.endpoint_id, path: wanted.path};
      save([...all, made]);
      return made;
    },
    rename(owner, id, to) {
      const found = this.get(owner, id);
      if (found.name !== to) free(owner, to);
      const renamed = {...found, name: to};
      save(all.map((one) => (one === found ? renamed : one)));
      return renamed;
    },
    remove(owner, id) {
      const found = this.get(owner, id);
      save(all.filter((one) => one !== found));
    },
  };
}

export const bookmarkDocument = (one: Bookmark, pinned = false): Record<string, unknown> => ({
  DATA_TYPE: 'bookmark',
  id: one.id,
  name: one.name,
  endpoint_id: one.endpointId,
  path: one.path,
  pinned,
});
