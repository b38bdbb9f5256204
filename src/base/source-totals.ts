/** What a transfer is to move, as far as its source was listed before it began. */
export interface SourceTotals {
  readonly files: number;
  readonly directories: number;
  readonly bytes: number;
  /** the files by the number of digits that their size in bytes has: how many, and their bytes; none of a size: absent */
  readonly sizes: SizeClasses;
  /** there is more: the listing came to one of its bounds, or a part of it could not be listed */
  readonly cut: boolean;
  /** why it was cut */
  readonly why?: string | undefined;
  /** in milliseconds since the epoch */
  readonly listedAt: number;
}

export type SizeClasses = Readonly<Record<string, readonly [files: number, bytes: number]>>;

/** Files of these sizes, by the number of digits. */
export function sizeClasses(sizes: Iterable<number>): SizeClasses {
  const classes: Record<string, [number, number]> = {};
  for (const size of sizes) {
    const digits = size === 0 ? 0 : String(size).length;
    const [files, bytes] = classes[digits] ?? [0, 0];
    classes[digits] = [files + 1, bytes + size];
  }
  return classes;
}

/** About how many bytes the smallest `count` files have. */
export function bytesOfSmallest(sizes: SizeClasses, count: number): number {
  return bytesOfFirst(byDigits(sizes), count);
}

/** About how many bytes the largest `count` files have. */
export function bytesOfLargest(sizes: SizeClasses, count: number): number {
  return bytesOfFirst(byDigits(sizes).reverse(), count);
}

function byDigits(sizes: SizeClasses): (readonly [files: number, bytes: number])[] {
  return Object.entries(sizes)
    .sort(([one], [other]) => Number(one) - Number(other))
    .map(([, each]) => each);
}

function bytesOfFirst(classes: readonly (readonly [files: number, bytes: number])[], count: number): number {
  let [left, sum] = [count, 0];
  for (const [files, bytes] of classes) {
    if (left <= 0 || files === 0) continue;
    sum += left >= files ? bytes : (left / files) * bytes;
    left -= files;
  }
  return sum;
}
