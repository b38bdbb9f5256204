import type {Bookmarks} from './bookmarks.ts';
import type {Collection} from './collections.ts';
import {type Answer, type Request, requestId, resourceOf} from './http-server.ts';
import type {Identities} from './identities.ts';
import {collectionNotFound} from './problem.ts';
import type {Submitter} from './submit-task.ts';
import type {TokenStore} from './token-store.ts';

/** What the resources of Globus Transfer share. */

export interface TransferApi extends Submitter {
  readonly identities: Identities;
  readonly tokens: TokenStore;
  readonly bookmarks: Bookmarks;
}

/** @param id what the path of the route names, if anything */
export type Handler = (api: TransferApi, request: Request, caller: string, id: string) => Promise<Answer> | Answer;

export type Route = readonly [method: string, path: RegExp, handler: Handler];

export const ok = (document: unknown): Answer => ({status: 200, document});

export const resultDocument = (type: string, request: Request, code: string, message: string) => ({
  DATA_TYPE: type,
  code,
  message,
  request_id: requestId(),
  resource: resourceOf(request.path),
});

export function collectionOf(api: TransferApi, id: string): Collection {
  const collection = api.collections.get(id);
  if (!collection) throw collectionNotFound(id);
  return collection;
}
