import {isProfileName} from '../config/config-schema.ts';
import {withProfile} from '../config/edit-config.ts';
import {locations} from '../config/locations.ts';
import {defaultProfile} from '../config/profile.ts';
import {readConfig} from '../config/read-config.ts';
import {readIfThere, replaceFile} from '../config/replace-file.ts';
import {RequestWrong, StageError} from '../errors.ts';
import type {QueueSeen} from '../scheduler/site.ts';
import {
  type ProfileAnswers,
  proposeFrom,
  type Question,
  questionsFor,
  readAnswer,
  sectionOf,
} from './profile-questions.ts';
import {openSite} from './wiring.ts';

export interface InitRequest {
  readonly name: string;
  /** what flags say; it is not asked for */
  readonly given: ProfileAnswers;
  readonly force: boolean;
  readonly makeDefault: boolean;
  /** write nothing */
  readonly dryRun: boolean;
}

export interface InitReport {
  readonly profile: string;
  readonly configFile: string;
  readonly written: boolean;
  /** it is the default profile now */
  readonly default: boolean;
  /** the profile's section, as it stands in the file now */
  readonly section: Readonly<Record<string, unknown>>;
  /** what PBS said of itself, or why it could not be asked */
  readonly pbs: string;
}

/** Puts a question to a person. @param complaint what was wrong with the answer before */
export type Ask = (question: Question, complaint: string | undefined) => Promise<string>;

/**
 * Write a profile for the site this runs at: from flags, from PBS, and from a person where there is one to ask.
 *
 * @param ask absent: proposals of PBS are taken as they are
 * @throws {RequestWrong} when the profile is there and `force` was not said; {ChangedMeanwhile}
 */
export async function initProfile(request: InitRequest, ask?: Ask): Promise<InitReport> {
  const {name, given} = request;
  if (!isProfileName(name) || name === 'local') throw wrongName(name);
  const {configFile} = locations(process.env);
  const before = readIfThere(configFile);
  const edit = (answers: ProfileAnswers) =>
    withProfile(before ?? '', configFile, {...request, section: sectionOf(answers)});
  edit(given); // what flags say is judged, and a profile that is there protected, before anybody is asked anything

  const {proposed, queues, pbs} = await survey(given.bin);
  const answers = {...(ask ? await interview(ask, given, proposed, queues) : proposed), ...given};
  const section = sectionOf({...(proposed.maxQueued === undefined ? {} : {maxQueued: proposed.maxQueued}), ...answers});
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
  bin: string | undefined,
): Promise<{proposed: ProfileAnswers; queues: readonly QueueSeen[]; pbs: string}> {
  const {timeoutMs} = defaultProfile('').scheduler;
  try {
    const site = await openSite({timeoutMs, ...(bin === undefined ? {} : {bin})});
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
      complaint = 'wrong' in read ? read.wrong : undefined;
      if ('value' in read) answers = {...answers, ...read.value};
    } while (complaint !== undefined);
  }
  return answers;
}

function wrongName(name: string): RequestWrong {
  if (name === 'local')
    return new RequestWrong('the profile "local" is built in', {
      why: 'it is the one with both stand-ins',
      next: ['Choose another name.'],
    });
  return new RequestWrong(`"${name}" cannot name a profile`, {why: 'a name is letters, digits, "_" and "-", up to 63'});
}
