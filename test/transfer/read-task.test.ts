import fc from 'fast-check';
import {expect, test} from 'vitest';
import {RequestWrong} from '../../src/errors.ts';
import {readTask, readTaskList, TASK_FIELDS} from '../../src/transfer/globus/read-task.ts';
import {transferDocument} from '../../src/transfer/globus/requests.ts';
import {aTransfer, DESTINATION, SOURCE, taskDocument, taskId, taskList} from './documents.ts';

test('a task that runs well has no trouble and no fatal error', () => {
  expect(readTask(taskDocument())).toEqual({
    kind: 'task',
    task: taskId(1),
    state: 'active',
    label: 'climate stage-in',
    sourceCollection: SOURCE,
    destinationCollection: DESTINATION,
    sourceName: 'Globus Tutorial Collection 1',
    destinationName: 'Globus Tutorial Collection 2',
    bytesTransferred: 1048576,
    filesTransferred: 4,
    filesSkipped: 1,
    files: 10,
    subtasksTotal: 20,
    subtasksPending: 6,
    rate: 1782579,
    faults: 0,
    requestedAt: Date.UTC(2021, 0, 15, 18, 13, 11),
    deadline: Date.UTC(2021, 0, 16, 18, 13, 11),
  });
});

test.each([
  ['queued', {nice_status: 'Queued', nice_status_short_description: 'Queued'}],
  ['paused', {is_paused: true, nice_status: 'PAUSED_BY_ADMIN'}],
  ['inactive', {status: 'INACTIVE', nice_status: 'NO_CREDENTIALS'}],
  ['succeeded', {status: 'SUCCEEDED', nice_status: null, is_ok: null}],
  ['failed', {status: 'FAILED', fatal_error: {code: 'EXPIRED', description: 'deadline expired'}}],
  ['failed', {status: 'FAILED', fatal_error: null}],
  ['cancelled', {status: 'FAILED', fatal_error: null, canceled_by_admin: 'SOURCE'}],
  ['cancelled', {status: 'FAILED', fatal_error: {code: 'CANCELED', description: 'canceled'}}],
  ['cancelled', {status: 'FAILED', fatal_error: '{"code": "CANCELED", "description": "canceled"}'}],
])('a task is %s with %o', (state, change) => {
  expect(readTask(taskDocument(change))).toMatchObject({kind: 'task', state});
});

test('a task that meets faults is still active, and says what troubles it', () => {
  const faulting = taskDocument({
    faults: 3,
    nice_status: 'FILE_NOT_FOUND',
    nice_status_short_description: 'file not found',
  });
  expect(readTask(faulting)).toMatchObject({state: 'active', faults: 3, trouble: 'file not found (FILE_NOT_FOUND)'});
});

test('a failed task keeps the reason, in whatever form it came', () => {
  const failed = (fatal_error: unknown) => readTask(taskDocument({status: 'FAILED', fatal_error}));
  expect(failed({code: 'EXPIRED', description: 'deadline expired'})).toMatchObject({
    fatalError: {code: 'EXPIRED', description: 'deadline expired'},
  });
  expect(failed('disk full')).toMatchObject({fatalError: {code: 'UNKNOWN', description: 'disk full'}});
  expect(failed(null)).toMatchObject({fatalError: {code: 'UNKNOWN', description: ''}});
});

test('a state that is not known is no evidence, never a failure', () => {
  expect(readTask(taskDocument({status: 'SUSPENDED'})).kind).toBe('no-evidence');
});

test('a document that says no more than id and state is enough', () => {
  expect(readTask({task_id: taskId(1), status: 'SUCCEEDED'})).toMatchObject({state: 'succeeded', label: '', rate: 0});
});

test('a task that a whole list leaves out is unknown', () => {
  const read = readTaskList([taskId(1), taskId(2)], taskList(taskDocument()));
  expect([...(read ?? [])].map(([id, seen]) => [id, seen.kind])).toEqual([
    [taskId(1), 'task'],
    [taskId(2), 'unknown'],
  ]);
});

test.each([
  ['tells of more tasks than it holds', {...taskList(taskDocument()), total: 7}],
  ['has lost entries', {...taskList(taskDocument()), length: 2}],
  ['holds an entry without an id', taskList(taskDocument(), {status: 'ACTIVE'})],
])('a list that %s makes no task unknown', (_, document) => {
  expect(readTaskList([taskId(1), taskId(2)], document)?.get(taskId(2))?.kind).toBe('no-evidence');
  expect(readTaskList([taskId(1), taskId(2)], document)?.get(taskId(1))?.kind).toBe('task');
});

test('one odd document does not hide the others', () => {
  const read = readTaskList(
    [taskId(1), taskId(2)],
    taskList(taskDocument({status: 7}), taskDocument({task_id: taskId(2)})),
  );
  expect(read?.get(taskId(1))?.kind).toBe('no-evidence');
  expect(read?.get(taskId(2))?.kind).toBe('task');
});

const WRONG = [7, 'x', true, [1], {a: 1}, ['x', null]];
const OPEN_FIELDS = TASK_FIELDS.split(',').filter((name) => name !== 'status' && name !== 'task_id');

test.each(OPEN_FIELDS)('a task whose %s is of another type lacks that field alone', (name) => {
  const {[name]: _, ...without} = taskDocument();
  const expected = readTask(without);
  for (const value of WRONG) {
    const seen = readTask(taskDocument({[name]: value}));
    expect(seen).toMatchObject({kind: 'task', task: taskId(1)});
    if (typeof value === 'object') expect(seen).toEqual(expected);
  }
});

test.each(['task_id', 'status'])('nothing is known of a task whose %s is of another type', (name) => {
  for (const value of [7, null, ['ACTIVE']]) expect(readTask(taskDocument({[name]: value})).kind).toBe('no-evidence');
});

test('any JSON is read without a throw, and ends no task that does not say SUCCEEDED or FAILED', () => {
  const change = fc.dictionary(
    fc.constantFrom(...TASK_FIELDS.split(',').filter((name) => name !== 'status')),
    fc.jsonValue(),
  );
  fc.assert(
    fc.property(change, fc.constantFrom('ACTIVE', 'INACTIVE', 'OTHER'), (fields, status) => {
      const seen = readTask({...taskDocument(fields), status});
      expect(seen.kind === 'task' ? ['queued', 'active', 'paused', 'inactive'] : ['no-evidence']).toContain(
        seen.kind === 'task' ? seen.state : seen.kind,
      );
    }),
  );
  fc.assert(
    fc.property(fc.jsonValue(), (document) => {
      expect(readTask(document).kind).toBe('no-evidence');
    }),
  );
});

test('a transfer is asked for with its submission id, its items and its options', () => {
  const request = aTransfer({
    options: {syncLevel: 3, verifyChecksum: true, preserveTimestamp: true, encryptData: false, deadline: '2031-01-01'},
  });
  expect(transferDocument('454aa59c-9663-4584-a0a7-410b40534e97', request)).toEqual({
    DATA_TYPE: 'transfer',
    submission_id: '454aa59c-9663-4584-a0a7-410b40534e97',
    notify_on_succeeded: false,
    notify_on_failed: false,
    notify_on_inactive: false,
    label: 'climate stage-in',
    source_endpoint: SOURCE,
    destination_endpoint: DESTINATION,
    sync_level: 3,
    verify_checksum: true,
    preserve_timestamp: true,
    encrypt_data: false,
    deadline: '2031-01-01',
    DATA: [{DATA_TYPE: 'transfer_item', source_path: '/~/in/', destination_path: '/~/out/', recursive: true}],
  });
});

test.each([
  ['a label of 129 characters', {label: 'x'.repeat(129)}],
  ['a label with a line end', {label: 'a\nb'}],
  ['a label with a blank at its end', {label: 'a '}],
  ['no items', {items: []}],
  ['a collection by name', {sourceCollection: 'theta'}],
  ['an empty path', {items: [{from: '', to: '/x', recursive: false}]}],
])('%s is refused before Globus is asked', (_, change) => {
  expect(() => transferDocument('id', aTransfer(change))).toThrow(RequestWrong);
  expect(() => transferDocument('id', aTransfer({label: 'x'.repeat(128)}))).not.toThrow();
});
