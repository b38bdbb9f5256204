import {count} from '../../../base/units.ts';
import type {Observed} from '../../../engine/plan/actions.ts';
import {seenOf} from '../../../engine/plan/jobs/job-seen.ts';
import {hasHoldOfRun, personHold} from '../../../engine/plan/jobs/person-hold.ts';
import {unconfirmedUnderHold} from '../../../engine/plan/jobs/plan-holds.ts';
import {EXIT, type ExitCode, RequestWrong} from '../../../errors.ts';
import {type HoldDecision, type RunState, standingHold} from '../../../ledger/run-facts.ts';
import type {RunId} from '../../../ledger/state-directory.ts';
import type {RunUnusable} from '../../../ledger/trusted-run.ts';
import type {RunsStage} from '../../../wiring/stage.ts';
import {chooseRuns, chooseSteps} from '../../shared/choose.ts';
import {
  exitOfProblems,
  type ProblemDocument,
  problemDocuments,
  problemsOf,
  withoutDamage,
} from '../../shared/look-results.ts';
import {arraysThatGoOn, jobRecordsOf, lookUntilConfirmed, takeOver} from './holds-at-pbs.ts';

export interface HoldRequest {
  /** undefined: all runs that have not ended */
  readonly run: string | undefined;
  /** only these steps; all when empty */
  readonly steps: readonly string[];
}

export interface HeldRun {
  readonly run: string;
  readonly message: string;
  /** jobs whose user hold was set, or ended, by this command */
  readonly jobs: readonly string[];
}

export interface HoldReport {
  readonly runs: readonly HeldRun[];
  readonly problems: readonly ProblemDocument[];
  readonly exit: ExitCode;
}

/**
 * Keep what is queued from starting: queued jobs get a user hold, and nothing new is started. Running jobs and
 * transfers go on. Safe to repeat.
 *
 * @throws {NoSuchRun} {NoSuchStep} {RequestWrong}
 */
export async function holdRuns(stage: RunsStage, request: HoldRequest): Promise<HoldReport> {
  const {runs, damaged} = chosen(stage, request);
  const by = stage.person;
  const begun = new Set<RunId>();
  for (const [run, state] of runs) {
    if (standing(state, request.steps)) continue;
    const steps = request.steps.length > 0 ? {steps: request.steps} : {};
    const number = state.holds.length + 1;
    begun.add(run);
    stage.ledger.create(run, `decision.hold-${number}`, {at: Date.now(), by, ...steps});
    stage.ledger.append(run, {at: Date.now(), event: 'run-held', by: stage.by});
  }
  const asked = {runs, damaged, named: request.run !== undefined};
  return advanceAll(stage, asked, 'confirmed', (run, {jobs, before, open, unconfirmed, refused, goOn}) => {
    const got = `${count(jobs.length, 'queued job')} got a user hold`;
    const end = `Running jobs and transfers continue; end the hold with: stage release ${run}`;
    if (goOn.length > 0)
      return `${run} is held, but not ${goOn.join(', ')}: PBS shows that ${goOn.length === 1 ? 'array' : 'these arrays'} as begun, and may start further subjobs. ${end}`;
    if (refused)
      return `${run} is held, but PBS refused the user hold of ${count(open, 'job')}, which may start${jobs.length > 0 ? ` (${got})` : ''}. ${end}`;
    if (open > 0)
      return `${run} will be held; PBS could not be queried, so its queued jobs may still start${jobs.length > 0 ? ` (${got})` : ''}. ${end}`;
    if (unconfirmed > 0)
      return `${run} is held, but it is not known yet whether PBS took ${count(unconfirmed, 'job')}, which may start${jobs.length > 0 ? ` (${got})` : ''}. Run the same command again. ${end}`;
    if (!begun.has(run) && jobs.length === 0) return `${run} is held already`;
    return `${run} is held: ${got}${before > 0 ? `, ${before} had one before` : ''}. ${end}`;
  });
}

/**
 * End every hold of a run: exactly the user holds that holding it had set are taken away. Safe to repeat.
 *
 * @param request.qhold also those that were put on its jobs with qhold: a job that still waits for its data keeps one of ours
 */
export async function releaseRuns(
  stage: RunsStage,
  request: Pick<HoldRequest, 'run'> & {readonly qhold: boolean},
): Promise<HoldReport> {
  const {runs, damaged} = chosen(stage, {...request, steps: []});
  const by = stage.person;
  const ended = new Set<RunId>();
  for (const [run, state] of runs) {
    for (const hold of state.holds.filter(({endedAt}) => endedAt === undefined)) {
      ended.add(run);
      stage.ledger.create(run, `decision.release-${hold.number}`, {at: Date.now(), by});
      stage.ledger.append(run, {at: Date.now(), event: 'run-released', by: stage.by});
    }
  }
  const asked = {runs, damaged, named: request.run !== undefined};
  const taken = request.qhold ? await takeOver(stage, runs) : new Map<RunId, readonly string[]>();
  return advanceAll(stage, asked, 'ended', (run, {jobs, open, theirs}) => {
    const over = taken.get(run) ?? [];
    if (over.length > 0)
      return `${run} is released: the user hold of ${over.join(', ')} was put there by qhold; it ends now where the data is there, and otherwise when it is${jobs.length > 0 ? `; that of ${count(jobs.length, 'other job')} was ended` : ''}`;
    if (open > 0)
      return `${run} will be released; PBS could not be queried, so ${count(open, 'job')} will keep a user hold until it can`;
    const stay =
      theirs.length > 0
        ? `; that of ${theirs.join(', ')} was put there by qhold, and stays: end it with stage release ${run} --qhold`
        : '';
    return ended.has(run) || jobs.length > 0
      ? `${run} is released: the user hold of ${count(jobs.length, 'job')} was ended${stay}`
      : `${run} is not held; nothing was changed${stay}`;
  });
}

/** What became of the jobs of a run. */
interface HoldChange {
  /** their user hold was set, or ended, by now and not before */
  readonly jobs: readonly string[];
  /** under a user hold before */
  readonly before: number;
  /** how many it could not be done to, or not be learnt of */
  readonly open: number;
  /** how many are to be held, and may be at PBS: what became of their submission is not known */
  readonly unconfirmed: number;
  /** those on which a person put a user hold while the run was held */
  readonly theirs: readonly string[];
  /** PBS said no to some of them */
  readonly refused: boolean;
  /** arrays that PBS shows as begun after they were held */
  readonly goOn: readonly string[];
}

type Did = 'confirmed' | 'ended';

async function advanceAll(
  stage: RunsStage,
  {runs, damaged, named}: Chosen & {readonly named: boolean},
  did: Did,
  message: (run: RunId, change: HoldChange) => string,
): Promise<HoldReport> {
  if (runs.size === 0) {
    const problems = problemDocuments(damaged);
    return {runs: [], problems, exit: exitOfProblems(problems)};
  }
  const earlier = new Map([...runs].map(([run, state]) => [run, donesOf(state, did)]));
  const looked = await lookUntilConfirmed(stage, [...runs.keys()]);
  const problems = problemsOf(looked, damaged);
  const refused = did === 'confirmed' && problems.some(({code}) => code === 'SCHEDULER_REFUSED');
  const begun = did === 'confirmed' ? await arraysThatGoOn(stage, runs, looked.seen) : new Map<RunId, string[]>();
  // From the facts: another process that looks at the same time may have held or released a job.
  const after = [...runs.keys()].map((run) => {
    const {state} = stage.ledger.open(run);
    return {run, state, unconfirmed: unconfirmedUnderHold(state).length};
  });
  const isUnclear = after.some(({unconfirmed}) => unconfirmed > 0);
  return {
    runs: after.map(({run, state, unconfirmed}) => {
      const known = earlier.get(run);
      const jobs = [...donesOf(state, did)].filter(([done]) => !known?.has(done)).map(([, job]) => job);
      const open = did === 'ended' ? stillHeld(state, looked.seen) : notYetHeld(state, looked.seen);
      return {
        run,
        message: message(run, {
          jobs,
          before: heldBefore(state, looked.seen, jobs),
          open,
          unconfirmed,
          theirs: heldByPersons(state, looked.seen),
          refused: refused && open > 0,
          goOn: begun.get(run) ?? [],
        }),
        jobs,
      };
    }),
    problems,
    exit:
      refused || begun.size > 0
        ? EXIT.failed
        : exitOfProblems(named ? withoutDamage(problems) : problems) || (isUnclear ? EXIT.unreachable : EXIT.ok),
  };
}

/** Jobs that holds have put a user hold on, or taken it back from; a key for each time. */
function donesOf(state: RunState, did: Did): Map<string, string> {
  return new Map(
    jobRecordsOf(state).flatMap(({job, key, holds}) =>
      job ? holds[did].map((number): [string, string] => [`${key} ${number}`, job]) : [],
    ),
  );
}

/** Jobs that may start although the run is held: PBS did not show them, or did not take the hold. */
function notYetHeld(state: RunState, seen: Observed): number {
  const hold = standingHold(state);
  if (!hold) return 0;
  return jobRecordsOf(state, hold.steps).filter((record) => {
    if (record.role === 'sentinel' || !record.job || record.holds.confirmed.includes(hold.number)) return false;
    const shown = seenOf(seen, record)?.kind;
    return shown === 'no-evidence' || (shown === 'live' && record.holds.intended.includes(hold.number));
  }).length;
}

/** Jobs under a hold that was ended: PBS did not show them, or did not take it back. */
function stillHeld(state: RunState, seen: Observed): number {
  return jobRecordsOf(state).filter((record) => {
    const held = record.holds.confirmed.some((number) => !record.holds.ended.includes(number));
    const shown = seenOf(seen, record);
    return (
      held &&
      (shown?.kind === 'no-evidence' || (shown?.kind === 'live' && shown.userHold && !personHold(record, shown)))
    );
  }).length;
}

/** Jobs that a hold of the run was put on, and that stay under the one that a person put on them since. */
function heldByPersons(state: RunState, seen: Observed): string[] {
  return jobRecordsOf(state).flatMap((record) => {
    const shown = seenOf(seen, record);
    return record.job && shown?.kind === 'live' && hasHoldOfRun(record) && personHold(record, shown)
      ? [record.job]
      : [];
  });
}

/** Jobs that a hold has nothing to add to: they were under a user hold, ours or a person's. */
function heldBefore(state: RunState, {jobs}: Observed, now: readonly string[]): number {
  return jobRecordsOf(state, standingHold(state)?.steps).filter(({job, role}) => {
    const seen = job && role !== 'sentinel' && !now.includes(job) ? jobs.get(job) : undefined;
    return seen?.kind === 'live' && seen.userHold;
  }).length;
}

interface Chosen {
  readonly runs: ReadonlyMap<RunId, RunState>;
  /** those of all that cannot be read */
  readonly damaged: readonly RunUnusable[];
}

/** @throws {NoSuchRun} {NoSuchStep} {RequestWrong} for a run that has ended */
function chosen(stage: RunsStage, {run, steps}: HoldRequest): Chosen {
  const {runs, damaged} = chooseRuns(stage, run);
  const active = stage.ledger.activeRuns();
  for (const {id, state} of runs) {
    if (!active.includes(id))
      throw new RequestWrong(`${id} has ended; there is nothing to hold or release`, {
        next: [`See it: stage status ${id}`],
      });
    chooseSteps(state.spec.workflow, steps, id);
  }
  return {runs: new Map(runs.map(({id, state}) => [id, state])), damaged};
}

/** A hold that covers what is asked for. */
function standing(state: RunState | undefined, steps: readonly string[]): HoldDecision | undefined {
  return state?.holds.find(
    (hold) =>
      hold.endedAt === undefined &&
      (hold.steps === undefined || (steps.length > 0 && steps.every((step) => hold.steps?.includes(step)))),
  );
}
