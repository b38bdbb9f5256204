import {chmodSync, constants, copyFileSync, existsSync, mkdirSync, renameSync, rmSync, statSync} from 'node:fs';
import {copyFile} from 'node:fs/promises';
import {dirname, join} from 'node:path';
import type {Job} from '../store/job.ts';
import type {Places} from '../store/store.ts';

/** Where the output of a job goes: the spool while it runs, its own files afterwards. */

export type Stream = 'OU' | 'ER';

/** The number of a job as its file names have it: `12`, or `12.3` for a subjob. */
function fileSuffix(job: Pick<Job, 'seq' | 'index'>): string {
  return job.index === undefined ? String(job.seq) : `${job.seq}.${job.index}`;
}

/** The path of a stream's file, from `host:path`; a directory gets the job's id and the stream as name. */
function finalPath(job: Job, stream: Stream): string {
  const asked = (stream === 'OU' ? job.outputPath : job.errorPath).replace(/^[^/:]*:/, '');
  const path = job.index === undefined ? asked : asked.replaceAll('^array_index^', String(job.index));
  if (path.endsWith('/')) return `${path}${job.id}.${stream}`;
  try {
    return statSync(path).isDirectory() ? join(path, `${job.id}.${stream}`) : path;
  } catch {
    return path; // it does not exist yet
  }
}

/** `-k oe`: the file stays in the home directory, under the name the stream has by default. */
function keptPath(job: Job, stream: Stream): string {
  return join(job.home, `${job.name}.${stream === 'OU' ? 'o' : 'e'}${fileSuffix(job)}`);
}

const letterOf = (stream: Stream): 'o' | 'e' => (stream === 'OU' ? 'o' : 'e');

/** The stream that carries this one: with `-j oe` the errors go to the output, with `-j eo` the other way round. */
function carrier(job: Job, stream: Stream): Stream {
  return job.join === 'oe' ? 'OU' : job.join === 'eo' ? 'ER' : stream;
}

/** The file a running job writes a stream to. */
export function liveFile(job: Job, stream: Stream, places: Places): string {
  const into = carrier(job, stream);
  if (!job.keep.includes(letterOf(into))) return places.spool(job.id, into);
  return job.keep.includes('d') ? finalPath(job, into) : keptPath(job, into);
}

export interface Delivery {
  /** 1 when all arrived, 0 when one did not; undefined when nothing was to be delivered */
  readonly status: number | undefined;
  readonly problems: readonly string[];
}

/** umask of the job's files, as a number. */
export function umaskOf(job: Job): number {
  const mask = Number.parseInt(job.umask ?? '77', 8);
  return Number.isNaN(mask) ? 0o77 : mask & 0o777;
}

/**
 * Bring the streams of an ended job to their places. Safe to repeat: what has arrived is no longer in the spool.
 *
 * When the first file cannot be written it goes to `undelivered`, and the other is not delivered either
 * (measured on OpenPBS 23.06).
 */
export async function deliver(job: Job, places: Places): Promise<Delivery> {
  const streams = [...new Set([carrier(job, 'OU'), carrier(job, 'ER')])];
  let status: number | undefined;
  const problems: string[] = [];
  for (const stream of streams) {
    if (job.keep.includes(letterOf(stream))) {
      if (job.keep.includes('d')) status ??= 1;
      continue;
    }
    const from = places.spool(job.id, stream);
    if (job.exitStatus === 0 && (job.removeFiles ?? '').includes(letterOf(stream))) {
      rmSync(from, {force: true});
      continue;
    }
    if (!existsSync(from)) {
      status ??= 1;
      continue;
    }
    if (status === 0) continue;
    const to = finalPath(job, stream);
    try {
      if (to !== '/dev/null') {
        const isNew = !existsSync(to);
        await copyFile(from, to);
        if (isNew) chmodSync(to, 0o666 & ~umaskOf(job));
      }
      rmSync(from, {force: true});
      status = 1;
    } catch (error) {
      status = 0;
      problems.push(`Unable to copy file ${from} to ${to}: ${error instanceof Error ? error.message : String(error)}`);
      const kept = places.undelivered(job.id, stream);
      mkdirSync(dirname(kept), {recursive: true, mode: 0o700});
      try {
        renameSync(from, kept);
      } catch {
        copyFileSync(from, kept, constants.COPYFILE_FICLONE);
      }
    }
  }
  return {status, problems};
}
