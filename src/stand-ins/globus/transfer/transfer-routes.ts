import type {Caller} from '../auth/consents.ts';
import {TRANSFER_SCOPE, TRANSFER_SERVER} from '../auth/scopes.ts';
import {resourceOf} from '../http/http-server.ts';
import {notSignedIn, TransferProblem} from '../http/problem.ts';
import type {Answer, Request} from '../http/request.ts';
import {BOOKMARK_ROUTES} from './bookmark-routes.ts';
import {COLLECTION_ROUTES} from './collection-routes.ts';
import {GUEST_ROUTES} from './guest-routes.ts';
import {MANAGER_ROUTES} from './manager-routes.ts';
import {SUBMISSION_ROUTES} from './submission-routes.ts';
import {TASK_ROUTES} from './task-routes.ts';
import type {Route, TransferApi} from './transfer-api.ts';

/* The resources of Globus Transfer v0.10. Source: Globus Transfer API; traffic of its real clients. */

const ROUTES: readonly Route[] = [
  ...SUBMISSION_ROUTES,
  ...TASK_ROUTES,
  ...COLLECTION_ROUTES,
  ...GUEST_ROUTES,
  ...BOOKMARK_ROUTES,
  ...MANAGER_ROUTES,
];

/** Answer a request whose path starts with `/v0.10/`. @throws {TransferProblem} for all that is refused */
export async function routeTransfer(api: TransferApi, request: Request): Promise<Answer> {
  const path = resourceOf(request.path);
  const meant = ROUTES.filter(([, pattern]) => pattern.test(path));
  if (meant.length === 0) throw new TransferProblem(404, 'ClientError.NotFound', `No such resource: ${path}`);
  const route = meant.find(([method]) => method === request.method);
  if (!route) throw new TransferProblem(405, 'ClientError.MethodNotAllowed', `${request.method} is not allowed here`);
  const [, pattern, handler] = route;
  const caller = requireCaller(api, request);
  api.limits.countRequest(caller.identity);
  const [, first = '', second = ''] = pattern.exec(path) ?? [];
  return handler(api, request, caller, first, second);
}

/** @throws {TransferProblem} 401 without a live token for Transfer */
function requireCaller(api: TransferApi, request: Request): Caller {
  const [, token] = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? '') ?? [];
  if (!token) throw notSignedIn('Authentication required: send a Bearer token');
  const grant = api.tokens.find(token, 'access');
  if (grant?.resourceServer !== TRANSFER_SERVER || !grant.scopes.includes(TRANSFER_SCOPE)) {
    throw notSignedIn('Token is not active: expired, revoked, or not for this service');
  }
  return {identity: grant.identity, client: grant.client};
}
