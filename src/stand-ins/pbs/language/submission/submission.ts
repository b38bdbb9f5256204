import {basename, resolve} from 'node:path';
import type {Job} from '../../server/store/job.ts';
import {isTrue, resourceGroup, type Settings} from '../../server/store/settings.ts';
import {FAULT, failed, type PbsAnswer, Refusal, refused as refusedBy, Stop} from '../answer.ts';
import {type ArrayRange, countIndices, readArrayRange} from '../array-range.ts';
import type {PbsCommand} from '../command.ts';
import {readDirectives, splitWords} from '../directives.ts';
import type {ServerNames} from '../job-id.ts';
import {OPTIONS, readArguments} from '../options.ts';
import {resourceList} from '../resources.ts';
import {USAGE} from '../usage.ts';
import {environmentVariables} from '../variables.ts';
import {readWAttributes} from './attributes.ts';
import {refusedByClient} from './client-checks.ts';
import {outputPath, variableList} from './origin.ts';
import {type Caller, nothingSaid, readOptions, type Said, type Source, sendDefaults} from './qsub-options.ts';
import {lastValue} from './sent.ts';
import {checkAttributes, checkChunks, checkOwner, checkTogether, type Known} from './server-checks.ts';

/** From a qsub command to a job: options, directives, defaults. Reads nothing but whether `-o` names a directory. */

export interface Submission {
  /** everything but the number, which the server gives */
  readonly job: (id: string, seq: number) => Job;
  readonly script: string | Uint8Array | undefined;
  readonly array: boolean;
  readonly block: boolean;
  /** `-z` */
  readonly quiet: boolean;
  /** its dependency names an unknown server: an id is printed, and there is no job */
  readonly vanishes: boolean;
}

export interface SubmissionContext {
  readonly names: ServerNames;
  readonly settings: Settings;
  readonly now: number;
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
    if (error instanceof Refusal) return refusedBy('qsub', error.fault);
    throw error;
  }
}

function read(command: PbsCommand, {names, settings, now}: SubmissionContext): Submission {
  const {user} = command;
  const given = readArguments(command.argv, OPTIONS.qsub ?? '');
  const said = nothingSaid();
  const caller: Caller = {env: command.env, now, tz: command.tz, terminal: command.terminal === true};
  const line = readOptions(said, given, 'line', caller);
  if (line.wrong || line.complaints.length > 0) throw new Stop(failed(`${line.complaints.join('')}${USAGE.qsub}`, 2));
  const scriptName = given.dashes ? undefined : (command.script?.name ?? undefined);
  const ownName = scriptName === undefined ? 'STDIN' : basename(scriptName);
  if (!said.ranks.has('N')) said.sent.push({name: 'Job_Name', value: ownName});
  const text = given.dashes ? undefined : (command.script?.text ?? '');
  if (text?.includes('\r\n')) throw new Stop(failed('qsub: script contains cr, lf\n', 1));
  const prefix = said.other.get('C') ?? command.env.PBS_DPREFIX ?? '#PBS';
  for (const words of readDirectives(text ?? '', prefix)) readLine(said, words, 'directive', caller);
  sendDefaults(said);
  const destination = said.other.get('q') ?? '';
  const asked = connect(destination, names);
  readLine(said, splitWords(settings.server.default_qsub_arguments ?? ''), 'site', caller);

  const {sent} = said;
  const refused = refusedByClient(sent, names);
  if (refused) throw new Stop(refused);
  const known: Known = {names, settings, user};
  checkChunks(sent);
  const queue = queueOf(asked, settings);
  checkAttributes(sent, known);
  checkTogether(sent, known);
  const rangeText = lastValue(sent, 'array_indices_submitted');
  checkOwner(sent, rangeText === undefined ? 0 : countIndices(rangeText), queue, known);

  const value = (name: string): string | undefined => lastValue(sent, name);
  const limit = Number(value('max_run_subjobs') ?? '0') || undefined;
  const range: ArrayRange | undefined = rangeText === undefined ? undefined : readArrayRange(rangeText);
  const name = value('Job_Name') ?? ownName;
  const workdir = command.pwd ?? command.cwd;
  const startText = value('Execution_Time');
  const executionTime = startText === undefined ? undefined : Number(startText) * 1000;
  const pathOf = (attribute: string): string | undefined => {
    const written = value(attribute);
    return written === undefined ? undefined : outputPath(written, workdir, names);
  };
  const [out, err] = [pathOf('Output_Path'), pathOf('Error_Path')];
  const w = readWAttributes(sent, names);
  const whole = said.ranks.has('V') ? environmentVariables(command.env) : '';
  const project = value('project');
  const defaults = {
    ...resourceGroup(settings.server, 'resources_default'),
    ...resourceGroup(settings.queues[queue], 'resources_default'),
  };
  const wanted = sent.flatMap(({resource, value: amount}) =>
    resource === undefined ? [] : [{name: resource, value: amount}],
  );
  const resources = resourceList(wanted, defaults, settings.resources, names.server);
  const variables = variableList(
    command,
    workdir,
    user,
    [said.variables, whole].filter((part) => part !== '').join(','),
    names.server,
    queue,
  );
  const submitArguments = command.argv.filter((word) => word !== '').join(' ');
  const {depend, vanishes, ...attributes} = w;

  const job = (id: string, seq: number): Job => {
    const suffix = range ? `${seq}.^array_index^` : String(seq);
    /** As it was named, where that is more than a host. */
    const pathFor = (path: string | undefined, letter: string): string =>
      path === undefined || path.endsWith(':')
        ? `${names.server}:${resolve(workdir, `${name}.${letter}${suffix}`)}`
        : path;
    return {
      id,
      seq,
      name,
      owner: user,
      group: user,
      queue,
      account: blankIsAbsent(value('Account_Name')),
      project: blankIsAbsent(project) ?? '_pbs_project_default',
      state: 'Q',
      substate: 10,
      ctime: now,
      qtime: now,
      mtime: now,
      executionTime,
      holds: (value('Hold_Types') ?? 'n').includes('u') ? 'u' : '',
      depend,
      unregistered: depend.length > 0 ? structuredClone(depend) : undefined,
      join: value('Join_Path') ?? 'n',
      keep: value('Keep_Files') ?? 'n',
      mailPoints: value('Mail_Points') ?? 'a',
      mailUsers: value('Mail_Users'),
      priority: Number(value('Priority')) || 0,
      removeFiles: value('Remove_Files'),
      rerunnable: !/^(n|f|0|false)$/i.test(value('Rerunable') ?? 'y'),
      outputPath: pathFor(out, 'o'),
      errorPath: pathFor(err, 'e'),
      shell: value('Shell_Path_List'),
      checkpoint: value('Checkpoint') ?? 'u',
      userList: value('User_List'),
      ...attributes,
      block: said.block || undefined,
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
        limit,
        ended: 0,
        expired: 0,
        failed: false,
        deleted: false,
      },
    };
  };
  const bytes = command.script?.bytes;
  const script = text === undefined || bytes === undefined ? text : Buffer.from(bytes, 'base64');
  return {job, script, array: range !== undefined, block: said.block, quiet: said.ranks.has('z'), vanishes};
}

const blankIsAbsent = (text: string | undefined): string | undefined => (text === '' ? undefined : text);

/** One directive, or the site's own arguments. @throws {Stop} where they are wrong */
function readLine(said: Said, words: readonly string[] | undefined, source: Source, caller: Caller): void {
  // The character that it prints is the end of the line (measured).
  if (words === undefined) throw new Stop(failed('qsub: unmatched \0\n', 1));
  const read = readOptions(said, readArguments(words, OPTIONS.qsub ?? ''), source, caller);
  if (!read.wrong && read.complaints.length === 0) return;
  const left = read.words.map((word) => `${word} `).join('');
  throw new Stop(failed(`${read.complaints.join('')}qsub: directive error: ${left}\n`, 1));
}

/** `-q queue`, `queue@server`, `@server`. @returns the queue. @throws {Stop} for what is none, or another server */
function connect(destination: string, names: ServerNames): string {
  const [queue = '', ...servers] = destination.trimStart().split('@');
  const isName = (text: string) => /^[!-~]*$/.test(text) && !text.includes('#');
  const formed =
    isName(queue) && queue.length <= 15 && servers.length <= 1 && servers.every((name) => name !== '' && isName(name));
  if (!formed) throw new Stop(failed(`qsub: illegally formed destination: ${destination}\n`, 2));
  const [server] = servers;
  if (server !== undefined && server !== names.server && !names.aliases.includes(server))
    throw new Stop(
      failed(
        `Unknown Host.\nqsub: cannot connect to server ${server.slice(0, names.server.length)} (errno=15008)\n`,
        160,
      ),
    );
  // A blank before its name belongs to it for the server (measured).
  return destination.startsWith(' ') ? destination : queue;
}

function queueOf(asked: string, settings: Settings): string {
  const chosen = asked === '' ? settings.server.default_queue : asked;
  if (chosen === undefined) throw new Refusal(FAULT.noDefaultQueue);
  if (!settings.queues[chosen]) throw new Refusal(FAULT.unknownQueue);
  if (!isTrue(settings.queues[chosen], 'enabled')) throw new Refusal(FAULT.queueDisabled);
  return chosen;
}
