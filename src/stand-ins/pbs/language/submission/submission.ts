import {basename, resolve} from 'node:path';
import type {Job} from '../../server/store/job.ts';
import {isTrue, resourceGroup, type Settings} from '../../server/store/settings.ts';
import {badValue, FAULT, failed, type PbsAnswer, Refusal, refused, Stop, usageError} from '../answer.ts';
import {type ArrayRange, readArrayRange} from '../array-range.ts';
import type {PbsCommand} from '../command.ts';
import {readStartTime} from '../dates.ts';
import {splitWords} from '../directives.ts';
import type {ServerNames} from '../job-id.ts';
import {checkName} from '../option-values.ts';
import {OPTIONS, readArguments} from '../options.ts';
import {resourceList} from '../resources.ts';
import {environmentVariables, readVariables} from '../variables.ts';
import {readWAttributes} from './attributes.ts';
import {directiveLevel, emptyLevel, mergeResources, readLevel} from './level.ts';
import {outputPath, variableList} from './origin.ts';

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
    // A real server would open a session here; these words are the stand-in's own.
    if (command.terminal)
      throw new Stop(
        failed(
          'qsub: the stand-in PBS of stage runs no interactive jobs; submit a script, or use your own shell: jobs run on this machine\n',
          1,
        ),
      );
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
  const resources = resourceList(merged, defaults, settings.resources, names.server);
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
      shell: option('S'),
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
  const bytes = command.script?.bytes;
  const script = text === undefined || bytes === undefined ? text : Buffer.from(bytes, 'base64');
  return {job, script, array: range !== undefined, block, quiet: option('z') !== undefined, vanishes};
}

const blankIsAbsent = (text: string | undefined): string | undefined => (text === '' ? undefined : text);

/** `-q queue`, `queue@server`, `@server`. */
function queueOf(asked: string | undefined, names: ServerNames, settings: Settings): string {
  const [queue = '', server] = (asked ?? '').split('@');
  if (server !== undefined && server !== names.server && !names.aliases.includes(server))
    throw new Stop(failed(`Unknown Host.\nqsub: cannot connect to server ${names.server} (errno=15008)\n`, 160));
  const chosen = queue === '' ? settings.server.default_queue : queue;
  if (chosen === undefined) throw new Refusal(FAULT.noDefaultQueue);
  if (!settings.queues[chosen]) throw new Refusal(FAULT.unknownQueue);
  if (!isTrue(settings.queues[chosen], 'enabled')) throw new Refusal(FAULT.queueDisabled);
  return chosen;
}
