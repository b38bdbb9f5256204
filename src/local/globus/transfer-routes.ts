import {randomUUID} from 'node:crypto';
import {z} from 'zod';
import {type Bookmarks, bookmarkDocument, changedBookmark, newBookmark} from './bookmarks.ts';
import type {Collection} from './collections.ts';
import {endpointDocument, pauseInfoDocument} from './endpoint-document.ts';
import {listDirectory, makeDirectory, operationPath, renamePath, statPath} from './file-operations.ts';
import {type Answer, type Request, requestId, resourceOf} from './http-server.ts';
import {type Identities, legacyUsername} from './identities.ts';
import {matching, narrow, oneOf, range, readCount, readFilters, readOrder, readPage} from './list-query.ts';
import type {Ground} from './paths.ts';
import {badRequest, collectionNotFound, conflict, notSignedIn, TransferProblem, taskNotFound} from './problem.ts';
import {TRANSFER_SCOPE, TRANSFER_SERVER} from './scopes.ts';
import {label, readDocument} from './submission.ts';
import {type Submitted, type Submitter, submitDelete, submitTransfer} from './submit-task.ts';
import {eventDocument, taskDocument} from './task-document.ts';
import {hasEnded, type TaskState} from './task-state.ts';
import type {Lists} from './task-store.ts';
import {readTime} from './time.ts';
import type {TokenStore} from './token-store.ts';

/* The resources of Globus Transfer v0.10. Source: Globus Transfer API; traffic of its real clients. */

export interface TransferApi extends Submitter {
  readonly identities: Identities;
  readonly tokens: TokenStore;
  readonly bookmarks: Bookmarks;
}

type Handler = (api: TransferApi, request: Request, caller: string, id: string) => Promise<Answer> | Answer;

const ok = (document: unknown): Answer => ({status: 200, document});

const ROUTES: readonly [method: string, path: RegExp, handler: Handler][] = [
  ['GET', /^\/submission_id$/, () => ok({DATA_TYPE: 'submission_id', value: randomUUID()})],
  [
    'POST',
    /^\/transfer$/,
    async (api, request, caller) => result('transfer', request, submitTransfer(api, caller, await request.json())),
  ],
  [
    'POST',
    /^\/delete$/,
    async (api, request, caller) => result('delete', request, submitDelete(api, caller, await request.json())),
  ],
  ['GET', /^\/task_list$/, listTasks],
  [
    'GET',
    /^\/task\/([^/]+)$/,
    (api, request, caller, id) => ok(narrow(showTask(api, mine(api, caller, id)), request.query.get('fields'))),
  ],
  ['PUT', /^\/task\/([^/]+)$/, updateTask],
  ['POST', /^\/task\/([^/]+)\/cancel$/, cancelTask],
  ['GET', /^\/task\/([^/]+)\/event_list$/, listEvents],
  [
    'GET',
    /^\/task\/([^/]+)\/successful_transfers$/,
    (api, request, caller, id) => listFiles(api, request, caller, id, 'successful'),
  ],
  [
    'GET',
    /^\/task\/([^/]+)\/skipped_errors$/,
    (api, request, caller, id) => listFiles(api, request, caller, id, 'skipped'),
  ],
  ['GET', /^\/task\/([^/]+)\/pause_info$/, showPause],
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
    async (api, request, _caller, id) => ok(await listDirectory(groundOf(api, id), id, request.query)),
  ],
  [
    'GET',
    /^\/operation\/endpoint\/([^/]+)\/stat$/,
    async (api, request, _caller, id) =>
      ok(await statPath(groundOf(api, id), operationPath(request.query.get('path')))),
  ],
  ['POST', /^\/operation\/endpoint\/([^/]+)\/mkdir$/, mkdir],
  ['POST', /^\/operation\/endpoint\/([^/]+)\/rename$/, rename],
  [
    'GET',
    /^\/bookmark_list$/,
    (api, _request, caller) =>
      ok({DATA_TYPE: 'bookmark_list', DATA: api.bookmarks.list(caller).map((one) => bookmarkDocument(one))}),
  ],
  ['POST', /^\/bookmark$/, createBookmark],
  ['GET', /^\/bookmark\/([^/]+)$/, (api, _request, caller, id) => ok(bookmarkDocument(api.bookmarks.get(caller, id)))],
  [
    'PUT',
    /^\/bookmark\/([^/]+)$/,
    async (api, request, caller, id) =>
      ok(bookmarkDocument(api.bookmarks.rename(caller, id, readDocument(changedBookmark, await request.json()).name))),
  ],
  ['DELETE', /^\/bookmark\/([^/]+)$/, deleteBookmark],
];

/** Answer a request whose path starts with `/v0.10/`. @throws {TransferProblem} for all that is refused */
export async function routeTransfer(api: TransferApi, request: Request): Promise<Answer> {
  const path = resourceOf(request.path);
  const meant = ROUTES.filter(([, pattern]) => pattern.test(path));
  if (meant.length === 0) throw new TransferProblem(404, 'ClientError.NotFound', `No such resource: ${path}`);
  const route = meant.find(([method]) => method === request.method);
  if (!route) throw new TransferProblem(405, 'ClientError.MethodNotAllowed', `${request.method} is not allowed here`);
  const [, pattern, handler] = route;
  return handler(api, request, requireCaller(api, request), pattern.exec(path)?.[1] ?? '');
}

/** The identity that calls. @throws {TransferProblem} 401 without a live token for Transfer */
function requireCaller(api: TransferApi, request: Request): string {
  const [, token] = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? '') ?? [];
  if (!token) throw notSignedIn('Authentication required: send a Bearer token');
  const grant = api.tokens.find(token, 'access');
  if (grant?.resourceServer !== TRANSFER_SERVER || !grant.scopes.includes(TRANSFER_SCOPE)) {
    throw notSignedIn('Token is not active: expired, revoked, or not for this service');
  }
  return grant.identity;
}

const resultDocument = (type: string, request: Request, code: string, message: string) => ({
  DATA_TYPE: type,
  code,
  message,
  request_id: requestId(),
  resource: resourceOf(request.path),
});

function result(kind: 'transfer' | 'delete', request: Request, {task, duplicate}: Submitted): Answer {
  const message = duplicate
    ? 'This submission was already processed successfully and duplicate was ignored.'
    : `The ${kind} has been accepted and a task has been created and queued for execution`;
  return {
    status: duplicate ? 200 : 202,
    document: {
      ...resultDocument(`${kind}_result`, request, duplicate ? 'Duplicate' : 'Accepted', message),
      submission_id: task.submissionId,
      task_id: task.id,
      task_link: {
        DATA_TYPE: 'link',
        href: `task/${task.id}?format=json`,
        rel: 'related',
        resource: 'task',
        title: 'related task',
      },
    },
  };
}

/** Only its owner sees a task. */
function mine(api: TransferApi, caller: string, id: string): TaskState {
  const task = api.store.get(id);
  if (task?.owner !== caller) throw taskNotFound(id);
  return task;
}

const showTask = (api: TransferApi, task: TaskState): Record<string, unknown> =>
  taskDocument(task, {
    username: legacyUsername(task.owner),
    queued: api.runner.isQueued(task),
    now: Date.now(),
  });

const TASK_FILTERS = {
  task_id: oneOf,
  status: oneOf,
  type: oneOf,
  label: matching('contains', true),
  request_time: range(readTime),
  completion_time: range(readTime),
  source_endpoint: oneOf,
  source_endpoint_id: oneOf,
  destination_endpoint: oneOf,
  destination_endpoint_id: oneOf,
  endpoint: oneOf,
  owner_id: oneOf,
  username: oneOf,
  is_paused: oneOf,
  faults: range(Number),
};
const TASK_ORDERS = [
  'request_time',
  'completion_time',
  'label',
  'status',
  'type',
  'task_id',
  'deadline',
  'faults',
  'nice_status',
];

/** Poll many tasks with one request. At most 1000 results by offset at all. */
function listTasks(api: TransferApi, {query}: Request, caller: string): Answer {
  const {limit, offset} = readPage(query, {standard: 10, most: 1000});
  if (limit + offset > 1000) throw badRequest('Invalid offset: limit and offset together reach at most 1000');
  const test = readFilters(query.getAll('filter'), TASK_FILTERS);
  const order = readOrder(query.get('orderby') || 'request_time DESC', TASK_ORDERS);
  const rows = api.store.all
    .filter((task) => task.owner === caller)
    .reverse() // newest first, also among those of one second
    .map((task) => showTask(api, task))
    .filter(test)
    .sort(order);
  const page = rows.slice(offset, offset + limit).map((row) => narrow(row, query.get('fields')));
  return ok({DATA_TYPE: 'task_list', length: page.length, limit, offset, total: rows.length, DATA: page});
}

const taskChange = z.object({
  DATA_TYPE: z.literal('task').optional(), // @globus/sdk leaves it out
  label: label.nullish(),
  deadline: z.string().nullish(),
});

async function updateTask(api: TransferApi, request: Request, caller: string, id: string): Promise<Answer> {
  const task = mine(api, caller, id);
  const change = readDocument(taskChange, await request.json());
  const deadline = change.deadline ? readTime(change.deadline, 'deadline') : undefined;
  if (deadline !== undefined && deadline <= Date.now())
    throw badRequest(`Invalid deadline: '${change.deadline}' has passed`);
  if (hasEnded(task)) throw conflict(`Task '${id}' has completed and cannot be updated`);
  if (change.label !== undefined) task.label = change.label;
  if (deadline !== undefined) {
    task.deadline = deadline;
    task.deadlineGiven = true;
  }
  api.store.save(task);
  return ok(resultDocument('result', request, 'Updated', 'Updated task'));
}

async function cancelTask(api: TransferApi, request: Request, caller: string, id: string): Promise<Answer> {
  const done = await api.runner.cancel(mine(api, caller, id));
  return ok(
    done
      ? resultDocument('result', request, 'Canceled', 'The task has been cancelled successfully.')
      : resultDocument(
          'result',
          request,
          'TaskComplete',
          'The task completed before the cancel request was processed.',
        ),
  );
}

function listEvents(api: TransferApi, {query}: Request, caller: string, id: string): Answer {
  const task = mine(api, caller, id);
  const {limit, offset} = readPage(query, {standard: 10, most: 1000});
  const test = readFilters(query.getAll('filter'), {is_error: oneOf, code: oneOf});
  const rows = api.store
    .events(task.id)
    .filter((event) => test({is_error: event.isError ? '1' : '0', code: event.code}))
    .map(eventDocument);
  const page = rows.slice(offset, offset + limit);
  return ok({DATA_TYPE: 'event_list', length: page.length, limit, offset, total: rows.length, DATA: page});
}

const FILES_A_PAGE = 1000;

/** Markers are offsets into the list on disk, so that a page of a long list costs no more than of a short one. */
function listFiles(api: TransferApi, {query}: Request, caller: string, id: string, which: Lists): Answer {
  const task = mine(api, caller, id);
  if (which === 'successful') {
    if (task.type !== 'TRANSFER') throw badRequest(`Task '${id}' is not a transfer`);
    if (!hasEnded(task)) {
      throw badRequest(`Task '${id}' is still in progress, successful transfers are not yet available`);
    }
  }
  const marker = readCount(query, 'marker', 0);
  const page = api.store.listPage(task.id, which, marker, FILES_A_PAGE);
  return ok({
    DATA_TYPE: which === 'successful' ? 'successful_transfers' : 'skipped_errors',
    marker,
    next_marker: page.next,
    DATA: page.values,
  });
}

function showPause(api: TransferApi, _request: Request, caller: string, id: string): Answer {
  const task = mine(api, caller, id);
  const {collections} = api;
  return ok(
    pauseInfoDocument(
      collections.get(task.source.id),
      task.destination ? collections.get(task.destination.id) : undefined,
    ),
  );
}

function collectionOf(api: TransferApi, id: string): Collection {
  const collection = api.collections.get(id);
  if (!collection) throw collectionNotFound(id);
  return collection;
}

const groundOf = (api: TransferApi, id: string): Ground => ({
  directory: collectionOf(api, id).directory,
  side: 'source',
});

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

async function mkdir(api: TransferApi, request: Request, _caller: string, id: string): Promise<Answer> {
  const ground = groundOf(api, id);
  const wanted = readDocument(mkdirDocument, await request.json());
  await makeDirectory(ground, operationPath(wanted.path));
  const message = 'The directory was created successfully';
  return {status: 202, document: resultDocument('mkdir_result', request, 'DirectoryCreated', message)};
}

async function rename(api: TransferApi, request: Request, _caller: string, id: string): Promise<Answer> {
  const ground = groundOf(api, id);
  const wanted = readDocument(renameDocument, await request.json());
  await renamePath(ground, operationPath(wanted.old_path), operationPath(wanted.new_path));
  return ok(resultDocument('result', request, 'FileRenamed', 'File or directory renamed successfully'));
}

async function createBookmark(api: TransferApi, request: Request, caller: string): Promise<Answer> {
  const wanted = readDocument(newBookmark, await request.json());
  collectionOf(api, wanted.endpoint_id);
  return {status: 201, document: bookmarkDocument(api.bookmarks.create(caller, wanted))};
}

function deleteBookmark(api: TransferApi, request: Request, caller: string, id: string): Answer {
  api.bookmarks.remove(caller, id);
  return ok(resultDocument('result', request, 'Deleted', `Bookmark '${id}' deleted successfully`));
}
