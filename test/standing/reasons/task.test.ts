import {describe, expect, test} from 'vitest';
import type {TaskId} from '../../../src/base/ids.ts';
import {readTrouble} from '../../../src/engine/plan/tasks/task-trouble.ts';
import {CODE_MEANINGS} from '../../../src/standing/reasons/event-codes.ts';
import {explainTask, type TaskKnowledge} from '../../../src/standing/reasons/explain-task.ts';
import {inOneLine} from '../../../src/standing/standing.ts';
import {readTask} from '../../../src/transfer/globus/read-task.ts';
import type {TaskEvent, TransferTask} from '../../../src/transfer/transfer-service.ts';
import {DESTINATION, SOURCE, taskDocument} from '../../transfer/documents.ts';
import {ERROR_CODES} from './error-codes.ts';

const NOW = Date.parse('2021-01-15T20:13:11Z');
const PLACE = {
  run: 'climate.1',
  from: {collection: SOURCE, path: '/~/in/'},
  to: {collection: DESTINATION, path: '/~/out/'},
  now: NOW,
};

function task(change: Record<string, unknown>): TransferTask {
  const seen = readTask(taskDocument(change));
  if (seen.kind !== 'task') throw new Error(JSON.stringify(seen));
  return seen;
}

/** An error event with the lines that Globus writes into its details. */
function error(code: string, {path = '/~/in/a.dat', collection = SOURCE, minutesAgo = 10} = {}): TaskEvent {
  const words = code.toLowerCase().replaceAll('_', ' ');
  return {
    at: NOW - minutesAgo * 60_000,
    code,
    isError: true,
    description: words,
    details: `Error (${words})\nEndpoint: Some Collection (${collection})\nServer: a:443\nFile: ${path}\nCommand: RETR ${path}\nMessage: the server said so\n---\nDetails: 500-more`,
  };
}

const explain = (change: Record<string, unknown>, known: TaskKnowledge = {}) => explainTask(task(change), known, PLACE);

describe('a task that meets faults', () => {
  test.each(ERROR_CODES)(
    '%s is explained in words of its own, with something to do next and no gap left open',
    (code) => {
      expect(CODE_MEANINGS).toHaveProperty(code);
      const trouble = readTrouble([error(code)], 100);
      const reason = explain(
        {nice_status: code, nice_status_short_description: 'x', faults: 2},
        trouble ? {trouble} : {},
      );
      expect(reason.code).toBe(`TASK_FAULT_${code}`);
      expect(reason.next.length).toBeGreaterThan(0);
      expect([reason.what, ...reason.next].join(' ')).not.toMatch(/[{}]|undefined/);
      expect(reason.what).not.toContain(code);
      expect(reason).toMatchObject({why: 'the server said so; 2 faults so far', since: NOW - 600_000, times: 1});
    },
  );

  test('the file is named with its collection, the side is the one the event names, and the deadline is told', () => {
    const events = [
      error('NO_SPACE_LEFT', {path: '/~/out/b', collection: DESTINATION, minutesAgo: 1}),
      error('NO_SPACE_LEFT', {path: '/~/out/b', collection: DESTINATION, minutesAgo: 9}),
      error('NO_SPACE_LEFT', {path: '/~/out/other', collection: DESTINATION, minutesAgo: 30}),
    ];
    const trouble = readTrouble(events, 100);
    if (!trouble) throw new Error('no trouble was read');
    const reason = explain({nice_status: 'NO_SPACE_LEFT', faults: 3}, {trouble});
    expect(reason).toMatchObject({
      standing: 'action',
      what: 'no space is left for Globus Tutorial Collection 2:/~/out/b',
      since: NOW - 540_000,
      times: 2,
      deadline: Date.parse('2021-01-16T18:13:11Z'),
    });
    expect(reason.next[0]).toContain('Free some space on Globus Tutorial Collection 2');
  });

  test('an unknown code is shown in the words of Globus', () => {
    const reason = explain({nice_status: 'WEATHER', nice_status_short_description: 'bad weather', faults: 1});
    expect(reason).toMatchObject({code: 'TASK_FAULT_WEATHER', what: 'Globus reports bad weather (WEATHER)'});
    expect(reason.next.length).toBeGreaterThan(0);
  });

  test('its last error is told although it is queued again meanwhile', () => {
    const trouble = readTrouble([error('FILE_NOT_FOUND')], 100);
    const reason = explain({nice_status: 'Queued', faults: 1}, trouble ? {trouble} : {});
    expect(reason.code).toBe('TASK_FAULT_FILE_NOT_FOUND');
  });
});

describe('a task without faults', () => {
  test('queued behind own tasks: which, and how to make room', () => {
    const ahead = [1, 2, 3].map((n) => ({task: `task-${n}` as TaskId, label: `stage other.${n} in 1`}));
    const reason = explain({nice_status: 'Queued'}, {ahead});
    expect(reason).toMatchObject({
      standing: 'waiting',
      code: 'TASK_QUEUED',
      what: 'queued at Globus behind 3 of your own tasks',
      why: expect.stringContaining('"stage other.2 in 1" (task-2)'),
    });
    expect(reason.next.join()).toContain('stage transfer cancel task-1');
    expect(explain({nice_status: 'Queued'})).toMatchObject({code: 'TASK_QUEUED', what: 'queued at Globus'});
  });

  test('paused: by the manager of which collection, with the message, since when, and whom to ask', () => {
    const archive = {id: SOURCE, name: 'archive'};
    const reason = explain(
      {is_paused: true, nice_status: 'PAUSED_BY_ADMIN'},
      {
        pauses: [{collection: archive, message: 'tape robot under repair', since: 5}],
        collections: new Map([
          [SOURCE, {id: SOURCE, displayName: 'archive', owner: 'o@x', entityType: '', contact: 'help@x'}],
        ]),
      },
    );
    expect(reason).toMatchObject({
      standing: 'trouble',
      code: 'TASK_PAUSED',
      what: 'paused by the manager of archive',
      why: '"tape robot under repair"',
      since: 5,
    });
    expect(reason.next.join()).toContain('help@x');
  });

  test('paused with a message alone, and with nothing that could be learnt', () => {
    expect(explain({is_paused: true}, {pauses: [{message: 'later'}]})).toMatchObject({
      what: 'paused by the manager of a collection',
      why: '"later"',
    });
    expect(explain({is_paused: true, nice_status: 'PAUSED_BY_ADMIN', nice_status_short_description: ''})).toMatchObject(
      {
        what: 'paused at Globus: PAUSED_BY_ADMIN',
        next: [expect.stringContaining('by itself'), expect.stringContaining('https://app.globus.org/activity/')],
      },
    );
  });

  test('inactive: what the collection itself asks for comes first, and nothing need be started again', () => {
    const demand = {
      what: 'w',
      why: 'sign in again to use it',
      next: ['stage login --domain x.org', 'Then run the same command again: nothing is lost.'],
    };
    const reason = explain({status: 'INACTIVE', nice_status: 'NO_CREDENTIALS'}, {demands: [demand]});
    expect(reason).toMatchObject({standing: 'action', code: 'TASK_INACTIVE', why: 'sign in again to use it'});
    expect(reason.next).toEqual([
      'stage login --domain x.org',
      'The task then continues by itself; nothing has to be started again.',
    ]);
  });

  test('inactive, and the collections have nothing to say: the last event and both names', () => {
    const trouble = readTrouble([error('NO_CREDENTIALS')], 100);
    const reason = explain({status: 'INACTIVE'}, trouble ? {trouble} : {});
    expect(inOneLine(reason)).toContain('no credentials (the server said so)');
    expect(reason.next[0]).toMatch(/Collection 1 and .*Collection 2: stage login/);
  });

  test('moving data is fine; an hour without a byte is worth a word', () => {
    expect(explain({})).toMatchObject({standing: 'fine', code: 'TASK_ACTIVE', why: '4 of 10 found files so far'});
    expect(explain({bytes_transferred: 0, effective_bytes_per_second: 0})).toMatchObject({
      standing: 'trouble',
      code: 'TASK_QUIET',
      what: 'nothing has been moved for 2 h',
    });
  });
});

describe('a task that has ended', () => {
  const failed = (code: string, more = {}) => ({
    status: 'FAILED',
    nice_status: null,
    fatal_error: {code, description: code.toLowerCase()},
    ...more,
  });

  test('its deadline passed: what blocked it, and how to take it up again', () => {
    const trouble = readTrouble([error('EXPIRED'), error('FILE_NOT_FOUND')], 100);
    expect(trouble?.code).toBe('FILE_NOT_FOUND');
    const reason = explain(failed('EXPIRED'), trouble ? {trouble} : {});
    expect(reason).toMatchObject({
      code: 'TASK_EXPIRED',
      why: expect.stringContaining('a.dat does not exist'),
      next: ['Fix that first.', expect.stringContaining('stage resume climate.1')],
    });
    expect(reason).not.toHaveProperty('deadline');
  });

  test('cancelled by a person, and by the manager of a collection with their message', () => {
    expect(explain(failed('CANCELED'))).toMatchObject({
      code: 'TASK_CANCELLED',
      what: 'the task was cancelled at Globus',
    });
    const byManager = {canceled_by_admin: 'SOURCE', canceled_by_admin_message: 'we need the bandwidth'};
    expect(explain(failed('CANCELED', byManager))).toMatchObject({
      code: 'TASK_CANCELLED_BY_MANAGER',
      what: 'the manager of its source cancelled it',
      why: '"we need the bandwidth"',
    });
  });

  test('given up for want of room, with no event that names a place: it is the destination', () => {
    expect(explain(failed('NO_SPACE_LEFT')).what).toBe('no space is left for Globus Tutorial Collection 2:/~/out/');
  });

  test('given up at once: the fatal error in words', () => {
    expect(explain(failed('QUOTA_EXCEEDED'))).toMatchObject({
      code: 'TASK_FAILED_QUOTA_EXCEEDED',
      what: expect.stringContaining('the quota at the destination of'),
    });
    expect(explain({status: 'SUCCEEDED', nice_status: null})).toMatchObject({standing: 'fine'});
  });
});

describe('trouble read from events', () => {
  test('the same place is met since its first event; another file or code begins again', () => {
    const events = [
      error('FILE_NOT_FOUND', {path: '/b', minutesAgo: 1}),
      error('PERMISSION_DENIED', {path: '/b', minutesAgo: 2}),
      error('FILE_NOT_FOUND', {path: '/a', minutesAgo: 3}),
      error('FILE_NOT_FOUND', {path: '/b', minutesAgo: 4}),
    ];
    expect(readTrouble(events, 4)).toMatchObject({path: '/b', since: NOW - 240_000, times: 2, atLeast: true});
    expect(readTrouble(events, 5)).toMatchObject({atLeast: false});
    expect(readTrouble(events, 5, ['PERMISSION_DENIED'])).toBeUndefined();
    expect(readTrouble([], 5)).toBeUndefined();
  });

  test('details in an unknown form are quoted as they are, in one line', () => {
    const odd = {...error('TIMEOUT'), details: 'something\n  else'};
    expect(readTrouble([odd], 5)).toMatchObject({said: 'something else', times: 1});
    expect(readTrouble([odd], 5)).not.toHaveProperty('path');
  });
});
