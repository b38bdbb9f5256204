/** `#PBS` lines of a script. */

/**
 * Split a directive into words; quotes protect blanks and are dropped, a backslash protects the next character.
 *
 * @returns undefined for a quote without a second one
 */
export function splitWords(line: string): string[] | undefined {
  const words: string[] = [];
  let word: string | undefined;
  let quote = '';
  for (let i = 0; i < line.length; i += 1) {
    const char = line[i] ?? '';
    if (quote !== '') {
      if (char === quote) quote = '';
      else word = (word ?? '') + char;
    } else if (char === '"' || char === "'") {
      quote = char;
      word ??= '';
    } else if (/\s/.test(char)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else if (char === '\\' && i + 1 < line.length) {
      i += 1;
      word = (word ?? '') + (line[i] ?? '');
    } else word = (word ?? '') + char;
  }
  if (quote !== '') return undefined;
  if (word !== undefined) words.push(word);
  return words;
}

/**
 * The directives before the first executable line, each as an argument vector; undefined for one with unmatched quotes.
 *
 * They may be indented by what C calls a blank: a byte order mark is none, and makes its line the first executable one.
 * Comments, blank lines and lines that begin with a colon may stand between them (OpenPBS, check_job_script.c). A backslash at the end of a directive joins the next line, whatever that is (measured: the
 * `#PBS` of the joined line becomes a word of its own).
 *
 * @param prefix `#PBS`, or what `-C` says; empty switches directives off
 */
export function readDirectives(script: string, prefix: string): (string[] | undefined)[] {
  if (prefix === '') return [];
  const found: (string[] | undefined)[] = [];
  const lines = script.split('\n');
  for (let i = 0; i < lines.length; i += 1) {
    let line = (lines[i] ?? '').replace(/^[ \t\v\f\r]+/, '');
    if (line.startsWith(prefix)) {
      while (/\\\s*$/.test(line) && i + 1 < lines.length) {
        i += 1;
        line = `${line.replace(/\\\s*$/, '')}${lines[i] ?? ''}`;
      }
      found.push(splitWords(line.slice(prefix.length)));
      continue;
    }
    if (/^(:|[ \t\v\f\r]*(#|$))/.test(lines[i] ?? '')) continue;
    break;
  }
  return found;
}
