import type {CommandResult} from '../../process/run-command.ts';
import {SchedulerRefused, SchedulerUnreachable} from '../scheduler.ts';
import {knownRefusal} from './refusals.ts';

/** Error 15136 modulo 256: the words are those of a site's hook, and may be about anything. Measured on OpenPBS 23.06. */
const REJECTED_BY_HOOK = 32;

/** Does the answer say that no connection to PBS was made? Then nothing was sent either. */
export function saysCannotConnect(done: CommandResult): boolean {
  if (done.exitCode === undefined || done.exitCode === 0 || done.exitCode === REJECTED_BY_HOOK) return false;
  return (
    done.exitCode === 160 ||
    done.exitCode === 162 ||
    /cannot connect to server|couldn't connect to cluster/i.test(done.stderr)
  );
}

/** Does the answer say that the name of a server is not known? Error 15008. Measured on OpenPBS 23.06. */
export function saysUnknownHost(done: CommandResult): boolean {
  return saysCannotConnect(done) && (done.exitCode === 160 || /^unknown host/im.test(done.stderr));
}

/**
 * A queue was named on a server whose name is not known (`-q normal@nowhere`): the default server was not asked, and
 * may be well. qsub names that one in its answer all the same. It may pass by itself: a host may lack its name server
 * for a while.
 */
export function explainUnknownServer(done: CommandResult, server: string): SchedulerRefused {
  return new SchedulerRefused({
    asked: done.asked,
    why: `the name of the server "${server}" is not known here${quoted(done)}`,
    next: ['Correct the name behind the "@" of the queue.', `Check whether this host knows it: getent hosts ${server}`],
    exit: 4,
    unknownServer: server,
  });
}

/** Does the answer say that the server is up, but cannot keep jobs? The words of PBSE_SAVE_ERR in OpenPBS. */
export function saysDatabaseDead(done: CommandResult): boolean {
  if (done.exitCode === 0 || done.exitCode === REJECTED_BY_HOOK) return false;
  return /failed to save job\/resv/i.test(done.stderr);
}

/** Was the command itself missing? 127 is what a wrapper's shell says. */
export function saysNoCommand(done: CommandResult): boolean {
  return done.notFound || done.exitCode === 127;
}

/** The answer was lost, or there was none that could be read. */
export function whyLost(done: CommandResult): string | undefined {
  if (done.timedOut) return 'it did not answer in time';
  if (done.signal !== undefined) return `the command was ended by ${done.signal}`;
  if (done.exitCode === undefined || done.failure !== undefined) return done.failure ?? 'the command was not started';
  return undefined;
}

/** PBS could not be queried: which of the several ways. */
export function explainUnreachable(done: CommandResult): SchedulerUnreachable {
  if (saysNoCommand(done)) return new CommandMissing(done.asked, `the command was not found${quoted(done)}`);
  if (saysDatabaseDead(done))
    return new SchedulerUnreachable(done.asked, `the server cannot save jobs at the moment${quoted(done)}`);
  if (saysUnknownHost(done))
    return new SchedulerUnreachable(done.asked, `the host name of the server is not known here${quoted(done)}`);
  if (saysCannotConnect(done))
    return new SchedulerUnreachable(done.asked, `no connection to the server${quoted(done)}`);
  return new SchedulerUnreachable(
    done.asked,
    `${whyLost(done) ?? `the answer could not be read (exit ${done.exitCode})`}${quoted(done)}`,
    {timedOut: done.timedOut},
  );
}

/** PBS said no: why, in words a user can act on, with PBS's own quoted. */
export function explainRefused(done: CommandResult): SchedulerRefused {
  const known = knownRefusal(done);
  const why = known?.why ?? `exit ${done.exitCode}`;
  return new SchedulerRefused({
    asked: done.asked,
    why: `${why}${quoted(done)}`,
    next: known?.next,
    exit: known?.retry ? 4 : 2,
  });
}

/** Would asking again later help? */
export function mayPass(done: CommandResult): boolean {
  return knownRefusal(done)?.retry ?? false;
}

/** PBS's own words, without the usage text that follows some of them. */
function quoted(done: CommandResult): string {
  const words =
    done.stderr
      .split(/^usage: /m)[0]
      ?.replace(/\s+/g, ' ')
      .trim() ?? '';
  return words === '' ? '' : `. PBS said: "${words.slice(0, 400)}"`;
}

/** The PBS commands are not where we look for them: as good as unreachable, but for another reason. */
class CommandMissing extends SchedulerUnreachable {
  override readonly next = [
    'See whether the PBS commands are on your PATH: command -v qsub',
    'If they are elsewhere (often /opt/pbs/bin), name the directory as "scheduler.bin" in the profile.',
  ];
}
