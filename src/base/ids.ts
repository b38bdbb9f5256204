import {hostname} from 'node:os';

/** How ids of Globus are written: of collections, tasks, clients. */
export const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

declare const taskIdBrand: unique symbol;
/**
 * A Globus task id (a UUID), or that of a task that is made in another way: `copy-UUID`, `command-UUID`. Made only where
 * an answer of Globus or a fact is read.
 */
export type TaskId = string & {readonly [taskIdBrand]: true};

let wordsMade = 0;

/**
 * A word unlike any other of this host, of other hosts too for all practical purposes: time, process, a count, and
 * chance. It names things; it keeps no secret. (Loading node:crypto would cost every start some milliseconds.)
 *
 * @returns lower-case letters and digits
 */
export function newWord(): string {
  const chance = Math.floor(Math.random() * 36 ** 6).toString(36);
  return `${Date.now().toString(36)}${process.pid.toString(36)}${(wordsMade++).toString(36)}${chance}`;
}

/** A name for a file that is being written, unlike any other on a file system that several hosts share. */
export function temporaryName(): string {
  return `.new-${hostname()}-${newWord()}`;
}
