import {isSameJob, type JobId, numberOf} from '../../base/job-id.ts';
import type {CommandResult} from '../../process/run-command.ts';
import type {JobSeen} from '../scheduler.ts';
import {saysCannotConnect, saysNoCommand, whyLost} from './explain.ts';
import {type PbsRecord, seenIn} from './job-record.ts';
import {readQstatJson} from './qstat-json.ts';
import {readQstatText} from './qstat-text.ts';

/** How the question was put, which decides what silence about an id means. */
export interface QstatQuery {
  /** `json` is asked with `-E`, which drops unknown ids without a word; `text` without, and each unknown id is named */
  readonly form: 'json' | 'text';
  /** `-x` was given */
  readonly history: boolean;
}

export type QstatAnswer =
  /** an entry for every id that was asked about */
  | {readonly kind: 'seen'; readonly jobs: ReadonlyMap<JobId, JobSeen>}
  /** PBS is there, but this form of its answer cannot be read: ask in the other form */
  | {readonly kind: 'unreadable'; readonly why: string}
  /** the question assumed wrongly whether finished jobs are kept: ask again with or without `-x` */
  | {readonly kind: 'history'; readonly kept: boolean}
  /** nothing may be concluded about any id */
  | {readonly kind: 'no-answer'; readonly why: string /** it did not answer in time */; readonly timedOut: boolean};

const READERS = {json: readQstatJson, text: readQstatText};

/**
 * Read what qstat answered about some jobs. Pure.
 *
 * A server that is down also prints a valid document without jobs (exit 255), so the exit code is judged first;
 * lost output also ends with exit 0, so the document must be whole. Measured on OpenPBS 23.06.
 */
export function readQstat(asked: readonly JobId[], done: CommandResult, how: QstatQuery): QstatAnswer {
  const lost = whyLost(done);
  if (saysNoCommand(done) || lost !== undefined) return noAnswer(done, lost ?? 'the command qstat was not found');
  if (saysCannotConnect(done)) return noAnswer(done, 'no connection to the server');
  if (/not configured to maintain job history/.test(done.stderr)) return {kind: 'history', kept: false};
  if (!how.history && /Job has finished, use -x/.test(done.stderr)) return {kind: 'history', kept: true};
  if (/invalid option|unrecognized option/.test(done.stderr))
    return {kind: 'unreadable', why: 'this qstat has other options'};
  if (/json error/.test(done.stderr)) return {kind: 'unreadable', why: 'qstat could not write JSON'};
  if (done.exitCode !== 0 && !saysUnknown(done)) return noAnswer(done, `qstat ended with exit code ${done.exitCode}`);

  // With no known id at all some versions print nothing, others a document without jobs.
  const nothingPrinted = done.exitCode !== 0 && done.stdout.trim() === '';
  const records = nothingPrinted || saysAllUnknown(asked, done, how) ? [] : READERS[how.form](done.stdout);
  if (records === undefined) return {kind: 'unreadable', why: 'what qstat printed is not a whole document'};
  const answer = {shown: byNumber(records, ({id}) => id), unknown: namedUnknown(done), form: how.form};
  return {kind: 'seen', jobs: new Map(asked.map((id) => [id, seenAmong(answer, id)]))};
}

type ByNumber<T> = ReadonlyMap<string | undefined, readonly T[]>;

/** Ids of one job have one number, however they are spelled: of thousands, none is held against all others. */
function byNumber<T>(all: readonly T[], idOf: (one: T) => string): ByNumber<T> {
  const found = new Map<string | undefined, T[]>();
  for (const one of all) {
    const number = numberOf(idOf(one));
    const others = found.get(number);
    if (others) others.push(one);
    else found.set(number, [one]);
  }
  return found;
}

interface ReadAnswer {
  readonly shown: ByNumber<PbsRecord>;
  readonly unknown: ByNumber<string>;
  readonly form: QstatQuery['form'];
}

function seenAmong({shown, unknown, form}: ReadAnswer, id: JobId): JobSeen {
  const similar = shown.get(numberOf(id)) ?? [];
  const record = similar.find((candidate) => isSameJob(id, candidate.id));
  if (record) return seenIn(record);
  const [other] = similar;
  if (other) return {kind: 'no-evidence', why: `PBS showed ${other.id} when asked about ${id}`};
  if (form === 'json' || isAmong(unknown, id)) return {kind: 'unknown'};
  return {kind: 'no-evidence', why: `qstat did not mention ${id}`};
}

function isAmong(named: ByNumber<string>, id: JobId): boolean {
  return named.get(numberOf(id))?.some((one) => isSameJob(id, one)) ?? false;
}

/** 153 and 35, if they come from PBS itself. */
function saysUnknown(done: CommandResult): boolean {
  if (done.exitCode === 153) return /Unknown Job Id/.test(done.stderr);
  return done.exitCode === 35 && /has finished/.test(done.stderr);
}

/** Then what is printed is a banner of the site: text that was cut could only be of jobs that are not named here. */
function saysAllUnknown(asked: readonly JobId[], done: CommandResult, {form}: QstatQuery): boolean {
  if (form !== 'text' || done.exitCode !== 153 || /^Job Id:/m.test(done.stdout)) return false;
  const unknown = namedUnknown(done);
  return asked.every((id) => isAmong(unknown, id));
}

function namedUnknown(done: CommandResult): ByNumber<string> {
  const named = [...done.stderr.matchAll(/Unknown Job Id (\S+)/g)].map((found) => found[1] ?? '');
  return byNumber(named, (id) => id);
}

/** The question is left out: it names all jobs of all runs. */
function noAnswer(done: CommandResult, why: string): QstatAnswer {
  const words = done.stderr.replace(/\s+/g, ' ').trim().slice(0, 400);
  return {kind: 'no-answer', why: `${why}${words === '' ? '' : `. PBS said: "${words}"`}`, timedOut: done.timedOut};
}
