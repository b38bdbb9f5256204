import {lookAlikes, tooLate} from './habits.ts';
import {ATTRIBUTES, OF_OPTIONS, type OwnDependency, readAssignments, readDependencies} from './job-attributes.ts';
import {findMistakes, type Mistake} from './mistakes.ts';
import {takesValue} from './options.ts';
import {readResourceList} from './resource-list.ts';
import {headLines, type Option, readOptions} from './words.ts';

/** What a user's batch script asks of PBS by itself. */
export interface Directives {
  /** the `#PBS` lines to hand on: without the options that stage takes over or leaves out */
  readonly lines: readonly string[];
  /** the value of the last `-v`, as written without its quotes */
  readonly variables: readonly string[];
  /** `-V` */
  readonly wholeEnvironment: boolean;
  readonly shell?: string | undefined;
  readonly jobName?: string | undefined;
  readonly queue?: string | undefined;
  readonly account?: string | undefined;
  readonly project?: string | undefined;
  /** of `-l`, by resource; the first that names it holds (measured) */
  readonly resources: Readonly<Record<string, string>>;
  /** it says itself where PBS puts its output (`-o -e -j -k -R`) */
  readonly ownOutput: boolean;
  /** `-h`: a hold of the person's own, which stage does not end */
  readonly hold: boolean;
  /** `-r`; false: it must never be started twice. Absent: it does not say */
  readonly rerunnable?: boolean | undefined;
  /** `-W depend=` */
  readonly depend: readonly OwnDependency[];
  /** every option that could be read, in its order, with its line */
  readonly options: readonly Option[];
  /** what PBS would refuse, or stage cannot run */
  readonly mistakes: readonly Mistake[];
  /** what a person should know */
  readonly notes: readonly {readonly line: number; readonly what: string}[];
}

/** Options that PBS does not get: `-v` of the command line replaces it whole, `-S` could not run the wrapper, `-z` hides the id. */
const NOT_HANDED_ON = new Set(['v', 'S', 'X', 'z']);

/**
 * Read the `#PBS` lines of a batch script.
 *
 * They are honoured as PBS would honour them, because they are handed on in the wrapper's head; options.ts says of each
 * what stage does with it. Source: OpenPBS 23.06, qsub.c and what it calls.
 */
export function readDirectives(script: string): Directives {
  const {directives, endsAt} = headLines(script);
  const read = directives.map((line) => ({line: line.line, ...readOptions(line, takesValue)}));
  const options = read.flatMap((each) => each.options);
  const values = (letter: string) =>
    options.flatMap((option) => (option.letter === letter && option.value !== undefined ? [option.value] : []));
  const says = (letter: string) => options.some((option) => option.letter === letter);
  const last = (letter: string) => values(letter).at(-1) || undefined;
  const rerun = last('r');
  return {
    lines: read.flatMap(({options: some}) => {
      const kept = some.filter((option) => !NOT_HANDED_ON.has(option.letter));
      return kept.length > 0 ? [`#PBS ${kept.map(({raw}) => raw).join(' ')}`] : [];
    }),
    variables: values('v').slice(-1),
    wholeEnvironment: says('V'),
    shell: last('S'),
    jobName: last('N'),
    queue: last('q'),
    account: last('A'),
    project: last('P'),
    resources: Object.fromEntries(values('l').flatMap(resourcesOf).reverse()),
    ownOutput: options.some((option) => 'oejkR'.includes(option.letter)),
    hold: says('h'),
    rerunnable: rerun === undefined ? undefined : rerun !== 'n',
    depend: values('W').flatMap((text) =>
      (readAssignments(text) ?? []).flatMap(({name, value}) =>
        name === 'depend' ? (readDependencies(value) ?? []) : [],
      ),
    ),
    options,
    mistakes: findMistakes(read),
    notes: [...lookAlikes(script, endsAt), ...tooLate(script, endsAt), ...options.flatMap(doubtful)],
  };
}

function resourcesOf(list: string): [string, string][] {
  const read = readResourceList(list);
  return 'wrong' in read ? [] : read.map(({name, value}) => [name.toLowerCase(), value]);
}

/** A newer PBS may have more attributes than are known here. */
function doubtful({letter, value = '', line}: Option): {readonly line: number; readonly what: string}[] {
  const known = new Set(ATTRIBUTES.map(({name}) => name));
  const unknown =
    letter === 'W'
      ? (readAssignments(value) ?? []).filter(
          ({name}) => !known.has(name) && name !== 'x' && !(name.toLowerCase() in OF_OPTIONS),
        )
      : [];
  return unknown.map(({name}) => ({line, what: `-W ${name}= is not in the manual of qsub: PBS may refuse it`}));
}
