import type {Shown} from '../language/attributes.ts';

/** The long formats: `-f` folded and wide, `-F dsv`. */

/** Control characters as qstat prints them: a newline as `\n`, others as `^X`; a tab stays. */
function showControls(text: string): string {
  return text.replace(/[\u0000-\u0008\n-\u001f\u007f]/g, (char) =>
    char === '\n' ? '\\n' : char === '\u007f' ? '^?' : `^${String.fromCharCode(char.charCodeAt(0) + 64)}`,
  );
}

const WIDTH = 78;

/** Fold one value as qstat does: at commas where the next piece would pass column 78, else within the piece. */
function fold(head: string, value: string): string {
  let out = head;
  let column = head.length;
  const pieces = value.split(',');
  for (const [at, piece] of pieces.entries()) {
    if (at > 0) {
      out += ',';
      column += 1;
    }
    if (column + piece.length < WIDTH) {
      out += piece;
      column += piece.length;
      continue;
    }
    if (at > 0) {
      out += '\n\t';
      column = 8;
    }
    for (const [i, char] of [...piece].entries()) {
      out += char;
      column += 1;
      if (column > WIDTH && i < piece.length - 1) {
        out += '\n\t';
        column = 8;
      }
    }
  }
  return out;
}

function flat(shown: readonly Shown[]): [string, string][] {
  return shown.flatMap(([name, value]): [string, string][] =>
    typeof value === 'string' ? [[name, value]] : value.map(([key, text]) => [`${name}.${key}`, text]),
  );
}

/** `Job Id: 4.server` and its attributes, one a line, a blank line behind. */
export function renderLong(title: string, shown: readonly Shown[], wide: boolean): string {
  const lines = flat(shown).map(([name, value]) => {
    const text = showControls(value);
    return wide ? `    ${name} = ${text}` : fold(`    ${name} = `, text);
  });
  return `${title}\n${lines.map((line) => `${line}\n`).join('')}\n`;
}

/** One job a line. Backslashes are doubled but for those that escape a comma or a quote (measured), delimiters are escaped. */
export function renderDsv(title: string, shown: readonly Shown[], delimiter: string): string {
  const escaped = (value: string): string =>
    showControls(value.replace(/\\(?![,"'])/g, '\\\\').replaceAll(delimiter, `\\${delimiter}`));
  return `${[title, ...flat(shown).map(([name, value]) => `${name}=${escaped(value)}`)].join(delimiter)}\n`;
}
