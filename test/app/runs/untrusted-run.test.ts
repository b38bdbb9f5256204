import {chmodSync, existsSync} from 'node:fs';
import {join} from 'node:path';
import {beforeEach, describe, expect, test} from 'vitest';
import {cancelRun} from '../../../src/app/runs/ending/cancel.ts';
import {giveUpRun} from '../../../src/app/runs/ending/give-up.ts';
import {holdRuns} from '../../../src/app/runs/holds/hold.ts';
import {tick} from '../../../src/app/runs/monitor/monitor.ts';
import {resumeRuns} from '../../../src/app/runs/run/resume.ts';
import {exitOfList, listRuns} from '../../../src/app/runs/status/list.ts';
import {showStatus} from '../../../src/app/runs/status/status.ts';
import {explainWhy} from '../../../src/app/runs/why/why.ts';
import {reconcile} from '../../../src/engine/turn.ts';
import type {RunId} from '../../../src/ledger/state-directory.ts';
import {trustedLedger} from '../../../src/wiring/trusted-places.ts';
import {jobStep, specOf} from '../../support/a-run.ts';
import {type FakeStage, fakeStage} from '../../support/fake-stage.ts';
import {memoryDirectory} from '../../support/memory-directory.ts';

/** Two runs of one job each, which stand in the queue; a run that others could change is opened by nothing. */
async function twoRuns(): Promise<FakeStage> {
  const bare = fakeStage(memoryDirectory('untrusted-'));
  const ledger = trustedLedger(bare.ledger);
  const context = {...(await bare.engine()), ledger};
  const stage: FakeStage = {...bare, ledger, engine: async () => context};
  const {run: _, nonce: __, format: ___, number, ...spec} = specOf([jobStep('alone')]);
  for (const name of ['o', 'r']) ledger.createRun(number, {...spec, name}, new Map());
  await reconcile(context, {rebuild: true});
  stage.world.now += 1000;
  return stage;
}

let stage: FakeStage;
beforeEach(async () => {
  stage = await twoRuns();
});
const partOf = (part: string) => join(stage.ledger.layout.runs, part === '' ? 'r.1' : `r.1/${part}`);
const finishAll = () => {
  for (const job of stage.world.scheduler.submitted('alone.1.job')) stage.world.scheduler.finish(job, 0);
};

describe.each([
  ['', 0o777],
  ['facts', 0o770],
  ['scripts', 0o777],
  ['logs', 0o777],
])('a run in whose "%s" others may write', (part, mode) => {
  beforeEach(() => chmodSync(partOf(part), mode));

  test('is set aside and named with what repairs it, and everything else goes on', async () => {
    finishAll();
    const repair = `chmod go-w ${partOf(part)}`;
    const problem = {code: 'NOT_TRUSTED', next: expect.arrayContaining([repair])};
    const report = await tick(stage, {chain: true, inJob: false});
    expect(report).toMatchObject({exit: 4, problems: [problem], ended: [{run: 'o.1', state: 'succeeded'}]});
    const status = await showStatus(stage, undefined);
    expect(status).toMatchObject({exit: 4, problems: [problem]});
    expect(status.runs.map(({run, state}) => `${run} ${state}`)).toEqual(['o.1 succeeded']);
    const list = listRuns(stage, []);
    expect(list).toMatchObject([
      {run: 'o.1'},
      {run: 'r.1', state: 'unreadable', reason: expect.stringContaining(repair)},
    ]);
    expect(exitOfList(list)).toBe(4);
    expect(existsSync(join(stage.ledger.layout.sealed, 'r.1.json'))).toBe(false);
    chmodSync(partOf(part), 0o700);
    expect(await showStatus(stage, 'r')).toMatchObject({exit: 0, runs: [{state: 'succeeded'}]});
  });

  test('is refused by a command that is about it alone, and stands in the way of none about another', async () => {
    const refused = {code: 'NOT_TRUSTED', exit: 2};
    await expect(showStatus(stage, 'r')).rejects.toMatchObject(refused);
    await expect(explainWhy(stage, {run: 'r', step: undefined})).rejects.toMatchObject(refused);
    await expect(cancelRun(stage, {run: 'r', cleanup: true, forget: []})).rejects.toMatchObject(refused);
    await expect(giveUpRun(stage, 'r')).rejects.toMatchObject(refused);
    await expect(holdRuns(stage, {run: 'r', steps: []})).rejects.toMatchObject(refused);
    expect(await holdRuns(stage, {run: undefined, steps: []})).toMatchObject({exit: 4, runs: [{run: 'o.1'}]});
    expect(await showStatus(stage, 'o')).toMatchObject({exit: 0});
  });
});

test.each(['', 'facts', 'scripts'])(
  'of a run that has ended only the seal is read; with its "%s" open to others it is not resumed',
  async (part) => {
    for (const job of stage.world.scheduler.submitted('alone.1.job')) stage.world.scheduler.finish(job, 1);
    await tick(stage, {chain: true, inJob: false});
    chmodSync(partOf(part), 0o777);
    expect(await showStatus(stage, 'r')).toMatchObject({exit: 1, runs: [{state: 'failed'}]});
    await expect(resumeRuns(stage, {run: 'r', redo: []})).rejects.toMatchObject({code: 'NOT_TRUSTED', exit: 2});
    expect(existsSync(join(stage.ledger.layout.resumed, 'r.1~1.json'))).toBe(false);
    chmodSync(partOf(part), 0o700);
    await resumeRuns(stage, {run: 'r', redo: []});
    expect(stage.ledger.activeRuns()).toContain('r.1' as RunId);
  },
);
