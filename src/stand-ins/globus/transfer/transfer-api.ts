import {requireAccess} from '../auth/access.ts';
import type {Caller} from '../auth/consents.ts';
import {requestId, resourceOf} from '../http/http-server.ts';
import {TransferProblem} from '../http/problem.ts';
import type {Answer, Request} from '../http/request.ts';
import type {Bookmarks} from '../store/bookmarks.ts';
import type {Collection} from '../store/collections.ts';
import type {Permissions} from '../store/permissions.ts';
import type {TokenStore} from '../store/token-store.ts';
import type {Limits} from './limits.ts';
import type {PauseFlags} from './pause-rules.ts';
import type {Submitter} from './submit-task.ts';

/** What the resources of Globus Transfer share. */

export interface TransferApi extends Submitter {
  readonly limits: Limits;
  readonly tokens: TokenStore;
  readonly permissions: Permissions;
  readonly bookmarks: Bookmarks;
}

/** @param names what the path of the route names, if anything */
export type Handler = (
  api: TransferApi,
  request: Request,
  caller: Caller,
  ...names: [first: string, second: string]
) => Promise<Answer> | Answer;

export type Route = readonly [method: string, path: RegExp, handler: Handler];

export const ok = (document: unknown): Answer => ({status: 200, document});

export const resultDocument = (type: string, request: Request, code: string, message: string) => ({
  DATA_TYPE: type,
  code,
  message,
  request_id: requestId(),
  resource: resourceOf(request.path),
});

/** A collection on which the caller may do something now. @throws {TransferProblem} */
export function usable(api: TransferApi, caller: Caller, id: string, operation: keyof PauseFlags): Collection {
  const collection = api.collections.mustGet(id);
  requireAccess(api.access, [collection], caller);
  api.pauseRules.requireUnpaused(collection.id, caller.identity, operation);
  return collection;
}

/** Those who manage the collections here. @throws {TransferProblem} 403 */
export function requireManager(api: TransferApi, caller: Caller): void {
  if (api.access.identities.isManager(caller.identity)) return;
  throw new TransferProblem(403, 'PermissionDenied', 'You do not have the required role on the collection');
}
