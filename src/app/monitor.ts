import {reconcile} from '../engine/reconcile.ts';
import {EXIT, type ExitCode} from '../errors.ts';
import {blindSpots, exitOfProblems, type ProblemDocument, problemDocuments} from './report.ts';
import type {Stage} from './wiring.ts';

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
  const looked = await reconcile(await stage.engine(), {
    ...(request.generation === undefined ? {} : {monitor: request.generation}),
    withoutChain: !request.chain,
  });
  const problems = problemDocuments(looked.problems);
  const notKnown = blindSpots(looked);
  return {
    looked: {runs: looked.runs.length, jobs: looked.seen.jobs.size, tasks: looked.seen.tasks.size},
    did: looked.done.map(({run, action}) => ({run, step: action.step, action: action.do, why: action.why})),
    ended: looked.sealed.map(({run, state}) => ({run, state})),
    problems,
    notKnown,
    exit: exitOfProblems(problems) || (notKnown.length > 0 ? EXIT.unreachable : EXIT.ok),
  };
}
