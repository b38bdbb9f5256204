import {z} from 'zod';
import {requireShown} from '../auth/access.ts';
import type {Caller} from '../auth/consents.ts';
import {isShownTo, mayReach, rolesOf} from '../auth/guest-access.ts';
import {notAllowed} from '../copy/fault.ts';
import {
  listDirectory,
  makeDirectory,
  makeLink,
  type OperationGround,
  operationPath,
  renamePath,
  statPath,
} from '../copy/file-operations.ts';
import {meetPlanned} from '../copy/planned-faults.ts';
import {narrow, readPage} from '../http/list-query.ts';
import {badRequest} from '../http/problem.ts';
import type {Answer, Request} from '../http/request.ts';
import {type Collection, groundIn} from '../store/collections.ts';
import {endpointDocument} from './endpoint-document.ts';
import type {PauseFlags} from './pause-rules.ts';
import {readDocument} from './submission.ts';
import {ok, type Route, resultDocument, type TransferApi, usable} from './transfer-api.ts';

/** Collections, and what is done on them at once, without a task. */
export const COLLECTION_ROUTES: readonly Route[] = [
  [
    'GET',
    /^\/endpoint\/([^/]+)$/,
    (api, request, caller, id) => {
      const collection = api.collections.mustGet(id);
      requireShown(api.access, collection, caller);
      return ok(narrow(showCollection(api, caller, collection), request.query.get('fields')));
    },
  ],
  ['GET', /^\/endpoint_search$/, searchCollections],
  [
    'GET',
    /^\/operation\/endpoint\/([^/]+)\/ls$/,
    async (api, request, caller, id) =>
      ok(await listDirectory(groundOf(api, caller, id, 'pause_ls'), request.query, api.limits.values.entries)),
  ],
  [
    'GET',
    /^\/operation\/endpoint\/([^/]+)\/stat$/,
    async (api, request, caller, id) =>
      ok(await statPath(groundOf(api, caller, id, 'pause_ls'), requiredPath(request.query.get('path')))),
  ],
  ['POST', /^\/operation\/endpoint\/([^/]+)\/mkdir$/, mkdir],
  ['POST', /^\/operation\/endpoint\/([^/]+)\/rename$/, rename],
  ['POST', /^\/operation\/endpoint\/([^/]+)\/symlink$/, symlink],
];

export const showCollection = (api: TransferApi, caller: Caller, collection: Collection): Record<string, unknown> =>
  endpointDocument(collection, {
    owner: api.access.identities.get(collection.guest?.owner ?? '') ?? api.access.identities.user,
    roles: rolesOf(api.access, collection, caller.identity),
    host: api.collections.get(collection.guest?.host ?? ''),
  });

function groundOf(api: TransferApi, caller: Caller, id: string, operation: keyof PauseFlags): OperationGround {
  const collection = usable(api, caller, id, operation);
  return {
    ...groundIn(collection, 'source'),
    collection,
    meet(side, path) {
      meetPlanned(collection.faults, side, path);
      const to = side === 'source' ? 'read' : 'write';
      if (!mayReach(api.access, collection, caller.identity, {path, to})) throw notAllowed(side, path);
    },
  };
}

function requiredPath(raw: string | null): string {
  if (raw === null) throw badRequest('path is required');
  return operationPath(raw);
}

/** Every collection here belongs to the person at this machine, so every scope but those of others finds it. */
function searchCollections(api: TransferApi, {query}: Request, caller: Caller): Answer {
  const {limit, offset} = readPage(query, {standard: 100, most: 100});
  if (limit + offset > 1000) throw badRequest('Invalid offset: limit and offset together reach at most 1000');
  const words = (query.get('filter_fulltext') ?? '').toLowerCase().split(/\s+/).filter(Boolean);
  const scope = query.get('filter_scope') ?? 'all';
  const known = [
    'all',
    'my-endpoints',
    'administered-by-me',
    'recently-used',
    'monitored-by-me',
    'managed-by-me',
    'in-use',
    'shared-by-me',
    'shared-with-me',
    'my-gcp-endpoints',
  ];
  if (!known.includes(scope)) throw badRequest(`Invalid filter_scope: '${scope}'`);
  if (words.length === 0 && scope === 'all' && !query.get('filter_owner_id')) {
    throw badRequest('filter_fulltext is required unless filter_scope narrows the search');
  }
  const owner = query.get('filter_owner_id');
  const type = query.get('filter_entity_type')?.split(',');
  const host = query.get('filter_host_endpoint')?.toLowerCase();
  const found = api.collections
    .all()
    .filter((one) => isShownTo(api.access, one, caller.identity))
    .filter((one) => words.every((word) => `${one.name} ${one.id}`.toLowerCase().includes(word)))
    .map((one) => showCollection(api, caller, one))
    .filter((one) => (!scope.startsWith('shared') || one.host_path !== null) && (!owner || one.owner_id === owner))
    .filter((one) => !type || type.includes(String(one.entity_type)))
    .filter((one) => !host || one.host_endpoint_id === host)
    .filter(() => query.get('filter_non_functional') !== '1');
  const page = found.slice(offset, offset + limit);
  return ok({DATA_TYPE: 'endpoint_list', has_next_page: offset + limit < found.length, limit, offset, DATA: page});
}

const name = z.string().min(1);
const localUser = {local_user: z.string().nullish()};
const mkdirDocument = z.object({DATA_TYPE: z.literal('mkdir'), path: name, ...localUser});
const renameDocument = z.object({DATA_TYPE: z.literal('rename'), old_path: name, new_path: name, ...localUser});
const symlinkDocument = z.object({DATA_TYPE: z.literal('symlink'), path: name, symlink_target: name, ...localUser});

async function mkdir(api: TransferApi, request: Request, caller: Caller, id: string): Promise<Answer> {
  const ground = groundOf(api, caller, id, 'pause_mkdir');
  const wanted = readDocument(mkdirDocument, await request.json());
  await makeDirectory(ground, operationPath(wanted.path));
  const message = 'The directory was created successfully';
  return {status: 202, document: resultDocument('mkdir_result', request, 'DirectoryCreated', message)};
}

async function rename(api: TransferApi, request: Request, caller: Caller, id: string): Promise<Answer> {
  const ground = groundOf(api, caller, id, 'pause_rename');
  const wanted = readDocument(renameDocument, await request.json());
  await renamePath(ground, operationPath(wanted.old_path), operationPath(wanted.new_path));
  return ok(resultDocument('result', request, 'FileRenamed', 'File or directory renamed successfully'));
}

/** What the service answers here is not documented: a plain `result`, as for a rename. */
async function symlink(api: TransferApi, request: Request, caller: Caller, id: string): Promise<Answer> {
  const ground = groundOf(api, caller, id, 'pause_symlink');
  const wanted = readDocument(symlinkDocument, await request.json());
  await makeLink(ground, operationPath(wanted.path), wanted.symlink_target);
  return ok(resultDocument('result', request, 'SymlinkCreated', 'The symlink was created successfully'));
}
