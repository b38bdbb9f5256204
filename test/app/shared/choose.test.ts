import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterEach, beforeEach, describe, expect, test} from 'vitest';
import {adoptTask} from '../../../src/app/runs/adopt/adopt.ts';
import {cancelRun} from '../../../src/app/runs/ending/cancel.ts';
import {holdRuns, releaseRuns} from '../../../src/app/runs/holds/hold.ts';
import {collectLogs} from '../../../src/app/runs/logs/logs.ts';
import {collectPbsLogs} from '../../../src/app/runs/logs/pbs-logs.ts';
import {resumeRuns} from '../../../src/app/runs/run/resume.ts';
import {runWorkflow} from '../../../src/app/runs/run/run.ts';
import {showStatus} from '../../../src/app/runs/status/status.ts';
import {explainWhy} from '../../../src/app/runs/why/why.ts';
import {chooseRuns, oneOrAll} from '../../../src/app/shared/choose.ts';
import {CLASSIC, specOf} from '../../support/a-run.ts';
import {type FakeStage, fakeStage} from '../../support/fake-stage.ts';

let directory: string;
let stage: FakeStage;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'stage-choose-'));
  stage = fakeStage(directory);
  begin('climate-ens');
});
afterEach(() => rmSync(directory, {recursive: true, force: true}));

function begin(name: string): void {
  const {format: _, run: __, number, nonce: ___, ...spec} = specOf(CLASSIC);
  stage.ledger.createRun(stage.ledger.nextNumber(name) || number, {...spec, name}, new Map());
}

const TASK = '0f528ce0-493c-4fa7-acaf-f5d97d9812a4';
const flags = {stageIn: ['aaaaaaaa-0000-4000-8000-000000000001:/a/=bbbbbbbb-0000-4000-8000-000000000002:/b/']};
const runRequest = (adopt: readonly string[]) => ({
  params: {},
  flags: {...flags, job: [], stageOut: [], resources: {}},
  name: 'new',
  again: false,
  update: false,
  adopt,
  check: false,
  confirmDelete: false,
});

/** Every use-case that takes a step. */
const WITH_STEP: Readonly<Record<string, (run: string, step: string) => unknown>> = {
  logs: (run, step) => collectLogs(stage, {run, steps: [step], own: false}),
  'logs --pbs': (run, step) => collectPbsLogs(stage, {run, steps: [step], own: false}),
  why: (run, step) => explainWhy(stage, {run, step}),
  'cancel --forget': (run, step) => cancelRun(stage, {run, cleanup: true, forget: [step]}),
  hold: (run, step) => holdRuns(stage, {run, steps: [step]}),
  'resume --redo': (run, step) => resumeRuns(stage, {run, redo: [step]}),
  adopt: (run, step) => adoptTask(stage, {run, step, task: TASK, force: false}),
};

/** Every use-case that takes a run. */
const WITH_RUN: Readonly<Record<string, (run: string) => unknown>> = {
  ...Object.fromEntries(Object.entries(WITH_STEP).map(([name, use]) => [name, (run: string) => use(run, 'compute')])),
  status: (run) => showStatus(stage, run),
  cancel: (run) => cancelRun(stage, {run, cleanup: true, forget: []}),
  release: (run) => releaseRuns(stage, {run, qhold: false}),
};

const refusal = async (ask: () => unknown): Promise<unknown> => {
  try {
    return await ask();
  } catch (error) {
    return error;
  }
};

describe('one way to choose', () => {
  test.each(Object.entries(WITH_RUN))(
    'stage %s of a run that does not exist: NO_SUCH_RUN, and what was meant',
    async (_, use) => {
      expect(await refusal(() => use('climat-ens'))).toMatchObject({
        code: 'NO_SUCH_RUN',
        exit: 2,
        message: 'there is no run "climat-ens" in profile "a"',
        why: 'known runs: climate-ens; did you mean "climate-ens"?',
        next: ['List them: stage list', expect.any(String)],
      });
    },
  );

  test.each(Object.entries(WITH_STEP))(
    'stage %s of a step that the run does not have: NO_SUCH_STEP, and what was meant',
    async (_, use) => {
      expect(await refusal(() => use('climate-ens', 'compue'))).toMatchObject({
        code: 'NO_SUCH_STEP',
        exit: 2,
        message: 'run climate-ens.1 has no step "compue"',
        why: 'its steps are stage-in, compute, stage-out and cleanup; did you mean "compute"?',
        next: ['List them: stage why climate-ens.1'],
      });
      expect(stage.world.effects.filter((effect) => !effect.endsWith('run-creation'))).toEqual([]);
    },
  );

  test('stage run --adopt for a step that the workflow does not have: NO_SUCH_STEP', async () => {
    expect(await refusal(() => runWorkflow(stage, runRequest([`stage-inn=${TASK}`])))).toMatchObject({
      code: 'NO_SUCH_STEP',
      message: 'the workflow has no step "stage-inn"',
      why: expect.stringContaining('did you mean "stage-in"?'),
    });
  });

  test('a step that is no transfer can adopt nothing, and the transfers are named', async () => {
    expect(await refusal(() => WITH_STEP.adopt?.('climate-ens', 'compute'))).toMatchObject({
      code: 'REQUEST_WRONG',
      message: 'step compute of run climate-ens.1 is a job',
      why: 'its transfers are stage-in and stage-out',
    });
  });

  test('a name stands for its newest run, an id for that very one, and none for all that have not ended', () => {
    begin('climate-ens');
    begin('other');
    const ids = (run: string | undefined) => chooseRuns(stage, run).runs.map(({id}) => id);
    expect(ids('climate-ens')).toEqual(['climate-ens.2']);
    expect(ids('climate-ens.1')).toEqual(['climate-ens.1']);
    expect(ids(undefined).sort()).toEqual(['climate-ens.1', 'climate-ens.2', 'other.1']);
  });

  test('a run that cannot be read does not stop the others; named, it is the error', () => {
    begin('other');
    rmSync(join(directory, 'runs', 'other.1', 'spec.json'));
    const {runs, damaged} = chooseRuns(stage, undefined);
    expect([runs.map(({id}) => id), damaged.map(({code}) => code)]).toEqual([['climate-ens.1'], ['LEDGER_DAMAGED']]);
    expect(() => chooseRuns(stage, 'other')).toThrow(expect.objectContaining({code: 'LEDGER_DAMAGED'}));
  });

  test('either a run or --all', () => {
    expect(oneOrAll('a', false)).toBe('a');
    expect(oneOrAll(undefined, true)).toBeUndefined();
    expect(() => oneOrAll('a', true)).toThrow('a run and --all were both given');
    expect(() => oneOrAll(undefined, false)).toThrow('no run was named');
  });
});
