import {FOREIGN_OPTIONS} from './habits.ts';
import {ATTRIBUTES, OF_OPTIONS, readAssignments, SET_BY_PBS} from './job-attributes.ts';
import {optionRow} from './options.ts';
import {readResourceList, wrongResource} from './resource-list.ts';
import type {Misread, Option} from './words.ts';

/** One thing in a `#PBS` line that PBS would refuse, or that stage cannot run. */
export interface Mistake {
  readonly line: number;
  readonly what: string;
  /** who would not take it */
  readonly by: 'PBS' | 'stage';
  /** the option's letter; empty where none could be read */
  readonly option: string;
  /** qsub does not look at it where its command line says this: the option's letter, or `l:RESOURCE` */
  readonly unless?: string | undefined;
}

interface ReadLine {
  readonly line: number;
  readonly options: readonly Option[];
  readonly misread: readonly Misread[];
}

/** What is wrong with lines of directives, each by itself. Pure. */
export function findMistakes(lines: readonly ReadLine[]): Mistake[] {
  const named = new Set<string>();
  const all = lines.flatMap(({options}) => options);
  const last = (letter: string) => all.findLast((each) => each.letter === letter);
  // Of these two qsub looks at the last one alone (measured).
  const counts = (option: Option) => !'Nq'.includes(option.letter) || option === last(option.letter);
  return lines.flatMap(({line, options, misread}) => [
    ...options.filter(counts).flatMap((option) => mistakesOf(option, named)),
    ...misread.map((each) => ({
      line,
      by: 'PBS' as const,
      option: 'letter' in each ? each.letter : '',
      what: wordsFor(each),
    })),
  ]);
}

function wordsFor(misread: Misread): string {
  switch (misread.kind) {
    case 'unknown': {
      const {letter, word} = misread;
      const hint = FOREIGN_OPTIONS[letter];
      return `${inQuotes(word)} is no option of qsub: PBS refuses it ("invalid option -- '${letter}'")${hint ? `. ${hint}` : ''}`;
    }
    case 'no-value':
      return `-${misread.letter} has no value: PBS refuses it ("option requires an argument -- '${misread.letter}'")`;
    case 'unmatched':
      return `a ${misread.quote} has no second one: PBS refuses the line ("unmatched ${misread.quote}")`;
    case 'words': {
      const words = misread.words.join(' ');
      const {behind} = misread;
      const why = words.startsWith('#')
        ? 'a directive has no comment behind it'
        : behind?.value?.endsWith(',') || words.startsWith(',')
          ? 'no blank may stand in a list, unless quotes hold it together'
          : behind && behind.value === undefined
            ? `-${behind.letter} takes no value`
            : 'options alone may stand there';
      return `${inQuotes(words)} is too much: PBS refuses the line ("directive error"); ${why}`;
    }
  }
}

/** @param named the resources of earlier lines, as written: a line that names one again has no effect, and is not looked at */
function mistakesOf(option: Option, named: Set<string>): Mistake[] {
  const {letter, line, value = ''} = option;
  const row = optionRow(letter);
  const refused: TellRefused = (what, unless) => ({
    line,
    by: 'PBS',
    option: letter,
    what: `PBS refuses ${what}`,
    unless,
  });
  const impossible: TellImpossible = (what) => ({line, by: 'stage', option: letter, what});
  if (letter === 'I') return [impossible('"#PBS -I" asks for an interactive job, which cannot run unattended')];
  if (letter === 'l') return wrongResources(value, named, refused);
  if (letter === 'W') return wrongAttributes(value, refused, impossible);
  const must = row?.wrong(value);
  if (must !== undefined) {
    const says = letter === 'v' ? 'cannot send environment with the job' : `illegal -${letter} value`;
    return [refused(`-${letter} ${inQuotes(value)} ("${says}"): ${must}`, row?.always ? undefined : letter)];
  }
  if (letter !== 'J') return [];
  return [impossible('"#PBS -J" asks for a job array; remove the line, and write array: into the workflow')];
}

type TellRefused = (what: string, unless?: string) => Mistake;
type TellImpossible = (what: string) => Mistake;

function wrongResources(list: string, named: Set<string>, refused: TellRefused): Mistake[] {
  const read = readResourceList(list);
  if ('wrong' in read) return [refused(`-l ${inQuotes(list)} ("illegal -l value"): ${read.wrong}`)];
  return read.flatMap((each) => {
    const again = named.has(each.name);
    named.add(each.name);
    const wrong = again ? undefined : wrongResource(each);
    return wrong
      ? [refused(`-l ${each.name}=${each.value} ("${wrong.says}"): ${wrong.must}`, `l:${wrong.resource}`)]
      : [];
  });
}

function wrongAttributes(text: string, refused: TellRefused, impossible: TellImpossible): Mistake[] {
  const read = readAssignments(text);
  if (read === undefined)
    return [refused(`-W ${inQuotes(text)} ("illegal -W value"): it is NAME=VALUE, with commas between several`)];
  return read.flatMap(({name, value}) => {
    const row = ATTRIBUTES.find((each) => each.name === name);
    const letter = OF_OPTIONS[name.toLowerCase()];
    const must = (row ?? (letter === undefined ? undefined : optionRow(letter)))?.wrong(value);
    if (must !== undefined && letter !== undefined)
      return [refused(`-W ${name}=${value} ("illegal -${letter} value"): ${must}`)];
    if (SET_BY_PBS.has(name.toLowerCase()))
      return [
        refused(`-W ${name}= ("Cannot set attribute, read only or insufficient permission"): PBS itself sets it`),
      ];
    if (must !== undefined) return [refused(`-W ${name}=${value} ("illegal -W value"): ${must}`)];
    if (name === 'x') return [refused('-W x=: that is Torque’s, with Moab or Maui')];
    if (row?.stage !== 'refused' || !/^true$/i.test(value)) return [];
    return [
      impossible(
        name === 'block'
          ? '"#PBS -W block=true" would make qsub wait for the end of the job'
          : '"#PBS -W interactive=true" asks for an interactive job, which cannot run unattended',
      ),
    ];
  });
}

function inQuotes(text: string): string {
  return `"${text}"`;
}
