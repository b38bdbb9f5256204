/** One line of directives: what stands behind `#PBS`, with the lines that a backslash joins to it. */
export interface HeadLine {
  readonly text: string;
  /** counted from 1 */
  readonly line: number;
}

export interface Word {
  /** without quotes and backslashes */
  readonly value: string;
  /** as written */
  readonly raw: string;
}

/** One option of a `#PBS` line, as getopt(3) hands it to qsub. */
export interface Option {
  readonly letter: string;
  /** without quotes */
  readonly value?: string | undefined;
  /** to be handed on: as written, where it is a word of its own */
  readonly raw: string;
  readonly line: number;
}

/** What qsub cannot read as options. */
export type Misread =
  | {readonly kind: 'unknown'; readonly letter: string; readonly word: string}
  | {readonly kind: 'no-value'; readonly letter: string}
  | {readonly kind: 'words'; readonly words: readonly string[]; readonly behind?: Option | undefined}
  | {readonly kind: 'unmatched'; readonly quote: string};

/**
 * The lines of directives of a script, as qsub reads them: those before the first executable line. `#PBS` may be
 * indented and needs no blank behind it, lines of a colon are passed over like comments, and a backslash at the end
 * joins the next line, whatever that is. Source: OpenPBS, get_script() in qsub_sup.c, pbs_ispbsdir() and
 * pbs_isexecutable() in check_job_script.c, pbs_extendable_line(); measured on 23.06.
 */
export function headLines(script: string): {readonly directives: readonly HeadLine[]; readonly endsAt: number} {
  const directives: HeadLine[] = [];
  const lines = script.split('\n');
  for (let index = 0; index < lines.length; index++) {
    const line = index + 1;
    let text = lines[index] ?? '';
    const found = /^\s*#PBS/.exec(text);
    if (!found && !/^(:|\s*(#|$))/.test(text)) return {directives, endsAt: line};
    if (!found) continue;
    while (/\\\s*$/.test(text) && index + 1 < lines.length) text = text.replace(/\\\s*$/, '') + lines[++index];
    directives.push({text: text.slice(found[0].length), line});
  }
  return {directives, endsAt: lines.length + 1};
}

/**
 * The words of a line: quotes hold blanks together, anywhere in a word, and a backslash outside of them stands for the
 * next character. Source: OpenPBS, make_argv() in qsub.c.
 */
export function splitWords(text: string): {readonly words: readonly Word[]; readonly unmatched?: string} {
  const words: Word[] = [];
  let at = 0;
  while (at < text.length) {
    if (/\s/.test(text.charAt(at))) {
      at += 1;
      continue;
    }
    const begin = at;
    let value = '';
    while (at < text.length && !/\s/.test(text.charAt(at))) {
      const char = text.charAt(at);
      if (char === '"' || char === "'") {
        const end = text.indexOf(char, at + 1);
        if (end < 0) return {words, unmatched: char};
        value += text.slice(at + 1, end);
        at = end + 1;
      } else if (char === '\\') {
        value += text.charAt(at + 1);
        at += 2;
      } else {
        value += char;
        at += 1;
      }
    }
    words.push({value, raw: text.slice(begin, at)});
  }
  return {words};
}

/**
 * The options of one line, as getopt(3) reads them: letters may stand together (`-hz`), a value may follow its letter at
 * once (`-Nname`), and what is left over is an error, since qsub allows no script's name in a directive.
 * Source: OpenPBS, process_opts() in qsub.c.
 *
 * @param takesValue undefined for a letter that is no option
 */
export function readOptions(
  {text, line}: HeadLine,
  takesValue: (letter: string) => boolean | undefined,
): {readonly options: readonly Option[]; readonly misread: readonly Misread[]} {
  const {words, unmatched} = splitWords(text);
  if (unmatched !== undefined) return {options: [], misread: [{kind: 'unmatched', quote: unmatched}]};
  const options: Option[] = [];
  const misread: Misread[] = [];
  const left: string[] = [];
  let behind: Option | undefined;
  for (let index = 0; index < words.length; index++) {
    const word = words[index] as Word; // within bounds
    if (word.value === '--') {
      left.push(...words.slice(index).map(({raw}) => raw));
      break;
    }
    if (!word.value.startsWith('-') || word.value === '-') {
      if (left.length === 0) behind = options.at(-1);
      left.push(word.raw);
      continue;
    }
    if (word.value.startsWith('--')) {
      misread.push({kind: 'unknown', letter: '-', word: word.raw});
      continue;
    }
    for (let at = 1; at < word.value.length; at++) {
      const letter = word.value.charAt(at);
      const alone = at === 1;
      const takes = takesValue(letter);
      if (takes === undefined) {
        misread.push({kind: 'unknown', letter, word: word.raw});
        break; // qsub would read on: one such letter is enough to tell
      }
      if (!takes) {
        options.push({letter, raw: alone && word.value.length === 2 ? word.raw : `-${letter}`, line});
        continue;
      }
      const glued = word.value.slice(at + 1);
      const next = glued === '' ? words[++index] : undefined;
      if (glued === '' && next === undefined) misread.push({kind: 'no-value', letter});
      else {
        const value = next?.value ?? glued;
        const raw = next === undefined ? word.raw : `${word.raw} ${next.raw}`;
        options.push({letter, value, raw: alone ? raw : `-${letter} ${quoted(value)}`, line});
      }
      break;
    }
  }
  // Behind a letter that is no option a word may be its value: it was told already.
  if (left.length > 0 && misread.every(({kind}) => kind !== 'unknown'))
    misread.push({kind: 'words', words: left, behind});
  return {options, misread};
}

/** For qsub to read back as it is: a backslash protects any character. */
function quoted(value: string): string {
  return value === '' ? '""' : value.replace(/[\s"'\\]/g, '\\$&');
}
