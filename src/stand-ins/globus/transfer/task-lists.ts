import {readCount} from '../http/list-query.ts';
import {badRequest} from '../http/problem.ts';
import type {Answer, Request} from '../http/request.ts';
import type {Lists, TaskStore} from '../store/task-store.ts';
import {hasEnded, type TaskState} from './task-state.ts';

/** The lists of files that tasks keep. */

const FILES_A_PAGE = 1000;

export function listSuccessful(store: TaskStore, request: Request, task: TaskState): Answer {
  if (task.type !== 'TRANSFER') throw badRequest(`Task '${task.id}' is not a transfer`);
  if (!hasEnded(task)) {
    throw badRequest(`Task '${task.id}' is still in progress, successful transfers are not yet available`);
  }
  return page(store, request, task, 'successful', 'successful_transfers');
}

export const listSkipped = (store: TaskStore, request: Request, task: TaskState): Answer =>
  page(store, request, task, 'skipped', 'skipped_errors');

/** Markers are offsets into the list on disk, so that a page of a long list costs no more than of a short one. */
function page(store: TaskStore, {query}: Request, task: TaskState, which: Lists, type: string): Answer {
  const marker = readCount(query, 'marker', 0);
  const {values, next} = store.listPage(task.id, which, marker, FILES_A_PAGE);
  return {status: 200, document: {DATA_TYPE: type, marker, next_marker: next, DATA: values}};
}
