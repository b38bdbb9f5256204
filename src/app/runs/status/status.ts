import {reconcile} from '../../../engine/turn.ts';
import type {ExitCode} from '../../../errors.ts';
import {LedgerDamaged} from '../../../ledger/damage.ts';
import type {RunId} from '../../../ledger/state-directory.ts';
import type {ChainDocument} from '../../../standing/chain-standing.ts';
import type {RunsStage} from '../../../wiring/stage.ts';
import {findRun} from '../../shared/choose.ts';
import {
  chainAfter,
  exitOf,
  exitOfProblems,
  exitUnderWay,
  notLearnt,
  type ProblemDocument,
  problemDocuments,
  standingAfter,
  troublesIn,
} from '../../shared/look-results.ts';
import {type RunView, viewRun, viewSummary} from '../../shared/run-view.ts';
import {findAgain} from './find-again.ts';

export interface StatusReport {
  /** newest last; active runs in full */
  readonly runs: readonly RunView[];
  readonly problems: readonly ProblemDocument[];
  /** what could not be learnt this time */
  readonly notKnown: readonly string[];
  /** how the monitor chain stands; absent where there is none, or nothing is under way */
  readonly chain?: ChainDocument | undefined;
  readonly exit: ExitCode;
}

/** Look at one run or all, do what is to be done, and show it. @throws {NoSuchRun} */
export async function showStatus(stage: RunsStage, nameOrId: string | undefined): Promise<StatusReport> {
  const run = nameOrId === undefined ? undefined : findRun(stage, nameOrId);
  const summary = run && stage.ledger.summary(run);
  if (summary)
    return {runs: [viewSummary(summary)], problems: [], notKnown: [], exit: exitOf(viewSummary(summary), [])};
  if (run === undefined) findAgain(stage);
  if (run === undefined && stage.ledger.activeRuns().length === 0 && isNothingLate(stage)) {
    const {ended, damaged} = endedRuns(stage);
    const problems = problemDocuments([...damaged.values()]);
    return {runs: ended, problems, notKnown: [], exit: exitOfProblems(problems)};
  }
  const looked = await reconcile(await stage.engine(), {about: run && [run], shows: true});
  const notKnown = notLearnt(looked);
  const chain = await chainAfter(stage, looked);
  if (run !== undefined) {
    const standing = await standingAfter(stage, run, looked);
    const problems = problemDocuments(looked.problems);
    const exit = exitOf(standing, [...problems, ...troublesIn([standing])], notKnown);
    return {runs: [viewRun(standing)], problems, notKnown, chain, exit};
  }
  const {ended, damaged} = endedRuns(stage);
  const over = new Set<string>([...ended.map((view) => view.run), ...damaged.keys()]);
  const active = await Promise.all(
    looked.runs.filter(({id}) => !over.has(id)).map(({id}) => standingAfter(stage, id, looked, {ofMany: true})),
  );
  const problems = problemDocuments([...looked.problems, ...damaged.values()]);
  const exit = exitUnderWay(active, [...problems, ...troublesIn(active)], notKnown);
  return {runs: [...ended, ...active.map(viewRun)], problems, notKnown, chain, exit};
}

/** Runs that have ended, oldest first, and by run the seals that do not tell how. */
function endedRuns({ledger}: RunsStage) {
  const damaged = new Map<RunId, LedgerDamaged>();
  const summaries = ledger.runs().flatMap((id) => {
    try {
      return ledger.summary(id) ?? [];
    } catch (error) {
      if (!(error instanceof LedgerDamaged)) throw error;
      damaged.set(id, error);
      return [];
    }
  });
  return {ended: summaries.sort((a, b) => a.createdAt - b.createdAt).map(viewSummary), damaged};
}

function isNothingLate({ledger}: RunsStage): boolean {
  const {found, damaged} = ledger.late();
  return found.length === 0 && damaged.length === 0;
}
