import {withCircuitBreakers} from '../../engine/circuit-breaker.ts';
import type {Reconciled} from '../../engine/turn.ts';
import {EXIT, type ExitCode, type StageError} from '../../errors.ts';
import {PROXY_WRONG} from '../../globus-errors.ts';
import type {RunId} from '../../ledger/state-directory.ts';
import {runEnd} from '../../ledger/summary.ts';
import {openTroubles} from '../../ledger/troubles.ts';
import {type ChainDocument, chainDocument, chainStanding} from '../../standing/chain-standing.ts';
import type {RunStanding, RunStateWord, StepStateWord} from '../../standing/standing.ts';
import {standingOf} from '../../standing/standing-of.ts';
import {standingOfSeal} from '../../standing/standing-of-seal.ts';
import {whyUnanswered} from '../../standing/unanswered.ts';
import type {RunsStage} from '../../wiring/stage.ts';
import {errorDocument} from './render-error.ts';
import {withReservations} from './reservation-knowledge.ts';
import {learnAboutRoutes} from './route-knowledge.ts';
import {type RunView, viewRun} from './run-view.ts';
import {learnAbout, tasksOf} from './task-knowledge.ts';

/** What could not be done or learnt now, in the shape of `--json`. */
export type ProblemDocument = ReturnType<typeof errorDocument>['error'];

/** How one run stands after a look; with what stands in the way of its transfers, unless it is one of many. */
export async function standingAfter(
  stage: RunsStage,
  run: RunId,
  looked: Reconciled,
  asked: {readonly ofMany?: boolean; readonly thorough?: boolean} = {},
): Promise<RunStanding> {
  const summary = stage.ledger.summary(run);
  const open = looked.runs.find((candidate) => candidate.id === run);
  // Not in the look, or ended by another process since: what was seen of it is old.
  if (summary && (!open || !runEnd(open.state))) return standingOfSeal(summary);
  const engine = await stage.engine();
  const state = open?.state ?? stage.ledger.open(run).state;
  const tasks = asked.ofMany
    ? new Map()
    : await learnAbout(withCircuitBreakers(engine).transfers, tasksOf(state, looked.seen));
  const seen = await withReservations(stage, [state], looked.seen, asked.thorough ?? false);
  const routes = asked.thorough ? await learnAboutRoutes(stage, open ?? stage.ledger.open(run)) : undefined;
  const view = {run: state, seen, settings: {...engine.settings, rebuild: false}};
  const standing = standingOf(view, {
    tasks,
    problems: problemDocuments(looked.problems),
    monitor: engine.monitors.newest(),
    lastLook: engine.monitors.lastLook(),
    troubles: openTroubles(stage.ledger.layout.cache).read(),
    by: engine.by,
    ...(routes ? {routes} : {}),
  });
  return summary ? {...standing, endedAt: summary.endedAt} : standing;
}

/** How the monitor chain stands after a look. @returns undefined where there is none, or no run is left to look at */
export async function chainAfter(stage: RunsStage, looked: Reconciled): Promise<ChainDocument | undefined> {
  const {monitors, settings} = await stage.engine();
  if (!settings.stagingJobs || stage.ledger.activeRuns().length === 0) return undefined;
  const {seen, gap} = looked;
  return chainDocument(chainStanding({last: monitors.lastLook(), newest: monitors.newest(), seen, gap, asked: true}));
}

/** The same as a document. */
export async function runViewAfter(...asked: Parameters<typeof standingAfter>): Promise<RunView> {
  return viewRun(await standingAfter(...asked));
}

/** Each problem once, whatever the number of steps it stood in the way of. */
export function problemDocuments(problems: readonly StageError[]): ProblemDocument[] {
  const byText = new Map(problems.map((problem) => [`${problem.code} ${problem.why ?? ''}`, problem]));
  return [...byText.values()].map((problem) => errorDocument(problem).error);
}

/** What an exit code is made from: how a run stands, or its document. */
interface JudgedRun {
  readonly state: RunStateWord;
  readonly steps: readonly {readonly state: StepStateWord}[];
}

/** The exit code for a run that was asked about: how it ended, else what stands in its way, or could not be learnt of it. */
export function exitOf(
  view: JudgedRun,
  problems: readonly Pick<ProblemDocument, 'code' | 'exit'>[],
  notKnown: readonly string[] = [],
): ExitCode {
  if (view.state === 'failed' || view.state === 'cancelled') return EXIT.failed;
  if (view.state === 'succeeded') return EXIT.ok;
  // A run with a failed step can end in no other way, though its cleanup may still be running.
  if (view.steps.some((step) => step.state === 'failed')) return EXIT.failed;
  return exitUnderWay([view], withoutDamage(problems), notKnown);
}

/** The exit code for runs that have not ended: a person's turn with one of them comes before "try again later". */
export function exitUnderWay(
  views: readonly JudgedRun[],
  problems: readonly Pick<ProblemDocument, 'exit'>[],
  notKnown: readonly string[],
): ExitCode {
  if (views.some(({steps}) => steps.some(({state}) => state === 'action-needed'))) return EXIT.actionNeeded;
  return exitOfProblems(problems) || (notKnown.length > 0 ? EXIT.unreachable : EXIT.ok);
}

/** What keeps the processes that carry runs from PBS or Globus: for those who ask how runs stand, as bad as if it kept them. */
export function troublesIn(standings: readonly RunStanding[]): Pick<ProblemDocument, 'code' | 'exit'>[] {
  return standings.flatMap(({troubles = []}) =>
    troubles.map(({code, exit}) => ({code, exit: exit === EXIT.actionNeeded ? exit : EXIT.unreachable})),
  );
}

/** Those of the runs that could be worked on: one that is set aside is reported, and does not stop the others. */
export function withoutDamage<P extends {readonly code: string}>(problems: readonly P[]): P[] {
  return problems.filter(({code}) => !SET_ASIDE.includes(code));
}

const SET_ASIDE = ['LEDGER_DAMAGED', 'LEDGER_NEWER', 'NOT_TRUSTED'];

/** A person's turn comes before "try again later". */
export function exitOfProblems(problems: readonly {readonly exit: number}[]): ExitCode {
  if (problems.some((problem) => problem.exit === EXIT.actionNeeded)) return EXIT.actionNeeded;
  return problems.length > 0 ? EXIT.unreachable : EXIT.ok;
}

/** What a look could not learn, unless a problem says so already: nothing was concluded from it, but the user should know. */
export function notLearnt({seen, problems}: Pick<Reconciled, 'seen' | 'problems'>): string[] {
  return (['PBS', 'Globus'] as const).flatMap((whom) => {
    const why = whyUnanswered(seen, whom);
    const told = problems.some(({code}) => UNREACHABLE[whom].includes(code));
    return why === undefined || told ? [] : [`${whom} could not be queried: ${why}`];
  });
}

const UNREACHABLE: Readonly<Record<'PBS' | 'Globus', readonly string[]>> = {
  PBS: ['SCHEDULER_UNREACHABLE'],
  Globus: ['TRANSFER_UNREACHABLE', 'SIGN_IN_NEEDED', PROXY_WRONG],
};

/**
 * What stands in the way of a command that acts: what could not be done, and what could not even be learnt.
 *
 * @param setAside runs that it was to act on too, and could not open
 */
export function problemsOf(looked: Reconciled, setAside: readonly StageError[] = []): ProblemDocument[] {
  const blind = notLearnt(looked).map((what) => ({
    code: 'NOT_KNOWN',
    exit: EXIT.unreachable,
    what,
    next: ['Nothing was concluded from that: run the same command again later.'],
    details: [],
  }));
  return [...problemDocuments([...setAside, ...looked.problems]), ...blind];
}
