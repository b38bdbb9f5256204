import {shownSubstate, usedResources} from '../language/attributes.ts';
import {readDuration, showDuration} from '../language/durations.ts';
import type {Job} from '../server/store/job.ts';

/** The tables of qstat: fixed columns, cut values end in a star. */

/** Exactly so many columns, left-aligned. */
function left(text: string, width: number): string {
  return text.length > width ? `${text.slice(0, width - 1)}*` : text.padEnd(width);
}

/** Names in the plain table lose their last column too: 16 characters do not fit into 16 (measured). */
function leftWithGap(text: string, width: number): string {
  return text.length > width - 1 ? `${text.slice(0, width - 1)}*` : text.padEnd(width);
}

function right(text: string, width: number): string {
  return text.length > width ? `${text.slice(0, width - 1)}*` : text.padStart(width);
}

export interface TableOptions {
  readonly server: string;
  readonly now: number;
  readonly wide: boolean;
}

function timeUse(job: Job, now: number): string {
  if (job.array) return '0';
  return usedResources(job, now)?.cput ?? '0';
}

/** The table of a plain `qstat`, and of `qstat -p`, which has a percentage in place of the time. */
export function renderBasic(jobs: readonly Job[], options: TableOptions & {readonly percent?: boolean}): string {
  if (jobs.length === 0) return '';
  const [id, name, user, queue] = options.wide ? ([30, 15, 15, 15] as const) : ([17, 16, 16, 16] as const);
  const timeHead = options.percent ? ' % done ' : 'Time Use';
  const head = options.wide
    ? `Job id                         Name            User             ${timeHead} S Queue\n` +
      '-----------------------------  --------------- ---------------  -------- - ---------------\n'
    : `Job id            Name             User              ${timeHead} S Queue\n` +
      '----------------  ---------------- ----------------  -------- - -----\n';
  const rows = jobs.map((job) => {
    const time = options.percent ? `${percentDone(job, options.now)} ` : timeUse(job, options.now);
    const cells = [left(job.id, id), leftWithGap(job.name, name), `${leftWithGap(job.owner, user)} `, right(time, 8)];
    return `${cells.join(' ')} ${job.state} ${leftWithGap(job.queue, queue)}\n`;
  });
  return head + rows.join('');
}

function percentDone(job: Job, now: number): string {
  if (job.state !== 'R') return job.state === 'F' ? '100' : '--';
  const limit = readDuration(job.resources.walltime ?? '') ?? 0;
  const used = (now - (job.stime ?? now)) / 1000;
  return limit > 0 ? String(Math.min(100, Math.floor((used / limit) * 100))) : '0';
}

const HOURS_MINUTES = (text: string | undefined): string | undefined =>
  text === undefined ? undefined : showDuration(readDuration(text) ?? 0).slice(0, -3);

const HEAD =
  "                                                            Req'd  Req'd   Elap\n" +
  'Job ID          Username Queue    Jobname    SessID NDS TSK Memory Time  S Time\n' +
  '--------------- -------- -------- ---------- ------ --- --- ------ ----- - -----\n';
const HEAD_START =
  '                                                                           Est\n' +
  "                                                            Req'd  Req'd   Start\n" +
  'Job ID          Username Queue    Jobname    SessID NDS TSK Memory Time  S Time\n' +
  '--------------- -------- -------- ---------- ------ --- --- ------ ----- - -----\n';
const HEAD_WIDE =
  "                                                                                                   Req'd  Req'd   Elap\n" +
  'Job ID                         Username        Queue           Jobname         SessID   NDS  TSK   Memory Time  S Time\n' +
  '------------------------------ --------------- --------------- --------------- -------- ---- ----- ------ ----- - -----\n';

export interface AlternateOptions extends TableOptions {
  /** `-n` */
  readonly nodes: boolean;
  /** `-s` */
  readonly comments: boolean;
  /** `-1` */
  readonly oneLine: boolean;
  /** `-T` */
  readonly estimates: boolean;
}

/** The table of `-a`, `-i`, `-r`, `-H`, `-u`, `-n`, `-s`, `-T`. */
export function renderAlternate(jobs: readonly Job[], options: AlternateOptions): string {
  if (jobs.length === 0) return '';
  const {wide, now} = options;
  const [id, user, queue, name, session, nodes, tasks] = wide
    ? ([30, 15, 15, 15, 8, 4, 5] as const)
    : ([15, 8, 8, 10, 6, 3, 3] as const);
  let out = `\n${options.server}: \n${wide ? HEAD_WIDE : options.estimates ? HEAD_START : HEAD}`;
  for (const job of jobs) {
    const started = job.state === 'F' || (job.state === 'R' && shownSubstate(job, now) === 42);
    const sid =
      started && job.sessionId !== undefined ? right(String(job.sessionId), session) : '-- '.padStart(session);
    const walltime = HOURS_MINUTES(job.resources.walltime);
    const elapsed = HOURS_MINUTES(usedResources(job, now)?.walltime);
    const cells = [
      left(job.id, id),
      left(job.owner, user),
      left(job.queue, queue),
      left(job.name, name),
      sid,
      right(job.resources.nodect ?? '1', nodes),
      right(job.resources.ncpus ?? '1', tasks),
      job.resources.mem === undefined ? '   -- ' : right(job.resources.mem, 6),
      walltime === undefined ? '  -- ' : right(walltime, 5),
      job.state,
      options.estimates ? '   --' : elapsed === undefined ? '  -- ' : right(elapsed, 5),
    ];
    const row = cells.join(' ');
    const extras: string[] = [];
    if (options.nodes) extras.push(options.oneLine ? (job.execHost ?? ' -- ') : `   ${job.execHost ?? ' -- '}`);
    if (options.comments) extras.push(`   ${shortComment(job.comment, options)}`);
    out += options.oneLine ? `${[row, ...extras].join(' ')}\n` : `${[row, ...extras].join('\n')}\n`;
  }
  return out;
}

/** A comment below its job is cut at 70 characters. */
function shortComment(comment: string | undefined, options: AlternateOptions): string {
  if (comment === undefined) return ' -- ';
  return !options.oneLine && comment.length > 73 ? `${comment.slice(0, 70)}...` : comment;
}
