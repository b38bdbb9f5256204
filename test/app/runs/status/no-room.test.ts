import {expect, test} from 'vitest';
import {tick} from '../../../../src/app/runs/monitor/monitor.ts';
import {showStatus} from '../../../../src/app/runs/status/status.ts';
import {SchedulerRefused} from '../../../../src/scheduler/scheduler.ts';
import type {Step} from '../../../../src/workflow/model/workflow.ts';
import {jobStep, specOf, transferStep} from '../../../support/a-run.ts';
import {type FakeStage, fakeStage} from '../../../support/fake-stage.ts';
import {memoryDirectory} from '../../../support/memory-directory.ts';

/** A run that PBS or Globus has no room for: it waits, whether this look was refused or an earlier one. */

function withRun(step: Step): FakeStage {
  const stage = fakeStage(memoryDirectory('no-room-'));
  const {run: _, nonce: __, format: ___, number, ...spec} = specOf([step]);
  stage.ledger.createRun(number, spec, new Map());
  return stage;
}

/** PBS refuses jobs of runs for now, and takes monitors. */
function refuseJobs({world}: FakeStage, answer: {unknownServer?: string} = {}): void {
  const submit = world.scheduler.submit.bind(world.scheduler);
  const error = new SchedulerRefused({
    asked: 'qsub',
    why: 'a limit on the number of jobs is reached',
    ...answer,
    exit: 4,
  });
  world.scheduler.submit = async (request) =>
    request.script.includes('alone.1.job') ? {kind: 'refused', retry: true, full: true, error} : submit(request);
}

/** What three looks say: the one that is refused, one that does not ask, and one that is refused again. */
async function threeLooks(stage: FakeStage) {
  const looks: Awaited<ReturnType<typeof showStatus>>[] = [];
  for (let look = 1; look <= 3; look++) {
    looks.push(await showStatus(stage, 'r'));
    stage.world.now += look === 2 ? 3_600_000 : 1_000;
  }
  return looks.map(({exit, problems, runs}) => ({exit, problems, says: runs[0]?.steps[0]?.reason}));
}

test('no room in the queue of PBS: "status" ends with 0 at each look, with the words of PBS', async () => {
  const stage = withRun(jobStep('alone'));
  refuseJobs(stage);
  const waits = {exit: 0, problems: [], says: expect.stringContaining('a limit on the number of jobs is reached')};
  expect(await threeLooks(stage)).toEqual([waits, waits, waits]);
  expect(await tick(stage, {chain: true, inJob: false})).toMatchObject({exit: 0, problems: []});
});

test('no room at Globus: the same', async () => {
  const stage = withRun(transferStep('in'));
  stage.world.transfers.mostPending = 0;
  const waits = {exit: 0, problems: [], says: expect.stringContaining('so many are pending')};
  expect(await threeLooks(stage)).toEqual([waits, waits, waits]);
  expect(stage.world.transfers.refusedForRoom).toBe(2);
});

test('a queue on a server that is not known is no lack of room: the refusal is told', async () => {
  const stage = withRun(jobStep('alone'));
  refuseJobs(stage, {unknownServer: 'nowhere'});
  const report = await showStatus(stage, 'r');
  expect(report).toMatchObject({exit: 4, problems: [{code: 'SCHEDULER_REFUSED'}]});
});
