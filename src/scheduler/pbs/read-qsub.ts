import {type JobId, readJobId} from '../../base/job-id.ts';
import type {CommandResult} from '../../process/run-command.ts';
import {SchedulerRefused, type Submission} from '../scheduler.ts';
import {
  explainRefused,
  explainUnknownServer,
  explainUnreachable,
  mayPass,
  saysCannotConnect,
  saysDatabaseDead,
  saysUnknownHost,
  whyLost,
} from './explain.ts';
import {knownRefusal} from './refusals.ts';

/**
 * What a qsub tells. Pure.
 *
 * Only three answers are conclusions: an id with exit 0, a known refusal, no connection. Everything else is
 * `unclear`, because qsub has no key by which asking twice would be harmless.
 *
 * @param otherServer the server that the job's queue names, as in `normal@other`
 *
 * An id with any other exit is `unclear`, whatever the code and the words are: at many sites qsub is a wrapper whose
 * last command fails after PBS took the job, and with `block=true` the code is the job's own (measured on OpenPBS 23.06).
 */
export function readQsub(done: CommandResult, otherServer?: string): Submission {
  if (done.notFound) return {kind: 'unreachable', error: explainUnreachable(done)};
  if (neverStarted(done)) return notStarted(done);
  const lost = whyLost(done);
  if (lost !== undefined) return {...unclear(done, lost), ...(done.timedOut ? {timedOut: true as const} : {})};

  const job = printedJobId(done.stdout);
  if (done.exitCode === 0) return job ? {kind: 'submitted', job} : unclear(done, 'it ended well but printed no job id');
  if (job) return unclear(done, `it printed ${job} but ended with exit ${done.exitCode}`);
  if (otherServer !== undefined && saysUnknownHost(done))
    return {kind: 'refused', error: explainUnknownServer(done, otherServer), retry: true};
  if (saysQsubMissing(done) || saysCannotConnect(done) || saysDatabaseDead(done))
    return {kind: 'unreachable', error: explainUnreachable(done)};
  const refusal = knownRefusal(done);
  if (refusal && done.stderr.trim() !== '')
    return {kind: 'refused', error: explainRefused(done), retry: mayPass(done), ...(refusal.full ? {full: true} : {})};
  return unclear(done, `it ended with exit ${done.exitCode}`);
}

/**
 * 127 is what a shell says of a missing command. In a site's wrapper that may be another command than qsub, which ran
 * before it: only words about qsub itself count, those of shells, of the dynamic loader and of the stand-in.
 */
function saysQsubMissing(done: CommandResult): boolean {
  if (done.exitCode !== 127) return false;
  const missing = 'command not found|not found|no such file or directory|cannot start|error while loading shared';
  return (
    new RegExp(`(?:^|[\\s/'"‘])qsub['"’]?: (?:${missing})`, 'im').test(done.stderr) ||
    /command not found: \S*\bqsub$/m.test(done.stderr)
  );
}

function neverStarted(done: CommandResult): boolean {
  return done.exitCode === undefined && done.signal === undefined && !done.timedOut && done.failure !== undefined;
}

/** qsub did not run at all: no job exists. A machine short of processes or memory may recover. */
function notStarted(done: CommandResult): Submission {
  const why = done.failure ?? '';
  const retry = /EAGAIN|ENOMEM|EMFILE|ENFILE/.test(why);
  const error = new SchedulerRefused({
    asked: done.asked,
    why: `qsub could not be started: ${why}`,
    next: retry
      ? ['Try again when this machine is less busy.']
      : ['Correct what is named above, then run the same command again.'],
    exit: retry ? 4 : 2,
  });
  return {kind: 'refused', error, retry};
}

function unclear(done: CommandResult, what: string): Submission & {kind: 'unclear'} {
  const words = done.stderr.replace(/\s+/g, ' ').trim().slice(0, 400);
  return {kind: 'unclear', why: `"${done.asked}": ${what}${words === '' ? '' : `. PBS said: "${words}"`}`};
}

/**
 * The id that qsub printed, if any. Site wrappers print banners around it: it is the last line that looks like one. A
 * line with a server's name comes before a bare number, which may be a balance or a year.
 */
export function printedJobId(stdout: string): JobId | undefined {
  const ids = stdout.split('\n').flatMap((line) => readJobId(line.trim()) ?? []);
  return ids.findLast((id) => id.includes('.')) ?? ids.at(-1);
}
