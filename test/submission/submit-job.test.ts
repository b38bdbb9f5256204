import {rmSync} from 'node:fs';
import {join} from 'node:path';
import {afterEach, beforeEach, describe, expect, test} from 'vitest';
import type {EngineContext} from '../../src/engine/context.ts';
import {reconcile} from '../../src/engine/turn.ts';
import {openLedger} from '../../src/ledger/open-ledger.ts';
import type {RunId} from '../../src/ledger/state-directory.ts';
import {jobStep, specOf} from '../support/a-run.ts';
import {type FakeWorld, fakeWorld} from '../support/fakes.ts';
import {memoryDirectory} from '../support/memory-directory.ts';

const run = 'r.1' as RunId;
let directory: string;
let world: FakeWorld;
beforeEach(() => {
  directory = memoryDirectory('submit-job-');
  world = fakeWorld(directory);
  const {run: _, number, nonce: __, format: ___, ...spec} = specOf([jobStep('first'), jobStep('second')]);
  openLedger(directory).createRun(number, spec, new Map());
});
afterEach(() => rmSync(directory, {recursive: true, force: true}));

/** A context in which the script of the first step cannot be written. */
function failing(code: string, path: string): EngineContext {
  const context = world.context();
  const forRun: EngineContext['jobFiles']['forRun'] = (open, action, key, tag) => {
    if (key === 'first.1.job') throw Object.assign(new Error(`${code}: ${path}`), {code, path});
    return context.jobFiles.forRun(open, action, key, tag);
  };
  return {...context, jobFiles: {...context.jobFiles, forRun}};
}
const facts = () => openLedger(directory).open(run).state.attempts.get('first')?.[0];

test('a qsub that does not answer in time is met once, and the other jobs are not asked for in this look', async () => {
  const asked: string[] = [];
  const context = world.context();
  world.scheduler.submit = async ({script}) => {
    asked.push(script);
    return {kind: 'unclear', why: 'timeout', timedOut: true};
  };
  const {
    run: _,
    number: __,
    nonce: ___,
    format: ____,
    ...spec
  } = specOf(Array.from({length: 20}, (_step, at) => jobStep(`step-${at}`)));
  openLedger(directory).createRun(2, {...spec, name: 'wide'}, new Map());
  await reconcile(context, {withoutChain: true});
  expect(asked.length).toBeLessThanOrEqual(4);
});

describe('a job whose script cannot be written', () => {
  test('because its copy is gone fails its step with the path and what to do, and does not stop the others', async () => {
    const path = join(directory, 'runs', run, 'scripts', 'first.script');
    await reconcile(failing('ENOENT', path));
    // The process that creates a run has a minute to withdraw it when its first submission is refused.
    world.now += 61_000;
    await reconcile(failing('ENOENT', path));
    expect(facts()?.outcome).toMatchObject({state: 'failed', why: expect.stringContaining(path)});
    expect(facts()?.jobs[0]?.refused?.next).toContain('Then try the step again: stage resume r.1');
    expect(world.scheduler.submitted('second.1.job')).toHaveLength(1);
  });

  test.each([
    ['ENOSPC', 'runs/r.1/scripts/first.1.job.sh'],
    ['ENOENT', 'an installation that is being replaced/pbs/job-wrapper.sh'],
  ])('for a while (%s %s) ends the look, and leaves no intent that a process would wait for', async (code, path) => {
    await expect(reconcile(failing(code, join(directory, path)))).rejects.toThrow(code);
    expect(facts()?.jobs).toMatchObject([{refused: {retry: true}}]);
    world.now += 100_000;
    await reconcile(world.context());
    expect(world.scheduler.submitted('first.1.job')).toHaveLength(1);
  });
});
