/** Choices that a number decides: the same number, the same choices. */
export interface Chance {
  /** 0 up to, not including, `below` */
  below(below: number): number;
  /** true once in `times` */
  once(times: number): boolean;
  pick<T>(from: readonly T[]): T | undefined;
}

/** Mulberry32, a generator of 32 bits in the public domain: numbers from 0 up to, not including, 1. */
export function mulberry32(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export function chanceOf(seed: number): Chance {
  const next = mulberry32(seed);
  const below = (limit: number) => Math.floor(next() * limit);
  return {below, once: (times) => below(times) === 0, pick: (from) => from[below(from.length)]};
}
