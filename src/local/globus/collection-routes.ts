import {z} from 'zod';
import {requireCredential} from './credential.ts';
import {endpointDocument} from './endpoint-document.ts';
import {listDirectory, makeDirectory, operationPath, renamePath, statPath} from './file-operations.ts';
import type {Answer, Request} from './http-server.ts';
import {narrow, readPage} from './list-query.ts';
import type {Ground} from './paths.ts';
import {badRequest} from './problem.ts';
import {readDocument} from './submission.ts';
import {collectionOf, ok, type Route, resultDocument, type TransferApi} from './transfer-api.ts';

/** Collections, and what is done on them at once, without a task. */
export const COLLECTION_ROUTES: readonly Route[] = [
  [
    'GET',
    /^\/endpoint\/([^/]+)$/,
    (api, request, _caller, id) =>
      ok(narrow(endpointDocument(collectionOf(api, id), api.identities.user), request.query.get('fields'))),
  ],
  ['GET', /^\/endpoint_search$/, searchCollections],
  [
    'GET',
    /^\/operation\/endpoint\/([^/]+)\/ls$/,
    async (api, request, caller, id) => ok(await listDirectory(groundOf(api, caller, id), id, request.query)),
  ],
  [
    'GET',
    /^\/operation\/endpoint\/([^/]+)\/stat$/,
    async (api, request, caller, id) =>
      ok(await statPath(groundOf(api, caller, id), operationPath(request.query.get('path')))),
  ],
  ['POST', /^\/operation\/endpoint\/([^/]+)\/mkdir$/, mkdir],
  ['POST', /^\/operation\/endpoint\/([^/]+)\/rename$/, rename],
];

function groundOf(api: TransferApi, caller: string, id: string): Ground {
  const collection = collectionOf(api, id);
  requireCredential(collection, caller);
  return {directory: collection.directory, side: 'source'};
}

/** Every collection here belongs to the person at this machine, so every scope but those of others finds it. */
function searchCollections(api: TransferApi, {query}: Request): Answer {
  const {limit, offset} = readPage(query, {standard: 100, most: 100});
  const words = (query.get('filter_fulltext') ?? '').toLowerCase().split(/\s+/).filter(Boolean);
  const scope = query.get('filter_scope') ?? 'all';
  const known = [
    'all',
    'my-endpoints',
    'administered-by-me',
    'recently-used',
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
  const found = api.collections
    .all()
    .filter((one) => words.every((word) => `${one.name} ${one.id}`.toLowerCase().includes(word)))
    .map((one) => endpointDocument(one, api.identities.user))
    .filter((one) => !scope.startsWith('shared') && (!owner || one.owner_id === owner))
    .filter((one) => !type || type.includes(String(one.entity_type)))
    .filter(() => query.get('filter_host_endpoint') === null && query.get('filter_non_functional') !== '1');
  const page = found.slice(offset, offset + limit);
  return ok({DATA_TYPE: 'endpoint_list', has_next_page: offset + limit < found.length, limit, offset, DATA: page});
}

const mkdirDocument = z.object({DATA_TYPE: z.literal('mkdir'), path: z.string().min(1)});
const renameDocument = z.object({
  DATA_TYPE: z.literal('rename'),
  old_path: z.string().min(1),
  new_path: z.string().min(1),
});

async function mkdir(api: TransferApi, request: Request, caller: string, id: string): Promise<Answer> {
  const ground = groundOf(api, caller, id);
  const wanted = readDocument(mkdirDocument, await request.json());
  await makeDirectory(ground, operationPath(wanted.path));
  const message = 'The directory was created successfully';
  return {status: 202, document: resultDocument('mkdir_result', request, 'DirectoryCreated', message)};
}

async function rename(api: TransferApi, request: Request, caller: string, id: string): Promise<Answer> {
  const ground = groundOf(api, caller, id);
  const wanted = readDocument(renameDocument, await request.json());
  await renamePath(ground, operationPath(wanted.old_path), operationPath(wanted.new_path));
  return ok(resultDocument('result', request, 'FileRenamed', 'File or directory renamed successfully'));
}
