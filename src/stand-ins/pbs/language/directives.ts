/** `#PBS` lines of a script. */

/** Split a directive into words; quotes protect blanks and are dropped, a backslash protects the next character. */
export function splitWords(line: string): string[] {
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
  if (word !== undefined) words.push(word);
  return words;
}

/**
 * The directives before the first executable line, each as an argument vector.
 *
 * They may be indented by what C calls a blank: a byte order mark is none, and makes its line the first executable one.
 * Comments, blank lines and lines that begin with a colon may stand between them (OpenPBS, check_job_script.c). A backslash at the end of a directive joins the next line, whatever that is (measured: the
 * `#PBS` of the joined line becomes a word of its own).
 *
 * @param prefix `#PBS`, or what `-C` says; empty switches directives off
 */
export function readDirectives(script: string, prefix: string): string[][] {
  if (prefix === '') return [];
  const found: string[][] = [];
  const lines = script.split('\n');
  for (let i = 0; i < lines.length; i += 1) {
    let line = (lines[i] ?? '').replace(/^[ \t\v\f\r]+/, '');
    if (line.startsWith(prefix)) {
      while (line.endsWith('\\') && i + 1 < lines.length) {
        i += 1;
        line = `${line.slice(0, -1)}${lines[i] ?? ''}`;
      }
      const words = splitWords(line.slice(prefix.length));
      if (words.length > 0) found.push(words);
      continue;
    }
    if (/^(:|[ \t\v\f\r]*(#|$))/.test(lines[i] ?? '')) continue;
    break;
  }
  return found;
}
