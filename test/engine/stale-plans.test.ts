import {readdirSync, rmSync} from 'node:fs';
import {join} from 'node:path';
import {afterEach, beforeEach, describe, expect, test} from 'vitest';
import type {EngineContext} from '../../src/engine/context.ts';
import {reconcile} from '../../src/engine/turn.ts';
import {openLedger} from '../../src/ledger/open-ledger.ts';
import type {UpdateDecision} from '../../src/ledger/run-facts.ts';
import type {RunId} from '../../src/ledger/state-directory.ts';
import type {Step} from '../../src/workflow/model/workflow.ts';
import {jobStep, specOf, transferStep} from '../support/a-run.ts';
import {type FakeWorld, fakeWorld} from '../support/fakes.ts';
import {memoryDirectory} from '../support/memory-directory.ts';

/** What a person decides while a look is under way, between its plan and what it does. */

let directory: string;
let world: FakeWorld;
const run = 'r.1' as RunId;

function begin(steps: readonly Step[]): void {
  const {run: _, number, nonce: __, format: ___, ...spec} = specOf(steps);
  openLedger(directory).createRun(number, spec, new Map());
}
beforeEach(() => {
  directory = memoryDirectory('stale-');
  world = fakeWorld(directory);
});
afterEach(() => rmSync(directory, {recursive: true, force: true}));

const ledger = () => openLedger(directory);
const outcomes = (step: string) =>
  ledger()
    .open(run)
    .state.attempts.get(step)
    ?.map(({outcome}) => outcome?.state);

const cancels = () => ledger().create(run, 'decision.cancel', {at: world.now, by: 'ann', cleanup: false});
const holds = () => ledger().create(run, 'decision.hold-1', {at: world.now, by: 'ann'});
const releases = () => ledger().create(run, 'decision.release-1', {at: world.now, by: 'ann'});

function updates(steps: readonly Step[], changed: readonly string[]): void {
  const read = ledger().open(run);
  const {workflow, scriptHashes} = read.state.spec;
  const decision: UpdateDecision = {
    at: world.now,
    by: 'ann',
    workflow: {...workflow, steps},
    fingerprint: 'other',
    scriptHashes,
    scripts: {},
    changed,
    removed: [],
    steps: {},
  };
  ledger().update(read, decision, new Map());
}

/** A look during which something happens the first time that a submission id is asked for. */
async function lookWhile(happens: () => void): Promise<void> {
  const ask = world.transfers.newSubmissionId.bind(world.transfers);
  let first = true;
  world.transfers.newSubmissionId = async () => {
    const id = await ask();
    if (first) happens();
    first = false;
    return id;
  };
  await reconcile(world.context(), {rebuild: true});
}

/** A look during which something happens right after an intent is on record. */
async function lookWithIntent(intent: string, happens: () => void): Promise<void> {
  const context = world.context();
  const create: EngineContext['ledger']['create'] = (id, name, value) => {
    const created = context.ledger.create(id, name, value);
    if (name === intent) happens();
    return created;
  };
  await reconcile({...context, ledger: {...context.ledger, create}}, {rebuild: true});
}

describe('a transfer that was about to be submitted', () => {
  beforeEach(() => begin([transferStep('in')]));

  test('is not, when its run was cancelled meanwhile, and the step ends as cancelled', async () => {
    await lookWhile(cancels);
    expect(world.transfers.tasks.size).toBe(0);
    expect(outcomes('in')).toEqual(['cancelled']);
  });

  test('is not, when its run was held meanwhile, and is once it is released', async () => {
    await lookWhile(holds);
    expect(world.transfers.tasks.size).toBe(0);
    releases();
    await reconcile(world.context());
    expect(world.transfers.tasks.size).toBe(1);
  });

  test('moves what the step says by now, when that was changed meanwhile', async () => {
    const other: Step = {...transferStep('in'), from: {collection: 'c', path: '/other/'}};
    await lookWhile(() => updates([other], ['in']));
    expect([...world.transfers.tasks.values()].map(({request}) => request)).toMatchObject([{sourceCollection: 'c'}]);
  });
});

describe('an intent that stands when its run is decided upon', () => {
  test('is left when the run was held: nothing is moved before it is released, and then once', async () => {
    begin([transferStep('in')]);
    await lookWithIntent('in.1.transfer.intent', holds);
    await reconcile(world.context(), {rebuild: true});
    expect(world.transfers.tasks.size).toBe(0);
    releases();
    await reconcile(world.context());
    expect([...world.transfers.tasks.keys()]).toEqual(['sub-1']);
  });

  test('is given up when the step was changed, and what it says by now is moved', async () => {
    begin([transferStep('in')]);
    const other: Step = {...transferStep('in'), from: {collection: 'c', path: '/other/'}};
    await lookWithIntent('in.1.transfer.intent', () => updates([other], ['in']));
    await reconcile(world.context(), {rebuild: true});
    expect([...world.transfers.tasks.values()].map(({request}) => request)).toMatchObject([{sourceCollection: 'c'}]);
    expect(outcomes('in')).toEqual(['lost', undefined]);
  });

  test('of a job is withdrawn before PBS is asked', async () => {
    begin([jobStep('a')]);
    await lookWithIntent('a.1.job.intent', cancels);
    expect([...world.scheduler.jobs.values()].filter(({request}) => request.script.includes('a.1'))).toEqual([]);
    expect(outcomes('a')).toEqual(['cancelled']);
  });
});

test('jobs are not held by a look that began before the hold was ended', async () => {
  begin([jobStep('a'), jobStep('b')]);
  await reconcile(world.context(), {rebuild: true});
  holds();
  await lookWithIntent('a.1.job.hold-1.intent', releases);
  const {attempts} = ledger().open(run).state;
  const held = ['a', 'b'].map((step) => attempts.get(step)?.[0]?.jobs[0]?.holds);
  expect(held).toMatchObject([
    {intended: [1], ended: [1]},
    {intended: [], ended: []},
  ]);
  expect([...world.scheduler.jobs.values()].some(({seen}) => seen.kind === 'live' && seen.userHold)).toBe(false);
});

test('a job is not submitted by a look that began before its run was cancelled', async () => {
  begin([transferStep('in'), jobStep('a'), jobStep('b', {needs: ['a']})]);
  const submit = world.scheduler.submit.bind(world.scheduler);
  world.scheduler.submit = async (request) => {
    cancels();
    return submit(request);
  };
  await reconcile(world.context(), {rebuild: true});
  expect(world.scheduler.submitted('b.1.job')).toEqual([]);
  expect(world.transfers.tasks.size).toBe(0);
});

test('the script of a job is written by the process that holds its intent, so that no older one can stand in its place', async () => {
  begin([jobStep('a')]);
  const context = world.context();
  const standing: boolean[] = [];
  const jobFiles: EngineContext['jobFiles'] = {
    ...context.jobFiles,
    forRun(of, action, key, tag) {
      standing.push(readdirSync(join(directory, 'runs', run, 'facts')).includes(`${key}.intent.json`));
      return context.jobFiles.forRun(of, action, key, tag);
    },
  };
  await reconcile({...context, jobFiles});
  expect(standing).toEqual([true, true]);
});
