import {randomUUID} from 'node:crypto';
import type {Answer, Request} from '../http/request.ts';
import {type Submitted, submitDelete, submitTransfer} from './submit-task.ts';
import {ok, type Route, resultDocument} from './transfer-api.ts';

export const SUBMISSION_ROUTES: readonly Route[] = [
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
];

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
