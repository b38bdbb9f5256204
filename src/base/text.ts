/** A text of several lines as one: each stretch of white space and control characters becomes one blank. */
export function oneLine(text: string): string {
  return text.replace(/[\s\p{Cc}]+/gu, ' ').trim();
}

/** As {@link oneLine}, for words of a person: control characters stay, and what is shown makes them visible. */
export function oneLineAsWritten(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}

/** A sentence as it continues another one; abbreviations such as `PBS` keep their capitals. */
export function lowerFirst(text: string): string {
  return /^[A-Z][a-z]/.test(text) ? text.charAt(0).toLowerCase() + text.slice(1) : text;
}
