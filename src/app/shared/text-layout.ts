import picocolors from 'picocolors';
import {largest} from '../../base/units.ts';

/** How to lay out text for people on a stream. */
export interface Style {
  readonly colour: boolean;
  /** columns to wrap at; absent where nothing is wrapped */
  readonly width?: number | undefined;
  /** only characters of ASCII for signs and lines */
  readonly ascii?: boolean | undefined;
  /** whole ids of jobs and tasks instead of short ones */
  readonly ids?: boolean | undefined;
}

/** Text in fewer columns than these would be a column of single words: it then stands below. */
export const ROOM_FOR_TEXT = 28;

export type Paint = 'green' | 'red' | 'yellow' | 'cyan' | 'dim';

const colours = picocolors.createColors(true);

export function paint(text: string, colour: Paint, {colour: on}: Style): string {
  return on && text !== '' ? colours[colour](text) : text;
}

const COLOUR_CODES = /\u001b\[[0-9;]*m/g;
/** ASCII and the signs of our own: each takes one column. */
const NARROW = /^[\x20-\x7e\xa0-\xff\n‖…→‘’“”─│└├▶✓✗]*$/;

/** string-width, once it has been loaded: it costs as much as an empty Node.js (32 ms), and few texts need it. */
let measure: ((text: string) => number) | undefined;

/** Is it to be loaded for this text? Letters of East Asia and emoji take two columns, marks that combine none. */
export function hasWideLetters(text: string): boolean {
  return !NARROW.test(text.replace(COLOUR_CODES, ''));
}

export async function loadWidths(): Promise<void> {
  measure = (await import('string-width')).default;
}

/** Columns of a terminal that a text takes; colour codes take none. */
export function widthOf(text: string): number {
  const bare = text.includes('\u001b') ? text.replace(COLOUR_CODES, '') : text;
  return NARROW.test(bare) ? bare.length : (measure?.(bare) ?? bare.length);
}

/** A text filled up with spaces to so many columns. */
export function pad(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - widthOf(text)));
}

/** Columns side by side; the last is not padded. */
export function renderTable(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => largest(rows.map((row) => widthOf(row[column] ?? ''))));
  const cellOf = (cell: string, column: number, row: readonly string[]) =>
    column === row.length - 1 ? cell : pad(cell, widths[column] ?? 0);
  return rows.map((row) => row.map(cellOf).join('  ').trimEnd()).join('\n');
}

/** Stands for a space at which no line is broken, until the lines are made. */
const GLUE = '\u0001';

const STAGE =
  'adopt|cancel|check|collection|doctor|help|hold|job|list|local|login|logout|logs|monitor|profile|release|resume|run|schema|status|transfer|whoami|why';
/** Commands as advice names them: at the beginning of a line, or after a colon, another command or two spaces. */
const COMMANDS = new RegExp(
  `(?<=^|: | {2}|; )(?:stage (?:${STAGE})\\b|(?:q[a-z]+|pbs_?[a-z]+|tracejob|\\*/\\d+) )[^;,]*`,
  'g',
);

/** A command that is to be copied stays on one line: a shell would run what stands before the break. */
function glued(line: string): string {
  return line.replace(COMMANDS, (command) => command.replaceAll(' ', GLUE));
}

/**
 * Break one line between words so that each fits the width; a word that is longer than a line stays whole, and nothing
 * is left out.
 *
 * @param first what stands before the first line, already laid out
 * @param rest  what stands before every further line
 */
export function hang(first: string, text: string, rest: string, {width}: Style): string[] {
  if (width === undefined || widthOf(first) + widthOf(text) <= width) return [first + text];
  const lines: string[] = [];
  let line = first;
  let begun = false;
  for (const word of glued(text).split(' ')) {
    if (begun && widthOf(line) + 1 + widthOf(word) > width) {
      lines.push(line);
      line = rest + word;
    } else {
      line += begun ? ` ${word}` : word;
    }
    begun = true;
  }
  return [...lines, line].map((each) => each.trimEnd().replaceAll(GLUE, ' '));
}

/** What begins a line, and under which its continuation hangs: `  why: `, `    next: `, `NOT `. */
const LABEL = /^\s*(?:[a-z]+: +|(?:ok {2}|note|NOT ) )?/;
const FURTHER = 2;

/** Lines that are longer than the width, each wrapped with a hanging indent of its own. */
export function wrapped(text: string, style: Style): string {
  const {width} = style;
  if (width === undefined) return text;
  return text
    .split('\n')
    .flatMap((line) => {
      if (widthOf(line) <= width) return [line];
      const label = LABEL.exec(line)?.[0] ?? '';
      const indent =
        label.trim() === '' || label.length > width / 2 ? (/^ */.exec(label)?.[0].length ?? 0) : label.length;
      const further = label.trim() === '' ? indent + FURTHER : indent;
      return hang(label, line.slice(label.length), ' '.repeat(further), style);
    })
    .join('\n');
}

const ASCII: Readonly<Record<string, string>> = {
  '✓': '+',
  '✗': 'x',
  '▶': '>',
  '‖': '=',
  '·': '.',
  '├': '|',
  '└': '`',
  '│': '|',
  '─': '-',
  '…': '...',
  '→': '->',
  '‘': "'",
  '’': "'",
  '“': '"',
  '”': '"',
  µ: 'u',
};
const OURS = new RegExp(`[${Object.keys(ASCII).join('')}]`, 'g');

/** A text as a terminal can show it: names of files stay as they are. */
export function spelt(text: string, {ascii}: Style): string {
  return ascii ? text.replace(OURS, (sign) => ASCII[sign] ?? sign) : text;
}
