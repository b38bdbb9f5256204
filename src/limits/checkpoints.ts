import {join} from 'node:path';
import {createFact, namesIn} from '../disk/facts.ts';
import {readSharedFact} from '../disk/read-fact.ts';
import {refusedWrite} from '../disk/system-error.ts';
import {removeIfPossible} from '../disk/whole-file.ts';
import {CHECKPOINT} from './limit-facts.ts';
import type {LimitsState} from './log.ts';

/** So many entries after the last checkpoint comes the next. */
export const CHECKPOINT_EVERY = 100;
const MOST_BYTES = 32 * 1024 * 1024;
/** Older ones of one's own are removed. */
const KEPT = 3;

/**
 * States of a log that need not be made again from its entries, a file each: `000000100-1001.json` by user 1001.
 *
 * In a directory of a group each user makes their own: one that another user wrote is not believed, unless they keep the
 * directory. They may vanish: then the entries are read.
 */
export interface Checkpoints {
  /** The newest that is believed. */
  newest(): LimitsState | undefined;
  /**
   * Keep a state, where it is time for that. A disk that takes nothing keeps none.
   *
   * @param since how many entries it has since the last one
   * @returns whether it is kept
   */
  offer(state: LimitsState, since: number): boolean;
}

export function openCheckpoints(directory: string, me: number, keeper: number, mode: number): Checkpoints {
  const believed = new Set([me, keeper, 0]);
  const named = () =>
    namesIn(directory)
      .flatMap((file) => {
        const [, number = '', user = ''] = /^([0-9]{9,15})-([0-9]+)\.json$/.exec(file) ?? [];
        return believed.has(Number(user)) && number
          ? [{name: file.slice(0, -5), number: Number(number), user: Number(user)}]
          : [];
      })
      .toSorted((one, other) => other.number - one.number);
  return {
    newest() {
      for (const {name, number} of named()) {
        const {read, writer} = readSharedFact(directory, name, CHECKPOINT, MOST_BYTES);
        if (read.is !== 'whole' || writer === undefined || !believed.has(writer)) continue;
        const {next, claimed, capacities, claims, unreadable} = read.value;
        if (next !== number + 1) continue;
        return {
          next,
          claimed,
          capacities: new Map(capacities),
          claims: new Map(claims.map((claim) => [claim.key, claim])),
          unreadable: new Map(unreadable),
        };
      }
      return undefined;
    },
    offer(state, since) {
      if (since < CHECKPOINT_EVERY) return false;
      const {next, claimed, capacities, claims, unreadable} = state;
      const value = {
        next,
        claimed,
        capacities: [...capacities],
        claims: [...claims.values()],
        unreadable: [...unreadable],
      };
      try {
        createFact(directory, `${String(next - 1).padStart(9, '0')}-${me}`, value, mode);
        const own = named().filter(({user}) => user === me);
        for (const {name} of own.slice(KEPT)) removeIfPossible(join(directory, `${name}.json`));
        return true;
      } catch (error) {
        if (!refusedWrite(error)) throw error;
        return false;
      }
    },
  };
}
