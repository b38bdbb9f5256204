import {chmodSync, mkdirSync, readdirSync, rmSync} from 'node:fs';
import {join} from 'node:path';
import {readRecord, writeRecord} from '../../../record.ts';
import {DamagedRecord} from '../../../stand-in-error.ts';
import {type Job, jobSchema} from './job.ts';
import {freshSettings, type Settings, settingsSchema} from './settings.ts';

/**
 * What the stand-in keeps on disk: one file a job, the settings, and the places where jobs run.
 *
 * A file is written under another name and renamed, so that a server killed at any moment leaves the old text or
 * the new one. That is proof against `kill -9`; against a power cut it is as good as the file system's rename.
 */
export interface Places {
  readonly root: string;
  /** copies of the scripts, made at submission */
  readonly script: (id: string) => string;
  /** what a supervisor needs and leaves */
  readonly run: (id: string) => string;
  readonly spool: (id: string, stream: 'OU' | 'ER') => string;
  readonly undelivered: (id: string, stream: 'OU' | 'ER') => string;
  readonly nodefile: (id: string) => string;
  readonly scratch: (id: string) => string;
  readonly serverLogs: string;
  readonly accounting: string;
}

export interface Store {
  readonly places: Places;
  readonly settings: Settings;
  readonly jobs: Job[];
  saveJob(job: Job): void;
  /** forget a job: its record, its script, and whatever it left in the spool */
  removeJob(id: string): void;
  saveSettings(settings: Settings): void;
}

function placesUnder(root: string): Places {
  return {
    root,
    script: (id) => join(root, 'scripts', `${id}.SC`),
    run: (id) => join(root, 'run', id),
    spool: (id, stream) => join(root, 'spool', `${id}.${stream}`),
    undelivered: (id, stream) => join(root, 'undelivered', `${id}.${stream}`),
    nodefile: (id) => join(root, 'aux', id),
    scratch: (id) => join(root, 'tmp', `pbs.${id}`),
    serverLogs: join(root, 'server_logs'),
    accounting: join(root, 'accounting'),
  };
}

/** Open what a former server left, or begin with nothing. @throws {DamagedRecord} */
export function openStore(root: string): Store {
  const places = placesUnder(root);
  const jobsDir = join(root, 'jobs');
  const settingsFile = join(root, 'settings.json');
  for (const part of ['', 'jobs', 'scripts', 'run', 'spool', 'undelivered', 'aux', 'tmp', 'server_logs', 'accounting'])
    mkdirSync(join(root, part), {recursive: true, mode: 0o700});
  chmodSync(root, 0o700);

  const jobs: Job[] = [];
  for (const name of readdirSync(jobsDir)) {
    if (!name.endsWith('.json')) continue;
    const path = join(jobsDir, name);
    const job = readRecord(path, jobSchema);
    if (job && `${job.id}.json` !== name) throw new DamagedRecord(path, `it is of another job, ${job.id}`, path);
    if (job) jobs.push(job);
  }
  const settings = readRecord(settingsFile, settingsSchema) ?? {
    ...freshSettings(),
    nextSequence: jobs.reduce((most, job) => Math.max(most, job.seq + 1), 0), // above every job that exists
  };
  return {
    places,
    settings,
    jobs,
    saveJob: (job) => writeRecord(join(jobsDir, `${job.id}.json`), job),
    removeJob: (id) => {
      for (const path of [
        join(jobsDir, `${id}.json`),
        places.script(id),
        places.run(id),
        places.spool(id, 'OU'),
        places.spool(id, 'ER'),
        places.nodefile(id),
        places.scratch(id),
      ])
        rmSync(path, {recursive: true, force: true});
    },
    saveSettings: (changed) => writeRecord(settingsFile, changed),
  };
}
