import {isProfileName, wrongInSection} from '../../config/config-schema.ts';
import {withProfile} from '../../config/edit-config.ts';
import {locations} from '../../config/locations.ts';
import {defaultProfile} from '../../config/profile.ts';
import {readConfig} from '../../config/read-config.ts';
import {readIfThere, replaceFile} from '../../disk/replace-file.ts';
import {RequestWrong, StageError} from '../../errors.ts';
import type {QueueSeen, Site} from '../../scheduler/site.ts';
import {
  type ProfileAnswers,
  type ProfileQuestion,
  proposeFrom,
  questionsFor,
  readAnswer,
  sectionOf,
} from './profile-questions.ts';

export interface InitRequest {
  readonly name: string;
  /** what flags say; it is not asked for */
  readonly given: ProfileAnswers;
  readonly force: boolean;
  readonly makeDefault: boolean;
  /** write nothing */
  readonly dryRun: boolean;
  /** no questions: what flags do not say, PBS or a default does */
  readonly unasked: boolean;
}

export interface InitReport {
  readonly profile: string;
  readonly configFile: string;
  readonly written: boolean;
  /** it is the default profile now */
  readonly default: boolean;
  /** the profile's section, as it stands in the file now */
  readonly section: Readonly<Record<string, unknown>>;
  /** what PBS said of itself, or why it could not be queried */
  readonly pbs: string;
}

/** Opens the PBS whose commands lie in a directory, or on PATH: there is no profile for it yet. */
export type OpenSite = (settings: {readonly bin: string | undefined; readonly timeoutMs: number}) => Promise<Site>;

/** Puts a question to a person. @param complaint what was wrong with the answer before */
export type Ask = (question: ProfileQuestion, complaint: string | undefined) => Promise<string>;

/**
 * Write a profile for the site this runs at: from flags, from PBS, and from a person where there is one to ask.
 *
 * @param ask absent: proposals of PBS are taken as they are
 * @throws {RequestWrong} when the profile is there and `force` was not said; {ChangedMeanwhile}
 */
export async function initProfile(request: InitRequest, openSite: OpenSite, ask?: Ask): Promise<InitReport> {
  const {name, given} = request;
  if (!isProfileName(name) || name === 'local') throw wrongName(name);
  const {configFile} = locations(process.env);
  const before = readIfThere(configFile);
  const edit = (answers: ProfileAnswers) =>
    withProfile(before ?? '', configFile, {...request, section: sectionOf(answers)});
  requireTaken(given);
  edit(given); // what flags say is judged, and a profile that is there protected, before the first question

  const {proposed, queues, pbs} = await survey(openSite, given.bin);
  requireQueues(given, queues);
  const open = questionsFor(given, proposed, queues);
  if (!ask && !request.unasked && !request.dryRun && open.length > 0) throw noTerminalToAsk(open);
  const answers = {...(ask ? await interview(ask, given, proposed, queues) : proposed), ...given};
  const section = sectionOf({maxQueued: proposed.maxQueued, ...answers});
  const after = withProfile(before ?? '', configFile, {...request, section});
  if (!request.dryRun) replaceFile(configFile, before, after);
  return {
    profile: name,
    configFile,
    written: !request.dryRun,
    default: readConfig(after, configFile).defaultProfile === name,
    section,
    pbs,
  };
}

async function survey(
  openSite: OpenSite,
  bin: string | undefined,
): Promise<{proposed: ProfileAnswers; queues: readonly QueueSeen[]; pbs: string}> {
  const {timeoutMs} = defaultProfile('').scheduler;
  try {
    const site = await openSite({timeoutMs, bin});
    const [server, queues] = [await site.server(), await site.queues()];
    return {
      proposed: proposeFrom(server, queues),
      queues,
      pbs: `server ${server.name}, queues ${queues.map((queue) => queue.name).join(', ')}`,
    };
  } catch (error) {
    if (!(error instanceof StageError)) throw error;
    return {proposed: {}, queues: [], pbs: `nothing is proposed: ${error.message}: ${error.why}`};
  }
}

async function interview(
  ask: Ask,
  given: ProfileAnswers,
  proposed: ProfileAnswers,
  queues: readonly QueueSeen[],
): Promise<ProfileAnswers> {
  let answers: ProfileAnswers = {};
  for (const question of questionsFor(given, proposed, queues)) {
    let complaint: string | undefined;
    do {
      const read = readAnswer(question, await ask(question, complaint));
      complaint = 'wrong' in read ? read.wrong : wrongInSection(sectionOf(read.value))[0]?.why;
      if ('value' in read && complaint === undefined) answers = {...answers, ...read.value};
    } while (complaint !== undefined);
  }
  return answers;
}

/** Flags by the keys that they fill. */
const FLAGS: Readonly<Record<string, string>> = {
  'proxy.https': '--https-proxy',
  'compute.walltime': '--walltime',
  'staging.walltime': '--staging-walltime',
  'staging.node_property': '--node-property',
  wait_walltime: '--wait-walltime',
  collections: '--collection',
  paths: '--path',
};

/** @throws {RequestWrong} for what the file would not take, by the names of the flags */
function requireTaken(given: ProfileAnswers): void {
  const wrong = wrongInSection(sectionOf(given));
  if (wrong.length === 0) return;
  throw new RequestWrong('the profile cannot be written as it is', {
    details: wrong.map(({key, why}) => `${FLAGS[key] ?? FLAGS[key.split('.')[0] ?? ''] ?? key}: ${why}`),
    why: 'nothing was changed',
    next: ['Correct the values named above; all flags: stage profile init --help'],
  });
}

/** @throws {RequestWrong} for a queue that PBS, which answered, does not have */
function requireQueues(given: ProfileAnswers, queues: readonly QueueSeen[]): void {
  const names = queues.map(({name}) => name);
  for (const [flag, queue] of [
    ['--queue', given.queue],
    ['--staging-queue', given.stagingQueue],
  ])
    if (queue !== undefined && names.length > 0 && !names.includes(queue.replace(/@.*/, '')))
      throw new RequestWrong(`${flag} ${queue}: PBS has no such queue`, {
        why: `it has ${names.join(', ')}; nothing was changed`,
        next: ['Name one of these.'],
      });
}

function noTerminalToAsk(open: readonly ProfileQuestion[]): RequestWrong {
  return new RequestWrong('there is no terminal, and not all values were given as flags', {
    why: 'answers are not read from standard input; nothing was changed',
    details: open.map(({text, proposal}) => `missing: ${text}${proposal === undefined ? '' : ` (${proposal})`}`),
    next: [
      'Give them as flags, see stage profile init --help',
      'Or use what flags and PBS say: the same command with --yes',
    ],
  });
}

function wrongName(name: string): RequestWrong {
  if (name === 'local')
    return new RequestWrong('the profile "local" is built in', {
      why: 'it is the one with both stand-ins',
      next: ['Choose another name.'],
    });
  return new RequestWrong(`"${name}" cannot name a profile`, {why: 'a name is letters, digits, "_" and "-", up to 63'});
}
