import {mkdirSync, readdirSync, rmSync} from 'node:fs';
import {join} from 'node:path';
import {z} from 'zod';
import {
  appendWhole,
  createJournal,
  type Journal,
  type JournalPage,
  readJournal,
  readJournalPage,
} from '../../journal.ts';
import {readRecord, writeRecord} from '../../record.ts';
import {DamagedRecord} from '../../stand-in-error.ts';
import {type DeleteSubmission, readDelete, readTransfer, type TransferSubmission} from '../transfer/submission.ts';
import {eventSchema, hasEnded, type TaskEvent, type TaskState, taskStateSchema} from '../transfer/task-state.ts';

/*
 * A directory a task: request.json (as the client sent it), state.json (replaced as the task goes on), and journals
 * that only grow: events.jsonl, successful.jsonl, skipped.jsonl. Nothing that grows with the number of files is kept
 * in memory or written again.
 *
 * A disk that is full for a while ends nothing: what could not be written is kept in memory and written later.
 *
 * A record that is damaged keeps the stand-in from starting. One that is met while it runs is named, and whatever is
 * asked about its task is refused as by a service in trouble, until the record can be read again.
 */

export type Lists = 'successful' | 'skipped';

export interface TaskStore {
  /** every task, in the order of submission */
  readonly all: readonly TaskState[];
  /** @throws {DamagedRecord} while a record of the task is damaged */
  get(id: string): TaskState | undefined;
  /** records of tasks that were met damaged, and are not restored yet */
  damaged(): DamagedRecord[];
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
  listPage(id: string, which: Lists, marker: number, lines: number): JournalPage<Row>;
  /** what was copied before a restart */
  finished(id: string): {destinationPaths: Set<string>; bytes: number};
  forgetSkipped(id: string): void;
  /** where the directories are listed in which this task makes temporaries */
  temporariesFile(id: string): string;
}

/** a line of the lists, as it is handed on */
const row = z.record(z.string(), z.unknown());
type Row = z.output<typeof row>;

/** @param directory of the task: without its state there is none, which is what a kill before its creation leaves */
function readState(directory: string, id: string): TaskState | undefined {
  const file = join(directory, 'state.json');
  const state = readRecord(file, taskStateSchema, directory);
  if (state && state.id !== id) throw new DamagedRecord(file, `it is of another task, ${state.id}`, directory);
  return state;
}

/** @throws {DamagedRecord} also for one of another submission */
function readRequest(file: string, directory: string, state: TaskState): TransferSubmission | DeleteSubmission {
  const found = readRecord(file, z.record(z.string(), z.unknown()), directory);
  if (found === undefined) throw new DamagedRecord(file, 'it is missing', directory);
  let request: TransferSubmission | DeleteSubmission;
  try {
    request = state.type === 'TRANSFER' ? readTransfer(found) : readDelete(found);
  } catch (error) {
    throw new DamagedRecord(file, `it is not the request that was accepted: ${error}`, directory);
  }
  if (request.submission_id === state.submissionId) return request;
  throw new DamagedRecord(file, `it is of another submission, ${request.submission_id}`, directory);
}

const finishedLine = z.object({destination_path: z.string(), size: z.number()});

/** Events of a task that wait for room on the disk; older ones are given up. */
const MOST_WAITING = 1000;

export function openTaskStore(root: string, log: (line: string) => void = () => undefined): TaskStore {
  const directory = join(root, 'tasks');
  mkdirSync(directory, {recursive: true, mode: 0o700});
  const place = (id: string, name: string) => join(directory, id, name);
  const all = readdirSync(directory)
    .flatMap((id) => readState(join(directory, id), id) ?? [])
    .sort((one, other) => one.sequence - other.sequence);
  const byId = new Map(all.map((task) => [task.id, task]));
  const submissionKey = (owner: string, id: string) => `${owner} ${id.toLowerCase()}`;
  const bySubmission = new Map(all.map((task) => [submissionKey(task.owner, task.submissionId), task]));
  const unsaved = new Set<TaskState>();
  const waiting = new Map<string, TaskEvent[]>();
  const write = (state: TaskState) => writeRecord(place(state.id, 'state.json'), state);
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
  /** how each record that was met damaged is read again, by file */
  const met = new Map<string, {readonly id: string; readonly again: () => unknown}>();
  /** Read a record of a task, and remember whether it was whole. */
  const reading = <T>(id: string, file: string, read: () => T): T => {
    try {
      const value = read();
      met.delete(file);
      return value;
    } catch (error) {
      if (error instanceof DamagedRecord && !met.has(file)) log(`${error.message}: ${error.why}`);
      if (error instanceof DamagedRecord) met.set(file, {id, again: read});
      throw error;
    }
  };
  const damagedNow = (file: string, {id, again}: {id: string; again: () => unknown}): DamagedRecord | undefined => {
    try {
      reading(id, file, again);
      return undefined;
    } catch (error) {
      if (error instanceof DamagedRecord) return error;
      throw error;
    }
  };
  const request = (id: string): TransferSubmission | DeleteSubmission => {
    const [file, state] = [place(id, 'request.json'), byId.get(id)];
    if (!state) throw new RangeError(`there is no task "${id}"`);
    return reading(id, file, () => readRequest(file, join(directory, id), state));
  };
  const lines = <T>(id: string, name: string, schema: z.ZodType<T>): T[] => {
    const file = place(id, name);
    return reading(id, file, () => readJournal(file, schema));
  };
  for (const task of all) {
    lines(task.id, 'events.jsonl', eventSchema);
    if (hasEnded(task)) continue;
    request(task.id);
    for (const name of ['successful.jsonl', 'skipped.jsonl']) lines(task.id, name, row);
  }
  return {
    all,
    get(id) {
      const task = byId.get(id.toLowerCase());
      for (const [file, one] of met) {
        const damage = one.id === task?.id ? damagedNow(file, one) : undefined;
        if (damage) throw damage;
      }
      return task;
    },
    damaged: () => [...met].flatMap(([file, one]) => damagedNow(file, one) ?? []),
    bySubmission: (owner, id) => bySubmission.get(submissionKey(owner, id)),
    create(state, body) {
      // The request first: a state without one could not go on after a kill in between.
      writeRecord(place(state.id, 'request.json'), body);
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
    transferRequest(id) {
      const found = request(id);
      if ('source_endpoint' in found) return found;
      throw new RangeError(`task "${id}" is not a transfer`);
    },
    deleteRequest(id) {
      const found = request(id);
      if ('endpoint' in found) return found;
      throw new RangeError(`task "${id}" is not a delete`);
    },
    addEvent: (id, event) => addEvents(id, [event]),
    events: (id) => {
      const kept = lines(id, 'events.jsonl', eventSchema);
      return [...kept, ...(waiting.get(id) ?? [])].reverse();
    },
    list: (id, which) => createJournal(place(id, `${which}.jsonl`)),
    listPage(id, which, marker, count) {
      const file = place(id, `${which}.jsonl`);
      return reading(id, file, () => readJournalPage(file, row, marker, count));
    },
    finished(id) {
      const destinationPaths = new Set<string>();
      let bytes = 0;
      for (const file of lines(id, 'successful.jsonl', finishedLine)) {
        if (destinationPaths.has(file.destination_path)) continue;
        destinationPaths.add(file.destination_path);
        bytes += file.size;
      }
      return {destinationPaths, bytes};
    },
    forgetSkipped: (id) => rmSync(place(id, 'skipped.jsonl'), {force: true}),
    temporariesFile: (id) => place(id, 'temporaries.jsonl'),
  };
}
