import type {ItemEnded} from './changes.ts';

/** Failures in a row: of all items that ended, those with one reason; of those that ended on a node, all. */
export interface Streaks {
  readonly reason?: {readonly why: string; readonly times: number} | undefined;
  readonly nodes: readonly NodeStreak[];
}

export interface NodeStreak {
  readonly host: string;
  readonly times: number;
  /** each of them failed within seconds */
  readonly quick: boolean;
}

export const NO_STREAKS: Streaks = {nodes: []};

/** What fails sooner has hardly begun: the node is to blame rather than the work. */
const QUICK_SECONDS = 30;

/** More nodes than fail at once; those that were last are kept. */
const NODES_KEPT = 50;

/** Pure. A cancelled item says nothing of what follows. */
export function afterEnd(streaks: Streaks, {state, why, reason = why, host, seconds}: ItemEnded): Streaks {
  if (state === 'cancelled') return streaks;
  const others = streaks.nodes.filter((node) => node.host !== host);
  if (state === 'succeeded') return {nodes: others};
  const times = streaks.reason?.why === reason ? streaks.reason.times + 1 : 1;
  const before = streaks.nodes.find((node) => node.host === host);
  const quick = (before?.quick ?? true) && seconds !== undefined && seconds < QUICK_SECONDS;
  const node = host === undefined ? [] : [{host, times: (before?.times ?? 0) + 1, quick}];
  return {reason: {why: reason, times}, nodes: [...others, ...node].slice(-NODES_KEPT)};
}

/** Why a campaign pauses by itself; undefined when it does not. Pure. */
export function pauseFor({reason, nodes}: Streaks, after: number): string | undefined {
  if (after === 0) return undefined;
  const node = nodes.find(({times}) => times >= after);
  if (node) {
    const how = node.quick ? ', each within seconds' : '';
    return `the last ${node.times} items that ran on node ${node.host} failed${how}`;
  }
  if (reason && reason.times >= after) return `${reason.times} items failed in a row with one reason: ${reason.why}`;
  return undefined;
}
