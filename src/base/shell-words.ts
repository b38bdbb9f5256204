/**
 * The words of a line, as a POSIX shell reads them: blanks part words, quotes and backslashes keep blanks in, and `#`
 * where a word would begin starts a comment. No variables, no wildcards. Pure.
 *
 * @returns the words, or one sentence on what is wrong with the line
 */
export function readWords(line: string): readonly string[] | string {
  const words: string[] = [];
  let word: string | undefined;
  for (let at = 0; at < line.length; at++) {
    const sign = line.charAt(at);
    if (/\s/.test(sign)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else if (sign === '#') {
      if (word === undefined) return words;
      // A shell keeps it, the globus CLI begins a comment there: a path cut short must not be a surprise.
      return 'has "#" in the middle of a word; put the word in quotes, or a blank before a comment';
    } else if (sign === "'" || sign === '"') {
      const quoted = readQuoted(line, at);
      if (quoted === undefined) return `has a ${sign} that is not closed`;
      word = (word ?? '') + quoted.text;
      at = quoted.end;
    } else if (sign === '\\') {
      if (at + 1 === line.length) return 'ends in a backslash';
      word = (word ?? '') + line.charAt(++at);
    } else word = (word ?? '') + sign;
  }
  return word === undefined ? words : [...words, word];
}

/** In single quotes everything stands for itself; in double ones a backslash keeps `"` and `\` from their meaning. */
function readQuoted(line: string, start: number): {readonly text: string; readonly end: number} | undefined {
  const quote = line.charAt(start);
  let text = '';
  for (let at = start + 1; at < line.length; at++) {
    const sign = line.charAt(at);
    if (sign === quote) return {text, end: at};
    const escaped = quote === '"' && sign === '\\' && ['"', '\\'].includes(line.charAt(at + 1));
    text += escaped ? line.charAt(++at) : sign;
  }
  return undefined;
}
