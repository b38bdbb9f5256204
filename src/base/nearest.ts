import {distance} from 'fastest-levenshtein';

/**
 * The known name that was most likely meant.
 *
 * @returns a name at most two edits away (fewer than the word has letters), the closest first; undefined when none is
 */
export function nearest(word: string, known: readonly string[]): string | undefined {
  if (known.length > 1000) return undefined; // a file of that size is not fixed by guessing
  let best: string | undefined;
  let bestEdits = Math.min(3, word.length);
  for (const name of known) {
    if (Math.abs(name.length - word.length) >= bestEdits) continue;
    const edits = distance(word, name);
    if (edits < bestEdits) [best, bestEdits] = [name, edits];
  }
  return best;
}
