import {followRun} from '../app/runs/status/follow.ts';
import type {StatusReport} from '../app/runs/status/status.ts';
import {untilCtrlC} from '../app/shared/look-until.ts';
import type {Style} from '../app/shared/text-layout.ts';
import {EXIT} from '../errors.ts';
import type {Stage} from '../wiring/stage.ts';
import {createLiveView} from './live-view.ts';

/**
 * Follow a run in front of a person until it ends or Ctrl-C, which ends the watching and not the run.
 *
 * @returns the last report, with exit 130 when the person left, and whether the person left before the end
 */
export async function watchRun(
  stage: Stage,
  run: string,
  options: {readonly quiet: boolean; readonly style: (stream: NodeJS.WriteStream) => Style},
): Promise<{readonly report: StatusReport; readonly left: boolean}> {
  const live = options.quiet ? undefined : await createLiveView(process.stderr, () => options.style(process.stderr));
  try {
    return await untilCtrlC(async (signal) => {
      const report = await followRun(stage, run, (view) => live?.show(view), signal);
      const left = signal.aborted && report.runs[0]?.endedAt === undefined;
      return {report: left ? {...report, exit: EXIT.interrupted} : report, left};
    });
  } finally {
    live?.end();
  }
}
