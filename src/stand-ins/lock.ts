import {mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {DamagedRecord} from './stand-in-error.ts';

/**
 * Be the only background process of a directory on this machine. rename(2) onto a directory that holds something
 * fails; a lock whose holder is dead is moved aside by rename(2), which only one of several contenders can do. Its holder
 * stands in a file and in the name of another, which a file that loses what it held leaves as it is.
 *
 * @returns a function that gives the lock back, or undefined when a living process holds it
 * @throws {DamagedRecord} when it is not known which process holds it
 */
export function takeLock(directory: string): (() => void) | undefined {
  for (let tries = 0; tries < 5; tries++) {
    const signed = `${directory}.new-${process.pid}`;
    try {
      // Signed before it has the name: it is never found without its holder.
      rmSync(signed, {recursive: true, force: true});
      mkdirSync(signed, {mode: 0o700});
      const me = identityOf(process.pid) ?? `${process.pid}`;
      writeFileSync(join(signed, 'holder'), me, {mode: 0o600});
      writeFileSync(join(signed, `${NAMED}${me}`), '', {mode: 0o600});
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

const NAMED = 'held by ';
const IDENTITY = /^\d+(?: \d+)?$/;

/**
 * The process that holds the lock of a directory. @returns undefined when none does, or it is dead
 * @throws {DamagedRecord} when its file does not tell, and no name does: nothing is known of whether one lives
 */
export function holderOf(directory: string): number | undefined {
  const file = join(directory, 'holder');
  const text = unlessMissing(file, () => readFileSync(file, 'utf8'));
  const names = unlessMissing(file, () => readdirSync(directory)) ?? [];
  const named = names.filter((name) => name.startsWith(NAMED)).map((name) => name.slice(NAMED.length));
  const identities = [text ?? '', ...named].filter((identity) => IDENTITY.test(identity));
  if (text !== undefined && identities.length === 0) throw new DamagedRecord(file, 'it names no process', directory);
  for (const identity of identities) {
    const pid = Number(identity.split(' ')[0]);
    if (identityOf(pid) === identity) return pid;
  }
  return undefined;
}

/** @returns undefined where the lock was never taken, or is being given back. @throws {DamagedRecord} */
function unlessMissing<T>(file: string, read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    const {code, message} = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return undefined;
    throw new DamagedRecord(file, `it cannot be read: ${message}`, dirname(file));
  }
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
