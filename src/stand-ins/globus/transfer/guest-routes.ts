import {z} from 'zod';
import type {Caller} from '../auth/consents.ts';
import {managesAccess, rolesOf} from '../auth/guest-access.ts';
import {PathRefused, readPath} from '../copy/paths.ts';
import {badRequest, TransferProblem} from '../http/problem.ts';
import type {Answer, Request} from '../http/request.ts';
import type {Collection} from '../store/collections.ts';
import {accessDocument, ROLES, roleDocument} from '../store/permissions.ts';
import {showCollection} from './collection-routes.ts';
import {readDocument, uuid} from './submission.ts';
import {ok, type Route, requireManager, resultDocument, type TransferApi} from './transfer-api.ts';

/*
 * Guest collections: a directory of another collection, under rules of its own. Source: globus-sdk-python 4.3,
 * `TransferClient` (shared endpoints, roles, ACLs), fixtures of globus-cli 3.41, answers quoted by public clients.
 */

export const GUEST_ROUTES: readonly Route[] = [
  ['POST', /^\/shared_endpoint$/, share],
  ['DELETE', /^\/endpoint\/([^/]+)$/, removeGuest],
  ['GET', /^\/endpoint\/([^/]+)\/my_shared_endpoint_list$/, (api, _request, caller, id) => listMine(api, caller, id)],
  ['GET', /^\/endpoint\/([^/]+)\/shared_endpoint_list$/, (api, _request, caller, id) => listAll(api, caller, id)],
  ['GET', /^\/endpoint\/([^/]+)\/access_list$/, listAccess],
  ['POST', /^\/endpoint\/([^/]+)\/access$/, createAccess],
  [
    'GET',
    /^\/endpoint\/([^/]+)\/access\/([^/]+)$/,
    (api, _request, caller, id, rule) =>
      ok(accessDocument(api.permissions.rule(managed(api, caller, id, 'access').id, rule))),
  ],
  ['PUT', /^\/endpoint\/([^/]+)\/access\/([^/]+)$/, changeAccess],
  ['DELETE', /^\/endpoint\/([^/]+)\/access\/([^/]+)$/, deleteAccess],
  ['GET', /^\/endpoint\/([^/]+)\/role_list$/, listRoles],
  ['POST', /^\/endpoint\/([^/]+)\/role$/, createRole],
  [
    'GET',
    /^\/endpoint\/([^/]+)\/role\/([^/]+)$/,
    (api, _request, caller, id, role) =>
      ok(roleDocument(api.permissions.role(managed(api, caller, id, 'roles').id, role))),
  ],
  ['DELETE', /^\/endpoint\/([^/]+)\/role\/([^/]+)$/, deleteRole],
];

/** A guest collection on which the caller has the role. @throws {TransferProblem} 403; 409 for a mapped collection */
function managed(api: TransferApi, caller: Caller, id: string, what: 'access' | 'roles'): Collection {
  const collection = api.collections.mustGet(id);
  const roles = rolesOf(api.access, collection, caller.identity);
  if (!(what === 'access' ? managesAccess(roles) : roles.includes('administrator')))
    throw new TransferProblem(403, 'PermissionDenied', `You do not have the required role on endpoint '${id}'`);
  if (!collection.guest)
    throw new TransferProblem(409, 'NotSupported', 'Only guest collections have access rules and roles here');
  return collection;
}

const newGuest = z.object({
  DATA_TYPE: z.literal('shared_endpoint'),
  host_endpoint: uuid,
  host_path: z.string().min(1),
  display_name: z.string().min(1).max(128),
});

async function share(api: TransferApi, request: Request, caller: Caller): Promise<Answer> {
  requireManager(api, caller);
  const wanted = readDocument(newGuest, await request.json());
  const host = api.collections.mustGet(wanted.host_endpoint);
  if (host.guest) throw badRequest('A guest collection cannot be made on a guest collection');
  const made = await api.collections.share(host, readHostPath(wanted.host_path), wanted.display_name, caller.identity);
  return {
    status: 201,
    document: {
      ...resultDocument('endpoint_create_result', request, 'Created', 'Shared endpoint created'),
      id: made.id,
    },
  };
}

function readHostPath(raw: string): string {
  try {
    return readPath(raw, 'from-home');
  } catch (error) {
    if (error instanceof PathRefused) throw badRequest(`Invalid host_path: ${error.message}`);
    throw error;
  }
}

function removeGuest(api: TransferApi, request: Request, caller: Caller, id: string): Answer {
  const {id: guest} = managed(api, caller, id, 'roles');
  api.collections.remove(guest);
  api.permissions.forget(guest);
  return ok(resultDocument('result', request, 'Deleted', 'Endpoint deleted successfully'));
}

export const guestsOf = (api: TransferApi, host: string): Collection[] =>
  api.collections.all().filter((one) => one.guest?.host === host.toLowerCase());

function listMine(api: TransferApi, caller: Caller, id: string): Answer {
  const {id: host} = api.collections.mustGet(id);
  const mine = guestsOf(api, host).filter((one) => managesAccess(rolesOf(api.access, one, caller.identity)));
  return ok({DATA_TYPE: 'endpoint_list', DATA: mine.map((one) => showCollection(api, caller, one))});
}

function listAll(api: TransferApi, caller: Caller, id: string): Answer {
  requireManager(api, caller);
  const all = guestsOf(api, api.collections.mustGet(id).id);
  return ok({next_token: null, shared_endpoints: all.map(({id: guest}) => ({id: guest}))});
}

export const accessListDocument = (api: TransferApi, id: string): Record<string, unknown> => {
  const rules = api.permissions.rules(id);
  return {DATA_TYPE: 'access_list', endpoint: id, length: rules.length, DATA: rules.map(accessDocument)};
};

function listAccess(api: TransferApi, _request: Request, caller: Caller, id: string): Answer {
  return ok(accessListDocument(api, managed(api, caller, id, 'access').id));
}

const permissions = z.enum(['r', 'rw']);
const newAccess = z.object({
  DATA_TYPE: z.literal('access'),
  principal_type: z.enum(['identity', 'group', 'all_authenticated_users', 'anonymous']),
  principal: z.string().nullish(),
  path: z.string().regex(/^\/(.*\/)?$/, 'must start and end with a slash'),
  permissions,
});

async function createAccess(api: TransferApi, request: Request, caller: Caller, id: string): Promise<Answer> {
  const collection = managed(api, caller, id, 'access').id;
  const wanted = readDocument(newAccess, await request.json());
  const {principal_type: principalType, path} = wanted;
  const principal = (wanted.principal ?? '').toLowerCase();
  const named = principalType === 'identity' || principalType === 'group';
  if (named !== uuid.safeParse(principal).success)
    throw badRequest(`Invalid principal for a principal_type of '${principalType}'`);
  if (principalType === 'anonymous' && wanted.permissions === 'rw')
    throw badRequest("Invalid permissions: an 'anonymous' rule is read-only");
  const rule = api.permissions.addRule({collection, principalType, principal, path, permissions: wanted.permissions});
  return {
    status: 201,
    document: {
      ...resultDocument('access_create_result', request, 'Created', 'Access rule created successfully.'),
      access_id: rule.id,
    },
  };
}

const changedAccess = z.object({DATA_TYPE: z.literal('access').optional(), permissions});

async function changeAccess(
  api: TransferApi,
  request: Request,
  caller: Caller,
  id: string,
  rule: string,
): Promise<Answer> {
  const collection = managed(api, caller, id, 'access').id;
  api.permissions.changeRule(collection, rule, readDocument(changedAccess, await request.json()).permissions);
  api.runner.look();
  return ok(resultDocument('result', request, 'Updated', `Access rule '${rule}' permissions updated successfully`));
}

function deleteAccess(api: TransferApi, request: Request, caller: Caller, id: string, rule: string): Answer {
  api.permissions.removeRule(managed(api, caller, id, 'access').id, rule);
  return ok(resultDocument('result', request, 'Deleted', `Access rule '${rule}' deleted successfully`));
}

function listRoles(api: TransferApi, _request: Request, caller: Caller, id: string): Answer {
  const {id: collection} = managed(api, caller, id, 'roles');
  return ok({DATA_TYPE: 'role_list', DATA: api.permissions.roles(collection).map(roleDocument)});
}

const newRole = z.object({
  DATA_TYPE: z.literal('role').optional(),
  principal_type: z.enum(['identity', 'group']),
  principal: uuid,
  role: z.enum(ROLES),
});

async function createRole(api: TransferApi, request: Request, caller: Caller, id: string): Promise<Answer> {
  const {id: collection} = managed(api, caller, id, 'roles');
  const wanted = readDocument(newRole, await request.json());
  const {principal_type: principalType, role} = wanted;
  return {
    status: 201,
    document: roleDocument(
      api.permissions.addRole({collection, principalType, principal: wanted.principal.toLowerCase(), role}),
    ),
  };
}

function deleteRole(api: TransferApi, request: Request, caller: Caller, id: string, role: string): Answer {
  api.permissions.removeRole(managed(api, caller, id, 'roles').id, role);
  return ok(resultDocument('result', request, 'Deleted', `Role '${role}' deleted successfully`));
}
