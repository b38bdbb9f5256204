import {mkdirSync, readFileSync, renameSync, rmSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';

/**
 * Be the only background process of a directory on this machine. rename(2) onto a directory that holds something
 * fails; a lock whose holder is dead is moved aside by rename(2), which only one of several contenders can do.
 *
 * @returns a function that gives the lock back, or undefined when a living process holds it
 */
export function takeLock(directory: string): (() => void) | undefined {
  for (let tries = 0; tries < 5; tries++) {
    const signed = `${directory}.new-${process.pid}`;
    try {
      // Signed before it has the name: it is never found without its holder.
      rmSync(signed, {recursive: true, force: true});
      mkdirSync(signed, {mode: 0o700});
      writeFileSync(join(signed, 'holder'), identityOf(process.pid) ?? '', {mode: 0o600});
      renameSync(signed, directory);
      return () => rmSync(directory, {recursive: true, force: true});
    } catch (error) {
      rmSync(signed, {recursive: true, force: true});
      if (!['EEXIST', 'ENOTEMPTY'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
      if (holderOf(directory) !== undefined) return undefined;
      moveAside(directory);
    }
  }
  return undefined;
}

/** The process that holds the lock of a directory. @returns undefined when none does, or it is dead */
export function holderOf(directory: string): number | undefined {
  let holder: string;
  try {
    holder = readFileSync(join(directory, 'holder'), 'utf8');
  } catch {
    return undefined;
  }
  const pid = Number(holder.split(' ')[0]);
  return Number.isInteger(pid) && pid > 0 && identityOf(pid) === holder ? pid : undefined;
}

function moveAside(directory: string): void {
  const aside = `${directory}.stale-${process.pid}`;
  try {
    renameSync(directory, aside);
    // Another contender may have taken the lock since we looked: then what we moved is alive, and goes back.
    if (holderOf(aside) !== undefined) renameSync(aside, directory);
    else rmSync(aside, {recursive: true, force: true});
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
    // Fields 3 and 22, counted behind the command, which may hold blanks and brackets (proc(5)).
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? undefined : `${pid} ${fields[19]}`; // a zombie is dead, though it still has its id
  } catch {
    return `${pid}`;
  }
}
