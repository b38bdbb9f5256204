import {iso} from '../../base/time.ts';
import type {Observed, PlanSettings} from '../../engine/plan/actions.ts';
import {EXIT, type ExitCode} from '../../errors.ts';
import {LedgerDamaged} from '../../ledger/damage.ts';
import {parseRunId, type RunId} from '../../ledger/state-directory.ts';
import {inOneLine, type RunStanding} from '../../standing/standing.ts';
import {standingOf} from '../../standing/standing-of.ts';
import {standingOfSeal} from '../../standing/standing-of-seal.ts';
import type {RunsStage} from '../../wiring/stage.ts';
import type {RunLine} from './render-list.ts';

interface Dated {
  /** when it was created, in milliseconds */
  readonly at: number;
  readonly line: RunLine;
}

/** All runs, newest last, from the ledger alone; those that cannot be read at the end. @param states only these; all when empty @param ids of jobs and tasks, too */
export function listRuns(stage: Pick<RunsStage, 'ledger'>, states: readonly string[], ids = false): RunLine[] {
  return stage.ledger
    .runs()
    .map((run) => lineOf(stage, run, ids))
    .sort((one, other) => one.at - other.at)
    .map(({line}) => line)
    .filter(({state}) => states.length === 0 || states.includes(state));
}

/** A run that cannot be read keeps a list from being whole. */
export function exitOfList(runs: readonly RunLine[]): ExitCode {
  return runs.some(({state}) => state === 'unreadable') ? EXIT.unreachable : EXIT.ok;
}

function lineOf(stage: Pick<RunsStage, 'ledger'>, run: RunId, ids: boolean): Dated {
  try {
    const standing = standingOn(stage, run);
    return {at: standing.createdAt, line: {...inALine(standing), ...(ids ? {ids: idsOf(standing)} : {})}};
  } catch (error) {
    if (!(error instanceof LedgerDamaged)) throw error;
    const name = parseRunId(run)?.name ?? run;
    const reason = error.why ?? error.message;
    return {at: Number.POSITIVE_INFINITY, line: {run, name, state: 'unreadable', reason, steps: {all: 0, ended: 0}}};
  }
}

/** Only what is on record: neither PBS nor Globus is asked. */
const UNSEEN: Omit<Observed, 'now'> = {jobs: new Map(), tasks: new Map(), tags: new Map()};
/** What these decide concerns the next action, and not what is on record. */
const UNASKED: PlanSettings = {
  lostGraceMs: 0,
  refusedRetryMs: 0,
  lostAttempts: Number.POSITIVE_INFINITY,
  stagingJobs: true,
  strategy: 'monitor',
  rebuild: false,
};

function standingOn(stage: Pick<RunsStage, 'ledger'>, run: RunId): RunStanding {
  const summary = stage.ledger.summary(run);
  if (summary) return standingOfSeal(summary);
  return standingOf({run: stage.ledger.open(run).state, seen: {...UNSEEN, now: Date.now()}, settings: UNASKED});
}

function inALine(standing: RunStanding): RunLine {
  const {run, name, state, createdAt, endedAt, steps} = standing;
  return {
    run,
    name,
    state,
    reason: reasonOnRecord(standing),
    createdAt: iso(createdAt),
    endedAt: iso(endedAt),
    steps: {all: steps.length, ended: steps.filter(({end}) => end !== undefined).length},
  };
}

/** What PBS or Globus accepts later: on record, as it says. */
const REFUSED_FOR_NOW = ['TRANSFER_REFUSED_FOR_NOW', 'JOB_REFUSED_FOR_NOW'];

/** How tasks and jobs get on is not on record; what a person decided, a failure, a refusal, and a sign-in that is needed, are. */
function reasonOnRecord({state, line, hold, steps}: RunStanding): string {
  if (state !== 'active') return line;
  if (hold) return `held by ${hold.by}`;
  const step =
    steps.find((one) => one.state === 'failed' || one.state === 'action-needed') ??
    steps.find(({reason}) => REFUSED_FOR_NOW.includes(reason.code));
  return step ? `${step.step}: ${inOneLine(step.reason)}` : '';
}

/** What PBS and Globus call what is under way. */
function idsOf({steps}: RunStanding): NonNullable<RunLine['ids']> {
  const open = steps.filter(({end, job, task}) => !end && (job?.id ?? task?.id) !== undefined);
  return open.map(({step, job, task}) => ({step, job: job?.id, task: task?.id}));
}
