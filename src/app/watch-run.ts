import {createLiveView} from '../report/live-view.ts';
import {followRun} from './follow.ts';
import type {StatusReport} from './status.ts';
import {styleOf} from './style.ts';
import type {Stage} from './wiring.ts';

/**
 * Follow a run in front of a person until it ends or Ctrl-C, which ends the watching and not the run.
 *
 * @returns the last report, and whether the person left before the end
 */
export async function watchRun(
  stage: Stage,
  run: string,
  options: {readonly quiet: boolean},
): Promise<{readonly report: StatusReport; readonly left: boolean}> {
  const stop = new AbortController();
  const leave = () => stop.abort();
  process.once('SIGINT', leave);
  const live = options.quiet ? undefined : createLiveView(process.stderr, styleOf(process.stderr));
  try {
    const report = await followRun(stage, run, (view) => live?.show(view), stop.signal);
    return {report, left: stop.signal.aborted && report.runs[0]?.endedAt === undefined};
  } finally {
    live?.end();
    process.removeListener('SIGINT', leave);
  }
}

/** The exit code shells know for "ended by Ctrl-C". */
export const INTERRUPTED = 130;
