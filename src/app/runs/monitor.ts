import {walltimeSeconds} from '../../base/walltime.ts';
import {type Reconciled, reconcile} from '../../engine/turn.ts';
import {EXIT, type ExitCode, StageError} from '../../errors.ts';
import type {MonitorLedger} from '../../ledger/monitor-facts.ts';
import type {Stage} from '../../wiring/stage.ts';
import {blindSpots, exitOfProblems, type ProblemDocument, problemDocuments, withoutDamage} from '../shared/report.ts';
import {ofTheSystem} from '../shared/system-error.ts';

export interface MonitorReport {
  readonly looked: {readonly runs: number; readonly jobs: number; readonly tasks: number};
  readonly did: readonly {readonly run: string; readonly step: string; readonly action: string; readonly why: string}[];
  readonly ended: readonly {readonly run: string; readonly state: string}[];
  readonly problems: readonly ProblemDocument[];
  readonly notKnown: readonly string[];
  readonly exit: ExitCode;
}

/** One tick: look at everything, do what is to be done. What monitor, launcher and sentinel jobs, cron and people call. */
export async function tick(
  stage: Stage,
  request: {readonly generation?: number; readonly chain: boolean},
): Promise<MonitorReport> {
  const {sleep, monitors, clock} = await stage.engine();
  const look = async () =>
    reconcile(await stage.engine(), {
      ...(request.generation === undefined ? {} : {monitor: request.generation}),
      withoutChain: !request.chain,
    });
  let looked = await (request.generation === undefined ? look() : patiently(look, sleep));
  if (request.generation !== undefined && request.chain) {
    // PBS took no successor: whoever leaves now leaves nobody behind.
    const until = clock() + staySeconds(stage.profile.staging.resources.walltime) * 1000;
    for (let pauseMs = LINK_PAUSE_MS; isOpen(looked, monitors) && clock() + pauseMs < until; ) {
      await sleep(pauseMs);
      looked = await patiently(look, sleep);
      pauseMs = Math.min(pauseMs * 2, LONGEST_LINK_PAUSE_MS);
    }
  }
  const problems = problemDocuments(looked.problems);
  const notKnown = blindSpots(looked);
  return {
    looked: {runs: looked.runs.length, jobs: looked.seen.jobs.size, tasks: looked.seen.tasks.size},
    did: looked.done.map(({run, action}) => ({run, step: action.step, action: action.do, why: action.why})),
    ended: looked.sealed.map(({run, state}) => ({run, state})),
    problems,
    notKnown,
    exit: exitOfProblems(withoutDamage(problems)) || (notKnown.length > 0 ? EXIT.unreachable : EXIT.ok),
  };
}

const LINK_PAUSE_MS = 5_000;
const LONGEST_LINK_PAUSE_MS = 60_000;

/** Something has to be looked at, and no job that will do so is known to be in the queue. */
function isOpen({nextAt}: Reconciled, monitors: MonitorLedger): boolean {
  const newest = monitors.newest();
  return nextAt !== undefined && newest !== undefined && newest.job === undefined;
}

/** How long a monitor may stay: it leaves before PBS would end it. */
function staySeconds(walltime: string | undefined): number {
  const seconds = walltimeSeconds(walltime ?? '') ?? 0;
  return seconds - Math.min(120, seconds / 4);
}

const PAUSES_MS = [10_000, 30_000, 60_000];

/**
 * A link of the chain whose disk fails may not have left a successor, and nobody else would come: it waits a while for
 * the disk. (What PBS and Globus do not answer is a problem in the report; then the successor is in the queue.)
 */
async function patiently<T>(look: () => Promise<T>, sleep: (ms: number) => Promise<void>): Promise<T> {
  for (const pauseMs of PAUSES_MS) {
    try {
      return await look();
    } catch (error) {
      if (!(error instanceof StageError ? error.exit === EXIT.unreachable : ofTheSystem(error))) throw error;
      await sleep(pauseMs);
    }
  }
  return look();
}
