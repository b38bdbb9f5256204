import {lookSeconds, staySeconds} from '../../../base/walltime.ts';
import type {EngineContext} from '../../../engine/context.ts';
import {type Reconciled, reconcile} from '../../../engine/turn.ts';
import {EXIT, type ExitCode, StageError} from '../../../errors.ts';
import {parseRunId} from '../../../ledger/state-directory.ts';
import type {RunsStage} from '../../../wiring/stage.ts';
import {exitOfProblems, notLearnt, type ProblemDocument, problemDocuments} from '../../shared/look-results.ts';
import {ofThePlace} from '../../shared/system-error.ts';
import {isWorthALine, type Moving, movingIn} from './progress-events.ts';

export interface MonitorReport {
  readonly looked: {readonly runs: number; readonly jobs: number; readonly tasks: number};
  readonly did: readonly {readonly run: string; readonly step: string; readonly action: string; readonly why: string}[];
  /** transfers under way, and how far they are */
  readonly moving: readonly Moving[];
  readonly ended: readonly {readonly run: string; readonly state: string}[];
  readonly problems: readonly ProblemDocument[];
  readonly notKnown: readonly string[];
  readonly exit: ExitCode;
}

/**
 * One tick: look at everything, or at the one run that a launcher or a sentinel serves, and do what is to be done. What
 * monitor, launcher and sentinel jobs, cron and people call.
 *
 * @param request.inJob a job of stage runs this: it may be the last process that looks, and stays while no monitor is
 *   known to be in the queue
 * @param request.seconds how long that job may stay; as the walltime of the profile's staging jobs allows when absent
 */
export async function tick(
  stage: RunsStage,
  request: {
    readonly generation?: number | undefined;
    readonly chain: boolean;
    /** the run that a launcher or a sentinel serves: others have their own */
    readonly run?: string | undefined;
    readonly inJob: boolean;
    readonly seconds?: number | undefined;
  },
): Promise<MonitorReport> {
  const context = await stage.engine();
  const {sleep, clock} = context;
  const seconds = request.seconds ?? staySeconds(stage.profile.staging.resources.walltime);
  const until = clock() + seconds * 1000;
  const served = request.run === undefined ? undefined : parseRunId(request.run)?.id;
  const about = served && [served];
  let before: ReturnType<typeof context.monitors.lastLook>;
  const lookUntil = clock() + lookSeconds(stage.profile.staging.resources.walltime) * 1000;
  const look = (stays: boolean) => () =>
    reconcile(context, {
      about,
      monitor: request.generation,
      withoutChain: !request.chain,
      stays,
      until: Math.max(lookUntil, clock() + LEAST_MS),
    });
  const first = () => {
    before = context.monitors.lastLook();
    return look(request.inJob)();
  };
  let looked = await (request.generation === undefined ? first() : lookWithRetries(first, sleep));
  if (request.inJob)
    looked = await stayWhileChainIsOpen(looked, (stays) => lookWithRetries(look(stays), sleep), context, until);
  const problems = problemDocuments(looked.problems);
  const notKnown = notLearnt(looked);
  const moving = movingIn(looked, {...context.settings, rebuild: false});
  for (const {run, ...progress} of moving) {
    const task = looked.seen.tasks.get(progress.task);
    if (task?.kind === 'task' && isWorthALine(task, looked.seen.now, before))
      stage.ledger.append(run, {at: clock(), event: 'transfer-moving', ...progress, by: stage.by});
  }
  return {
    looked: {runs: looked.runs.length, jobs: looked.seen.jobs.size, tasks: looked.seen.tasks.size},
    did: looked.done.map(({run, action}) => ({run, step: action.step, action: action.do, why: action.why})),
    moving,
    ended: looked.sealed.map(({run, state}) => ({run, state})),
    problems,
    notKnown,
    exit: exitOfProblems(problems) || (notKnown.length > 0 ? EXIT.unreachable : EXIT.ok),
  };
}

/** A look that is made again near the end has so long. */
const LEAST_MS = 60_000;

const LINK_PAUSE_MS = 5_000;
const LONGEST_LINK_PAUSE_MS = 60_000;

/**
 * Stay while something has to be looked at and no job that will do so is known to be in the queue, and look again and
 * again: the process that leaves then may be the last one.
 *
 * @param look is told whether this process will look again: the last look adds a link beside one that may never arrive
 * @param until when it has to leave all the same, in milliseconds
 * @returns the last look
 */
export async function stayWhileChainIsOpen(
  first: Reconciled,
  look: (stays: boolean) => Promise<Reconciled>,
  {clock, sleep, settings}: Pick<EngineContext, 'clock' | 'sleep' | 'settings'>,
  until: number,
): Promise<Reconciled> {
  let looked = first;
  let pauseMs = Math.min(LINK_PAUSE_MS, settings.refusedRetryMs);
  while (looked.gap !== undefined && clock() + pauseMs < until) {
    await sleep(pauseMs);
    looked = await look(true);
    pauseMs = Math.min(pauseMs * 2, LONGEST_LINK_PAUSE_MS);
  }
  return looked.gap?.certain === false ? look(false) : looked;
}

const PAUSES_MS = [10_000, 30_000, 60_000];

/**
 * A link of the chain whose disk fails may not have left a successor, and no other process would come: it waits a while for
 * the disk. (What PBS and Globus do not answer is a problem in the report; then the successor is in the queue.)
 */
async function lookWithRetries<T>(look: () => Promise<T>, sleep: (ms: number) => Promise<void>): Promise<T> {
  for (const pauseMs of PAUSES_MS) {
    try {
      return await look();
    } catch (error) {
      if (!(error instanceof StageError ? error.exit === EXIT.unreachable : ofThePlace(error))) throw error;
      await sleep(pauseMs);
    }
  }
  return look();
}
