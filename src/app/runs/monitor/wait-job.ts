import type {EngineContext} from '../../../engine/context.ts';
import type {Observed} from '../../../engine/plan/actions.ts';
import {seenOf} from '../../../engine/plan/jobs/job-seen.ts';
import {nextLookAtTask} from '../../../engine/plan/monitor/next-look.ts';
import {type Reconciled, reconcile} from '../../../engine/turn.ts';
import {EXIT, type ExitCode} from '../../../errors.ts';
import type {Attempt, RunState} from '../../../ledger/run-facts.ts';
import type {RunsStage} from '../../../wiring/stage.ts';
import {problemDocuments} from '../../shared/look-results.ts';
import {stayWhileChainIsOpen} from './monitor.ts';
import {attemptOf, readServed, type Served} from './served.ts';

/** What a job that waits came to, for the log that PBS keeps of it. */
export interface WaitReport {
  readonly run: string;
  readonly step: string;
  readonly message: string;
  readonly problems: ReturnType<typeof problemDocuments>;
  /** 0: the transfer succeeded; 1: it did not; 4: this job leaves, and another one takes over */
  readonly exit: ExitCode;
}

/**
 * Wait for one transfer, looking and acting as a monitor does, until it has ended or the time is up.
 *
 * @param request.of what pbs/wait.sh was given: `RUN/STEP.ATTEMPT.wait`
 * @param request.seconds how long this job may stay; after that it says so, and its successor is submitted
 * @throws {RequestWrong} for an `of` that names no attempt of a run
 */
export async function waitForTransfer(
  stage: RunsStage,
  request: {readonly of: string; readonly seconds: number},
): Promise<WaitReport> {
  const served = readServed(stage, request.of);
  const engine = await stage.engine();
  const until = engine.clock() + request.seconds * 1000;
  for (;;) {
    const looked = await reconcile(engine, {about: [served.run], stays: true});
    const attempt = attemptOf(stage, served);
    if (attempt.outcome) {
      const {state} = stage.ledger.open(served.run);
      const last = othersWaitFor(state, attempt, looked.seen)
        ? looked
        : await stayWhileChainIsOpen(looked, (stays) => reconcile(engine, {about: [served.run], stays}), engine, until);
      return ended(served, attempt, last);
    }
    if (engine.clock() >= until) return handOver(stage, engine, served, handOverSeconds(request.seconds));
    await engine.sleep(Math.min(pauseMs(engine, attempt, looked), Math.max(0, until - engine.clock())));
  }
}

/**
 * Do jobs in the queue wait for the end of a waiting job of this attempt? They look when they end, and must not be kept
 * waiting; where none does, the waiting job may be the last process that looks. Pure.
 */
export function othersWaitFor(run: RunState, attempt: Attempt, seen: Observed): boolean {
  const mine = new Set(attempt.jobs.flatMap(({role, job}) => (role === 'wait' && job ? [job] : [])));
  return [...run.attempts.values()].flat().some(({jobs}) =>
    jobs.some((record) => {
      const dependent = record.intent.dependsOn.some((job) => mine.has(job));
      return dependent && !record.deleted && seenOf(seen, record)?.kind === 'live';
    }),
  );
}

/** How long it may try to leave a successor behind: less than what is left of its walltime by then (job-files.ts). */
function handOverSeconds(seconds: number): number {
  return Math.min(120, seconds / 6);
}

function ended({run, step}: Served, {outcome}: Attempt, looked: Reconciled): WaitReport {
  const message = `${step} ${outcome?.state}: ${outcome?.why}`;
  const exit = outcome?.state === 'succeeded' ? EXIT.ok : EXIT.failed;
  return {run, step, message, problems: problemDocuments(looked.problems), exit};
}

async function handOver(
  stage: RunsStage,
  engine: EngineContext,
  {run, step, key}: Served,
  seconds: number,
): Promise<WaitReport> {
  stage.ledger.create(run, `${key}.leaving`, {at: engine.clock(), by: stage.by});
  const look = (stays: boolean) => reconcile(engine, {about: [run], stays});
  const looked = await stayWhileChainIsOpen(await look(true), look, engine, engine.clock() + seconds * 1000);
  const message = `${step} is still in progress; this job ends before its walltime, and another one waits in its place`;
  return {run, step, message, problems: problemDocuments(looked.problems), exit: EXIT.unreachable};
}

function pauseMs(engine: EngineContext, attempt: Attempt, looked: Reconciled): number {
  const task = attempt.transfer?.task && looked.seen.tasks.get(attempt.transfer.task);
  const now = engine.clock();
  if (task?.kind !== 'task') return engine.settings.bounds.minMs;
  const known = {source: attempt.source, rate: looked.seen.rates?.get(task.task)};
  return nextLookAtTask(task, engine.settings.bounds, now, known) - now;
}
