import {codeInWords, type Fault} from '../copy/fault.ts';
import type {TaskStore} from '../store/task-store.ts';
import type {TaskState} from './task-state.ts';

/** What tasks tell of themselves in their events. Source: Globus Transfer API, "Task events". */

export function addEvent(store: TaskStore, task: TaskState, code: string, isError: boolean, details: string): void {
  store.addEvent(task.id, {code, description: codeInWords(code), details, isError, at: Date.now()});
}

/** An error of one file or directory, with details of one line a fact. */
export function addFault(store: TaskStore, task: TaskState, fault: Fault): void {
  const end = fault.side === 'destination' && task.destination ? task.destination : task.source;
  const details = `Error (${codeInWords(fault.code)})\nEndpoint: ${end.name} (${end.id})\nFile: ${fault.path}\nMessage: ${fault.message}`;
  addEvent(store, task, fault.code, true, details);
}

export function addProgress(store: TaskStore, task: TaskState): void {
  const seconds = (Date.now() - (task.startedAt ?? task.requestedAt)) / 1000;
  const {bytesTransferred} = task.counts;
  const details = {
    bytes_transferred: bytesTransferred,
    duration: seconds,
    mbps: (bytesTransferred * 8) / 1e6 / seconds,
  };
  addEvent(store, task, 'PROGRESS', false, JSON.stringify(details));
}
