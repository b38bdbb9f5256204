import {type Reconciled, reconcile} from '../../../engine/turn.ts';
import type {ExitCode} from '../../../errors.ts';
import type {RunId} from '../../../ledger/state-directory.ts';
import type {RunSummary} from '../../../ledger/summary.ts';
import type {RunsStage} from '../../../wiring/stage.ts';
import {type Finding, noNetwork} from '../../shared/findings.ts';
import {exitOf, type ProblemDocument, problemsOf, runViewAfter} from '../../shared/look-results.ts';
import type {PreparedWorkflow} from '../../shared/prepare-run.ts';
import {type RunView, viewSummary} from '../../shared/run-view.ts';
import {FirstJobRefused} from './first-job-refused.ts';
import {type RunOutcome, runInWords, type Submitted} from './run-words.ts';

export interface RunReport {
  readonly did: 'created' | 'updated' | 'repaired' | 'nothing';
  readonly message: string;
  readonly run: RunView;
  /** how many jobs and transfers this command submitted */
  readonly submitted: Submitted;
  /** what the check before a new run found worth knowing; empty otherwise */
  readonly notes: readonly Finding[];
  readonly problems: readonly ProblemDocument[];
  readonly exit: ExitCode;
}

/** Look and act, and say what that came to. @throws {FirstJobRefused} when the run is not created after all */
export async function advance(
  stage: RunsStage,
  run: RunId,
  how: {readonly created?: boolean; readonly prepared?: PreparedWorkflow; readonly again?: boolean},
): Promise<{readonly report: RunReport; readonly looked: Reconciled}> {
  const looked = await reconcile(await stage.engine(), {
    about: [run],
    rebuild: true,
    creates: how.prepared !== undefined,
  });
  const [withdrawn] = looked.withdrawn;
  if (how.prepared && (withdrawn || !stage.ledger.runs().includes(run)))
    throw new FirstJobRefused(withdrawn ?? {run}, how.prepared, stage.profile.compute);
  const view = await runViewAfter(stage, run, looked);
  const mine = looked.done.filter((done) => done.run === run);
  const submitted = {
    jobs: mine.filter(({action}) => action.do === 'submit-job').length,
    transfers: mine.filter(({action}) => action.do === 'submit-transfer').length,
  };
  const problems = problemsOf(looked);
  const again = how.again ?? false;
  const did = how.created ? 'created' : mine.length > 0 ? 'repaired' : 'nothing';
  const outcomes: Readonly<Record<typeof did, RunOutcome>> = {
    created: {is: 'created', submitted},
    repaired: {is: 'repaired', submitted, again},
    nothing: {is: 'under-way', again},
  };
  const report = {
    did,
    message: runInWords(run, view.state === 'cancelling' ? {is: 'cancelling'} : outcomes[did]),
    run: view,
    submitted,
    notes: stage.profile.staging.network ? [] : [noNetwork(stage.profile)],
    problems,
    exit: exitOf(view, problems),
  } as const;
  return {report, looked};
}

/** Nothing is done to a run that has ended. */
export function endedReport(
  ended: RunSummary,
  outcome: Extract<RunOutcome, {is: 'ended' | 'updated-ended'}>,
): RunReport {
  const view = viewSummary(ended);
  return {
    did: outcome.is === 'ended' ? 'nothing' : 'updated',
    message: runInWords(ended.run, outcome),
    run: view,
    submitted: {jobs: 0, transfers: 0},
    notes: [],
    problems: [],
    exit: exitOf(view, []),
  };
}
