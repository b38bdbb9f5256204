import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {
  onDeletedUnstarted,
  onEnd,
  onRemoved,
  onStart,
  register,
} from '../../../src/stand-ins/pbs/server/dependencies/rules.ts';
import {refusalToQueue} from '../../../src/stand-ins/pbs/server/queues/limits.ts';
import {processorsOf, schedule} from '../../../src/stand-ins/pbs/server/queues/schedule.ts';
import {type Job, settle} from '../../../src/stand-ins/pbs/server/store/job.ts';
import {freshSettings} from '../../../src/stand-ins/pbs/server/store/settings.ts';

function aJob(seq: number, more: Partial<Job> = {}): Job {
  return {
    id: `${seq}.s`,
    seq,
    name: 'j',
    owner: 'alice',
    group: 'alice',
    queue: 'workq',
    project: '_pbs_project_default',
    state: 'Q',
    substate: 10,
    ctime: 0,
    qtime: 0,
    mtime: 0,
    holds: '',
    depend: [],
    join: 'n',
    keep: 'n',
    mailPoints: 'a',
    priority: 0,
    rerunnable: true,
    outputPath: 's:/o',
    errorPath: 's:/e',
    checkpoint: 'u',
    resources: {ncpus: '1', nodect: '1', place: 'pack', select: '1:ncpus=1'},
    variables: '',
    runCount: 0,
    home: '/',
    submitDirectory: '/',
    ...more,
  };
}

const TYPES = ['afterok', 'afternotok', 'afterany', 'after'] as const;

describe('dependencies', () => {
  const mirrored = (): Job =>
    aJob(1, {
      depend: [
        {type: 'beforeok', jobs: ['2.s']},
        {type: 'beforenotok', jobs: ['3.s']},
        {type: 'beforeany', jobs: ['4.s']},
        {type: 'before', jobs: ['5.s']},
      ],
    });
  const fates = (verdicts: ReturnType<typeof onEnd>): string =>
    ['2.s', '3.s', '4.s', '5.s'].map((id) => verdicts.find(({job}) => job === id)?.do ?? 'stuck').join(' ');

  test('a predecessor that succeeds runs its afterok and removes its afternotok', () => {
    expect(fates(onEnd(mirrored(), 0))).toBe('release remove release release');
  });
  test.each([1, 271, -29])('a predecessor that ends with %i removes its afterok', (status) => {
    expect(fates(onEnd(mirrored(), status))).toBe('remove release release release');
  });
  test('a start releases those that wait for it, and no others', () => {
    expect(fates(onStart(mirrored()))).toBe('stuck stuck stuck release');
  });
  test('deleting a job that never started leaves its dependents stuck', () => {
    expect(fates(onDeletedUnstarted(mirrored(), false))).toBe('stuck stuck stuck stuck');
  });
  test('deleting or removing a job that waits itself takes everything behind it along', () => {
    expect(fates(onDeletedUnstarted(mirrored(), true))).toBe('remove remove remove remove');
    expect(fates(onRemoved(mirrored()))).toBe('remove remove remove remove');
  });

  // Measured on OpenPBS 23.06, history on.
  test.each([
    ['that succeeded', {exitStatus: 0}, 'met abort met met'],
    ['that failed', {exitStatus: 3}, 'abort met met met'],
    ['that never ran', {}, 'met abort met met'],
  ] as const)('on a finished job %s', (_what, more, expected) => {
    const other = aJob(1, {state: 'F', ...more});
    expect(TYPES.map((type) => register(aJob(2), type, '1.s', other).kind).join(' ')).toBe(expected);
  });
  test('on an unknown job every type is aborted', () => {
    for (const type of TYPES) expect(register(aJob(2), type, '9.s', undefined).kind).toBe('abort');
  });
  test('before needs a target of the same owner that waits with on', () => {
    const on = [{type: 'on', jobs: [], count: 1}];
    expect(register(aJob(2), 'beforeok', '1.s', aJob(1, {depend: on})).kind).toBe('counted');
    expect(register(aJob(2), 'beforeok', '1.s', aJob(1)).kind).toBe('abort');
    expect(register(aJob(2), 'beforeok', '1.s', aJob(1, {depend: on, owner: 'games'})).kind).toBe('abort');
  });
});

test('a met dependency leaves substate 22 behind while a user hold remains', () => {
  const job = aJob(1, {holds: 'u', substate: 22});
  settle(job, 0);
  expect([job.state, job.substate]).toEqual(['H', 22]);
  job.holds = '';
  settle(job, 5);
  expect([job.state, job.substate, job.etime]).toEqual(['Q', 10, 5]);
});

describe('the schedule', () => {
  const some = (state: Job['state'], from: number): fc.Arbitrary<Job[]> =>
    fc
      .array(fc.tuple(fc.integer({min: 1, max: 6}), fc.integer({min: -1, max: 1})), {maxLength: 5})
      .map((list) =>
        list.map(([cpus, priority], at) => aJob(from + at, {state, priority, resources: {select: `1:ncpus=${cpus}`}})),
      );

  test('never gives out more processors than there are, and leaves none idle that a job could use', () => {
    fc.assert(
      fc.property(some('Q', 10), some('R', 0), fc.integer({min: 1, max: 8}), (waiting, running, processors) => {
        const settings = freshSettings();
        const sum = (jobs: readonly Job[]): number =>
          jobs.reduce((total, job) => total + processorsOf(job, settings), 0);
        const {start, comments} = schedule(waiting, running, settings, {name: 'here', processors});
        const used = sum(running) + sum(start);
        if (start.length > 0) expect(used).toBeLessThanOrEqual(processors);
        for (const job of waiting) {
          const fits = processorsOf(job, settings) <= processors - used;
          expect(start.includes(job) || !fits).toBe(true);
          expect(start.includes(job)).toBe(!comments.has(job.id));
        }
      }),
    );
  });
  test.each([
    ['1:host=there', 'host (there != here)'],
    ['1:ncpus=1+1:vnode=there', 'vnode (there != here)'],
    ['1:host=HERE', undefined],
  ])('of select=%s, a place that is not there is waited for', (select, lacks) => {
    const {start, comments} = schedule([aJob(1, {resources: {select}})], [], freshSettings(), {
      name: 'here',
      processors: 4,
    });
    expect(start).toHaveLength(lacks === undefined ? 1 : 0);
    expect(comments.get('1.s')).toBe(lacks && `Can Never Run: Insufficient amount of resource: ${lacks}`);
  });
  test('says what can never run', () => {
    const {comments} = schedule([aJob(1, {resources: {select: '1:ncpus=1000'}})], [], freshSettings(), {
      name: 'here',
      processors: 32,
    });
    expect(comments.get('1.s')).toBe('Can Never Run: Insufficient amount of resource: ncpus (R: 1000 A: 32 T: 32)');
  });
  test('a run limit of a queue keeps a job queued, with a comment', () => {
    const settings = freshSettings();
    settings.queues.workq = {...settings.queues.workq, max_run: '[u:PBS_GENERIC=1]'};
    const {start, comments} = schedule([aJob(2), aJob(3, {owner: 'bob'})], [aJob(1, {state: 'R'})], settings, {
      name: 'here',
      processors: 8,
    });
    expect(start.map(({id}) => id)).toEqual(['3.s']);
    expect(comments.get('2.s')).toBe('Not Running: User has reached queue workq running job limit.');
  });
});

describe('limits', () => {
  test.each([
    [{max_queued: '[u:PBS_GENERIC=1]'}, "would exceed queue generic's per-user limit"],
    [{max_queued: '[u:alice=1]'}, 'Maximum number of jobs for user alice already in queue workq'],
    [{max_queued: '[o:PBS_ALL=1]'}, 'Maximum number of jobs already in queue workq'],
    [{max_queued: '[g:PBS_GENERIC=1]'}, "would exceed queue workq's per-group limit"],
    [{max_queued: '[p:PBS_GENERIC=1]'}, "would exceed queue workq's per-project limit"],
    [{max_queuable: '1'}, 'Maximum number of jobs already in queue'],
    [{'max_queued_res.ncpus': '[u:PBS_GENERIC=1]'}, 'would exceed per-user limit on resource ncpus in queue workq'],
    [{queued_jobs_threshold: '[u:PBS_GENERIC=1]'}, "would exceed queue generic's per-user limit of jobs in 'Q' state"],
    [{'resources_max.ncpus': '0'}, 'Job violates queue and/or server resource limits'],
    [{acl_user_enable: 'True', acl_users: 'bob'}, 'Unauthorized Request '],
    [{enabled: 'False'}, 'Queue is not enabled'],
  ])('%j refuses a second job: %s', (attributes, text) => {
    const settings = freshSettings();
    settings.queues.workq = {...settings.queues.workq, ...attributes};
    expect(refusalToQueue(aJob(2), settings, [aJob(1, {state: 'H'})])?.text).toBe(text);
  });
});
