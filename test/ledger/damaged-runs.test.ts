import {existsSync, mkdirSync, readFileSync, renameSync, writeFileSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {describe, expect, test} from 'vitest';
import {giveUpRun} from '../../src/app/runs/ending/give-up.ts';
import {tick} from '../../src/app/runs/monitor/monitor.ts';
import {listRuns} from '../../src/app/runs/status/list.ts';
import {showStatus} from '../../src/app/runs/status/status.ts';
import {explainWhy} from '../../src/app/runs/why/why.ts';
import {reconcile} from '../../src/engine/turn.ts';
import type {RunFactKind} from '../../src/ledger/fact-schemas/run-fact-kind.ts';
import {RUN_FACTS, type RunFactName} from '../../src/ledger/fact-schemas/run-facts.ts';
import {ENVIRONMENT, LATE, RESUMED, SEAL, SPEC} from '../../src/ledger/fact-schemas/run-record.ts';
import type {RunId} from '../../src/ledger/state-directory.ts';
import {CLASSIC, jobStep, specOf} from '../support/a-run.ts';
import {DAMAGES_OF_RUNS, moveAway, restore, waysTo} from '../support/damages.ts';
import {type FakeStage, fakeStage} from '../support/fake-stage.ts';
import {memoryDirectory} from '../support/memory-directory.ts';

const AT = 999_000;
const BY = {at: AT, by: 'ada@host:1'};
const JOB = {at: AT, job: '77.s'};
const REFUSED = {at: AT, why: 'no such queue', retry: true};
const {workflow} = specOf(CLASSIC);
const THING = {path: 'a', kind: 'file', device: '1', number: '2', size: 3, mtime: '4'};

/** A whole fact of each kind, by its name in the run `r.1`. One that the run has itself is taken as it is. */
const SAMPLES: Readonly<Record<RunFactName, readonly [name: string, value: object]>> = {
  'act.intent': [
    'cleanup.1.act.intent-1',
    {...BY, host: 'n1', across: false, copyBytes: 0, whole: true, things: [THING]},
  ],
  'act.progress': [
    'cleanup.1.act.progress-1',
    {at: AT, part: 'act', done: 1, acted: 1, copied: 0, gone: 0, left: 0, told: []},
  ],
  'transfer.intent': ['stage-in.1.transfer.intent', {}],
  'transfer.source': [
    'stage-in.1.transfer.source',
    {files: 1, directories: 1, bytes: 5, sizes: {1: [1, 5]}, cut: false, listedAt: AT},
  ],
  'transfer.confirmed': ['stage-in.1.transfer.confirmed', {}],
  'transfer.refused': ['stage-in.1.transfer.refused', REFUSED],
  'transfer.later': ['stage-in.1.transfer.later-1', {at: AT, why: 'so many are pending', room: true}],
  'transfer.again': ['stage-in.1.transfer.again-2', BY],
  'transfer.forced': ['stage-in.1.transfer.forced', BY],
  'transfer.sign-in': ['stage-out.1.transfer.sign-in-1', {at: AT, what: 'consent', next: ['sign in']}],
  'transfer.cancel.intent': ['stage-in.1.transfer.cancel.intent', {...BY, why: 'x'}],
  'transfer.cancel.confirmed': ['stage-in.1.transfer.cancel.confirmed', {at: AT}],
  'transfer.absent': ['stage-in.1.transfer.absent', {at: AT, task: 't'}],
  'transfer.seen-again': ['stage-in.1.transfer.seen-again', {at: AT, task: 't'}],
  'job.intent': ['compute.1.job.intent', {}],
  'job.confirmed': ['compute.1.job.confirmed', {}],
  'job.refused': ['compute.1.launcher.refused', REFUSED],
  'job.never-arrived': ['compute.1.launcher.never-arrived', {at: AT}],
  'job.release.intent': ['compute.1.job.release.intent', {...BY, why: 'stage-in succeeded'}],
  'job.release.confirmed': ['compute.1.job.release.confirmed', {at: AT}],
  'job.unpermitted': ['compute.1.job.unpermitted', {at: '2026-11-30T16:25:20Z'}],
  'job.delete.intent': ['compute.1.job.delete.intent', {...BY, why: 'x'}],
  'job.delete.confirmed': ['compute.1.job.delete.confirmed', {at: AT}],
  'job.absent': ['compute.1.job.absent', JOB],
  'job.seen-again': ['compute.1.job.seen-again', JOB],
  'decision.round': ['decision.round-1', {...BY, step: 'compute', from: 'stage-in', steps: {compute: 1}, why: 'x'}],
  'job.leaving': ['stage-in.1.wait.leaving', BY],
  'job.hold-by-hand': ['compute.1.job.hold-by-hand-1', {...BY, comment: 'Job held by ada'}],
  'job.hold.intent': ['compute.1.job.hold-1.intent', {...BY, why: 'held'}],
  'job.hold.confirmed': ['compute.1.job.hold-1.confirmed', {at: AT}],
  'job.hold.comment': ['compute.1.job.hold-1.comment-1', {at: AT, comment: 'Job held by ada'}],
  'job.hold.ended': ['compute.1.job.hold-1.ended', {at: AT}],
  start: ['compute.1.start.1', {job: '1.s', host: 'n1', pid: 1, at: '2026-11-21T10:15:52Z'}],
  altered: ['compute.1.altered', {job: '1.s', at: '2026-11-21T10:15:52Z'}],
  end: ['compute.1.end.1', {job: '1.s', exit: 3, terminated: false, at: '2026-11-21T10:15:52Z'}],
  status: ['compute.1.status.1', {job: '1.s', exit: 3, at: '2026-11-21T10:15:52Z'}],
  term: ['compute.1.term.1', {job: '1.s', at: '2026-11-21T10:15:52Z'}],
  outcome: ['compute.1.outcome', {at: AT, state: 'failed', why: 'exit status 3', exitStatus: 3}],
  'decision.cancel': ['decision.cancel', {...BY, cleanup: true}],
  'decision.hold': ['decision.hold-1', {...BY, steps: ['compute']}],
  'decision.release': ['decision.release-1', BY],
  'decision.forget': ['decision.forget-1', {...BY, step: 'stage-in', attempt: 1, task: 't', jobs: []}],
  'decision.update': [
    'decision.update-1',
    {...BY, workflow, fingerprint: 'g', scriptHashes: {}, scripts: {}, changed: ['cleanup'], removed: [], steps: {}},
  ],
};

/** A state directory with the run `r.1`, whose stage-in is under way, and with `o.1`, a job that stands in the queue. */
async function begun(): Promise<FakeStage> {
  const stage = fakeStage(memoryDirectory('damage-'));
  const {run: _, nonce: __, format: ___, number, ...spec} = specOf(CLASSIC);
  stage.ledger.createRun(number, spec, new Map(), {LANG: 'C'});
  const other = specOf([jobStep('alone')]);
  stage.ledger.createRun(1, {...spec, workflow: other.workflow, name: 'o'}, new Map());
  await reconcile(await stage.engine(), {rebuild: true});
  stage.world.now += 1000;
  return stage;
}

const fileOf = ({ledger}: FakeStage, name: string) => join(ledger.layout.runs, 'r.1', 'facts', `${name}.json`);

function putIfMissing(path: string, value: object): string {
  mkdirSync(dirname(path), {recursive: true});
  if (!existsSync(path)) writeFileSync(path, `${JSON.stringify(value)}\n`);
  return readFileSync(path, 'utf8');
}

const DAMAGED = expect.stringMatching(/^LEDGER_(DAMAGED|NEWER)$/);
const isSealed = ({ledger}: FakeStage, run: string) => existsSync(join(ledger.layout.sealed, `${run}.json`));

/** Whatever is asked: the file is named, with exit 4; the run stands still; and nothing ends in success. */
async function expectSetAside(stage: FakeStage, path: string): Promise<void> {
  const problem = {code: DAMAGED, exit: 4, why: expect.stringContaining(path)};
  const damaged = expect.objectContaining(problem);
  const status = await showStatus(stage, undefined);
  expect(status).toMatchObject({exit: 4, problems: expect.arrayContaining([damaged])});
  expect(status.runs.map(({run, state}) => `${run} ${state}`)).toEqual(['o.1 active']);
  await expect(showStatus(stage, 'r')).rejects.toMatchObject(problem);
  await expect(explainWhy(stage, {run: 'r', step: undefined})).rejects.toMatchObject(problem);
  expect(listRuns(stage, [])).toMatchObject([
    {run: 'o.1'},
    {run: 'r.1', state: 'unreadable', reason: expect.stringContaining(path)},
  ]);
  const report = await tick(stage, {chain: true, inJob: false});
  expect(report).toMatchObject({exit: 4, problems: expect.arrayContaining([damaged])});
  expect(isSealed(stage, 'r.1')).toBe(false);
}

/** The run is read again; whatever else it meets, no file of it is damaged. */
async function expectReadable(stage: FakeStage): Promise<void> {
  const {problems, runs} = await showStatus(stage, 'r');
  expect(problems.map(({code}) => code)).not.toContainEqual(DAMAGED);
  expect(runs[0]?.state).not.toBe('succeeded');
}

/** What is on record of other runs goes on while one is set aside. */
async function expectOtherToEnd(stage: FakeStage): Promise<void> {
  const [job] = stage.world.scheduler.submitted('alone.1.job');
  if (!job) throw new Error('the other run has no job');
  stage.world.scheduler.finish(job, 0);
  await tick(stage, {chain: true, inJob: false});
  expect(stage.ledger.summary('o.1' as RunId)).toMatchObject({state: 'succeeded'});
}

/** Of a marker that counts by its name, what a loss of power leaves is no damage. */
const CUTS = ['empty', 'cut in half', 'not JSON'];

describe.each(Object.keys(RUN_FACTS) as RunFactName[])('%s', (kindName) => {
  const kind: RunFactKind = RUN_FACTS[kindName];
  const [name, value] = SAMPLES[kindName];

  test('damaged in each of nine ways the run is set aside and named; restored, it is read again', async () => {
    const stage = await begun();
    const path = fileOf(stage, name);
    const whole = putIfMissing(path, value);
    for (const damage of DAMAGES_OF_RUNS) {
      const ways = waysTo(damage, path, kind);
      if (!kind.byName) expect(ways.length, damage).toBeGreaterThan(0);
      for (const apply of ways) {
        apply();
        if (kind.byName && CUTS.includes(damage)) await expectReadable(stage);
        else await expectSetAside(stage, path);
        restore(path, whole);
      }
    }
    await expectOtherToEnd(stage);
    await expectReadable(stage);
  });

  test.runIf(kind.moved)('moved away as is advised, the run goes on', async () => {
    const stage = await begun();
    const path = fileOf(stage, name);
    putIfMissing(path, value);
    restore(path, '');
    const {problems} = await showStatus(stage, undefined);
    const [problem] = problems.filter(({code}) => code === 'LEDGER_DAMAGED');
    expect(problem?.next).toContainEqual(`Or move it away: mv ${path} ${path}.aside; then ${kind.moved}`);
    moveAway(path);
    await expectReadable(stage);
    for (let rounds = 0; rounds < 3; rounds++) {
      stage.world.now += 120_000;
      await expectReadable(stage);
    }
  });
});

/** What belongs to a run, and lies beside its facts. */
const BESIDE = {
  spec: [SPEC, ({ledger}: FakeStage) => join(ledger.layout.runs, 'r.1', 'spec.json'), {}],
  environment: [
    ENVIRONMENT,
    ({ledger}: FakeStage) => {
      const run = ledger.open('r.1' as RunId);
      return join(run.layout.directory, `${run.state.original.environment}.json`);
    },
    {},
  ],
  resumption: [
    RESUMED,
    ({ledger}: FakeStage) => join(ledger.layout.resumed, 'r.1~1.json'),
    {...BY, steps: {}, redo: []},
  ],
} as const;

test.each(Object.entries(BESIDE))(
  'a damaged %s sets its run aside, in each of nine ways',
  async (_, [kind, place, value]) => {
    const stage = await begun();
    const path = place(stage);
    const whole = putIfMissing(path, value);
    for (const damage of DAMAGES_OF_RUNS)
      for (const apply of waysTo(damage, path, kind)) {
        apply();
        await expectSetAside(stage, path);
        restore(path, whole);
      }
    await expectReadable(stage);
  },
);

test('each fact that is created for a run names it, and facts of older versions, which do not, are read', async () => {
  const stage = await begun();
  const {facts, layout} = stage.ledger.open('r.1' as RunId);
  expect(facts.size).toBeGreaterThan(4);
  for (const [name, value] of facts) {
    expect(value, name).toMatchObject({run: 'r.1'});
    const {run: _, ...older} = value;
    restore(join(layout.facts, `${name}.json`), JSON.stringify(older));
  }
  await expectReadable(stage);
});

test('an outcome that was copied from another run is not believed: the file is named, and whose it is', async () => {
  const stage = await begun();
  stage.ledger.create('o.1' as RunId, 'alone.1.outcome', {at: AT, state: 'succeeded', why: 'exit status 0'});
  const path = fileOf(stage, 'compute.1.outcome');
  renameSync(join(stage.ledger.layout.runs, 'o.1', 'facts', 'alone.1.outcome.json'), path);
  await expectSetAside(stage, path);
  await expect(showStatus(stage, 'r')).rejects.toMatchObject({
    why: `${path}: it belongs to another run: "o.1"`,
  });
});

test('a decision that this version does not know is one of a newer version', async () => {
  const stage = await begun();
  const path = fileOf(stage, 'decision.postpone-1');
  putIfMissing(path, BY);
  await expectSetAside(stage, path);
});

test('a fact that is damaged while a look is under way sets its run aside, and the look goes on', async () => {
  const stage = await begun();
  const {scheduler} = stage.world;
  const [job] = scheduler.submitted('alone.1.job');
  if (job) scheduler.finish(job, 0);
  const [compute] = scheduler.submitted('compute.1.job');
  if (compute) scheduler.finish(compute, 3);
  const path = fileOf(stage, 'compute.1.end.1');
  const look = scheduler.look.bind(scheduler);
  scheduler.look = async (jobs) => {
    putIfMissing(path, {odd: true});
    return look(jobs);
  };
  const {problems, sealed} = await reconcile(await stage.engine());
  expect(problems).toEqual([expect.objectContaining({code: 'LEDGER_DAMAGED', path})]);
  expect(sealed).toMatchObject([{run: 'o.1', state: 'succeeded'}]);
});

test('an emptied outcome of a failed step is not taken for a success, whoever looks', async () => {
  const stage = await begun();
  const [job] = stage.world.scheduler.submitted('alone.1.job');
  stage.ledger.create('o.1' as RunId, 'alone.1.outcome', {at: AT, state: 'failed', why: 'exit status 1'});
  const outcome = join(stage.ledger.layout.runs, 'o.1', 'facts', 'alone.1.outcome.json');
  restore(outcome, '');
  if (job) stage.world.scheduler.finish(job, 1);
  expect(await showStatus(stage, undefined)).toMatchObject({exit: 4});
  expect(isSealed(stage, 'o.1')).toBe(false);
  moveAway(outcome);
  expect(await showStatus(stage, 'o')).toMatchObject({exit: 1, runs: [{state: 'failed'}]});
});

test.each(DAMAGES_OF_RUNS)(
  'a seal: %s; how its run ended is not guessed, and moved away it is made again',
  async (damage) => {
    const stage = await begun();
    const [job] = stage.world.scheduler.submitted('alone.1.job');
    if (job) stage.world.scheduler.finish(job, 1);
    await tick(stage, {chain: true, inJob: false});
    const path = join(stage.ledger.layout.sealed, 'o.1.json');
    const whole = readFileSync(path, 'utf8');
    for (const apply of waysTo(damage, path, SEAL)) {
      apply();
      const problem = {code: DAMAGED, exit: 4, why: expect.stringContaining(path)};
      const status = await showStatus(stage, undefined);
      expect(status).toMatchObject({exit: 4, problems: expect.arrayContaining([expect.objectContaining(problem)])});
      expect(status.runs.map(({run}) => run)).toEqual(['r.1']);
      await expect(showStatus(stage, 'o')).rejects.toMatchObject(problem);
      expect(listRuns(stage, ['unreadable'])).toMatchObject([{run: 'o.1'}]);
      restore(path, whole);
      expect((await showStatus(stage, 'o')).exit).toBe(1);
    }
    moveAway(path);
    stage.world.now += 3_600_000;
    expect(await showStatus(stage, undefined)).toMatchObject({runs: [{run: 'o.1', state: 'failed'}, {run: 'r.1'}]});
    expect(JSON.parse(readFileSync(path, 'utf8')), 'it ended when it ended').toEqual(JSON.parse(whole));
  },
);

test.each(DAMAGES_OF_RUNS)('late submissions: %s; it is told, and everything goes on', async (damage) => {
  const stage = await begun();
  const path = join(stage.ledger.layout.late, 'x.1.json');
  const whole = putIfMissing(path, {run: 'x.1', tags: ['t'], until: 9_000_000});
  for (const apply of waysTo(damage, path, LATE)) {
    apply();
    const {exit, problems, runs} = await showStatus(stage, undefined);
    expect(problems.filter(({why}) => why?.includes(path))).toMatchObject([{code: DAMAGED}]);
    expect([exit, runs.length]).toEqual([4, 2]);
    restore(path, whole);
  }
  expect((await showStatus(stage, undefined)).problems.map(({code}) => code)).not.toContainEqual(DAMAGED);
});

describe('a run that cannot be read', () => {
  test('is given up: what is on record of it ends, and its number is not used again', async () => {
    const stage = await begun();
    const {scheduler, transfers} = stage.world;
    const jobs = stage.ledger
      .open('r.1' as RunId)
      .state.attempts.get('compute')?.[0]
      ?.jobs.flatMap(({job}) => job ?? []);
    restore(join(stage.ledger.layout.runs, 'r.1', 'spec.json'), '{');
    const report = await giveUpRun(stage, 'r');
    expect(report).toMatchObject({exit: 0, run: {state: 'cancelled', reason: expect.stringContaining('spec.json')}});
    expect(jobs?.map((job) => scheduler.jobs.get(job)?.seen)).toMatchObject([{how: 'deleted'}, {how: 'deleted'}]);
    expect([...transfers.tasks.values()].map(({seen}) => seen)).toMatchObject([{state: 'cancelled'}]);
    const status = await showStatus(stage, undefined);
    expect(status.problems).toEqual([]);
    expect(stage.ledger.nextNumber('r')).toBe(2);
  });

  test('is not given up while PBS cannot be asked: something of it may go on', async () => {
    const stage = await begun();
    restore(join(stage.ledger.layout.runs, 'r.1', 'spec.json'), '');
    stage.world.scheduler.down = true;
    expect(await giveUpRun(stage, 'r')).toMatchObject({exit: 4, problems: [{code: 'SCHEDULER_UNREACHABLE'}]});
    expect(isSealed(stage, 'r.1')).toBe(false);
    stage.world.scheduler.down = false;
    expect(await giveUpRun(stage, 'r')).toMatchObject({exit: 0});
  });

  test('is the only one that is given up', async () => {
    const stage = await begun();
    await expect(giveUpRun(stage, 'r')).rejects.toMatchObject({code: 'NOT_DAMAGED', exit: 2});
  });
});
