/** A source of numbers that depends on its seed alone, so that what a seed did can be done again. */
export interface Random {
  /** an integer from `min` to `max`, both included */
  between(min: number, max: number): number;
  pick<T>(from: readonly [T, ...T[]]): T;
  /** true in `part` of the cases */
  chance(part: number): boolean;
}

/** mulberry32: 32 bits of state, enough for choosing among troubles. */
export function randomOf(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const between = (min: number, max: number) => min + Math.floor(next() * (max - min + 1));
  return {
    between,
    pick: (from) => from[between(0, from.length - 1)] ?? from[0],
    chance: (part) => next() < part,
  };
}
