import {iso} from '../../../base/time.ts';
import {renderTime} from '../../../base/units.ts';
import {openFullNotes} from '../../../engine/full-notes.ts';
import type {Observed, PlanSettings} from '../../../engine/plan/actions.ts';
import {EXIT, type ExitCode} from '../../../errors.ts';
import {LedgerDamaged} from '../../../ledger/damage.ts';
import {openMonitorLedger} from '../../../ledger/monitor-facts.ts';
import {parseRunId, type RunId} from '../../../ledger/state-directory.ts';
import {openTroubles} from '../../../ledger/troubles.ts';
import {isRunUnusable} from '../../../ledger/trusted-run.ts';
import {type ChainDocument, chainDocument, chainStanding} from '../../../standing/chain-standing.ts';
import {explainTroubles} from '../../../standing/reasons/explain-troubles.ts';
import {inOneLine, type RunStanding} from '../../../standing/standing.ts';
import {standingOf} from '../../../standing/standing-of.ts';
import {standingOfSeal} from '../../../standing/standing-of-seal.ts';
import type {ExtraKnowledge} from '../../../standing/step-facts.ts';
import type {RunsStage} from '../../../wiring/stage.ts';
import {viewTransferring, viewTroubles} from '../../shared/run-view.ts';
import {findAgain} from './find-again.ts';
import type {RunLine} from './render-list.ts';

interface Dated {
  /** when it was created, in milliseconds */
  readonly at: number;
  readonly line: RunLine;
}

type ListStage = Pick<RunsStage, 'ledger' | 'profile'>;

export interface ListReport {
  readonly runs: readonly RunLine[];
  /** how the monitor chain stands as far as that is on record; absent where there is none, or nothing is under way */
  readonly chain?: ChainDocument | undefined;
  /** runs that have not ended, and that no look would have found: the next one does */
  readonly foundAgain?: readonly string[] | undefined;
}

/** All runs as {@link listRuns} has them, and how the monitor chain stands, from the state directory alone. */
export function showList(stage: ListStage, states: readonly string[], ids = false): ListReport {
  const found = findAgain(stage);
  return {...listed(stage, states, ids), foundAgain: found.length > 0 ? found : undefined};
}

function listed(stage: ListStage, states: readonly string[], ids: boolean): ListReport {
  const runs = listRuns(stage, states, ids);
  const isActive = runs.some(({state}) => state === 'active' || state === 'cancelling');
  if (!isActive || !stage.profile.staging.network) return {runs};
  const monitors = openMonitorLedger(stage.ledger.layout.monitor);
  const seen = {...UNSEEN, now: Date.now()};
  const chain = chainStanding({last: monitors.lastLook(), newest: monitors.newest(), seen, asked: false});
  return {runs, chain: chainDocument(chain)};
}

/** All runs, newest last, from the ledger alone; those that cannot be read at the end. @param states only these; all when empty @param ids of jobs and tasks, too */
export function listRuns(stage: ListStage, states: readonly string[], ids = false): RunLine[] {
  const known = knownOf(stage);
  return stage.ledger
    .runs()
    .map((run) => lineOf(stage, run, ids, known))
    .sort((one, other) => one.at - other.at)
    .map(({line}) => line)
    .filter(({state}) => states.length === 0 || states.includes(state));
}

/** A run that cannot be read keeps a list from being whole. */
export function exitOfList(runs: readonly RunLine[]): ExitCode {
  return runs.some(({state}) => state === 'unreadable') ? EXIT.unreachable : EXIT.ok;
}

/** What is on record of all runs together. */
function knownOf({ledger}: ListStage): ExtraKnowledge {
  const {cache, monitor} = ledger.layout;
  return {troubles: openTroubles(cache).read(), lastLook: openMonitorLedger(monitor).lastLook()};
}

function lineOf(stage: ListStage, run: RunId, ids: boolean, known: ExtraKnowledge): Dated {
  try {
    const standing = standingOn(stage, run, known);
    return {at: standing.createdAt, line: {...inALine(standing), ...(ids ? {ids: idsOf(standing)} : {})}};
  } catch (error) {
    if (!isRunUnusable(error)) throw error;
    const name = parseRunId(run)?.name ?? run;
    const reason = error instanceof LedgerDamaged ? (error.why ?? error.message) : `${error.message}: ${error.next[0]}`;
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

function standingOn({ledger, profile}: ListStage, run: RunId, known: ExtraKnowledge): RunStanding {
  const summary = ledger.summary(run);
  if (summary) return standingOfSeal(summary);
  const full = openFullNotes(ledger.layout.cache).read();
  const settings = {...UNASKED, stagingJobs: profile.staging.network, lostGraceMs: profile.lostGraceMs};
  return standingOf({run: ledger.open(run).state, seen: {...UNSEEN, ...full, now: Date.now()}, settings}, known);
}

function inALine(standing: RunStanding): RunLine {
  const {run, name, state, createdAt, endedAt, steps, transferring, troubles} = standing;
  return {
    run,
    name,
    state,
    reason: reasonOnRecord(standing),
    createdAt: iso(createdAt),
    endedAt: iso(endedAt),
    transferringOutput: viewTransferring(transferring),
    troubles: viewTroubles(troubles),
    steps: {all: steps.length, ended: steps.filter(({end}) => end !== undefined).length},
  };
}

/** What PBS or Globus accepts later, a task that is not listed, and what had no place in the last look: on record, as it says. */
const ON_RECORD = [
  'TRANSFER_REFUSED_FOR_NOW',
  'JOB_REFUSED_FOR_NOW',
  'TASK_UNKNOWN',
  'TRANSFER_WAITS_FOR_PLACE',
  'JOB_WAITS_FOR_PLACE',
];

/** How tasks and jobs get on is not on record; what a person decided, a failure, a refusal, and a sign-in that is needed, are. */
function reasonOnRecord({run, state, line, hold, steps, transferring, troubles = []}: RunStanding): string {
  if (state !== 'active') return line;
  if (hold) return `held by ${hold.by}`;
  const [trouble] = explainTroubles(troubles, run);
  if (trouble) return inOneLine(trouble);
  const step =
    steps.find((one) => one.state === 'failed' || one.state === 'action-needed') ??
    steps.find(({reason}) => ON_RECORD.includes(reason.code));
  if (step) return `${step.step}: ${inOneLine(step.reason)}`;
  return transferring ? `its nodes are free since ${renderTime(transferring.since)}` : '';
}

/** What PBS and Globus call what is under way. */
function idsOf({steps}: RunStanding): NonNullable<RunLine['ids']> {
  const open = steps.filter(({end, job, task}) => !end && (job?.id ?? task?.id) !== undefined);
  return open.map(({step, job, task}) => ({step, job: job?.id, task: task?.id}));
}
