import {existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {afterEach, beforeEach, describe, expect, test} from 'vitest';
import type {TaskId} from '../../src/base/ids.ts';
import {nextLookAtRun} from '../../src/engine/plan/monitor/next-look.ts';
import {reconcile} from '../../src/engine/turn.ts';
import {openLedger} from '../../src/ledger/open-ledger.ts';
import type {RunId} from '../../src/ledger/state-directory.ts';
import {standingOf} from '../../src/standing/standing-of.ts';
import type {LinkStep, MoveStep, RemoveStep, Step} from '../../src/workflow/model/workflow.ts';
import {ARun, inWords, jobStep, SETTINGS, specOf, task, transferStep} from '../support/a-run.ts';
import {Died, type FakeWorld, fakeWorld} from '../support/fakes.ts';
import {memoryDirectory} from '../support/memory-directory.ts';

const NONE = {needs: [], onFailureOf: [], after: []};
const run = 'r.1' as RunId;

let directory: string;
let files: string;
let world: FakeWorld;
beforeEach(() => {
  directory = memoryDirectory('act-steps-');
  files = memoryDirectory('act-files-');
});
afterEach(() => {
  for (const each of [directory, files]) rmSync(each, {recursive: true, force: true});
});

const removal = (more: Partial<RemoveStep> = {}): RemoveStep => ({
  kind: 'remove',
  name: 'clean',
  ...NONE,
  paths: [join(files, 'old')],
  below: [files],
  ...more,
});
const movement = (): MoveStep => ({
  kind: 'move',
  name: 'clean',
  ...NONE,
  from: join(files, 'old'),
  to: join(files, 'new'),
  below: [files],
});
const linking = (): LinkStep => ({
  kind: 'link',
  name: 'clean',
  ...NONE,
  from: join(files, 'old'),
  into: [join(files, 'one'), join(files, 'two')],
});

function begin(steps: readonly Step[]): void {
  const {run: _, number, nonce: __, format: ___, ...spec} = specOf(steps);
  openLedger(directory).createRun(number, spec, new Map());
  world = fakeWorld(directory);
}
function fill(count = 3): void {
  for (const name of ['old', 'one', 'two']) mkdirSync(join(files, name), {recursive: true});
  for (let number = 0; number < count; number++) writeFileSync(join(files, 'old', `f${number}`), String(number));
}
const look = () => reconcile(world.context());
const open = () => openLedger(directory).open(run);
const outcome = (step = 'clean') => open().state.attempts.get(step)?.at(-1)?.outcome;

describe('a step that acts on files', () => {
  test('puts on record what it is about before it does anything, and ends with how much was done', async () => {
    fill();
    begin([removal()]);
    await look();
    expect(outcome()).toMatchObject({state: 'succeeded', why: '4 entries of 4 removed', files: 4});
    expect(existsSync(join(files, 'old'))).toBe(false);
    const facts = world.effects.filter((effect) => effect.startsWith('before')).slice(0, 2);
    expect(facts).toEqual(['before fact clean.1.act.intent-1', 'before remove clean.1']);
  });

  test.each([
    ['remove', removal, ['one', 'two']],
    ['move', movement, ['new', 'one', 'two']],
    ['link', linking, ['old', 'one', 'two']],
  ])('%s: killed at any effect and looked at again, it is done once', async (_, step, left) => {
    fill();
    begin([step()]);
    await look();
    const effects = world.effects.length;
    for (let at = 1; at <= effects; at++) {
      for (const each of [directory, files]) rmSync(each, {recursive: true, force: true});
      fill();
      begin([step()]);
      world.dieAt = at;
      await expect(look()).rejects.toThrow(Died);
      world.dieAt = undefined;
      await look();
      expect(outcome()).toMatchObject({state: 'succeeded'});
      expect(readdirSync(files).sort()).toEqual(left);
    }
    expect(effects).toBeGreaterThan(6);
  });

  test('two looks at once do it once', async () => {
    fill(200);
    begin([removal()]);
    await Promise.all([look(), look()]);
    await look();
    expect(outcome()).toMatchObject({state: 'succeeded'});
    expect(readdirSync(files)).toEqual(['one', 'two']);
  });

  test('10,000 files are removed over several looks; status says how many of how many, and looks come soon', async () => {
    fill(10_000);
    begin([removal()]);
    const {seen} = await look();
    const {state} = open();
    const standing = standingOf({run: state, seen, settings: SETTINGS});
    expect(standing.steps[0]).toMatchObject({
      state: 'running',
      reason: {code: 'ACT_UNDER_WAY', what: 'it lists what is there: 5000 so far'},
    });
    expect(nextLookAtRun(state, seen, SETTINGS, {minMs: 1000, maxMs: 9000})).toBe(seen.now + 1000);
    let looks = 1;
    for (; !outcome() && looks < 20; looks++) await look();
    expect(looks).toBeGreaterThan(2);
    expect(outcome()).toMatchObject({state: 'succeeded', why: '10001 entries of 10001 removed'});
    expect(readdirSync(files)).toEqual(['one', 'two']);
  }, 30_000);

  test('what has taken the place of a recorded file is left, and the step fails for good with its name', async () => {
    fill();
    begin([removal({retries: 3})]);
    world.dieAt = 2; // after the intent
    await expect(look()).rejects.toThrow(Died);
    world.dieAt = undefined;
    rmSync(join(files, 'old/f1'));
    writeFileSync(join(files, 'old/f1'), 'somebody else');
    await look();
    expect(outcome()).toMatchObject({state: 'failed', final: true});
    expect(outcome()?.why).toContain(`${files}/old/f1: it is another one than was recorded`);
    expect(readFileSync(join(files, 'old/f1'), 'utf8')).toBe('somebody else');
  });

  test('a directory replaced by a link after the intent is not followed', async () => {
    fill();
    const outside = memoryDirectory('act-outside-');
    writeFileSync(join(outside, 'f0'), '0');
    begin([removal({paths: [join(files, 'old/f0')]})]);
    world.dieAt = 2;
    await expect(look()).rejects.toThrow(Died);
    world.dieAt = undefined;
    rmSync(join(files, 'old'), {recursive: true});
    symlinkSync(outside, join(files, 'old'));
    await look();
    expect(outcome()).toMatchObject({state: 'failed'});
    expect(readdirSync(outside)).toEqual(['f0']);
    rmSync(outside, {recursive: true});
  });

  test('what is refused is told, and nothing is begun', async () => {
    begin([{...movement(), from: join(files, 'none')}]);
    await look();
    expect(outcome()).toMatchObject({state: 'failed', why: `${files}/none is missing`});
  });

  test('a missing path is no error for remove', async () => {
    begin([removal()]);
    await look();
    expect(outcome()).toMatchObject({state: 'succeeded', why: 'nothing was there'});
  });

  test('a cancelled run does nothing further, and says how far it was', async () => {
    fill(10_000);
    begin([removal()]);
    await look();
    await look();
    openLedger(directory).create(run, 'decision.cancel', {at: 1, by: 'ada', cleanup: false});
    await look();
    expect(outcome()).toMatchObject({state: 'cancelled', why: expect.stringMatching(/^the run was cancelled by ada/)});
    expect(readdirSync(join(files, 'old')).length).toBeGreaterThan(0);
  }, 30_000);
});

describe('what takes away the data of a transfer', () => {
  let steps: readonly Step[];
  beforeEach(() => {
    steps = [transferStep('stage-out'), removal({needs: ['stage-out'], touches: ['stage-out']})];
  });

  const sent = (aRun: ARun, more: object = {}) =>
    aRun.fact('stage-out.1.outcome', {state: 'succeeded', why: '', ...more});

  test('waits for its success, and does not begin when it skipped files', () => {
    const aRun = new ARun(steps);
    expect(aRun.plan().map(inWords)).toEqual(['submit-transfer stage-out']);
    sent(aRun, {skippedErrors: 2});
    expect(aRun.plan()).toMatchObject([
      {
        do: 'end-step',
        step: 'clean',
        state: 'failed',
        final: true,
        why: 'stage-out skipped 2 files that it could not read, so nothing is removed',
      },
    ]);
  });

  test('begins when it succeeded with all files, and not when it failed', () => {
    expect(sent(new ARun(steps)).plan().map(inWords)).toEqual(['act clean']);
    expect(sent(new ARun(steps), {state: 'failed'}).plan()).toMatchObject([
      {do: 'end-step', step: 'clean', state: 'skipped'},
    ]);
  });

  test('in a whole run the data is there as long as the transfer is under way', async () => {
    fill();
    begin(steps);
    await look();
    expect(readdirSync(join(files, 'old'))).toHaveLength(3);
    const [[id] = []] = [...world.transfers.tasks];
    world.transfers.show('stage-out', task('succeeded', {task: `task-${id}` as TaskId}));
    await look();
    expect(existsSync(join(files, 'old'))).toBe(false);
  });
});

test('a job that needs an act is submitted under a user hold', () => {
  const plan = new ARun([removal(), jobStep('next', {needs: ['clean']})]).plan();
  expect(plan).toMatchObject([
    {do: 'submit-job', step: 'next', hold: true},
    {do: 'act', step: 'clean'},
  ]);
});
