import {mulberry32} from '../../support/chance.ts';

/** A source of numbers that depends on its seed alone, so that what a seed did can be done again. */
export interface Random {
  /** an integer from `min` to `max`, both included */
  between(min: number, max: number): number;
  pick<T>(from: readonly [T, ...T[]]): T;
  /** true in `part` of the cases */
  chance(part: number): boolean;
}

export function randomOf(seed: number): Random {
  const next = mulberry32(seed);
  const between = (min: number, max: number) => min + Math.floor(next() * (max - min + 1));
  return {
    between,
    pick: (from) => from[between(0, from.length - 1)] ?? from[0],
    chance: (part) => next() < part,
  };
}
