import {mkdirSync, rmSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {afterEach, beforeEach, expect, test} from 'vitest';
import {reconcile} from '../../src/engine/turn.ts';
import {openLedger} from '../../src/ledger/open-ledger.ts';
import type {RunId} from '../../src/ledger/state-directory.ts';
import {SchedulerRefused} from '../../src/scheduler/scheduler.ts';
import type {JobStep} from '../../src/workflow/model/workflow.ts';
import {jobStep, specOf} from '../support/a-run.ts';
import {type FakeWorld, fakeWorld} from '../support/fakes.ts';
import {memoryDirectory} from '../support/memory-directory.ts';

/** A queue on a server whose name is not known. */

let directory: string;
let world: FakeWorld;
beforeEach(() => {
  directory = memoryDirectory('unknown-server-');
  world = fakeWorld(directory);
});
afterEach(() => rmSync(directory, {recursive: true, force: true}));

function begin(name: string, step: JobStep): void {
  const {run: _, number, nonce: __, format: ___, ...spec} = specOf([step]);
  openLedger(directory).createRun(number, {...spec, name}, new Map());
}

function refuseNext(): void {
  const why = 'the name of the server "nowhere" is not known here';
  const error = new SchedulerRefused({asked: 'qsub a.1.job.sh', why, exit: 4, unknownServer: 'nowhere'});
  world.scheduler.answerNext = {kind: 'refused', error, retry: true};
}

const reasonOf = (run: string, step: string) =>
  openLedger(directory)
    .open(run as RunId)
    .state.attempts.get(step)?.[0]?.jobs[0]?.refused;

test('is told with the line of the script that names it', async () => {
  begin('x', {...jobStep('a'), script: '/work/n.sh'});
  const scripts = join(directory, 'runs', 'x.1', 'scripts');
  mkdirSync(scripts, {recursive: true});
  writeFileSync(join(scripts, 'a.script'), '#!/bin/bash\n#PBS -q normal@nowhere\necho x\n');
  refuseNext();
  await reconcile(world.context());
  expect(reasonOf('x.1', 'a')).toMatchObject({unknownServer: 'nowhere', why: expect.stringMatching(/ n\.sh:2$/)});
});

test('is told with the key of the workflow that names it', async () => {
  begin('x', {...jobStep('a'), queue: 'normal@nowhere'});
  refuseNext();
  await reconcile(world.context());
  expect(reasonOf('x.1', 'a')?.why).toMatch(/ steps\.a\.job\.queue$/);
});

test('keeps nobody else from PBS', async () => {
  begin('x', {...jobStep('a'), queue: 'normal@nowhere'});
  begin('y', jobStep('b'));
  refuseNext();
  await reconcile(world.context());
  expect(world.scheduler.submitted('b.1.job')).toHaveLength(1);
});
