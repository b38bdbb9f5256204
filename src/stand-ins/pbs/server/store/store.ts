import {chmodSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
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

function writeWhole(path: string, text: string): void {
  writeFileSync(`${path}.new`, text, {mode: 0o600});
  renameSync(`${path}.new`, path);
}

/** Open what a former server left, or begin with nothing. A job's file that cannot be read is set aside, not deleted. */
export function openStore(root: string, log: (line: string) => void): Store {
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
    try {
      const read: unknown = JSON.parse(readFileSync(path, 'utf8'));
      jobs.push(jobSchema.parse(read));
    } catch (error) {
      renameSync(path, `${path}.unreadable`);
      log(`job file ${path} cannot be read and was set aside: ${String(error)}`);
    }
  }
  let settings = freshSettings();
  try {
    const read: unknown = JSON.parse(readFileSync(settingsFile, 'utf8'));
    settings = settingsSchema.parse(read);
  } catch {
    // none yet, or unreadable: fresh ones, with numbers above every job that exists
    settings.nextSequence = jobs.reduce((most, job) => Math.max(most, job.seq + 1), 0);
  }
  return {
    places,
    settings,
    jobs,
    saveJob: (job) => writeWhole(join(jobsDir, `${job.id}.json`), JSON.stringify(job)),
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
    saveSettings: (changed) => writeWhole(settingsFile, JSON.stringify(changed)),
  };
}
