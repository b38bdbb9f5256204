import {EXIT, StageError} from '../../../errors.ts';
import {TransferRefused} from '../../../globus-errors.ts';
import type {CollectionSeen, FileEntry} from '../../../transfer/transfer-service.ts';
import {type Finding, fine, note, problem} from '../findings.ts';
import type {Answers, PlaceQuestion} from './ask-collections.ts';

/** What Globus's answers say of the transfers of a workflow. Pure. Each thing is told once, whatever the number of steps. */
export function findAtGlobus(
  questions: readonly PlaceQuestion[],
  {collections, places}: Answers,
  names: ReadonlyMap<string, string>,
  now: number,
): Finding[] {
  const missing = missingSources(questions, {collections, places}, names);
  const together = missing.length > TOLD_APART;
  const found = [
    ...(together ? [missingTogether(missing, questions)] : []),
    ...[...collections].flatMap(([id, seen]) => collectionFindings(names.get(id) ?? id, seen)),
    ...questions.flatMap((question, index) => {
      const collection = collections.get(question.place.collection);
      // What stands in the way of the collection stands in the way of its paths.
      if (collection instanceof StageError) return findWords(question, now);
      if (together && isMissing(question, places[index])) return findWords(question, now);
      return [...findPlace(question, places[index], names), ...findWords(question, now)];
    }),
  ];
  const distinct = [...new Map(found.map((finding) => [`${finding.what}${finding.why}`, finding])).values()];
  if (distinct.some(({level}) => level !== 'ok')) return distinct;
  const used = [...collections.keys()].map((id) => names.get(id) ?? id);
  return [fine('Globus accepts your sign-in', `collections ${used.join(', ')}; every source that must exist does`)];
}

/** So many missing sources are told one by one; more of them in one message. */
const TOLD_APART = 3;
const NAMED = 5;

function isMissing(
  {end, needed}: Pick<PlaceQuestion, 'end' | 'needed'>,
  seen: FileEntry | undefined | StageError,
): boolean {
  return end === 'source' && needed && seen === undefined;
}

/** Where nothing is, each place once. */
function missingSources(
  questions: readonly PlaceQuestion[],
  {collections, places}: Answers,
  names: ReadonlyMap<string, string>,
): string[] {
  const missing = questions.filter(
    (question, index) =>
      isMissing(question, places[index]) && !(collections.get(question.place.collection) instanceof StageError),
  );
  return [...new Set(missing.map(({place}) => placeInWords(place, names)))];
}

function missingTogether(missing: readonly string[], questions: readonly PlaceQuestion[]): Finding {
  const sources = questions.filter(({end, needed}) => end === 'source' && needed);
  const asked = new Set(sources.map(({place}) => `${place.collection}:${place.path}`)).size;
  const more = missing.length > NAMED ? ` and ${missing.length - NAMED} more` : '';
  return problem(
    `${missing.length} of ${asked} sources do not exist: ${missing.slice(0, NAMED).join(', ')}${more}`,
    'a missing source does not end a transfer: Globus would try again until its deadline',
    EXIT.usage,
    'Correct the paths in the workflow, or put the data there.',
  );
}

function placeInWords({collection, path}: PlaceQuestion['place'], names: ReadonlyMap<string, string>): string {
  return `${names.get(collection) ?? collection}:${path}`;
}

function collectionFindings(name: string, seen: CollectionSeen | StageError): Finding[] {
  if (seen instanceof StageError) return [ofError(`collection ${name} cannot be used`, seen)];
  if (seen.nonFunctional)
    return [
      problem(
        `collection ${name} cannot be used`,
        'Globus calls it non-functional',
        EXIT.usage,
        `Ask ${seen.contact ?? seen.owner} about it.`,
      ),
    ];
  if (seen.away)
    return [
      note(
        `collection ${name} is ${seen.away}`,
        'transfers wait until its machine is connected',
        'Start Globus Connect Personal on that machine.',
      ),
    ];
  return [];
}

function findPlace(
  {step, end, place, needed, recursive}: PlaceQuestion,
  seen: FileEntry | undefined | StageError,
  names: ReadonlyMap<string, string>,
): Finding[] {
  const where = placeInWords(place, names);
  if (seen instanceof StageError) return [ofError(`step ${step}: ${where} cannot be checked`, seen)];
  if (isMissing({end, needed}, seen))
    return [
      problem(
        `step ${step}: its source ${where} does not exist`,
        'a missing source does not end a transfer: Globus would try again until its deadline',
        EXIT.usage,
        'Correct the path in the workflow, or put the data there.',
      ),
    ];
  if (seen === undefined || seen.type === 'other') return [];
  if (end === 'deletion' || end === 'directory') return findOther({step, end, recursive}, where, seen);
  if (end === 'source' && (seen.type === 'dir') !== recursive)
    return [
      problem(
        `step ${step}: its source ${where} is a ${seen.type === 'dir' ? 'directory' : 'file'}`,
        seen.type === 'dir' ? 'the step asks for one file' : 'the step asks for a directory',
        EXIT.usage,
        seen.type === 'dir'
          ? 'End "from" and "to" in "/" to copy what is in it.'
          : 'Remove the "/" at the end of "from", and give the file its full name in "to".',
      ),
    ];
  if (end === 'destination' && (seen.type === 'dir') !== recursive)
    return [
      problem(
        `step ${step}: its destination ${where} is a ${seen.type === 'dir' ? 'directory' : 'file'}`,
        seen.type === 'dir'
          ? 'a file cannot take the place of a directory'
          : 'a directory cannot take the place of a file',
        EXIT.usage,
        'Name another destination, or remove what is there.',
      ),
    ];
  return [];
}

/** What a step deletes, or where it makes a directory, is of the other kind. */
function findOther(
  {step, end, recursive}: Pick<PlaceQuestion, 'step' | 'end' | 'recursive'>,
  where: string,
  seen: FileEntry,
): Finding[] {
  if (end === 'deletion' && seen.type === 'dir' && !recursive)
    return [
      problem(
        `step ${step}: ${where} is a directory`,
        'Globus deletes directories only with recursive',
        EXIT.usage,
        'Add recursive: true to delete everything in it.',
      ),
    ];
  if (end === 'directory' && seen.type === 'file')
    return [
      problem(`step ${step}: ${where} is a file`, 'a directory cannot take its place', EXIT.usage, 'Name another one.'),
    ];
  return [];
}

/** What Globus would refuse after a round trip, or what can only go wrong. */
function findWords({step, deadline, place, end}: PlaceQuestion, now: number): Finding[] {
  const found: Finding[] = [];
  if (/[\r\n]/.test(place.path))
    found.push(
      problem(
        `step ${step}: the path of its ${end} has a line end in it`,
        'Globus does not accept such a path',
        EXIT.usage,
        'Correct it in the workflow.',
      ),
    );
  if (end === 'source' && deadline !== undefined && Date.parse(deadline) <= now)
    found.push(
      problem(
        `step ${step}: its deadline has passed`,
        `it is ${deadline}`,
        EXIT.usage,
        'Give it a later deadline, or leave it out.',
      ),
    );
  return found;
}

/** Operations that a collection does not offer, or not now, say nothing of a transfer. */
const NO_EVIDENCE = /NotSupported|OperationPaused/;

function ofError(what: string, error: StageError): Finding {
  const why = error.why ?? error.message;
  if (error instanceof TransferRefused && NO_EVIDENCE.test(error.globusCode)) return note(what, why);
  return error.exit === EXIT.unreachable
    ? {...note(what, why, ...error.next), exit: EXIT.unreachable}
    : problem(what, why, error.exit, ...error.next);
}
