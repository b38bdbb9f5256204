import {execFileSync} from 'node:child_process';
import {readdirSync, readFileSync} from 'node:fs';

/** Processes of jobs: found by their session, told apart from later ones of the same number by their birth. */

interface ProcStat {
  readonly pid: number;
  readonly state: string;
  readonly session: number;
  readonly birth: string;
}

/** Fields of /proc/PID/stat; the command in parentheses may hold anything, so reading starts behind it. */
export function readProcStat(text: string): ProcStat | undefined {
  const end = text.lastIndexOf(')');
  const pid = Number.parseInt(text, 10);
  if (end < 0 || Number.isNaN(pid)) return undefined;
  const fields = text.slice(end + 2).split(' ');
  return {pid, state: fields[0] ?? '', session: Number(fields[3] ?? '-1'), birth: fields[19] ?? ''};
}

function statOf(pid: number): ProcStat | undefined {
  try {
    return readProcStat(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return undefined; // it has ended, or this system has no /proc
  }
}

const hasProc = (): boolean => statOf(process.pid) !== undefined;

/** When a process began, in a form that only serves to be compared. @returns undefined when there is no such process */
export function birthOf(pid: number): string | undefined {
  if (hasProc()) {
    const stat = statOf(pid);
    return stat === undefined || stat.state === 'Z' ? undefined : stat.birth;
  }
  try {
    const text = execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    return text.trim() === '' ? undefined : text.trim();
  } catch {
    return undefined; // ps ends with 1 for a process that does not exist
  }
}

/**
 * Living processes of a session, its leader among them.
 *
 * Where there is no /proc the process group stands for the session.
 */
export function membersOf(session: number): number[] {
  const found: number[] = [];
  if (hasProc()) {
    for (const name of readdirSync('/proc')) {
      if (!/^\d+$/.test(name)) continue;
      const stat = statOf(Number(name));
      if (stat && stat.session === session && stat.state !== 'Z') found.push(stat.pid);
    }
    return found;
  }
  try {
    const text = execFileSync('ps', ['-A', '-o', 'pid=,pgid=,state='], {encoding: 'utf8'});
    for (const line of text.split('\n')) {
      const [pid, group, state] = line.trim().split(/\s+/);
      if (Number(group) === session && !state?.startsWith('Z')) found.push(Number(pid));
    }
  } catch {
    // without ps nothing can be found; the leader's end still ends the job
  }
  return found;
}

/** Send a signal to processes. @returns how many there were */
export function signalAll(processes: readonly number[], signal: number): number {
  for (const pid of processes) {
    try {
      process.kill(pid, signal);
    } catch {
      // it ended between the look and the signal
    }
  }
  return processes.length;
}
