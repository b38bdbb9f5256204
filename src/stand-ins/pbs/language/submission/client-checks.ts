import {failed, type PbsAnswer} from '../answer.ts';
import {readDepend} from '../depend.ts';
import type {ServerNames} from '../job-id.ts';
import {checkName, legalValue} from '../option-values.ts';
import {builtIn, fits, isBool, isCount, isLong} from '../resource-table.ts';
import {chunksWritten} from '../select.ts';
import {USAGE} from '../usage.ts';
import {outputPath} from './origin.ts';
import {ATTRIBUTE_OF, type Sent} from './sent.ts';

/**
 * What qsub itself refuses of the attributes that it is about to send, before it asks the server. Source: OpenPBS,
 * ecl_verify_values.c and handle_attribute_errors() in qsub.c; measured on 23.06.
 */

interface Rule {
  /** the option that a message names; none: a number alone is told */
  readonly letter?: string;
  readonly wrong: (value: string, names: ServerNames) => boolean;
}

const byLetter = (letter: string): Rule => ({letter, wrong: (value) => !legalValue(letter, value)});
const path = (letter: string): Rule => ({
  letter,
  wrong: (value, names) => !legalValue(letter, value) || outputPath(value, '/', names) === undefined,
});
const ofW = (wrong: Rule['wrong']): Rule => ({letter: 'W', wrong});
const anything: Rule = {wrong: () => false};

/** By name, in small letters: qsub knows them in any. */
const RULES: Readonly<Record<string, Rule>> = {
  account_name: anything,
  accounting_id: anything,
  alt_id: anything,
  argument_list: anything,
  array: {wrong: (value) => !isBool(value)},
  array_indices_submitted: byLetter('J'),
  block: {letter: 'W', wrong: (value) => !isLong(value)},
  checkpoint: byLetter('c'),
  comment: anything,
  create_resv_from_job: {wrong: (value) => !isBool(value)},
  ctime: {wrong: (value) => !isLong(value)},
  depend: ofW((value, names) => readDepend(value, names).kind === 'illegal'),
  error_path: path('e'),
  estimated: anything,
  etime: {wrong: (value) => !isLong(value)},
  euser: anything,
  exec_host: anything,
  executable: anything,
  execution_time: {letter: 'a', wrong: (value) => !isLong(value)},
  forward_x11_port: anything,
  group_list: ofW((value) => !legalValue('u', value)),
  hold_types: byLetter('h'),
  interactive: {letter: 'I', wrong: (value) => !isLong(value)},
  job_name: {letter: 'N', wrong: (value) => checkName(value) !== 'fine'},
  job_state: anything,
  join_path: byLetter('j'),
  keep_files: byLetter('k'),
  mail_points: byLetter('m'),
  mail_users: byLetter('M'),
  max_run_subjobs: {wrong: (value) => !isCount(value)},
  no_stdio_sockets: anything,
  output_path: path('o'),
  priority: byLetter('p'),
  project: anything,
  queue: anything,
  release_nodes_on_stageout: ofW((value) => !isBool(value)),
  remove_files: byLetter('R'),
  rerunable: {letter: 'r', wrong: (value) => !isBool(value)},
  reserve_end: ofW(() => true),
  reserve_start: ofW(() => true),
  run_count: ofW((value) => !isCount(value)),
  sandbox: ofW((value) => !/^(home|o_workdir|private)$/i.test(value)),
  security: anything,
  server: anything,
  shell_path_list: byLetter('S'),
  stagein: ofW((value) => !isStageList(value)),
  stageout: ofW((value) => !isStageList(value)),
  submit_arguments: anything,
  submit_host: anything,
  tolerate_node_failures: ofW((value) => !/^(all|job_start|none)$/.test(value)),
  topjob_ineligible: {wrong: (value) => !isBool(value)},
  umask: ofW((value) => !isLong(value)),
  user_list: byLetter('u'),
  variable_list: anything,
};

/** The answer that ends qsub, or undefined: the first one that is wrong decides. */
export function refusedByClient(sent: readonly Sent[], names: ServerNames): PbsAnswer | undefined {
  for (const each of sent) {
    if (each.resource !== undefined) {
      const says = wrongResource(each.resource, each.value);
      if (says !== undefined) return failed(`qsub: ${says}\n`, 15014 % 256);
      continue;
    }
    const name = each.name.toLowerCase();
    const rule = name.startsWith('resource_list') ? anything : RULES[name];
    if (rule !== undefined && !rule.wrong(each.value, names)) continue;
    // A name in other capitals is read, but not told by its option (measured).
    const letter =
      rule?.letter !== undefined && each.name === (ATTRIBUTE_OF[rule.letter] ?? name) ? rule.letter : undefined;
    if (letter === undefined) {
      const code = rule === undefined ? 15002 : 15014;
      return failed(`qsub: Error (${code}) submitting job\n`, code % 256);
    }
    if (letter === 'N' && checkName(each.value) === 'too-long') return failed('qsub: Job name is too long \n', 2);
    if (letter === 'W' && name === 'depend' && /\[[^\]]+\]/.test(each.value))
      return failed(`cannot have dependancy on subjob or range\nqsub: illegal -W value\n${USAGE.qsub}`, 2);
    return failed(`qsub: illegal -${letter} value\n${USAGE.qsub}`, 2);
  }
  return undefined;
}

const BAD = 'Illegal attribute or resource value';

/** What qsub says of a value of a resource that it knows. */
function wrongResource(name: string, value: string): string | undefined {
  const known = builtIn(name);
  if (known === undefined || known.byServer) return undefined;
  const bad = `${BAD} Resource_List.${name}`;
  switch (known.kind) {
    case 'select': {
      const chunks = chunksWritten(value);
      if (chunks === undefined) return bad;
      const wrong = chunks
        .flatMap(({resources}) => resources)
        .find((each) => wrongResource(each.name, each.value) !== undefined);
      return wrong && `${BAD} ${name}.${wrong.name}`;
    }
    case 'nodes':
      return /^(\s*([A-Za-z][\w.=-]*|\d[A-Za-z0-9]*)([+:#]\s*([A-Za-z][\w.=-]*|\d[A-Za-z0-9]*))*)?$/.test(value)
        ? undefined
        : bad;
    case 'preempt-targets':
      return wrongTargets(value, bad);
    default:
      return fits(known.kind, value) && (value !== '' || !known.notEmpty) ? undefined : bad;
  }
}

/** Source: verify_value_preempt_targets() in ecl_verify_values.c. */
function wrongTargets(value: string, bad: string): string | undefined {
  const text = value.trimStart();
  if (/^none/i.test(text)) return /^none$/i.test(text) ? undefined : bad;
  const resources = [...text.matchAll(/Resource_List(?:\.([^=]*)=([^,]*))?/g)];
  const queues = [...text.matchAll(/queue[^=]*(=)?/gi)];
  if (resources.length + queues.length === 0) return bad;
  if (resources.some(([, name]) => name === undefined) || queues.some(([, equals]) => equals === undefined)) return bad;
  const amount = resources.find(([, name = '', amount = '']) => wrongResource(name, amount) !== undefined);
  return amount && BAD;
}

/** `local@host:remote,...`; a comma with nothing before it belongs to the name behind it. Source: parse_stage.c. */
function isStageList(value: string): boolean {
  return (
    value !== '' &&
    value.split(/(?<!\\|^\s*|(?<!\\),\s*),/).every((item) => /^\s*[^@]+@[^\s@:]+:[^@]+$/.test(item.trimEnd()))
  );
}
