import type {CommandResult} from '../../process/run-command.ts';
import {type JobId, SchedulerRefused, type Submission} from '../scheduler.ts';
import {
  explainRefused,
  explainUnreachable,
  mayPass,
  saysCannotConnect,
  saysDatabaseDead,
  saysNoCommand,
  whyLost,
} from './explain.ts';
import {readJobId} from './job-id.ts';
import {knownRefusal} from './refusals.ts';

/**
 * What a qsub tells. Pure.
 *
 * Only three answers are conclusions: an id with exit 0, a known refusal, no connection. Everything else is
 * `unclear`, because qsub has no key by which asking twice would be harmless.
 */
export function readQsub(done: CommandResult): Submission {
  if (saysNoCommand(done)) return {kind: 'unreachable', error: explainUnreachable(done)};
  if (neverStarted(done)) return notStarted(done);
  const lost = whyLost(done);
  if (lost !== undefined) return unclear(done, lost);

  const job = lastJobId(done.stdout);
  if (done.exitCode === 0) return job ? {kind: 'submitted', job} : unclear(done, 'it ended well but printed no job id');
  if (job) return unclear(done, `it printed ${job} but ended with exit ${done.exitCode}`);
  if (saysCannotConnect(done) || saysDatabaseDead(done)) return {kind: 'unreachable', error: explainUnreachable(done)};
  if (knownRefusal(done) && done.stderr.trim() !== '')
    return {kind: 'refused', error: explainRefused(done), retry: mayPass(done)};
  return unclear(done, `it ended with exit ${done.exitCode}`);
}

/**
 * Site wrappers print banners around the id: it is the last line that looks like one. A line with a server's name
 * comes before a bare number, which may be a balance or a year.
 */
function lastJobId(stdout: string): JobId | undefined {
  const ids = stdout.split('\n').flatMap((line) => readJobId(line.trim()) ?? []);
  return ids.findLast((id) => id.includes('.')) ?? ids.at(-1);
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

function unclear(done: CommandResult, what: string): Submission {
  const words = done.stderr.replace(/\s+/g, ' ').trim().slice(0, 400);
  return {kind: 'unclear', why: `"${done.asked}": ${what}${words === '' ? '' : `. PBS said: "${words}"`}`};
}
