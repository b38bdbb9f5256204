import {pause} from '../../../base/time.ts';
import type {RunsStage} from '../../../wiring/stage.ts';
import {LONGEST_PAUSE_MS} from '../../shared/look-until.ts';
import type {RunView} from '../../shared/run-view.ts';
import {type StatusReport, showStatus} from './status.ts';

/**
 * Look at one run again and again until it has ended, doing each time what is to be done.
 *
 * @param onLook told after each look
 * @returns the last report; earlier, unfinished, when `signal` is aborted
 */
export async function followRun(
  stage: RunsStage,
  run: string,
  onLook: (view: RunView, report: StatusReport) => void,
  signal: AbortSignal,
): Promise<StatusReport> {
  const pauseMs = Math.min(stage.profile.monitor.minMs, LONGEST_PAUSE_MS);
  for (;;) {
    const report = await showStatus(stage, run);
    const view = report.runs[0];
    if (view) onLook(view, report);
    if (!view || view.endedAt !== undefined || signal.aborted) return report;
    await pause(pauseMs, signal);
    if (signal.aborted) return report;
  }
}
