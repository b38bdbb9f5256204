import {statSync} from 'node:fs';
import {basename, join, resolve} from 'node:path';
import {badValue, FAULT, failed, type PbsAnswer, Refusal, refused} from './answer.ts';
import {type ArrayRange, readArrayRange} from './array-range.ts';
import type {PbsCommand} from './command.ts';
import {readStartTime} from './dates.ts';
import {type DependGroup, mergeDepend, readDepend} from './depend.ts';
import {readDirectives, splitWords} from './directives.ts';
import type {Job} from './job.ts';
import type {ServerNames} from './job-id.ts';
import {checkName, legalValue, readAttributes} from './option-values.ts';
import {type GivenArguments, OPTIONS, readArguments} from './options.ts';
import {type AskedResource, resourceList, splitResources} from './resources.ts';
import {isTrue, resourceGroup, type Settings} from './settings.ts';
import {USAGE} from './usage.ts';
import {environmentVariables, escapeValue, readVariables} from './variables.ts';

/** From a qsub command to a job: options, directives, defaults. Reads nothing but whether `-o` names a directory. */

export interface Submission {
  /** everything but the number, which the server gives */
  readonly job: (id: string, seq: number) => Job;
  readonly script: string | undefined;
  readonly array: boolean;
  readonly block: boolean;
  /** `-z` */
  readonly quiet: boolean;
  /** its dependency names a server nobody knows: an id is printed, and there is no job */
  readonly vanishes: boolean;
}

export interface SubmissionContext {
  readonly names: ServerNames;
  readonly settings: Settings;
  readonly now: number;
}

/** One source of options: the command line, a script's directives, or the site's defaults. */
interface Level {
  readonly single: ReadonlyMap<string, string>;
  readonly resources: readonly AskedResource[];
  readonly attributes: readonly {readonly name: string; readonly value: string}[];
}

class Stop extends Error {
  readonly answer: PbsAnswer;
  constructor(answer: PbsAnswer) {
    super('qsub ends here');
    this.answer = answer;
  }
}

const usageError = (messages: readonly string[]): PbsAnswer =>
  failed(`${messages.map((text) => `qsub: ${text}\n`).join('')}${USAGE.qsub}`, 2);

function readLevel(given: GivenArguments): Level {
  const single = new Map<string, string>();
  const resources: AskedResource[] = [];
  const attributes: {name: string; value: string}[] = [];
  const wrong: string[] = [];
  for (const {letter, value} of given.options) {
    if (letter === 'l') resources.push(...splitResources(value));
    else if (letter === 'W') {
      const read = readAttributes(value);
      if (!read) wrong.push('illegal -W value');
      else attributes.push(...read);
    } else {
      if (letter === 'N') {
        if (value === '--') throw new Stop(usageError([])); // measured: the usage alone
        const checked = checkName(value);
        if (checked === 'too-long') throw new Stop(failed('qsub: Job name is too long \n', 2));
        if (checked === 'illegal') wrong.push('illegal -N value');
      } else if (letter === 'J') {
        if (!readArrayRange(value)) wrong.push('illegal -J value');
      } else if (letter === 'X') wrong.push('DISPLAY not set');
      else if (letter !== 'h' && !legalValue(letter, value)) wrong.push(`illegal -${letter} value`);
      single.set(letter, value);
    }
  }
  if (wrong.length > 0) throw new Stop(usageError(wrong));
  return {single, resources, attributes};
}

function directiveLevel(script: string, prefix: string): Level {
  const all: Level[] = readDirectives(script, prefix).map((words) => {
    const given = readArguments(words, OPTIONS.qsub ?? '');
    if (given.complaints.length > 0 || given.operands.length > 0) {
      const complaints = given.complaints.map((text) => `qsub: ${text}\n`).join('');
      throw new Stop(
        failed(`${complaints}qsub: directive error: ${given.permuted.map((word) => `${word} `).join('')}\n`, 1),
      );
    }
    return readLevel(given);
  });
  return {
    single: new Map(all.flatMap((level) => [...level.single])),
    resources: all.flatMap((level) => level.resources),
    attributes: all.flatMap((level) => level.attributes),
  };
}

/** A path of `-o` or `-e` as a job keeps it: `host:/absolute`, with a slash behind a directory that exists. */
export function outputPath(text: string, workdir: string, names: ServerNames): string | undefined {
  const match = /^([A-Za-z0-9.-]+):(.*)$/.exec(text);
  if (match && names.server !== match[1] && !names.aliases.includes(match[1] ?? '')) return undefined;
  const given = match ? (match[2] ?? '') : text;
  if (given === '') return undefined;
  const path = given.startsWith('/') ? given : join(workdir, given);
  let slash = '';
  try {
    if (!path.endsWith('/') && statSync(path).isDirectory()) slash = '/';
  } catch {
    // it may come to be before the job ends
  }
  return `${names.server}:${path}${slash}`;
}

/** PBS_O_…, then `-v`, then `-V`, then where it was submitted. */
function variableList(
  command: PbsCommand,
  workdir: string,
  user: string,
  own: string,
  server: string,
  queue: string,
): string {
  const {env} = command;
  const origin: [string, string | undefined][] = [
    ['PBS_O_HOME', env.HOME],
    ['PBS_O_LANG', env.LANG],
    ['PBS_O_LOGNAME', env.LOGNAME ?? user],
    ['PBS_O_PATH', env.PATH],
    ['PBS_O_MAIL', env.MAIL],
    ['PBS_O_SHELL', env.SHELL],
    ['PBS_O_TZ', env.TZ],
    ['PBS_O_INTERACTIVE_AUTH_METHOD', 'resvport'],
    ['PBS_O_INTERACTIVE_ENCRYPT_METHOD', ''],
    ['PBS_O_WORKDIR', workdir],
    ['PBS_O_SYSTEM', 'Linux'],
  ];
  const parts = origin.flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${escapeValue(value)}`]));
  if (own !== '') parts.push(own);
  parts.push(`PBS_O_QUEUE=${queue}`, `PBS_O_HOST=${server}`);
  return parts.join(',');
}

interface Attributes {
  readonly depend: DependGroup[];
  readonly vanishes: boolean;
  readonly block: boolean;
  readonly umask?: string;
  readonly sandbox?: string;
  readonly groupList?: string;
  readonly stagein?: string;
  readonly stageout?: string;
  readonly runCount: number;
}

const ACCEPTED_AND_UNUSED = new Set([
  'hold_types',
  'run_count',
  'tolerate_node_failures',
  'release_nodes_on_stageout',
  'max_run_subjobs',
  'pwd',
  'resvport',
  'interactive',
  'job_name',
  'create_resv_from_job',
  'project',
]);

function readWAttributes(levels: readonly Level[], names: ServerNames, user: string): Attributes {
  const chosen = new Map<string, string[]>();
  for (const level of levels) {
    const here = new Map<string, string[]>();
    for (const {name, value} of level.attributes) here.set(name, [...(here.get(name) ?? []), value]);
    for (const [name, values] of here) chosen.set(name, values); // a later level wins per attribute
  }
  const lists: DependGroup[][] = [];
  let vanishes = false;
  for (const text of chosen.get('depend') ?? []) {
    const read = readDepend(text, names);
    if (read.kind === 'illegal') throw new Stop(usageError(['illegal -W value']));
    if (read.kind === 'fault') throw new Refusal(read.fault);
    if (read.kind === 'vanishes') vanishes = true;
    else lists.push(read.groups);
  }
  const last = (name: string): string | undefined => chosen.get(name)?.at(-1);
  const block = last('block');
  if (block !== undefined && !/^(true|false|t|f|y|n|1|0)$/i.test(block))
    throw new Stop(usageError(['illegal -W value']));
  for (const name of chosen.keys()) {
    const known = ['depend', 'block', 'umask', 'sandbox', 'group_list', 'stagein', 'stageout'].includes(name);
    if (!known && !ACCEPTED_AND_UNUSED.has(name.toLowerCase()))
      throw new Stop(failed('qsub: Error (15002) submitting job\n', 154));
  }
  const groupList = last('group_list');
  if (groupList !== undefined && groupList !== user) throw new Refusal(FAULT.badGroup);
  const umask = last('umask');
  if (umask !== undefined && !/^\d+$/.test(umask)) throw new Refusal(badValue('umask'));
  return {
    depend: mergeDepend(lists),
    vanishes,
    block: /^(true|t|y|1)$/i.test(block ?? ''),
    umask: umask?.replace(/^0+(?=\d)/, ''),
    sandbox: last('sandbox'),
    groupList,
    stagein: last('stagein'),
    stageout: last('stageout'),
    runCount: Number(last('run_count') ?? '0') || 0,
  };
}

/**
 * Read a qsub command.
 *
 * @returns the submission, or the answer that ends the command
 */
export function readSubmission(command: PbsCommand, context: SubmissionContext): Submission | PbsAnswer {
  try {
    return read(command, context);
  } catch (error) {
    if (error instanceof Stop) return error.answer;
    if (error instanceof Refusal) return refused('qsub', error.fault);
    throw error;
  }
}

function read(command: PbsCommand, {names, settings, now}: SubmissionContext): Submission {
  const {user} = command;
  const given = readArguments(command.argv, OPTIONS.qsub ?? '');
  if (given.complaints.length > 0) throw new Stop(usageError(given.complaints));
  if (!given.dashes && given.operands.length > 1) throw new Stop(usageError([]));
  if (given.dashes && given.operands.length === 0) throw new Stop(usageError([]));
  const line = readLevel(given);
  if (line.single.has('I')) {
    if (line.single.has('J'))
      throw new Stop(usageError(['interactive and array job submission cannot be used together']));
    throw new Stop(
      failed('qsub:\tstandard input and output must be a terminal for\n\tinteractive job submission\n', 1),
    );
  }
  const text = given.dashes ? undefined : (command.script?.text ?? '');
  if (text?.includes('\r\n')) throw new Stop(failed('qsub: script contains cr, lf\n', 1));
  const prefix = line.single.get('C') ?? command.env.PBS_DPREFIX ?? '#PBS';
  const directives = text === undefined ? emptyLevel : directiveLevel(text, prefix);
  const site = readLevel(readArguments(splitWords(settings.server.default_qsub_arguments ?? ''), OPTIONS.qsub ?? ''));
  const levels = [site, directives, line];
  const option = (letter: string): string | undefined =>
    line.single.get(letter) ?? directives.single.get(letter) ?? site.single.get(letter);

  const scriptName = given.dashes ? undefined : (command.script?.name ?? undefined);
  const name = option('N') ?? (scriptName === undefined ? 'STDIN' : basename(scriptName));
  if (option('N') === undefined) {
    const checked = checkName(name);
    if (checked === 'illegal') throw new Stop(usageError(['illegal -N value']));
    if (checked === 'too-long') throw new Stop(failed('qsub: Job name is too long \n', 2));
  }
  const rangeText = option('J');
  const range: ArrayRange | undefined = rangeText === undefined ? undefined : readArrayRange(rangeText);
  const mail = option('m') ?? 'a';
  if (mail.includes('j') && !range)
    throw new Stop(failed("qsub: mail option 'j' can not be used without array job\n", 1));
  if (range && option('r') === 'n') throw new Stop(usageError([' cannot submit non-rerunable Array Job']));
  const startText = option('a');
  const executionTime = startText === undefined ? undefined : readStartTime(startText, now, command.tz);
  if (startText !== undefined && executionTime === undefined) throw new Stop(usageError(['illegal -a value']));

  const workdir = command.pwd ?? command.cwd;
  const outText = option('o');
  const errText = option('e');
  const out = outText === undefined ? undefined : outputPath(outText, workdir, names);
  const err = errText === undefined ? undefined : outputPath(errText, workdir, names);
  if (outText !== undefined && out === undefined) throw new Stop(usageError(['illegal -o value']));
  if (errText !== undefined && err === undefined) throw new Stop(usageError(['illegal -e value']));

  const queue = queueOf(option('q'), names, settings);
  const w = readWAttributes(levels, names, user);
  const listed = option('v');
  const own = listed === undefined ? '' : readVariables(listed, command.env);
  if (own === undefined) throw new Stop(failed('qsub: cannot send environment with the job\n', 1));
  const whole = option('V') === undefined ? '' : environmentVariables(command.env);
  const project = option('P');
  if (project !== undefined && /[",]/.test(project)) throw new Refusal(badValue('project'));
  const users = option('u');
  if (users !== undefined && users.replace(/@.*$/, '') !== user) throw new Refusal(FAULT.badUser);

  const merged = mergeResources(levels);
  const defaults = {
    ...resourceGroup(settings.server, 'resources_default'),
    ...resourceGroup(settings.queues[queue], 'resources_default'),
  };
  const resources = resourceList(merged, defaults, settings.resources);
  const variables = variableList(
    command,
    workdir,
    user,
    [own, whole].filter((part) => part !== '').join(','),
    names.server,
    queue,
  );
  const submitArguments = command.argv.filter((word) => word !== '').join(' ');
  const {depend, vanishes, block, ...attributes} = w;

  const job = (id: string, seq: number): Job => {
    const suffix = range ? `${seq}.^array_index^` : String(seq);
    const defaultPath = (letter: string): string => `${names.server}:${resolve(workdir, `${name}.${letter}${suffix}`)}`;
    return {
      id,
      seq,
      name,
      owner: user,
      group: user,
      queue,
      account: blankIsAbsent(option('A')),
      project: blankIsAbsent(project) ?? '_pbs_project_default',
      state: 'Q',
      substate: 10,
      ctime: now,
      qtime: now,
      mtime: now,
      executionTime,
      holds: option('h') === undefined ? '' : 'u',
      depend,
      unregistered: depend.length > 0 ? structuredClone(depend) : undefined,
      join: option('j') ?? 'n',
      keep: option('k') ?? 'n',
      mailPoints: mail,
      mailUsers: option('M'),
      priority: Number(option('p') ?? '0'),
      removeFiles: option('R'),
      rerunnable: option('r') !== 'n',
      outputPath: out ?? defaultPath('o'),
      errorPath: err ?? defaultPath('e'),
      shell: option('S')?.split(',')[0]?.replace(/@.*$/, ''),
      checkpoint: option('c') ?? 'u',
      userList: users,
      ...attributes,
      block: block || undefined,
      resources,
      variables,
      submitArguments: submitArguments === '' ? undefined : submitArguments,
      executable: given.dashes ? given.operands[0] : undefined,
      argumentList: given.dashes ? given.operands.slice(1) : undefined,
      home: command.env.HOME ?? '/',
      submitDirectory: workdir,
      binDirectory: command.bin,
      array: range && {
        submitted: range.text,
        submittedCount: range.indices.length,
        remaining: range.indices,
        limit: range.limit,
        ended: 0,
        expired: 0,
        failed: false,
        deleted: false,
      },
    };
  };
  return {job, script: text, array: range !== undefined, block, quiet: option('z') !== undefined, vanishes};
}

const emptyLevel: Level = {single: new Map(), resources: [], attributes: []};
const blankIsAbsent = (text: string | undefined): string | undefined => (text === '' ? undefined : text);

/** `-l` merges per resource; the command line wins over directives, those over the site's defaults. */
function mergeResources(levels: readonly Level[]): AskedResource[] {
  return levels.flatMap((level, at) =>
    level.resources.filter(
      ({name}) => !levels.slice(at + 1).some((later) => later.resources.some((r) => r.name === name)),
    ),
  );
}

/** `-q queue`, `queue@server`, `@server`. */
function queueOf(asked: string | undefined, names: ServerNames, settings: Settings): string {
  const [queue = '', server] = (asked ?? '').split('@');
  if (server !== undefined && server !== names.server && !names.aliases.includes(server))
    throw new Stop(failed(`Unknown Host.\nqsub: cannot connect to server ${names.server} (errno=15008)\n`, 160));
  const chosen = queue === '' ? (settings.server.default_queue ?? 'workq') : queue;
  if (!settings.queues[chosen]) throw new Refusal(FAULT.unknownQueue);
  if (!isTrue(settings.queues[chosen], 'enabled')) throw new Refusal(FAULT.queueDisabled);
  return chosen;
}
