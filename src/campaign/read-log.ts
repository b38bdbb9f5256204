import type {LogEntry} from './changes.ts';
import {apply, begin, type CampaignState} from './fold.ts';

/** Where a log is read from. Each call is one read. */
export interface LogFiles {
  /** positions of checkpoints, in no order */
  checkpoints(): readonly number[];
  /** @returns undefined where it cannot be used: an older one is taken, or none */
  checkpoint(position: number): CampaignState | undefined;
  entry(position: number): LogEntry | undefined;
}

/** So many entries after the last checkpoint, the process that reads them makes another one. */
export const CHECKPOINT_EVERY = 250;

/**
 * The campaign as far as its log can be seen: the newest checkpoint, and the entries after it. What this reads does not
 * grow with what has ended.
 *
 * @param known a state that this process has read before
 * @returns undefined where there is no such campaign; `since`: how many entries were read after a checkpoint
 */
export function readLog(
  files: LogFiles,
  known?: CampaignState,
): {readonly state: CampaignState; readonly since: number} | undefined {
  let state = known ?? newestCheckpoint(files);
  const from = known ? Math.floor(known.position / CHECKPOINT_EVERY) * CHECKPOINT_EVERY : (state?.position ?? 0);
  for (;;) {
    const entry = files.entry((state?.position ?? 0) + 1);
    if (!entry) return state && {state, since: state.position - from};
    state = state ? apply(state, entry) : begin(entry);
  }
}

function newestCheckpoint(files: LogFiles): CampaignState | undefined {
  for (const position of [...files.checkpoints()].sort((a, b) => b - a)) {
    const state = files.checkpoint(position);
    if (state?.position === position) return state;
  }
  return undefined;
}
