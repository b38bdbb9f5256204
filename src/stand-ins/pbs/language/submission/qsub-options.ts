import {failed, Stop} from '../answer.ts';
import {readStartTime} from '../dates.ts';
import type {GivenArguments, GivenOption} from '../options.ts';
import {readVariables} from '../variables.ts';
import {parseAssignments} from './assignments.ts';
import {parseResources} from './resource-words.ts';
import {ATTRIBUTE_OF, type Sent} from './sent.ts';

/**
 * What qsub makes of options: the attributes that it sends. Source: OpenPBS, process_opts() in qsub.c; each message and
 * exit code was measured on 23.06.
 */

/** Who says it; an option of a later one has no effect where an earlier one says it. */
export type Source = 'line' | 'directive' | 'site';
const RANK: Readonly<Record<Source, number>> = {line: 3, directive: 2, site: 1};

/** Where qsub is called. */
export interface Caller {
  readonly env: Readonly<Record<string, string>>;
  readonly now: number;
  readonly tz?: string | undefined;
  /** a person sits at its standard input and output */
  readonly terminal: boolean;
}

/** What qsub has read so far, from all sources. */
export interface Said {
  /** in the order of sending; one attribute may stand in it several times, and is looked at each time */
  readonly sent: Sent[];
  /** options that are no attributes of the job: `-q -C -V -z -X -f` */
  readonly other: Map<string, string>;
  readonly ranks: Map<string, number>;
  /** the list of `-v`, as the job keeps it */
  variables: string;
  rerunnable: boolean;
  limited: boolean;
  block: boolean;
}

export const nothingSaid = (): Said => ({
  sent: [],
  other: new Map(),
  ranks: new Map(),
  variables: '',
  rerunnable: true,
  limited: false,
  block: false,
});

const INTERACTIVE_ARRAY = 'interactive and array job submission cannot be used together';
const TWO_LIMITS = 'multiple max_run_subjobs values found';

export interface ReadOptions {
  /** whole lines for standard error; none: qsub goes on */
  readonly complaints: readonly string[];
  /** what is too much, without words of its own */
  readonly wrong: boolean;
  /** the words as qsub leaves them behind: reading cuts some of them */
  readonly words: readonly string[];
}

/**
 * Read the options of one source into what was said.
 *
 * @throws {Stop} where qsub ends at once
 */
export function readOptions(said: Said, given: GivenArguments, source: Source, caller: Caller): ReadOptions {
  const complaints: string[] = [];
  const words = [...given.permuted];
  const complain = (text: string): undefined => void complaints.push(`qsub: ${text}\n`);
  const stop = (text: string, exitCode: number) => new Stop(failed(`${complaints.join('')}${text}`, exitCode));
  /** Whether it has an effect; later ones of the same source have, too. */
  const counts = (what: string): boolean => {
    if ((said.ranks.get(what) ?? 0) > RANK[source]) return false;
    said.ranks.set(what, RANK[source]);
    return true;
  };
  const send = (name: string, value: string): undefined => void said.sent.push({name, value});
  const cut = ({word, from}: GivenOption, at: number) => {
    if (at >= 0) words[word] = (words[word] ?? '').slice(0, from + at);
  };
  const interactive = (): undefined => {
    throw stop(noTerminal(caller), 1);
  };
  const limit = (value: string): undefined => {
    if (said.limited) complain(TWO_LIMITS);
    else send('max_run_subjobs', value);
    said.limited = true;
  };

  const read = (option: GivenOption): undefined => {
    const {letter, value} = option;
    const attribute = ATTRIBUTE_OF[letter];
    switch (letter) {
      case 'f':
        return;
      case 'l': {
        const problem = parseResources(value, source === 'line', said.sent);
        if (problem !== undefined) complaints.push(problem);
        return;
      }
      case 'W':
        return readAttributes(option);
      case 'I':
        if (said.ranks.has('J')) return complain(INTERACTIVE_ARRAY);
        return interactive();
      case 'J':
        if (!said.rerunnable) return complain(' cannot submit non-rerunable Array Job');
        break;
      default:
    }
    if (!counts(letter)) return;
    switch (letter) {
      case 'a': {
        cut(option, value.indexOf('.'));
        const at = readStartTime(value, caller.now, caller.tz) ?? -1;
        return at < 0 ? complain('illegal -a value') : send('Execution_Time', String(Math.floor(at / 1000)));
      }
      case 'c':
        if (value.trimStart() === 'u') return complain('illegal -c value');
        return send('Checkpoint', value.trimStart());
      case 'h':
        return send('Hold_Types', 'u');
      case 'J': {
        const at = value.indexOf('%');
        cut(option, at);
        send('array_indices_submitted', at < 0 ? value : value.slice(0, at));
        return at < 0 ? undefined : limit(value.slice(at + 1));
      }
      case 'm':
      case 'p':
        return send(attribute ?? '', value.trimStart());
      case 'N': {
        // It takes the place of those before, which are not looked at any more.
        const before = said.sent.flatMap(({name}, at) => (name === 'Job_Name' ? [at] : []));
        for (const at of before) said.sent[at] = {name: 'Job_Name', value};
        return before.length === 0 ? send('Job_Name', value) : undefined;
      }
      case 'r':
        if (!/^[yn]$/.test(value)) return complain('illegal -r value');
        if (value === 'n' && said.ranks.has('J')) return complain(' cannot submit non-rerunable Array Job');
        said.rerunnable = value === 'y';
        return send('Rerunable', value);
      case 'v': {
        const variables = readVariables(value, caller.env);
        if (variables === undefined) throw stop('qsub: cannot send environment with the job\n', 1);
        said.variables = variables;
        return;
      }
      case 'X':
        if (caller.env.DISPLAY === undefined) complain('DISPLAY not set');
        return;
      default:
        if (attribute === undefined) said.other.set(letter, value);
        else send(attribute, value);
    }
  };

  const readAttributes = (option: GivenOption): undefined => {
    const parsed = parseAssignments(option.value);
    cut(option, parsed.cut);
    for (const {name, value} of parsed.found) {
      if (name === 'interactive') {
        if (said.ranks.has('J')) return complain(INTERACTIVE_ARRAY);
        if (/^true$/i.test(value)) return interactive();
        if (!/^false$/i.test(value)) return complain('illegal -W value');
      } else if (name === 'block') {
        if (!/^(true|false)$/i.test(value)) return complain('illegal -W value');
        if (/^true$/i.test(value)) said.block = true;
      } else if (name === 'reserve_start' || name === 'reserve_end') {
        if ((readStartTime(value, caller.now, caller.tz) ?? -1) < 0) return complain('illegal -W value');
        send(name, value);
      } else if (name === 'max_run_subjobs') {
        if (said.limited) return complain(TWO_LIMITS);
        limit(value);
      } else if (!ONE_SOURCE.has(name) || counts(name)) send(name, value);
    }
    if (!parsed.whole) complain('illegal -W value');
  };

  for (const each of given.told) {
    if (typeof each === 'string') complain(each);
    else read(each);
  }
  const wrong = tooMuch(given, source);
  if (complaints.length === 0) {
    if (source === 'line' && said.ranks.get('X') === RANK.line)
      throw stop('qsub: X11 Forwarding possible only for interactive jobs\n', 1);
    // The first one alone is looked at (measured).
    const mail = said.sent.find(({name}) => name === 'Mail_Points')?.value ?? '';
    if (!said.ranks.has('J') && mail.includes('j'))
      throw stop("qsub: mail option 'j' can not be used without array job\n", 1);
  }
  return {complaints, wrong, words};
}

/** What qsub sends where no option says it; that `-W` says it under its name makes no difference (measured). */
export function sendDefaults({sent, ranks}: Said): void {
  for (const [letter, value] of Object.entries({c: 'u', h: 'n', j: 'n', k: 'n', m: 'a', p: '0', r: 'TRUE'}))
    if (!ranks.has(letter)) sent.push({name: ATTRIBUTE_OF[letter] ?? '', value});
}

/** Attributes of `-W` of which directives are passed over where the command line has them. */
const ONE_SOURCE = new Set([
  'depend',
  'stagein',
  'stageout',
  'sandbox',
  'group_list',
  'credential',
  'tolerate_node_failures',
]);

/** More operands than one script, `--` without a command, or `--` for a value at the end. */
function tooMuch({dashes, operands, permuted}: GivenArguments, source: Source): boolean {
  if (!dashes && permuted.at(-1 - operands.length) === '--') return true;
  if (source !== 'line') return dashes || operands.length > 0;
  return dashes ? operands.length === 0 : operands.length > 1;
}

function noTerminal({terminal}: Caller): string {
  // A real server would open a session at a terminal; the words for that are the stand-in's own.
  return terminal
    ? 'qsub: the stand-in PBS of stage runs no interactive jobs; submit a script, or use your own shell: jobs run on this machine\n'
    : 'qsub:\tstandard input and output must be a terminal for\n\tinteractive job submission\n';
}
