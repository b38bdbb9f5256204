import {type JobId, readJobId, serverOf} from '../../base/job-id.ts';
import type {CommandResult, RunCommand, RunOptions} from '../../process/run-command.ts';
import {type NotDone, SchedulerRefused, type SchedulerUnreachable} from '../scheduler.ts';
import {
  explainRefused,
  explainUnreachable,
  saysCannotConnect,
  saysDatabaseDead,
  saysNoCommand,
  whyLost,
} from './explain.ts';
import {knownRefusal} from './refusals.ts';

/** PBS error numbers modulo 256, measured on OpenPBS 23.06. */
const [FINISHED, MEMBER_FINISHED, UNKNOWN] = [35, 55, 153];
export const [RUNNING, WRONG_STATE] = [167, 168];
export const GONE = [FINISHED, MEMBER_FINISHED, UNKNOWN];

type Trouble = SchedulerUnreachable | SchedulerRefused;

/** The commands that change jobs. */
export function createChanges(run: RunCommand) {
  /** One command that changes a job. Codes in `fine` mean that there was nothing left to do. */
  async function change(
    command: string,
    args: readonly string[],
    job: JobId,
    fine: readonly number[],
    options?: RunOptions,
  ): Promise<void> {
    if (readJobId(job) === undefined) throw notAnId(command, job);
    const error = whyNotDone(await run(command, [...args, job], options), fine);
    if (error) throw error;
  }

  /** As `change` for each, by one command where all goes well. */
  async function changeAll(
    command: string,
    args: readonly string[],
    jobs: readonly JobId[],
    atOnce: number,
  ): Promise<NotDone> {
    const notDone = new Map<JobId, Trouble>();
    /** servers that did not answer: for the other jobs there, nothing is asked */
    const away = new Map<string, Trouble>();
    const ask = async (server: string, part: readonly JobId[]): Promise<CommandResult | undefined> => {
      if (away.has(server)) return undefined;
      const done = await run(command, [...args, ...part]);
      if (isAway(done)) away.set(server, explainUnreachable(done));
      return done;
    };
    for (const job of jobs) if (readJobId(job) === undefined) notDone.set(job, notAnId(command, job));
    const askable = jobs.filter((job) => !notDone.has(job));
    for (const {server, part} of partsOf(askable, atOnce)) {
      const together = part.length > 1 ? await ask(server, part) : undefined;
      if (together?.exitCode === 0) continue;
      // Which of them it was not done for, PBS does not say of each: they are asked for singly, which is safe to repeat.
      for (const job of part) {
        const alone = await ask(server, [job]);
        const error = away.get(server) ?? (alone && whyNotDone(alone, GONE));
        if (error) notDone.set(job, error);
      }
    }
    return notDone;
  }

  return {change, changeAll};
}

/** Jobs in one qrls or qdel: a server is busy with so many for some seconds (measured on OpenPBS 23.06). */
export const MANY = 100;

/** Parts of at most so many jobs, in their order, each of one server. */
function partsOf(jobs: readonly JobId[], atOnce: number): {readonly server: string; readonly part: JobId[]}[] {
  const parts: {readonly server: string; readonly part: JobId[]}[] = [];
  for (const job of jobs) {
    const last = parts.at(-1);
    const server = serverOf(job);
    if (last?.server === server && last.part.length < atOnce) last.part.push(job);
    else parts.push({server, part: [job]});
  }
  return parts;
}

function isAway(done: CommandResult): boolean {
  return saysNoCommand(done) || saysCannotConnect(done) || saysDatabaseDead(done) || whyLost(done) !== undefined;
}

/** @param fine codes that mean that there was nothing left to do. @returns undefined when it was done */
function whyNotDone(done: CommandResult, fine: readonly number[]): Trouble | undefined {
  if (done.exitCode === 0) return undefined;
  if (isAway(done)) return explainUnreachable(done);
  if (done.exitCode !== undefined && fine.includes(done.exitCode)) return undefined;
  // An answer that is in no table proves nothing, and all of these may be asked again.
  return knownRefusal(done) ? explainRefused(done) : explainUnreachable(done);
}

function notAnId(command: string, job: string): SchedulerRefused {
  return new SchedulerRefused({
    asked: `${command} ${job}`,
    why: `"${job}" is not a PBS job id; PBS was not asked`,
    next: ['Correct the id.'],
  });
}
