import {mkdirSync, readFileSync, renameSync, rmSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';

/**
 * Be the only background process of a directory on this machine. mkdir(2) is exclusive; a lock whose holder is
 * dead is moved aside by rename(2), which only one of several contenders can do.
 *
 * @returns a function that gives the lock back, or undefined when a living process holds it
 */
export function takeLock(directory: string): (() => void) | undefined {
  for (let tries = 0; tries < 5; tries++) {
    try {
      mkdirSync(directory, {mode: 0o700});
      writeFileSync(join(directory, 'holder'), identityOf(process.pid) ?? '');
      return () => rmSync(directory, {recursive: true, force: true});
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      if (holderLives(directory)) return undefined;
      moveAside(directory);
    }
  }
  return undefined;
}

function holderLives(directory: string): boolean {
  let holder: string;
  try {
    holder = readFileSync(join(directory, 'holder'), 'utf8');
  } catch {
    return false; // it died between making the lock and signing it, or is doing so this moment: the rename decides
  }
  const pid = Number(holder.split(' ')[0]);
  return Number.isInteger(pid) && pid > 0 && identityOf(pid) === holder;
}

function moveAside(directory: string): void {
  const aside = `${directory}.stale-${process.pid}`;
  try {
    renameSync(directory, aside);
    rmSync(aside, {recursive: true, force: true});
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error; // another contender was first
  }
}

/** A process by id and start time, since ids are used again. Without /proc the id alone has to do. @returns undefined when it does not live */
function identityOf(pid: number): string | undefined {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return undefined;
  }
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // Field 22, counted behind the command, which may hold blanks and brackets (proc(5)).
    return `${pid} ${stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]}`;
  } catch {
    return `${pid}`;
  }
}
