import {mkdirSync, readdirSync, readFileSync, rmSync} from 'node:fs';
import {join} from 'node:path';
import {z} from 'zod';
import {type DeleteSubmission, readDelete, readTransfer, type TransferSubmission} from '../transfer/submission.ts';
import {eventSchema, type TaskEvent, type TaskState, taskStateSchema} from '../transfer/task-state.ts';
import {readJsonFile, writeJsonFile} from './atomic-file.ts';
import {appendWhole, createJournal, type Journal, type JournalPage, readJournal, readJournalPage} from './journal.ts';

/*
 * A directory a task: request.json (as the client sent it), state.json (replaced as the task goes on), and journals
 * that only grow: events.jsonl, successful.jsonl, skipped.jsonl. Nothing that grows with the number of files is kept
 * in memory or written again.
 *
 * A disk that is full for a while ends nothing: what could not be written is kept in memory and written later.
 */

export type Lists = 'successful' | 'skipped';

export interface TaskStore {
  /** every task, in the order of submission */
  readonly all: readonly TaskState[];
  get(id: string): TaskState | undefined;
  bySubmission(owner: string, submissionId: string): TaskState | undefined;
  /** @throws what the disk says: a task that is not on disk does not exist */
  create(state: TaskState, request: unknown): void;
  save(state: TaskState): void;
  /** Write what could not be written before. Does nothing when there is nothing of the kind. */
  catchUp(): void;
  transferRequest(id: string): TransferSubmission;
  deleteRequest(id: string): DeleteSubmission;
  addEvent(id: string, event: TaskEvent): void;
  /** newest first */
  events(id: string): TaskEvent[];
  list(id: string, which: Lists): Journal;
  listPage(id: string, which: Lists, marker: number, lines: number): JournalPage;
  /** what was copied before a restart */
  finished(id: string): {destinationPaths: Set<string>; bytes: number};
  forgetSkipped(id: string): void;
  /** where the directories are listed in which this task makes temporaries */
  temporariesFile(id: string): string;
}

const finishedLine = z.object({destination_path: z.string(), size: z.number()});

/** Events of a task that wait for room on the disk; older ones are given up. */
const MOST_WAITING = 1000;

export function openTaskStore(root: string, log: (line: string) => void = () => undefined): TaskStore {
  const directory = join(root, 'tasks');
  mkdirSync(directory, {recursive: true, mode: 0o700});
  const place = (id: string, name: string) => join(directory, id, name);
  const all = readdirSync(directory)
    .flatMap((id) => taskStateSchema.safeParse(readJsonFile(place(id, 'state.json'))).data ?? [])
    .sort((one, other) => one.sequence - other.sequence);
  const byId = new Map(all.map((task) => [task.id, task]));
  const submissionKey = (owner: string, id: string) => `${owner} ${id.toLowerCase()}`;
  const bySubmission = new Map(all.map((task) => [submissionKey(task.owner, task.submissionId), task]));
  const unsaved = new Set<TaskState>();
  const waiting = new Map<string, TaskEvent[]>();
  const write = (state: TaskState) => writeJsonFile(place(state.id, 'state.json'), state);
  const save = (state: TaskState) => {
    try {
      write(state);
      unsaved.delete(state);
    } catch (error) {
      if (!unsaved.has(state)) log(`task ${state.id} cannot be saved now: ${error}`);
      unsaved.add(state);
    }
  };
  const addEvents = (id: string, added: readonly TaskEvent[]) => {
    const events = [...(waiting.get(id) ?? []), ...added];
    try {
      appendWhole(place(id, 'events.jsonl'), events.map((event) => `${JSON.stringify(event)}\n`).join(''));
      waiting.delete(id);
    } catch (error) {
      if (!waiting.has(id)) log(`events of task ${id} cannot be kept now: ${error}`);
      waiting.set(id, events.slice(-MOST_WAITING));
    }
  };
  const request = (id: string): unknown => JSON.parse(readFileSync(place(id, 'request.json'), 'utf8'));
  return {
    all,
    get: (id) => byId.get(id.toLowerCase()),
    bySubmission: (owner, id) => bySubmission.get(submissionKey(owner, id)),
    create(state, body) {
      // The request first: a state without one could not go on after a kill in between.
      writeJsonFile(place(state.id, 'request.json'), body);
      write(state);
      all.push(state);
      byId.set(state.id, state);
      bySubmission.set(submissionKey(state.owner, state.submissionId), state);
    },
    save,
    catchUp() {
      for (const state of unsaved) save(state);
      for (const id of waiting.keys()) addEvents(id, []);
    },
    transferRequest: (id) => readTransfer(request(id)),
    deleteRequest: (id) => readDelete(request(id)),
    addEvent: (id, event) => addEvents(id, [event]),
    events: (id) => {
      const kept = readJournal(place(id, 'events.jsonl')).flatMap((line) => eventSchema.safeParse(line).data ?? []);
      return [...kept, ...(waiting.get(id) ?? [])].reverse();
    },
    list: (id, which) => createJournal(place(id, `${which}.jsonl`)),
    listPage: (id, which, marker, lines) => readJournalPage(place(id, `${which}.jsonl`), marker, lines),
    finished(id) {
      const destinationPaths = new Set<string>();
      let bytes = 0;
      for (const line of readJournal(place(id, 'successful.jsonl'))) {
        const file = finishedLine.safeParse(line).data;
        if (!file || destinationPaths.has(file.destination_path)) continue;
        destinationPaths.add(file.destination_path);
        bytes += file.size;
      }
      return {destinationPaths, bytes};
    },
    forgetSkipped: (id) => rmSync(place(id, 'skipped.jsonl'), {force: true}),
    temporariesFile: (id) => place(id, 'temporaries.jsonl'),
  };
}
