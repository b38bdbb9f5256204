import {rmSync} from 'node:fs';
import {afterEach, beforeEach, describe, expect, test} from 'vitest';
import {holdRuns} from '../../../../src/app/runs/holds/hold.ts';
import {reconcile} from '../../../../src/engine/turn.ts';
import type {RunId} from '../../../../src/ledger/state-directory.ts';
import type {JobRequest, Submission} from '../../../../src/scheduler/scheduler.ts';
import {jobStep, specOf} from '../../../support/a-run.ts';
import {type FakeStage, fakeStage} from '../../../support/fake-stage.ts';
import {memoryDirectory} from '../../../support/memory-directory.ts';

/** A hold that meets a submission of which nobody knows yet whether PBS took it. */

const RUN = 'r.1' as RunId;
const LOST: Submission = {kind: 'unclear', why: 'the command was ended by SIGKILL'};
let directory: string;
let stage: FakeStage;

beforeEach(() => {
  directory = memoryDirectory('hold-unconfirmed-');
  stage = fakeStage(directory);
});
afterEach(() => rmSync(directory, {recursive: true, force: true}));

/** A run of one job; `answer` is what qsub says of it. */
async function begin(answer: (submit: () => Promise<Submission>) => Promise<Submission>): Promise<void> {
  const {scheduler} = stage.world;
  const submit = scheduler.submit.bind(scheduler);
  scheduler.submit = async (request: JobRequest) =>
    /compute\.1\.job/.test(request.script) ? answer(() => submit(request)) : submit(request);
  const {run: _, number, nonce: __, format: ___, ...spec} = specOf([jobStep('compute')]);
  stage.ledger.createRun(number, spec, new Map());
  await reconcile(await stage.engine(), {rebuild: true});
}

const hold = () => holdRuns(stage, {run: 'r', steps: []});
const record = () => stage.ledger.open(RUN).state.attempts.get('compute')?.[0]?.jobs[0];
const jobs = () => stage.world.scheduler.submitted('compute.1.job').map((job) => stage.world.scheduler.jobs.get(job));

describe('a job that PBS took, of which its answer was lost', () => {
  beforeEach(() =>
    begin(async (submit) => {
      await submit();
      return LOST;
    }),
  );

  test('is found and held at once, before the deadline of its submission', async () => {
    expect(record()?.job).toBeUndefined();
    expect(await hold()).toMatchObject({exit: 0, runs: [{message: expect.stringContaining('1 queued job got')}]});
    expect(jobs()).toMatchObject([{seen: {state: 'held', userHold: true}}]);
  });

  test('is not known of while PBS cannot be asked: the hold says so', async () => {
    stage.world.scheduler.down = true;
    expect(await hold()).toMatchObject({exit: 4});
    stage.world.scheduler.down = false;
    expect((await hold()).exit).toBe(0);
    expect(jobs()).toMatchObject([{seen: {state: 'held', userHold: true}}]);
  });
});

describe('a submission that PBS does not show', () => {
  test('may still arrive: the hold says that the job may start, and the submission is not given up', async () => {
    await begin(async () => LOST);
    expect(await hold()).toMatchObject({
      exit: 4,
      runs: [{message: expect.stringMatching(/not known yet whether PBS took 1 job, which may start\. Run the same/)}],
    });
    expect(record()?.neverArrived).toBe(false);
    stage.world.now += 600_000;
    expect((await hold()).exit).toBe(0);
    expect(record()?.neverArrived).toBe(true);
  });

  test('is waited for while another process is at it', async () => {
    let submitLater: () => Promise<Submission> = async () => LOST;
    await begin(async (submit) => {
      submitLater = submit;
      return LOST;
    });
    const context = await stage.engine();
    const until = context.clock() + 1_000;
    const sleep = async (ms: number) => {
      await context.sleep(ms);
      if (context.clock() < until || record()?.job) return;
      const answer = await submitLater();
      if (answer.kind === 'submitted')
        stage.ledger.create(RUN, 'compute.1.job.confirmed', {at: context.clock(), job: answer.job});
    };
    stage.engine = async () => ({...context, sleep});
    expect((await hold()).exit).toBe(0);
    expect(jobs()).toMatchObject([{seen: {state: 'held', userHold: true}}]);
  });
});
