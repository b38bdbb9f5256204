import {expect, test} from 'vitest';
import type {EngineContext} from '../../src/engine/context.ts';
import {reconcile} from '../../src/engine/turn.ts';
import type {RunId} from '../../src/ledger/state-directory.ts';
import {CLASSIC, jobStep, specOf} from '../support/a-run.ts';
import {fakeStage} from '../support/fake-stage.ts';
import {memoryDirectory} from '../support/memory-directory.ts';

function refused(code: string, errno: number): never {
  throw Object.assign(new Error(code), {code, errno, syscall: 'write', path: '/state/x'});
}

/** The same context, whose disk takes nothing more. */
function full(context: EngineContext, code = 'ENOSPC', errno = -28): EngineContext {
  const no = () => refused(code, errno);
  return {...context, ledger: {...context.ledger, create: no, seal: no}, monitors: {...context.monitors, create: no}};
}

async function begun() {
  const stage = fakeStage(memoryDirectory('full-disk-'));
  const {run: _, nonce: __, format: ___, number, ...spec} = specOf(CLASSIC);
  stage.ledger.createRun(number, spec, new Map());
  stage.ledger.createRun(
    1,
    {...spec, name: 'o', workflow: {...spec.workflow, steps: [jobStep('alone'), jobStep('beside')]}},
    new Map(),
  );
  return {stage, context: await stage.engine()};
}

test.each([
  ['ENOSPC', -28],
  ['EROFS', -30],
  ['EDQUOT', -122],
])(
  'a look that is to show what is known says %s once, shows every run, and asks PBS and Globus for nothing',
  async (code, errno) => {
    const {stage, context} = await begun();
    const looked = await reconcile(full(context, code, errno), {shows: true});
    expect(looked.problems.map((problem) => problem.code)).toEqual([`SYSTEM_${code}`]);
    expect(looked.runs.map(({id}) => id).sort()).toEqual(['o.1', 'r.1']);
    expect([looked.done, looked.sealed, stage.world.scheduler.jobs.size, stage.world.transfers.tasks.size]).toEqual([
      [],
      [],
      0,
      0,
    ]);
    const later = await reconcile(context);
    expect([later.problems, stage.world.scheduler.submitted('alone.1.job').length]).toEqual([[], 1]);
  },
);

test('what ended is shown though it cannot be recorded, and is recorded by the next look', async () => {
  const {stage, context} = await begun();
  await reconcile(context);
  for (const step of ['alone', 'beside'])
    for (const job of stage.world.scheduler.submitted(`${step}.1.job`)) stage.world.scheduler.finish(job, 0);
  const looked = await reconcile(full(context), {shows: true});
  expect([looked.problems.length, looked.runs.length, looked.sealed]).toEqual([1, 2, []]);
  await reconcile(context);
  expect(stage.ledger.summary('o.1' as RunId)).toMatchObject({state: 'succeeded'});
});

test('a look that is to get work on ends by what the disk refuses, as before', async () => {
  const {context} = await begun();
  await expect(reconcile(full(context))).rejects.toMatchObject({code: 'ENOSPC'});
});

test('a disk that cannot be read is no full disk', async () => {
  const {context} = await begun();
  await expect(reconcile(full(context, 'EIO', -5), {shows: true})).rejects.toMatchObject({code: 'EIO'});
});
