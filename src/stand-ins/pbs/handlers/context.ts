import {exitCodeOf, FAULT, failed, type PbsAnswer, type PbsFault} from '../language/answer.ts';
import type {Emit, PbsCommand} from '../language/command.ts';
import {arrayIdOf, readJobId, subjobIndexOf} from '../language/job-id.ts';
import type {PbsServer} from '../server/server.ts';
import {isFinished, type Job} from '../server/store/job.ts';

/** What every command's handler is given. */
export interface Context {
  readonly server: PbsServer;
  readonly command: PbsCommand;
  /** may administer the server: root, and the user the stand-in runs as */
  readonly administrator: boolean;
  readonly emit: Emit;
}

export type Handler = (context: Context) => PbsAnswer | Promise<PbsAnswer>;

/**
 * May this user act on other people's jobs, and on holds that owners may not touch?
 * On jobs of their own even an administrator is just the owner: so a script that is refused at a real site is refused here.
 */
export function managerOf(context: Context, job: Job): boolean {
  return context.administrator && job.owner !== context.command.user;
}

export function mayTouch(context: Context, job: Job): boolean {
  return job.owner === context.command.user || context.administrator;
}

export type Found =
  | {readonly kind: 'job'; readonly job: Job}
  /** a subjob that has not started, or a range of subjobs */
  | {readonly kind: 'indices'; readonly array: Job; readonly range: string}
  | {readonly kind: 'fault'; readonly fault: PbsFault};

/** The job behind a full id. */
export function find(context: Context, id: string, range?: string): Found {
  const job = context.server.jobs.get(id);
  if (job && range === undefined) return {kind: 'job', job};
  const index = subjobIndexOf(id);
  if (job && range !== undefined) return {kind: 'indices', array: job, range};
  if (index !== undefined) {
    const array = context.server.jobs.get(arrayIdOf(id));
    if (array?.array) {
      if (isFinished(array)) return {kind: 'fault', fault: FAULT.finished};
      if (array.array.remaining.includes(index)) return {kind: 'indices', array, range: String(index)};
    }
  }
  return {kind: 'fault', fault: FAULT.unknownJob};
}

/** Faults that a command names without the id behind them (measured: `qrls: Job has finished`). */
const WITHOUT_ID = new Set<number>([FAULT.finished.code]);

export interface EachOptions {
  readonly ids: readonly string[];
  /** does one job, or says what is wrong with it */
  readonly act: (job: Job) => PbsFault | undefined;
  /** what a subjob is answered; subjobs are found only where this is absent */
  readonly subjobs?: PbsFault;
}

/** Do something to each job of a command; goes on after an error and exits with the last one's code. */
export function each(context: Context, {ids, act, subjobs}: EachOptions): PbsAnswer {
  const name = context.command.command;
  let stderr = '';
  let exitCode = 0;
  for (const text of ids) {
    const asked = readJobId(text, context.server.names);
    if (asked.kind === 'malformed') {
      stderr += `${name}: illegally formed job identifier: ${text}\n`;
      exitCode = 1;
      continue;
    }
    if (asked.kind === 'unknown-host') {
      stderr += `Unknown Host.\n${name}: cannot connect to server ${context.server.names.server} (errno=15008)\n`;
      exitCode = 160;
      continue;
    }
    const found = find(context, asked.id, asked.range);
    let fault: PbsFault | undefined;
    if (found.kind === 'fault') fault = found.fault;
    else if (found.kind === 'indices' || found.job.index !== undefined) {
      if (found.kind === 'job' && isFinished(found.job)) fault = FAULT.finished;
      else fault = subjobs ?? (found.kind === 'job' ? act(found.job) : FAULT.invalidRequest);
    } else if (isFinished(found.job)) fault = FAULT.finished;
    else if (!mayTouch(context, found.job)) fault = FAULT.unauthorized;
    else fault = act(found.job);
    if (!fault) continue;
    stderr += WITHOUT_ID.has(fault.code) ? `${name}: ${fault.text}\n` : `${name}: ${fault.text} ${asked.id}\n`;
    exitCode = exitCodeOf(fault);
  }
  return failed(stderr, exitCode);
}
