/**
 * The known name that somebody most likely meant.
 *
 * @returns a name at most two edits away (fewer than the word has letters), the closest first; undefined when none is
 */
export function nearest(word: string, known: readonly string[]): string | undefined {
  if (known.length > 1000) return undefined; // a file of that size is not mended by guessing
  let best: string | undefined;
  let bestEdits = Math.min(3, word.length);
  for (const name of known) {
    if (Math.abs(name.length - word.length) >= bestEdits) continue;
    const edits = editsBetween(word, name);
    if (edits < bestEdits) [best, bestEdits] = [name, edits];
  }
  return best;
}

/**
 * Insertions, deletions, replacements and swaps of neighbours that turn one word into another: the
 * Damerau–Levenshtein distance in which no part is edited twice ("optimal string alignment").
 */
export function editsBetween(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({length: b.length + 1}, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const same = a[row - 1] === b[column - 1];
      let edits = Math.min(at(last, column) + 1, at(current, column - 1) + 1, at(last, column - 1) + (same ? 0 : 1));
      const swapped = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      if (swapped) edits = Math.min(edits, at(beforeLast, column - 2) + 1);
      current.push(edits);
    }
    [beforeLast, last] = [last, current];
  }
  return at(last, b.length);
}

function at(row: readonly number[], column: number): number {
  return row[column] ?? 0;
}
