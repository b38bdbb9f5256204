import type {HistoryLine} from '../history.ts';
import {readPbsDate} from './dates.ts';
import {exitReason, type PbsRecord} from './job-record.ts';

/** Of the daemons' chatter (L: scheduler, M: execution host) only what says why a job did not run, or was ended. */
const TELLING = /exceed|kill(ed| job)|not run|error|fail|denied|reject/i;

/**
 * The lines of `tracejob`: date, time, the log it comes from (S server, A accounting, L scheduler, M execution host), text.
 * Measured on OpenPBS 23.06. Dates are local to the server, which is taken to share its zone with this host.
 */
export function readTrace(stdout: string): HistoryLine[] {
  return stdout.split('\n').flatMap((line) => {
    const match = /^(\d\d)\/(\d\d)\/(\d{4}) (\d\d):(\d\d):(\d\d)(?:\.\d+)? +([SALM]) +(.*)$/.exec(line);
    if (!match) return [];
    const [, month, day, year, hours, minutes, seconds, log, text = ''] = match;
    if ((log === 'L' || log === 'M') && !TELLING.test(text)) return [];
    const at = new Date(Number(year), Number(month) - 1, Number(day), Number(hours), Number(minutes), Number(seconds));
    const told = log === 'A' ? accountOf(text) : text.trim();
    return told === undefined ? [] : [{at: at.getTime(), text: told}];
  });
}

/** An accounting record repeats all that was asked for: kept is what was used, who deleted it, and why it was aborted. */
function accountOf(text: string): string | undefined {
  const kept = text.match(/(?:Exit_status|resources_used\.\w+|requestor|run_count)=\S+/g);
  if (kept) return `accounting: ${kept.join(' ')}`;
  return text.includes('user=') || text.trim() === '' ? undefined : `accounting: ${text.trim()}`;
}

/** What a record of `qstat -xf`, read under TZ=UTC, tells of a job's life. */
export function linesOf({attribute}: PbsRecord): HistoryLine[] {
  const status = attribute('Exit_status');
  const ended = attribute('job_state') === 'F';
  const used = ['cput', 'walltime', 'mem', 'vmem'].flatMap((name) => {
    const value = attribute(`resources_used.${name}`);
    return value === undefined ? [] : [`${name}=${value}`];
  });
  const holds = attribute('Hold_Types') ?? 'n';
  const depend = attribute('depend');
  const how =
    status === undefined
      ? 'without having run'
      : `${exitReason(Number(status), attribute('substate') === '91')}${used.length > 0 ? `; used ${used.join(' ')}` : ''}`;
  return [
    line(
      attribute('ctime'),
      `queued in ${attribute('queue') ?? 'an unknown queue'}${depend ? `, depend=${depend}` : ''}`,
    ),
    line(attribute('etime'), 'eligible to run'),
    line(attribute('stime'), `started on ${attribute('exec_host') ?? 'an unknown host'}`),
    ended
      ? line(attribute('obittime') ?? attribute('history_timestamp') ?? attribute('mtime'), `ended: ${how}`)
      : line(
          attribute('mtime'),
          `state ${attribute('job_state') ?? 'unknown'}${holds === 'n' ? '' : `, held (${holds})`}`,
        ),
    line(attribute('mtime'), attribute('comment')),
  ].flat();
}

function line(date: string | undefined, text: string | undefined): HistoryLine[] {
  const at = readPbsDate(date);
  return at === undefined || text === undefined ? [] : [{at, text}];
}
