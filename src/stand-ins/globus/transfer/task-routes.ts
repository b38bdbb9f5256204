import {z} from 'zod';
import type {Caller} from '../auth/consents.ts';
import {legacyUsername} from '../auth/identities.ts';
import {matching, narrow, oneOf, range, readFilters, readOrder, readPage} from '../http/list-query.ts';
import {badRequest, conflict, taskNotFound} from '../http/problem.ts';
import type {Answer, Request} from '../http/request.ts';
import {readTime} from '../http/time.ts';
import {pauseInfoDocument} from './pause-documents.ts';
import {label, readDocument} from './submission.ts';
import {eventDocument, taskDocument} from './task-document.ts';
import {listSkipped, listSuccessful} from './task-lists.ts';
import {hasEnded, type TaskState} from './task-state.ts';
import {ok, type Route, resultDocument, type TransferApi} from './transfer-api.ts';

/** Tasks: to list, show, change and cancel them, and what they tell. */
export const TASK_ROUTES: readonly Route[] = [
  ['GET', /^\/task_list$/, listTasks],
  [
    'GET',
    /^\/task\/([^/]+)$/,
    (api, request, caller, id) => ok(narrow(showTask(api, mine(api, caller, id)), request.query.get('fields'))),
  ],
  ['PUT', /^\/task\/([^/]+)$/, updateTask],
  ['POST', /^\/task\/([^/]+)\/cancel$/, cancelTask],
  ['POST', /^\/task\/([^/]+)\/remove$/, removeTask],
  [
    'GET',
    /^\/task\/([^/]+)\/event_list$/,
    (api, request, caller, id) => listEvents(api, request, mine(api, caller, id)),
  ],
  [
    'GET',
    /^\/task\/([^/]+)\/successful_transfers$/,
    (api, request, caller, id) => listSuccessful(api.store, request, mine(api, caller, id)),
  ],
  [
    'GET',
    /^\/task\/([^/]+)\/skipped_errors$/,
    (api, request, caller, id) => listSkipped(api.store, request, mine(api, caller, id)),
  ],
  ['GET', /^\/task\/([^/]+)\/pause_info$/, showPause],
];

/** Only its owner sees a task. */
function mine(api: TransferApi, caller: Caller, id: string): TaskState {
  const task = api.store.get(id);
  if (task?.owner !== caller.identity || task.removed) throw taskNotFound(id);
  return task;
}

export const showTask = (api: TransferApi, task: TaskState): Record<string, unknown> =>
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
function listTasks(api: TransferApi, {query}: Request, caller: Caller): Answer {
  const {limit, offset} = readPage(query, {standard: 10, most: 1000});
  if (limit + offset > 1000) throw badRequest('Invalid offset: limit and offset together reach at most 1000');
  const test = readFilters(query.getAll('filter'), TASK_FILTERS);
  const order = readOrder(query.get('orderby') || 'request_time DESC', TASK_ORDERS);
  const rows = api.store.all
    .filter((task) => task.owner === caller.identity && !task.removed)
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

async function updateTask(api: TransferApi, request: Request, caller: Caller, id: string): Promise<Answer> {
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

async function cancelTask(api: TransferApi, request: Request, caller: Caller, id: string): Promise<Answer> {
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

export function listEvents(api: TransferApi, {query}: Request, task: TaskState): Answer {
  const {limit, offset} = readPage(query, {standard: 10, most: 1000});
  const test = readFilters(query.getAll('filter'), {is_error: oneOf, code: oneOf});
  const rows = api.store
    .events(task.id)
    .filter((event) => test({is_error: event.isError ? '1' : '0', code: event.code}))
    .map(eventDocument);
  const page = rows.slice(offset, offset + limit);
  return ok({DATA_TYPE: 'event_list', length: page.length, limit, offset, total: rows.length, DATA: page});
}

function showPause(api: TransferApi, _request: Request, caller: Caller, id: string): Answer {
  return ok(pauseInfoDocument(mine(api, caller, id), api.pauseRules, api.collections, Date.now()));
}

/** Only one that has ended is taken off the list. Who may do it, and when, is not documented. */
function removeTask(api: TransferApi, request: Request, caller: Caller, id: string): Answer {
  const task = mine(api, caller, id);
  if (!hasEnded(task)) throw conflict(`Task '${id}' is still in progress`);
  task.removed = true;
  api.store.save(task);
  return ok(resultDocument('result', request, 'Removed', `Task '${id}' was removed`));
}
