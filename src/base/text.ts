/**
 * A text of several lines as one: each stretch of white space becomes one blank. Control characters stay as they were
 * written: where the text is shown they are spelt out (visible.ts), so that what was said can be told from what was not.
 */
export function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}

/** A sentence as it continues another one; abbreviations such as `PBS` keep their capitals. */
export function lowerFirst(text: string): string {
  return /^[A-Z][a-z]/.test(text) ? text.charAt(0).toLowerCase() + text.slice(1) : text;
}
