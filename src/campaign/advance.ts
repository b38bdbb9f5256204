import {after, newEnds, nextItems, type RunsSeen, roomFor} from './admission.ts';
import type {Change, LogEntry} from './changes.ts';
import {type ActiveItem, type CampaignState, type Segment, tryOf} from './fold.ts';

/** The log of one campaign. What it gives may be late, and is never wrong: an entry does not change. */
export interface CampaignLog {
  /** The campaign as far as this process can see its log. */
  read(): Promise<CampaignState>;
  /** The same with the entries after `state`. */
  further(state: CampaignState): Promise<CampaignState>;
  /** Create the entry of this number. @returns false when another process has created it */
  append(position: number, entry: LogEntry): Promise<boolean>;
}

/** The runs of one campaign. */
export interface CampaignRuns {
  /** the priority of each item of a segment, in their order */
  prioritiesOf(segment: Segment): Promise<readonly number[]>;
  /** Why the next item must not be admitted now, though there is room. @returns undefined when it may be */
  putOff(state: CampaignState, number: number): Promise<string | undefined>;
  /**
   * Make the run of an item, all of it, where no look finds it.
   *
   * @returns its name there, like no other, which begins with the position of the entry that follows `state`
   */
  prepare(state: CampaignState, number: number, of: number): Promise<string>;
  /** Names of what was prepared and is not published, as far as can be seen. */
  prepared(): Promise<readonly string[]>;
  /** Publish what was prepared for an item: this moves it, so that it happens once, whichever process does it and however late. */
  publish(item: ActiveItem): Promise<void>;
  /** Remove what was prepared and is not to be published. */
  discard(prepared: string): Promise<void>;
  /** What has become of the runs of active items. */
  look(state: CampaignState): Promise<RunsSeen>;
}

export interface Writer {
  readonly clock: () => number;
  readonly by: string;
}

/** What a look has done for a campaign. */
export interface Advanced {
  readonly state: CampaignState;
  readonly admitted: readonly ActiveItem[];
  readonly ended: number;
  /** why items wait although there is room for them */
  readonly putOff?: string | undefined;
}

/**
 * Record which items have ended, and admit others in their place. Any number of processes may do so at once, and each may
 * die at any line:
 *
 * - what is admitted is on record before its run is published, and the entry names what was prepared for it. A process that
 *   dies in between leaves a run that any other one publishes;
 * - a run is published by moving what was prepared: there is one such thing for each try of an item, and it can be moved
 *   once. So a process that is late, or reads what is old, publishes nothing a second time, also where the run has ended
 *   and was removed since;
 * - an entry that another process was first with is read, and everything is decided again.
 *
 * @param more undefined, or a limit of this look: how many items it may admit
 */
export async function advance(
  log: CampaignLog,
  runs: CampaignRuns,
  {clock, by}: Writer,
  more = Number.POSITIVE_INFINITY,
): Promise<Advanced> {
  let state = await log.read();
  for (;;) {
    await tidy(runs, state);
    const {ends, begun} = await runs.look(state);
    const ended = newEnds(state, ends);
    const then = after(state, ended, clock(), by);
    const numbers = await nextItems(then, Math.min(roomFor(then, begun), more), runs.prioritiesOf);
    const admitted: Extract<Change, {is: 'admitted'}>[] = [];
    let putOff: string | undefined;
    for (const number of numbers) {
      putOff = await runs.putOff(then, number);
      if (putOff !== undefined) break; // those behind it wait for their turn
      const of = tryOf(then, number);
      admitted.push({is: 'admitted', number, try: of, prepared: await runs.prepare(state, number, of)});
    }
    if (ended.length + admitted.length === 0) return {state, admitted: [], ended: 0, putOff};
    const entry = {at: clock(), by, changes: [...ended, ...admitted]};
    if (await log.append(state.position + 1, entry)) {
      const now = after(state, entry.changes, entry.at, by);
      const items = admitted.flatMap(({number}) => now.active.get(number) ?? []);
      for (const item of items) await runs.publish(item);
      return {state: now, admitted: items, ended: ended.length, putOff};
    }
    for (const {prepared} of admitted) await runs.discard(prepared);
    state = await log.further(state);
  }
}

/** Publish what processes that died have admitted, and remove what they had prepared and did not admit. */
async function tidy(runs: CampaignRuns, state: CampaignState): Promise<void> {
  const left = await runs.prepared();
  if (left.length === 0) return;
  const owner = new Map([...state.active.values()].map((item) => [item.prepared, item]));
  for (const name of left) {
    const item = owner.get(name);
    if (item) await runs.publish(item);
    // It was for an entry that is another one: its process finds that out. An entry that admitted it, and has ended, moved it.
    else if (positionOf(name) <= state.position) await runs.discard(name);
  }
}

/** The entry that something was prepared for. */
function positionOf(prepared: string): number {
  return Number.parseInt(prepared, 10);
}

/**
 * Record what a person decides. It is decided again for each state that another process was first with.
 *
 * @param decide what changes; nothing: it is so already
 * @returns the state afterwards
 */
export async function decide(
  log: CampaignLog,
  {clock, by}: Writer,
  decide: (state: CampaignState) => Promise<readonly Change[]> | readonly Change[],
): Promise<CampaignState> {
  let state = await log.read();
  for (;;) {
    const changes = await decide(state);
    if (changes.length === 0) return state;
    const entry = {at: clock(), by, changes};
    // Not recorded where it contradicts what is on record: that is a defect, found before it is a fact.
    const now = after(state, changes, entry.at, by);
    if (await log.append(state.position + 1, entry)) return now;
    state = await log.further(state);
  }
}
