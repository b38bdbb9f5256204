/** Whole numbers as ranges `[first, last]`, in order, none touching the next: a hundred thousand numbers are one pair. */
export type NumberSet = readonly (readonly [first: number, last: number])[];

export function sizeOf(set: NumberSet): number {
  return set.reduce((sum, [first, last]) => sum + last - first + 1, 0);
}

export function holds(set: NumberSet, number: number): boolean {
  return set.some(([first, last]) => first <= number && number <= last);
}

export function withRange(set: NumberSet, first: number, last: number): NumberSet {
  const apart = set.filter(([from, to]) => to < first - 1 || from > last + 1);
  const touching = set.filter(([from, to]) => to >= first - 1 && from <= last + 1);
  const all: [number, number] = [
    Math.min(first, ...touching.map(([from]) => from)),
    Math.max(last, ...touching.map(([, to]) => to)),
  ];
  return [...apart, all].sort(([a], [b]) => a - b);
}

export function without(set: NumberSet, number: number): NumberSet {
  return set.flatMap(([first, last]): [number, number][] => {
    if (number < first || number > last) return [[first, last]];
    return [
      ...(first < number ? [[first, number - 1] as [number, number]] : []),
      ...(number < last ? [[number + 1, last] as [number, number]] : []),
    ];
  });
}

/** Those of the numbers that lie within a range, in order. */
export function* numbersWithin(set: NumberSet, from: number, to: number): Generator<number> {
  for (const [first, last] of set)
    for (let number = Math.max(first, from); number <= Math.min(last, to); number++) yield number;
}
