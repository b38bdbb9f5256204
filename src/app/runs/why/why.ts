import {reconcile} from '../../../engine/turn.ts';
import type {ExitCode} from '../../../errors.ts';
import type {ChainDocument} from '../../../standing/chain-standing.ts';
import {adviceOn} from '../../../standing/reasons/explain-end.ts';
import type {RunStanding, RunStateWord} from '../../../standing/standing.ts';
import {standingOfSeal} from '../../../standing/standing-of-seal.ts';
import type {RunsStage} from '../../../wiring/stage.ts';
import {chooseSteps, openRun} from '../../shared/choose.ts';
import {
  chainAfter,
  exitOf,
  notLearnt,
  type ProblemDocument,
  problemDocuments,
  standingAfter,
  troublesIn,
} from '../../shared/look-results.ts';
import {type Explanation, explanationsOf} from './explanations.ts';

export interface WhyReport {
  readonly run: string;
  readonly state: RunStateWord;
  /** those first that a person can do something about */
  readonly reasons: readonly Explanation[];
  readonly problems: readonly ProblemDocument[];
  readonly notKnown: readonly string[];
  /** how the monitor chain stands; absent where there is none, or the run has ended */
  readonly chain?: ChainDocument | undefined;
  readonly exit: ExitCode;
}

/** Look once, do what is to be done, and say of each step that does not move why, and what to do. @throws {NoSuchRun} {NoSuchStep} */
export async function explainWhy(stage: RunsStage, asked: {run: string; step: string | undefined}): Promise<WhyReport> {
  const {id: run, state: recorded} = openRun(stage, asked.run);
  chooseSteps(recorded.spec.workflow, asked.step === undefined ? [] : [asked.step], run);
  const sealed = stage.ledger.summary(run);
  if (sealed) {
    const standing = standingOfSeal(sealed, (step) => adviceOn(recorded, step));
    return {...reportOf(standing, asked.step), problems: [], notKnown: [], exit: exitOf(standing, [])};
  }
  const looked = await reconcile(await stage.engine(), {about: [run], shows: true});
  const standing = await standingAfter(stage, run, looked, {thorough: true});
  const problems = problemDocuments(looked.problems);
  const notKnown = notLearnt(looked);
  const exit = exitOf(standing, [...problems, ...troublesIn([standing])], notKnown);
  const chain = standing.endedAt === undefined ? await chainAfter(stage, looked) : undefined;
  return {...reportOf(standing, asked.step), problems, notKnown, chain, exit};
}

function reportOf(standing: RunStanding, only: string | undefined) {
  return {run: standing.run, state: standing.state, reasons: explanationsOf(standing, only)};
}
