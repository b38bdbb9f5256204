import {randomInt} from 'node:crypto';
import {z} from 'zod';
import type {Caller} from '../auth/consents.ts';
import {oneOf, range, readCount} from '../http/list-query.ts';
import {badRequest, taskNotFound} from '../http/problem.ts';
import type {Answer, Request} from '../http/request.ts';
import {readTime} from '../http/time.ts';
import {showCollection} from './collection-routes.ts';
import {accessListDocument, guestsOf} from './guest-routes.ts';
import {cancelByManager, managedTaskDocument, sidesOf} from './managed-task.ts';
import {pauseInfoDocument, pauseRuleDocument} from './pause-documents.ts';
import {pauseFlags, type WantedRule} from './pause-rules.ts';
import {readDocument, uuid} from './submission.ts';
import {listSkipped, listSuccessful} from './task-lists.ts';
import {listEvents, showTask} from './task-routes.ts';
import {hasEnded, type TaskState} from './task-state.ts';
import {type Handler, ok, type Route, requireManager, resultDocument, type TransferApi} from './transfer-api.ts';

/** What those may do who manage collections. Source: Globus Transfer API, "Advanced collection management". */
export const MANAGER_ROUTES: readonly Route[] = [
  ['GET', /^\/endpoint_manager\/monitored_endpoints$/, managed(listCollections)],
  [
    'GET',
    /^\/endpoint_manager\/endpoint\/([^/]+)$/,
    managed((api, _request, caller, id) => ok(showCollection(api, caller, api.collections.mustGet(id)))),
  ],
  [
    'GET',
    /^\/endpoint_manager\/endpoint\/([^/]+)\/hosted_endpoint_list$/,
    managed((api, _request, caller, id) => {
      const guests = guestsOf(api, api.collections.mustGet(id).id);
      return ok({DATA_TYPE: 'endpoint_list', DATA: guests.map((one) => showCollection(api, caller, one))});
    }),
  ],
  [
    'GET',
    /^\/endpoint_manager\/endpoint\/([^/]+)\/access_list$/,
    managed((api, _request, _caller, id) => ok(accessListDocument(api, api.collections.mustGet(id).id))),
  ],
  ['GET', /^\/endpoint_manager\/task_list$/, managed(listTasks)],
  [
    'GET',
    /^\/endpoint_manager\/task\/([^/]+)$/,
    managed((api, _request, _caller, id) => ok(showManaged(api, taskOf(api, id)))),
  ],
  [
    'GET',
    /^\/endpoint_manager\/task\/([^/]+)\/event_list$/,
    managed((api, request, _caller, id) => listEvents(api, request, taskOf(api, id))),
  ],
  [
    'GET',
    /^\/endpoint_manager\/task\/([^/]+)\/successful_transfers$/,
    managed((api, request, _caller, id) => listSuccessful(api.store, request, taskOf(api, id))),
  ],
  [
    'GET',
    /^\/endpoint_manager\/task\/([^/]+)\/skipped_errors$/,
    managed((api, request, _caller, id) => listSkipped(api.store, request, taskOf(api, id))),
  ],
  [
    'GET',
    /^\/endpoint_manager\/task\/([^/]+)\/pause_info$/,
    managed((api, _request, _caller, id) =>
      ok(pauseInfoDocument(taskOf(api, id), api.pauseRules, api.collections, Date.now())),
    ),
  ],
  ['POST', /^\/endpoint_manager\/admin_cancel$/, managed(cancelTasks)],
  [
    'GET',
    /^\/endpoint_manager\/admin_cancel\/([^/]+)$/,
    managed((_api, _request, _caller, id) => ok({DATA_TYPE: 'admin_cancel', id: Number(id), done: true})),
  ],
  ['POST', /^\/endpoint_manager\/admin_pause$/, managed(pauseTasks)],
  ['POST', /^\/endpoint_manager\/admin_resume$/, managed(resumeTasks)],
  ['GET', /^\/endpoint_manager\/pause_rule_list$/, managed(listRules)],
  ['POST', /^\/endpoint_manager\/pause_rule$/, managed(createRule)],
  [
    'GET',
    /^\/endpoint_manager\/pause_rule\/([^/]+)$/,
    managed((api, _request, _caller, id) => ok(pauseRuleDocument(api.pauseRules.get(id), api.collections))),
  ],
  ['PUT', /^\/endpoint_manager\/pause_rule\/([^/]+)$/, managed(changeRule)],
  ['DELETE', /^\/endpoint_manager\/pause_rule\/([^/]+)$/, managed(deleteRule)],
];

function managed(handler: Handler): Handler {
  return (api, request, caller, ...names) => {
    requireManager(api, caller);
    return handler(api, request, caller, ...names);
  };
}

function taskOf(api: TransferApi, id: string): TaskState {
  const task = api.store.get(id);
  if (!task) throw taskNotFound(id);
  return task;
}

const showManaged = (api: TransferApi, task: TaskState): Record<string, unknown> =>
  managedTaskDocument(task, showTask(api, task), api.access.identities.get(task.owner)?.username ?? null);

function listCollections(api: TransferApi, _request: Request, caller: Caller): Answer {
  return ok({DATA_TYPE: 'endpoint_list', DATA: api.collections.all().map((one) => showCollection(api, caller, one))});
}

/** At most so many ids at once, as the service has it. */
const MOST_IDS = 50;
const A_PAGE = 100;
const MOST_A_PAGE = 1000;

/** Pages go by the key of the last task of the one before: an id here. */
function listTasks(api: TransferApi, {query}: Request): Answer {
  const limit = readCount(query, 'limit', A_PAGE);
  if (limit > MOST_A_PAGE) throw badRequest(`Invalid limit: at most ${MOST_A_PAGE}`);
  const ids = query.get('filter_task_id')?.toLowerCase().split(',');
  if (ids && ids.length > MOST_IDS) throw badRequest(`Invalid filter_task_id: at most ${MOST_IDS} ids`);
  const least = readCount(query, 'filter_min_faults', 0);
  const [status, owner, endpoint] = ['filter_status', 'filter_owner_id', 'filter_endpoint'].map((name) =>
    query.get(name) ? oneOf(query.get(name) ?? '', name) : undefined,
  );
  const paused = query.get('filter_is_paused');
  const completed = query.get('filter_completion_time');
  const inTime = completed ? range(readTime)(completed, 'filter_completion_time') : undefined;
  const rows = api.store.all
    .filter((task) => !ids || ids.includes(task.id))
    .filter((task) => !endpoint || endpoint(task.source.id) || (task.destination && endpoint(task.destination.id)))
    .filter((task) => paused === null || task.paused === /^(1|true)$/i.test(paused))
    .filter((task) => task.counts.faults >= least)
    .reverse()
    .map((task) => showManaged(api, task))
    .filter((row) => (!status || status(row.status)) && (!owner || owner(row.owner_id)))
    .filter((row) => !inTime || inTime(row.completion_time));
  const last = query.get('last_key');
  const from = last === null ? 0 : rows.findIndex((row) => row.task_id === last) + 1;
  const page = rows.slice(from, from + limit);
  return ok({
    DATA_TYPE: 'task_list',
    limit,
    last_key: page.at(-1)?.task_id ?? null,
    has_next_page: from + limit < rows.length,
    DATA: page,
  });
}

const message = z.string().min(1).max(1024);
const taskIds = z.array(uuid).min(1);
const adminCancel = z.object({DATA_TYPE: z.literal('admin_cancel').optional(), message, task_id_list: taskIds});
const adminPause = z.object({DATA_TYPE: z.literal('admin_pause').optional(), message, task_id_list: taskIds});
const adminResume = z.object({DATA_TYPE: z.literal('admin_resume').optional(), task_id_list: taskIds});

async function cancelTasks(api: TransferApi, request: Request): Promise<Answer> {
  const wanted = readDocument(adminCancel, await request.json());
  for (const task of wanted.task_id_list.map((id) => taskOf(api, id))) {
    if (!hasEnded(task)) await cancelByManager(api.runner, task, wanted.message);
  }
  return ok({DATA_TYPE: 'admin_cancel', id: randomInt(1, 2 ** 31), done: true});
}

async function pauseTasks(api: TransferApi, request: Request, caller: Caller): Promise<Answer> {
  const wanted = readDocument(adminPause, await request.json());
  for (const task of wanted.task_id_list.map((id) => taskOf(api, id))) {
    if (!hasEnded(task)) task.adminPause = {message: wanted.message, by: caller.identity, sides: sidesOf(task)};
    api.store.save(task);
  }
  api.runner.look();
  return ok(resultDocument('result', request, 'PauseAccepted', 'The tasks are paused'));
}

async function resumeTasks(api: TransferApi, request: Request): Promise<Answer> {
  const wanted = readDocument(adminResume, await request.json());
  for (const task of wanted.task_id_list.map((id) => taskOf(api, id))) {
    task.adminPause = undefined;
    api.store.save(task);
  }
  api.runner.look();
  return ok(resultDocument('result', request, 'ResumeAccepted', 'The tasks go on'));
}

const ruleFields = {
  DATA_TYPE: z.literal('pause_rule').optional(),
  message,
  start_time: z.string().nullish(),
  identity_id: uuid.nullish(),
};
const newRule = z.object({...ruleFields, endpoint_id: uuid, ...pauseFlags.shape});
const changedRule = z.object({...ruleFields, message: message.optional(), ...pauseFlags.partial().shape});

function listRules(api: TransferApi, {query}: Request): Answer {
  const collection = query.get('filter_endpoint') ?? query.get('filter_host_endpoint');
  const rules = api.pauseRules.all().filter((rule) => collection === null || rule.endpointId === collection);
  return ok({DATA_TYPE: 'pause_rule_list', DATA: rules.map((rule) => pauseRuleDocument(rule, api.collections))});
}

async function createRule(api: TransferApi, request: Request, caller: Caller): Promise<Answer> {
  const wanted = readDocument(newRule, await request.json());
  const flags = pauseFlags.parse(wanted);
  if (!Object.values(flags).includes(true)) throw badRequest('A pause rule pauses at least one thing');
  const rule = api.pauseRules.add(
    {
      endpointId: api.collections.mustGet(wanted.endpoint_id).id,
      identityId: wanted.identity_id ?? null,
      message: wanted.message,
      startsAt: wanted.start_time ? readTime(wanted.start_time, 'start_time') : null,
      flags,
    },
    caller.identity,
  );
  api.runner.look();
  return {status: 201, document: pauseRuleDocument(rule, api.collections)};
}

async function changeRule(api: TransferApi, request: Request, caller: Caller, id: string): Promise<Answer> {
  const wanted = readDocument(changedRule, await request.json());
  const rule = api.pauseRules.get(id);
  const given = Object.entries(wanted).filter(([name]) => name in rule.flags);
  const change: Partial<WantedRule> = {
    flags: {...rule.flags, ...Object.fromEntries(given)},
    ...(wanted.message === undefined ? {} : {message: wanted.message}),
    ...(wanted.start_time ? {startsAt: readTime(wanted.start_time, 'start_time')} : {}),
  };
  const changed = api.pauseRules.change(id, change, caller.identity);
  api.runner.look();
  return ok(pauseRuleDocument(changed, api.collections));
}

function deleteRule(api: TransferApi, request: Request, _caller: Caller, id: string): Answer {
  api.pauseRules.remove(id);
  api.runner.look();
  return ok(resultDocument('result', request, 'Deleted', `Pause rule '${id}' deleted successfully`));
}
