import {createHash} from 'node:crypto';
import {chmodSync, readFileSync, writeFileSync} from 'node:fs';
import {DamagedRecord} from '../../../stand-in-error.ts';
import type {Job} from './job.ts';
import type {Places} from './store.ts';

/** The copy of a script that was made at submission: it is what runs, so it must be what was submitted. */

const hashOf = (script: string | Uint8Array): string => createHash('sha256').update(script).digest('hex');

/** @returns the hash of what is kept */
export function keepScript(path: string, script: string | Uint8Array): string {
  writeFileSync(path, script, {mode: 0o700});
  chmodSync(path, 0o700);
  return hashOf(script);
}

/** @returns undefined for a script that is as it was submitted, and for a job without one */
export function damageOfScript(job: Job, places: Places): DamagedRecord | undefined {
  if (job.scriptHash === undefined) return undefined;
  const path = places.script(job.parent ?? job.id);
  try {
    const same = hashOf(readFileSync(path)) === job.scriptHash;
    return same ? undefined : new DamagedRecord(path, 'it is not the script that was submitted', path);
  } catch (error) {
    return new DamagedRecord(path, `it cannot be read: ${error instanceof Error ? error.message : error}`, path);
  }
}
