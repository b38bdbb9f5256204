import type {Directives} from './read-directives.ts';
import {type AskedResource, type WrongResource, wrongResource, wrongTogether} from './resource-list.ts';
import {isOfChunks} from './resource-values.ts';

/** What the command line of qsub says beside a script's own lines. */
export interface QsubCommandLine {
  readonly jobName?: string | undefined;
  readonly queue?: string | undefined;
  readonly account?: string | undefined;
  readonly project?: string | undefined;
  readonly resources: Readonly<Record<string, string>>;
  /** further arguments of the profile, passed as they are */
  readonly extraArgs?: readonly string[] | undefined;
}

/** Those of a profile. */
export type Defaults = Omit<QsubCommandLine, 'jobName'>;

/**
 * What stage tells qsub of one job: what a person said for it takes the place of the script's lines, and the defaults of
 * a profile are for what neither says. Pure.
 *
 * @param said in the workflow, or by flags
 */
export function qsubCommandLine(directives: Directives, said: QsubCommandLine, defaults: Defaults): QsubCommandLine {
  const one = (key: 'queue' | 'account' | 'project') =>
    (said[key] ?? (directives[key] === undefined ? defaults[key] : undefined)) || undefined;
  return {
    jobName: said.jobName,
    queue: one('queue'),
    account: one('account'),
    project: one('project'),
    extraArgs: defaults.extraArgs,
    resources: {...fillIn(defaults.resources, {...directives.resources, ...said.resources}), ...said.resources},
  };
}

const LAYOUTS = new Set(['select', 'nodes', 'place']);

/** Resources of chunks do not go with a "select" or "nodes" of another: a layout is taken whole, or not at all. */
function fillIn(defaults: QsubCommandLine['resources'], said: QsubCommandLine['resources']): Record<string, string> {
  const names = Object.keys(said);
  const has = (...some: string[]) => some.some((name) => names.includes(name));
  const leaveOut = (name: string): boolean => {
    if (names.includes(name)) return true;
    if (has('select', 'nodes')) return LAYOUTS.has(name) || isOfChunks(name) === true;
    if (has('place')) return name === 'nodes' || isOfChunks(name) === true;
    return LAYOUTS.has(name) && names.some((each) => isOfChunks(each));
  };
  return Object.fromEntries(Object.entries(defaults).filter(([name]) => !leaveOut(name.toLowerCase())));
}

/** One thing that PBS would refuse of a script and what is said beside it. */
export interface DirectiveRefusal {
  /** the line of the script; absent: it is said on the command line */
  readonly line?: number | undefined;
  readonly what: string;
  readonly by?: 'PBS' | 'stage';
  readonly option?: string;
}

/**
 * What PBS would refuse of a script as stage submits it, by its grammar alone; and what stage cannot run. Pure.
 *
 * @param said how qsub's command line is
 * @param array whether it asks for an array
 */
export function findRefused(
  directives: Directives,
  said: QsubCommandLine,
  {array}: {readonly array: boolean},
): DirectiveRefusal[] {
  const hidden = new Set([
    ...(said.jobName === undefined ? [] : ['N']),
    ...(said.queue === undefined ? [] : ['q']),
    ...(said.account === undefined ? [] : ['A']),
    ...(said.project === undefined ? [] : ['P']),
    ...Object.keys(said.resources).map((name) => `l:${name.toLowerCase()}`),
  ]);
  const own = directives.mistakes.filter(({unless}) => unless === undefined || !hidden.has(unless));
  const asked = Object.entries(said.resources).map(([name, value]): AskedResource => ({name, value}));
  return [
    ...own,
    ...asked.flatMap((each) => wordsFor(wrongResource(each), `${each.name}: ${each.value}`)),
    ...togetherRefused(directives, said),
    ...arrayRefused(directives, array),
  ];
}

function wordsFor(wrong: WrongResource | undefined, asked: string, line?: number): DirectiveRefusal[] {
  return wrong ? [{line, what: `PBS refuses ${asked} ("${wrong.says}"): ${wrong.must}`}] : [];
}

function togetherRefused(directives: Directives, said: QsubCommandLine): DirectiveRefusal[] {
  const wrong = wrongTogether({...directives.resources, ...said.resources});
  if (wrong === undefined) return [];
  const {resource} = wrong;
  const line = resource in said.resources ? lineOf(directives, 'select') : lineOf(directives, resource);
  return wordsFor(wrong, resource in said.resources ? `${resource} beside this line` : `-l ${resource}`, line);
}

/** The line that asks for a resource. */
export function lineOf({options}: Directives, resource: string): number | undefined {
  const name = new RegExp(`(^|[\\s,])${resource}\\s*(=|,|$)`, 'i');
  return options.find(({letter, value = ''}) => letter === 'l' && name.test(value))?.line;
}

function arrayRefused(directives: Directives, array: boolean): DirectiveRefusal[] {
  const {options} = directives;
  const isArray = array || options.some(({letter}) => letter === 'J');
  const rerun = options.findLast(({letter}) => letter === 'r');
  // qsub looks at the first one, and for a -J up to its line (measured).
  const mail = options.find(({letter}) => letter === 'm');
  const arrayByThen = array || options.some(({letter, line}) => letter === 'J' && line <= (mail?.line ?? 0));
  const atOnce = options.filter(({letter, value = ''}) =>
    letter === 'J' ? value.includes('%') : letter === 'W' && /max_run_subjobs/.test(value),
  );
  return [
    ...atOnce.slice(1).map(({line}) => ({
      line,
      what: 'PBS refuses a second limit of subjobs at once ("multiple max_run_subjobs values found")',
    })),
    ...(isArray && rerun?.value === 'n'
      ? [{line: rerun.line, what: 'PBS refuses -r n for a job array ("cannot submit non-rerunable Array Job")'}]
      : []),
    ...(isArray ? [] : atOnce.filter(({letter}) => letter === 'W')).map(({line}) => ({
      line,
      what: 'PBS refuses max_run_subjobs without a job array ("Attribute has to be set on an array job")',
    })),
    ...(!arrayByThen && mail?.value?.includes('j')
      ? [{line: mail.line, what: 'PBS refuses j in -m ("mail option \'j\' can not be used without array job")'}]
      : []),
  ];
}

/** What the command line takes the place of: lines of a script that have no effect. */
export function hiddenLines(
  directives: Directives,
  said: QsubCommandLine,
): {readonly key: string; readonly now: string; readonly line: number; readonly written: string}[] {
  const keys = [
    ['N', 'job_name', said.jobName],
    ['q', 'queue', said.queue],
    ['A', 'account', said.account],
    ['P', 'project', said.project],
  ] as const;
  const ofOptions = keys.flatMap(([letter, key, now]) => {
    const option = directives.options.findLast((each) => each.letter === letter);
    return option && now !== undefined && now !== option.value
      ? [{key, now, line: option.line, written: `-${letter} ${option.value ?? ''}`}]
      : [];
  });
  const ofResources = Object.entries(said.resources).flatMap(([name, now]) => {
    const written = directives.resources[name.toLowerCase()];
    const line = lineOf(directives, name);
    return written !== undefined && line !== undefined && written !== now
      ? [{key: name, now, line, written: `-l ${name}=${written}`}]
      : [];
  });
  return [...ofOptions, ...ofResources, ...hiddenByExtra(directives, said.extraArgs ?? [])];
}

/** Options among the profile's further arguments; `-l` and `-W` are merged by resource and attribute, and `-v` joins the others. */
function hiddenByExtra({options}: Directives, extra: readonly string[]) {
  const letters = extra.flatMap((word) => (/^-[A-Za-z]/.test(word) ? [word.charAt(1)] : []));
  return [...new Set(letters)].flatMap((letter) => {
    const option = 'lvW'.includes(letter) ? undefined : options.findLast((each) => each.letter === letter);
    if (option === undefined) return [];
    const at = extra.findIndex((word) => word.startsWith(`-${letter}`));
    const now =
      (extra[at]?.length ?? 0) > 2
        ? (extra[at] ?? '')
        : `-${letter} ${option.value === undefined ? '' : (extra[at + 1] ?? '')}`;
    return [{key: 'extra', now: now.trim(), line: option.line, written: `-${letter} ${option.value ?? ''}`.trim()}];
  });
}
