import {expect, test} from 'vitest';
import {findAtServer, findInProfile} from '../../../src/app/site/find-in-profile.ts';
import {proposeFrom, questionsFor, readAnswer, sectionOf} from '../../../src/app/site/profile-questions.ts';
import type {QueueSeen, ServerSeen} from '../../../src/scheduler/site.ts';
import {profileOf, queueOf as queue} from '../../support/fake-stage.ts';

const SERVER: ServerSeen = {name: 'pbs', historyKept: true, defaultQueue: 'workq'};

function problems(yaml: string, server: ServerSeen, queues: readonly QueueSeen[]): string[] {
  const found = findAtServer(profileOf(yaml), server, queues);
  for (const finding of found.filter(({level}) => level !== 'ok'))
    expect(finding.next.length > 0 || finding.level === 'note').toBe(true);
  return found.filter(({level}) => level === 'problem').map(({what}) => what);
}

test.each([
  ['{}', [queue('workq')], []],
  ['{}', [queue('other')], ['compute: there is no queue "workq"', 'staging: there is no queue "workq"']],
  ['{compute: {queue: big}}', [queue('workq')], ['compute: there is no queue "big"']],
  [
    '{queue: workq@elsewhere, compute: {walltime: "10:00:00"}}',
    [queue('workq', {resourcesMax: {walltime: '01:00:00'}})],
    [],
  ],
  [
    '{staging: {queue: small}}',
    [queue('workq'), queue('small', {enabled: false})],
    ['staging: queue small accepts no jobs'],
  ],
  [
    '{compute: {walltime: "10:00:00"}}',
    [queue('workq', {resourcesMax: {walltime: '01:00:00'}})],
    ['compute: walltime 10:00:00 is above what queue workq allows'],
  ],
  [
    '{staging: {walltime: "00:01:00"}}',
    [queue('workq', {resourcesMin: {walltime: '00:05:00'}})],
    ['staging: walltime 00:01:00 is below the minimum of queue workq'],
  ],
  [
    '{strategy: wait}',
    [queue('workq', {resourcesMax: {walltime: '01:00:00'}})],
    ['staging: walltime 12:00:00 is above what queue workq allows'],
  ],
  ['{max_queued: 11}', [queue('workq', {maxQueued: 10})], ['max_queued 11 is above what PBS accepts']],
  ['{max_queued: 10}', [queue('workq', {maxQueued: 10})], []],
])('%s at a server with %j has the problems %j', (yaml, queues, expected) => {
  expect(problems(yaml, SERVER, queues)).toEqual(expected);
});

test('without a queue and a default queue there is nowhere to submit', () => {
  expect(problems('{}', {name: 'pbs', historyKept: true}, [queue('workq')])).toEqual([
    'compute: no queue is named',
    'staging: no queue is named',
  ]);
});

test('no network in staging jobs is no mistake, but something to act upon: cron or a person looks', () => {
  const found = findInProfile(profileOf('{staging: {network: false}}'));
  expect(found.find(({level}) => level === 'note')).toMatchObject({
    what: 'staging jobs may not reach the network',
    next: expect.arrayContaining([expect.stringContaining('stage monitor --no-chain --profile a')]),
  });
});

test('a path mapping names a collection that is known', () => {
  const yaml = '{paths: [{cluster: /lus, collection: eagle, path: /}]}';
  expect(findInProfile(profileOf(yaml)).filter(({level}) => level === 'problem')).toMatchObject([
    {next: [expect.stringContaining('eagle: ID')]},
  ]);
});

test('queues are proposed by what PBS says: the default one, and one with a name for data work that takes 5 minutes', () => {
  const queues = [
    queue('workq', {maxQueued: 50}),
    queue('copyq', {resourcesMax: {walltime: '00:01:00'}}),
    queue('data', {enabled: false}),
    queue('transfer', {maxQueued: 20}),
    queue('debug'),
  ];
  expect(proposeFrom(SERVER, queues)).toEqual({queue: 'workq', stagingQueue: 'transfer', maxQueued: 20});
  expect(proposeFrom({...SERVER, defaultQueue: 'none'}, [queue('closed', {access: 'closed'}), queue('open')])).toEqual({
    queue: 'open',
    stagingQueue: 'open',
  });
  expect(proposeFrom(SERVER, [])).toEqual({});
});

test('what a flag has said is not asked for', () => {
  const keys = questionsFor({queue: 'a', network: false}, {}, []).map(({key}) => key);
  expect(keys).not.toContain('queue');
  expect(keys).not.toContain('network');
  expect(keys).toContain('account');
});

test('an empty answer takes the proposal, "-" takes none, and another one must be among the choices', () => {
  const question = {key: 'queue', text: '', proposal: 'workq', choices: ['workq', 'small']} as const;
  expect(readAnswer(question, '')).toEqual({value: {queue: 'workq'}});
  expect(readAnswer(question, '-')).toEqual({value: {}});
  expect(readAnswer(question, ' small ')).toEqual({value: {queue: 'small'}});
  expect(readAnswer(question, 'smal')).toEqual({wrong: '"smal" is not one of workq, small'});
  const resources = {key: 'resources', text: ''} as const;
  expect(readAnswer(resources, 'filesystems=home:eagle ngpus=1')).toEqual({
    value: {resources: {filesystems: 'home:eagle', ngpus: '1'}},
  });
  expect(readAnswer(resources, 'filesystems')).toHaveProperty('wrong');
});

test('a section says what was said, and nothing else', () => {
  expect(sectionOf({queue: 'workq', network: true})).toEqual({
    scheduler: 'pbs',
    transfer: 'globus',
    compute: {queue: 'workq'},
  });
  expect(sectionOf({network: false, httpsProxy: 'http://p:1'})).toMatchObject({
    staging: {network: false},
    proxy: {https: 'http://p:1'},
  });
});
