/** Index ranges of job arrays: `X-Y[:step][%max]`. */

export interface ArrayRange {
  /** as qstat shows it, without the run limit */
  readonly text: string;
  readonly indices: number[];
  readonly limit?: number;
}

/** @returns undefined for what PBS refuses: one index, X not below Y, a step of 0, lists */
export function readArrayRange(text: string): ArrayRange | undefined {
  const match = /^(\d+)-(\d+)(?::(\d+))?(?:%(\d+))?$/.exec(text);
  if (!match) return undefined;
  const first = Number(match[1]);
  const last = Number(match[2]);
  const step = match[3] === undefined ? 1 : Number(match[3]);
  const limit = match[4] === undefined ? undefined : Number(match[4]);
  if (first >= last || step < 1 || limit === 0) return undefined;
  const indices: number[] = [];
  for (let index = first; index <= last; index += step) indices.push(index);
  return {text: `${first}-${last}${match[3] === undefined ? '' : `:${step}`}`, indices, limit};
}

/** How many indices a range has. */
export function countIndices(text: string): number {
  const [, first = '0', last = '0', step = '1'] = /^(\d+)-(\d+)(?::(\d+))?/.exec(text) ?? [];
  return Math.floor((Number(last) - Number(first)) / Number(step)) + 1;
}

/** `0-3,7`, `-` for none; the range it was submitted with while nothing is missing from it. */
export function showIndices(indices: readonly number[], submitted: string): string {
  if (indices.length === 0) return '-';
  const step = Number(/:(\d+)/.exec(submitted)?.[1] ?? '1');
  const all = readArrayRange(submitted)?.indices.length;
  if (all === indices.length) return submitted;
  const parts: string[] = [];
  let from = 0;
  for (let i = 1; i <= indices.length; i += 1) {
    if (i < indices.length && indices[i] === (indices[i - 1] ?? 0) + step) continue;
    const first = indices[from] ?? 0;
    const last = indices[i - 1] ?? 0;
    parts.push(i - from > 1 ? `${first}-${last}${step > 1 ? `:${step}` : ''}` : String(first));
    from = i;
  }
  return parts.join(',');
}

/** Indices named in `N[2-3,5]`. */
export function indicesIn(range: string): number[] {
  return range.split(',').flatMap((part) => {
    const match = /^(\d+)(?:-(\d+)(?::(\d+))?)?$/.exec(part);
    if (!match) return [];
    const first = Number(match[1]);
    const last = match[2] === undefined ? first : Number(match[2]);
    const step = Math.max(1, Number(match[3] ?? '1'));
    const found: number[] = [];
    for (let index = first; index <= last; index += step) found.push(index);
    return found;
  });
}
