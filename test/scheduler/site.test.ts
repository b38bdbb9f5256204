import {expect, test} from 'vitest';
import {walltimeSeconds} from '../../src/base/walltime.ts';
import {limitFor, readQueue, readServer, readShown} from '../../src/scheduler/pbs/read-site.ts';
import {answer} from './recorded.ts';

/** As OpenPBS 23.06 printed them, shortened. */
const SERVER_JSON = `{"timestamp":1795241574,"pbs_version":"23.06.06","pbs_server":"pbs-sn1","Server":{"pbs-sn1":{
  "server_state":"Active","default_queue":"workq","resources_default":{"ncpus":1},"max_array_size":10000,
  "max_queued":"[u:PBS_GENERIC=200]","pbs_version":"23.06.06","job_history_enable":"True"}}}`;
const QUEUES_JSON = `{"timestamp":1795241574,"pbs_version":"23.06.06","pbs_server":"pbs-sn1","Queue":{
  "workq":{"queue_type":"Execution","enabled":"True","started":"True"},
  "debug":{"queue_type":"Execution","enabled":"True","started":"False","max_queued":"[u:PBS_GENERIC=10],[u:alice=2]",
    "resources_max":{"walltime":"01:00:00"},"resources_min":{"walltime":"00:05:00"},"acl_user_enable":"True"},
  "prod":{"queue_type":"Route","enabled":"False","started":"True","route_destinations":"workq,debug@pbs2",
    "from_route_only":"False","max_array_size":100,"resources_max":{"ncpus":64,"walltime":"12:00:00"}}}}`;
const QUEUE_TEXT = `Queue: workq
    queue_type = Execution
    state_count = Transit:0 Queued:0 Held:0 Waiting:0 Running:0 Exiting:0 Begun
\t:0 
    resources_max.walltime = 24:00:00
    enabled = True
    started = True

`;

test('the server says its version, its default queue, its limits, and whether it keeps history', () => {
  const [server] = readShown(answer({stdout: SERVER_JSON}), 'Server') ?? [];
  expect(server && readServer(server, 'alice')).toEqual({
    name: 'pbs-sn1',
    version: '23.06.06',
    historyKept: true,
    defaultQueue: 'workq',
    maxArraySize: 10000,
    maxQueued: 200,
    resourcesDefault: {ncpus: '1'},
  });
});

test('queues say whether they take and start jobs, whose, how large, how many, and where they hand them on to', () => {
  const queues = readShown(answer({stdout: QUEUES_JSON}), 'Queue')?.map((queue) => readQueue(queue, 'alice'));
  expect(queues).toEqual([
    {name: 'workq', enabled: true, started: true, routing: false, access: 'open'},
    {
      name: 'debug',
      enabled: true,
      started: false,
      routing: false,
      access: 'closed',
      resourcesMax: {walltime: '01:00:00'},
      resourcesMin: {walltime: '00:05:00'},
      maxQueued: 2,
    },
    {
      name: 'prod',
      enabled: false,
      started: true,
      routing: true,
      destinations: ['workq', 'debug@pbs2'],
      access: 'open',
      maxArraySize: 100,
      resourcesMax: {ncpus: '64', walltime: '12:00:00'},
    },
  ]);
});

test('the folded text of an older server says the same', () => {
  const [queue] = readShown(answer({stdout: QUEUE_TEXT}), 'Queue') ?? [];
  expect(queue && readQueue(queue, 'alice')).toMatchObject({
    name: 'workq',
    enabled: true,
    resourcesMax: {walltime: '24:00:00'},
  });
});

test.each([
  ['a dead server, whose document is valid and empty', {exitCode: 255, stdout: '{"timestamp":1}'}],
  ['half a document', {stdout: QUEUES_JSON.slice(0, 200)}],
  ['half a text', {stdout: QUEUE_TEXT.slice(0, -2)}],
  ['nothing', {stdout: ''}],
])('%s says nothing about queues', (_what, parts) => {
  expect(readShown(answer(parts), 'Queue')).toBeUndefined();
});

test.each([
  ['[u:PBS_GENERIC=2]', 2],
  ['[u:alice=1]', 1],
  ['[u:bob=1]', undefined],
  ['[u:PBS_GENERIC=2],[u:alice=5]', 5],
  ['[o:PBS_ALL=1],[u:alice=5]', 1],
  ['[g:PBS_GENERIC=1]', undefined],
  [undefined, undefined],
])('the limit %s leaves alice %s jobs', (text, limit) => {
  expect(limitFor('alice', text)).toBe(limit);
});

test.each([
  ['90', 90],
  ['24:00', 1440],
  ['01:00:30', 3630],
  ['120:00:00', 432_000],
  ['soon', undefined],
  ['', undefined],
])('a walltime of "%s" is %s seconds', (text, seconds) => {
  expect(walltimeSeconds(text)).toBe(seconds);
});
