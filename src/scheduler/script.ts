/** One option of a `#PBS` line. */
interface Option {
  readonly letter: string;
  /** without quotes */
  readonly value?: string;
  /** as written */
  readonly raw: string;
  readonly line: number;
}

/** What a user's batch script asks of PBS by itself. */
export interface Directives {
  /** the `#PBS` lines to hand on: all but `-v`, `-S` and `-z`, which a wrapper must take over */
  readonly lines: readonly string[];
  /** values of `-v`, as written without their quotes */
  readonly variables: readonly string[];
  readonly shell?: string;
  readonly jobName?: string;
  readonly queue?: string;
  /** of `-l`, by resource; a later line wins */
  readonly resources: Readonly<Record<string, string>>;
  /** it says itself where PBS puts its output (`-o -e -j -k -R`) */
  readonly ownOutput: boolean;
  /** what cannot be run by stage, each with the line it stands in (from 1) */
  readonly problems: readonly {readonly line: number; readonly what: string}[];
}

const WITH_VALUE = new Set('aAcCeJjklmMNopPqrRSuvW');
const TAKEN_OVER = new Set(['v', 'S', 'z']);

/**
 * Read the `#PBS` lines of a batch script: those before its first executable line.
 *
 * They are honoured as PBS would honour them, because they are handed on in the wrapper's head. Taken over are
 * `-v` (a `-v` on qsub's command line replaces it whole), `-S` (a program that is no shell could not run the wrapper)
 * and `-z` (it hides the job id). Source: OpenPBS 23.06, measured; qsub(1B), "Directives".
 */
export function readDirectives(script: string): Directives {
  const found = headLines(script).map(({text, line}) => ({line, options: readOptions(text, line)}));
  const options = found.flatMap(({options: some}) => some);
  const valuesOf = (letter: string) =>
    options.flatMap((option) => (option.letter === letter && option.value !== undefined ? [option.value] : []));
  const shell = valuesOf('S').pop();
  const jobName = valuesOf('N').pop();
  const queue = valuesOf('q').pop();
  return {
    lines: found.flatMap(({options: some}) => {
      const kept = some.filter((option) => !TAKEN_OVER.has(option.letter));
      return kept.length > 0 ? [`#PBS ${kept.map((option) => option.raw).join(' ')}`] : [];
    }),
    variables: valuesOf('v').slice(-1),
    shell: shell || undefined,
    jobName: jobName || undefined,
    queue: queue || undefined,
    resources: Object.fromEntries(valuesOf('l').flatMap(readResourceList)),
    ownOutput: options.some((option) => 'oejkR'.includes(option.letter)),
    problems: options.flatMap((option) => problemsOfOption(option)),
  };
}

/**
 * The directives as qsub reads them: `#PBS` may be indented and needs no blank behind it, lines of a colon are passed
 * over like comments, and a backslash at the end joins the next line, whatever that is (measured).
 * Source: OpenPBS, check_job_script.c and get_script() of qsub.c.
 */
function headLines(script: string): {text: string; line: number}[] {
  const directives: {text: string; line: number}[] = [];
  const lines = script.split('\n');
  for (let index = 0; index < lines.length; index++) {
    const line = index + 1;
    let text = lines[index] ?? '';
    const found = /^\s*#PBS/.exec(text);
    if (!found && !/^(:|\s*(#|$))/.test(text)) break;
    if (!found) continue;
    while (text.endsWith('\\') && index + 1 < lines.length) text = text.slice(0, -1) + lines[++index];
    directives.push({text: text.slice(found[0].length), line});
  }
  return directives;
}

function problemsOfOption(option: Option): {line: number; what: string}[] {
  const {letter, line, value = ''} = option;
  if (letter === 'I' || (letter === 'W' && saysTrue(value, 'interactive')))
    return [{line, what: `"#PBS -${letter}" asks for an interactive job, which cannot run unattended`}];
  if (letter === 'J')
    return [{line, what: '"#PBS -J" asks for a job array; remove the line, and write array: into the workflow'}];
  if (letter === 'W' && saysTrue(value, 'block'))
    return [{line, what: '"#PBS -W block=true" would make qsub wait for the end of the job'}];
  return [];
}

/** `walltime=01:00:00,select=1:ncpus=4` (qsub(1B), "-l"). */
function readResourceList(list: string): [string, string][] {
  return list.split(',').flatMap((each): [string, string][] => {
    const at = each.indexOf('=');
    return at < 0 ? [] : [[each.slice(0, at).trim(), each.slice(at + 1).trim()]];
  });
}

/** qsub compares such a value without regard to case, and drops blanks around "=" (OpenPBS, qsub.c). */
function saysTrue(value: string, attribute: string): boolean {
  return new RegExp(`(^|,)\\s*${attribute}\\s*=\\s*true\\s*(,|$)`, 'i').test(value);
}

/** Options of one line. A word that is no option is kept as it stands: PBS shall judge it. */
function readOptions(text: string, line: number): Option[] {
  const words = splitWords(text);
  const options: Option[] = [];
  for (let index = 0; index < words.length; index++) {
    const word = words[index] as Word;
    const letter = /^-([A-Za-z])/.exec(word.value)?.[1];
    if (!letter) {
      options.push({letter: '', raw: word.raw, line});
    } else if (!WITH_VALUE.has(letter)) {
      options.push({letter, raw: word.raw, line});
    } else if (word.value.length > 2) {
      options.push({letter, value: word.value.slice(2), raw: word.raw, line});
    } else {
      const value = words[++index];
      options.push({
        letter,
        value: value?.value,
        raw: value ? `${word.raw} ${value.raw}` : word.raw,
        line,
      });
    }
  }
  return options;
}

interface Word {
  readonly value: string;
  readonly raw: string;
}

function splitWords(text: string): Word[] {
  return [...text.matchAll(/(?:"[^"]*"|'[^']*'|[^\s"'])+/g)].map(([raw]) => ({
    raw,
    value: raw.replace(/"([^"]*)"|'([^']*)'/g, '$1$2'),
  }));
}

/** PBS takes it for the name of a job (`-N`): OpenPBS 20 and later, 1 to 230 of these. Older versions allow more. */
export function isJobName(text: string): boolean {
  return /^[A-Za-z0-9_.+-]{1,230}$/.test(text);
}
