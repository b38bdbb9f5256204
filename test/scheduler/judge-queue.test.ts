import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import {countSubjobs} from '../../src/base/job-array.ts';
import type {RunCommand} from '../../src/process/run-command.ts';
import {judgeQueue} from '../../src/scheduler/judge-queue.ts';
import {createPbsSite} from '../../src/scheduler/pbs/pbs-site.ts';
import {userAccess} from '../../src/scheduler/pbs/read-site.ts';
import {totalRequest} from '../../src/scheduler/resource-amounts.ts';
import {openPbsStandIn, type PbsStandIn} from '../../src/stand-ins/pbs/pbs-stand-in.ts';
import {readArrayRange} from '../../src/workflow/model/array-range.ts';
import {QUEUE_SETUPS, type QueueSetup, qmgrLines, siteSeen} from '../support/queue-setups.ts';
import {until} from '../support/until.ts';
import {answer} from './recorded.ts';

function judge(setup: QueueSetup, {server, queues} = siteSeen(setup)) {
  const array = setup.array === undefined ? undefined : readArrayRange(setup.array);
  const subjobs = typeof array === 'object' ? countSubjobs(array) : undefined;
  return judgeQueue(server, queues, {queue: setup.queue, resources: setup.resources ?? {}, subjobs});
}

/** What a judgement may be, by what PBS does. */
const JUDGED = {
  taken: ['yes', 'unknown'],
  refused: ['never', 'later'],
  gone: ['never'],
  waits: ['yes', 'later', 'unknown'],
};

test.each(QUEUE_SETUPS.map((setup) => [setup.name, setup] as const))('%s is judged by what PBS does', (_, setup) => {
  const judged = judge(setup);
  expect(JUDGED[setup.pbs]).toContain(judged.taken);
  if (setup.endsIn !== undefined) expect(judged.endsIn).toBe(setup.endsIn);
});

test.each(['', '1:', '00:10:'])('a walltime of "%s", which PBS takes, is not called wrong', (walltime) => {
  const [setup] = QUEUE_SETUPS;
  if (!setup) throw new Error('there are set-ups');
  const objections = judge({...setup, resources: {walltime}}).objections.map(({kind}) => kind);
  expect(objections).not.toContain('unreadable');
});

describe('the stand-in PBS does what is judged', () => {
  let root: string;
  let pbs: PbsStandIn;
  beforeAll(async () => {
    root = mkdtempSync(join(tmpdir(), 'stage-judge-'));
    pbs = await openPbsStandIn({root, serverName: 'pbs'});
  });
  afterAll(async () => {
    await pbs.stop();
    rmSync(root, {recursive: true, force: true});
  });

  const setups = QUEUE_SETUPS.filter(({notInStandIn}) => notInStandIn === undefined);

  test.each(setups.map((setup) => [setup.name, setup] as const))('%s', async (_, setup) => {
    await manage(qmgrLines(setup));
    try {
      // What the adapter reads of the stand-in's own answer is judged, not what was meant.
      const site = createPbsSite({run: as('alice'), user: 'alice', timeoutMs: 10_000});
      const judged = judge(setup, {server: await site.server(), queues: await site.queues()});
      expect(judged).toEqual(judge(setup));
      expect(await whatHappens(setup)).toEqual({pbs: setup.pbs, endsIn: setup.endsIn});
    } finally {
      await pbs.wipe();
      await manage(undoing(setup));
    }
  });

  /** Its commands, answered in this process: no client has to be started for each. */
  const as =
    (user: string): RunCommand =>
    async (command, argv, {stdin} = {}) => {
      const script = command === 'qsub' ? {name: 'job.sh', text: '#!/bin/sh\n'} : undefined;
      return answer(await pbs.handle({command, argv: [...argv], user, cwd: root, env: {HOME: root}, stdin, script}));
    };

  async function manage(lines: readonly string[]): Promise<void> {
    expect(await as('root')('qmgr', [], {stdin: lines.join('\n')})).toMatchObject({exitCode: 0, stderr: ''});
  }

  /** Submit the job, and see where it is when routing is over. */
  async function whatHappens({queue, resources = {}, array, pbs: expected}: QueueSetup) {
    const asked = Object.entries(resources).flatMap(([name, value]) => ['-l', `${name}=${value}`]);
    const flags = [...(queue === undefined ? [] : ['-q', queue]), ...(array === undefined ? [] : ['-J', array])];
    const run = as('alice');
    const done = await run('qsub', [...flags, ...asked, 'job.sh']);
    if (done.exitCode !== 0) return {pbs: 'refused'};
    const id = done.stdout.trim();
    const at = async () => /^ {4}queue = (.*)$/m.exec((await run('qstat', ['-x', '-f', id])).stdout)?.[1] ?? 'nowhere';
    const inRouting = (place: string) => place === 'front' || place === 'inner';
    // A routing queue behind another one is left a moment later.
    if (expected !== 'waits') await until(`${id} has left`, async () => !inRouting(await at()));
    const rests = await at();
    if (rests === 'nowhere') return {pbs: 'gone'};
    return inRouting(rests) ? {pbs: 'waits'} : {pbs: 'taken', endsIn: rests};
  }
});

/** What qmgr is told to be as before. */
function undoing({queues, server = {}}: QueueSetup): string[] {
  return [
    ...Object.keys(queues).map((name) => `delete queue ${name}`),
    ...Object.keys(server).map((key) => `unset server ${key}`),
    'set server default_queue = workq',
    'set server max_array_size = 10000',
  ];
}

describe('what a job asks for in all', () => {
  test.each<[Record<string, string>, Record<string, [value: number, whole: boolean]>]>([
    [
      {walltime: '01:00:00', ncpus: '4'},
      {walltime: [3600, true], ncpus: [4, true]},
    ],
    [{select: '4'}, {nodect: [4, true]}],
    [{select: 'ncpus=3'}, {ncpus: [3, true], nodect: [1, true]}],
    [{select: '2:ncpus=4:mem=8gb+1:ncpus=1'}, {ncpus: [9, true], mem: [16 * 1024 ** 3, false], nodect: [3, true]}],
    [{select: '1:ncpus=1:vnode="a+b"'}, {}],
    [{mem: '1kw', place: 'scatter'}, {mem: [8192, true]}],
  ])('%j is %j', (resources, expected) => {
    const found = [...totalRequest(resources)].map(([name, {value, whole}]) => [name, [value, whole]]);
    expect(Object.fromEntries(found)).toEqual(expected);
  });
});

describe('a job that can be shrunk', () => {
  const queues = [
    {name: 'q', enabled: true, started: true, routing: false, access: 'open', resourcesMax: {walltime: '02:00:00'}},
  ] as const;
  const server = {name: 's', historyKept: true, defaultQueue: 'q', resourcesDefault: {walltime: '04:00:00'}};
  test('is compared by its shortest and longest walltime, and not by the default', () => {
    const taken = (resources: Record<string, string>) => judgeQueue(server, queues, {resources}).taken;
    expect(taken({min_walltime: '01:00:00'})).toBe('yes');
    expect(taken({min_walltime: '01:00:00', max_walltime: '03:00:00'})).toBe('never');
    expect(taken({})).toBe('never');
  });
});

test.each([
  ['', 'closed'],
  ['bob', 'closed'],
  ['alice', 'open'],
  ['+alice,bob', 'open'],
  ['-alice,+', 'closed'],
  ['-bob,+', 'open'],
  ['alice@*', 'open'],
  ['alice@login1.example.org', 'unknown'],
])('the access list "%s" is %s to alice', (list, access) => {
  expect(userAccess('alice', list)).toBe(access);
});
