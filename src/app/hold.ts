import type {Observed} from '../engine/plan/actions.ts';
import {reconcile} from '../engine/reconcile.ts';
import {type ExitCode, RequestWrong} from '../errors.ts';
import type {RunId} from '../ledger/layout.ts';
import type {LedgerDamaged} from '../ledger/ledger.ts';
import {openRuns} from '../ledger/open-runs.ts';
import type {HoldDecision, RunState} from '../ledger/run-facts.ts';
import {count} from '../report/units.ts';
import {listNames} from '../workflow/problems.ts';
import {exitOfProblems, type ProblemDocument, problemDocuments, problemsOf, withoutDamage} from './report.ts';
import {findRun} from './status.ts';
import type {Stage} from './wiring.ts';

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
 * @throws {NoSuchRun} {RequestWrong}
 */
export async function holdRuns(stage: Stage, request: HoldRequest): Promise<HoldReport> {
  const {runs, damaged} = chosen(stage, request);
  const by = stage.person;
  const numbers = new Map<RunId, readonly number[]>();
  for (const [run, state] of runs) {
    if (standing(state, request.steps)) continue;
    const steps = request.steps.length > 0 ? {steps: request.steps} : {};
    const number = state.holds.length + 1;
    numbers.set(run, [number]);
    stage.ledger.create(run, `decision.hold-${number}`, {at: Date.now(), by, ...steps});
    stage.ledger.append(run, {at: Date.now(), event: 'run-held', by: stage.by});
  }
  return advance(
    stage,
    {runs: [...runs.keys()], damaged, named: request.run !== undefined},
    {numbers, did: 'confirmed'},
    (run, jobs, before) =>
      !numbers.has(run)
        ? `${run} is held already`
        : `${run} is held: ${count(jobs.length, 'queued job')} got a user hold${before > 0 ? `, ${before} had one before` : ''}. What runs goes on; end the hold with: stage release ${run}`,
  );
}

/** End every hold of a run: exactly the user holds that holding it had set are taken away. Safe to repeat. */
export async function releaseRuns(stage: Stage, request: Pick<HoldRequest, 'run'>): Promise<HoldReport> {
  const {runs, damaged} = chosen(stage, {...request, steps: []});
  const by = stage.person;
  const numbers = new Map<RunId, readonly number[]>();
  for (const [run, state] of runs) {
    for (const hold of state.holds.filter(({endedAt}) => endedAt === undefined)) {
      numbers.set(run, [...(numbers.get(run) ?? []), hold.number]);
      stage.ledger.create(run, `decision.release-${hold.number}`, {at: Date.now(), by});
      stage.ledger.append(run, {at: Date.now(), event: 'run-released', by: stage.by});
    }
  }
  return advance(
    stage,
    {runs: [...runs.keys()], damaged, named: request.run !== undefined},
    {numbers, did: 'ended'},
    (run, jobs) =>
      numbers.has(run)
        ? `${run} goes on: the user hold of ${count(jobs.length, 'job')} was ended`
        : `${run} is not held; nothing was changed`,
  );
}

async function advance(
  stage: Stage,
  {
    runs,
    damaged,
    named,
  }: {readonly runs: readonly RunId[]; readonly damaged: readonly LedgerDamaged[]; readonly named: boolean},
  asked: {readonly numbers: ReadonlyMap<RunId, readonly number[]>; readonly did: 'confirmed' | 'ended'},
  message: (run: RunId, jobs: readonly string[], heldBefore: number) => string,
): Promise<HoldReport> {
  if (runs.length === 0) {
    const problems = problemDocuments(damaged);
    return {runs: [], problems, exit: exitOfProblems(problems)};
  }
  const looked = await reconcile(await stage.engine());
  const problems = problemsOf(looked);
  return {
    runs: runs.map((run) => {
      // From the facts: whoever looks at the same moment may be the one that held or released a job.
      const {state} = stage.ledger.open(run);
      const jobs = jobsOf(state, asked.numbers.get(run) ?? [], asked.did);
      return {run, message: message(run, jobs, heldBefore(state, looked.seen, jobs)), jobs};
    }),
    problems,
    exit: exitOfProblems(named ? withoutDamage(problems) : problems),
  };
}

/** Jobs that holds of these numbers have put a user hold on, or taken it back from. */
function jobsOf(state: RunState, numbers: readonly number[], did: 'confirmed' | 'ended'): string[] {
  const records = [...state.attempts.values()].flat().flatMap((attempt) => attempt.jobs);
  return records.flatMap(({job, holds}) => (job && numbers.some((number) => holds[did].includes(number)) ? [job] : []));
}

/** Jobs that a hold has nothing to add to: they were under a user hold, ours or a person's. */
function heldBefore(state: RunState, {jobs}: Observed, now: readonly string[]): number {
  const steps = state.holds.findLast(({endedAt}) => endedAt === undefined)?.steps;
  const records = [...state.attempts]
    .filter(([step]) => steps?.includes(step) ?? true)
    .flatMap(([, attempts]) => attempts.flatMap((attempt) => attempt.jobs));
  return records.filter(({job, role}) => {
    const seen = job && role !== 'sentinel' && !now.includes(job) ? jobs.get(job) : undefined;
    return seen?.kind === 'live' && seen.userHold;
  }).length;
}

interface Chosen {
  readonly runs: ReadonlyMap<RunId, RunState>;
  /** those of all that cannot be read */
  readonly damaged: readonly LedgerDamaged[];
}

function chosen(stage: Stage, {run, steps}: HoldRequest): Chosen {
  const active = stage.ledger.activeRuns();
  const asked =
    run === undefined ? openRuns(stage.ledger, active) : {runs: [stage.ledger.open(findRun(stage, run))], damaged: []};
  const open = new Map(asked.runs.map(({id, state}) => [id, state]));
  for (const [id, {spec}] of open) {
    if (!active.includes(id))
      throw new RequestWrong(`${id} has ended; there is nothing to hold or release`, {
        next: [`See it: stage status ${id}`],
      });
    const names = spec.workflow.steps.map((step) => step.name);
    const unknown = steps.find((step) => !names.includes(step));
    if (unknown !== undefined)
      throw new RequestWrong(`run ${id} has no step "${unknown}"`, {why: `its steps are ${listNames(names)}`});
  }
  return {runs: open, damaged: asked.damaged};
}

/** A hold that covers what is asked for. */
function standing(state: RunState | undefined, steps: readonly string[]): HoldDecision | undefined {
  return state?.holds.find(
    (hold) =>
      hold.endedAt === undefined &&
      (hold.steps === undefined || (steps.length > 0 && steps.every((step) => hold.steps?.includes(step)))),
  );
}
