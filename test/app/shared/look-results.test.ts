import {expect, test} from 'vitest';
import {exitOf, standingAfter} from '../../../src/app/shared/look-results.ts';
import {EXIT} from '../../../src/errors.ts';
import {jobStep, specOf} from '../../support/a-run.ts';
import {fakeStage} from '../../support/fake-stage.ts';
import {memoryLedger} from '../../support/memory-ledger.ts';

const UNREACHABLE = {code: 'NO_MONITOR', exit: EXIT.unreachable};

test('a run that another process ended during a look is told as it ended, and by its exit code', async () => {
  const ledger = memoryLedger(specOf([jobStep('compute')]));
  const stage = {...fakeStage('/nothing-is-written-here'), ledger};
  const [run] = ledger.runs();
  if (run === undefined) throw new RangeError('the ledger has no run');
  const asLooked = ledger.open(run);
  ledger.create(run, 'compute.1.outcome', {at: 5, state: 'succeeded', why: 'exit status 0'});
  ledger.seal(ledger.open(run), 6);
  const seen = {now: 7, jobs: new Map(), tasks: new Map(), tags: new Map()};
  const standing = await standingAfter(stage, run, {
    seen,
    runs: [asLooked],
    sealed: [],
    withdrawn: [],
    done: [],
    problems: [],
  });
  expect(standing).toMatchObject({state: 'succeeded', endedAt: 6, steps: [{state: 'succeeded'}]});
  expect(exitOf(standing, [UNREACHABLE])).toBe(EXIT.ok);
});
