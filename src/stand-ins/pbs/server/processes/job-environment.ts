import {randomBytes} from 'node:crypto';
import {accessSync, constants} from 'node:fs';
import {basename, join} from 'node:path';
import {decodeVariables} from '../../language/variables.ts';
import type {Job} from '../store/job.ts';
import type {Places} from '../store/store.ts';
import {quoteWord} from './supervisor.ts';

/** What a job finds around it: environment, shell, and the line its shell reads. */

const BASE_PATH = '/usr/local/bin:/usr/bin:/bin';

/** Variables that PBS sets itself, whatever `-v` and `-V` say (measured on OpenPBS 23.06). */
const OWN = new Set([
  'ENVIRONMENT',
  'HOME',
  'LOGNAME',
  'NCPUS',
  'OMP_NUM_THREADS',
  'PATH',
  'PWD',
  'OLDPWD',
  'SHLVL',
  'TMPDIR',
  'USER',
  '_',
]);

/** Where a job starts: the home directory, or with `-W sandbox=PRIVATE` a directory of its own there (measured). */
export function jobDirectory(job: Job): string {
  return job.sandbox === 'PRIVATE' ? join(job.home, `pbs.${job.id}.x8z`) : job.home;
}

/** The environment a job's login shell starts from. */
export function jobEnvironment(job: Job, places: Places, server: string, processUser: string): Record<string, string> {
  const env: Record<string, string> = {};
  for (const [name, value] of decodeVariables(job.variables)) {
    if (value.includes('\0') || OWN.has(name)) continue;
    if (name.startsWith('PBS_') && !name.startsWith('PBS_O_')) continue;
    env[name] = value;
  }
  const cpus = job.resources.ncpus ?? '1';
  const own: Record<string, string> = {
    ENVIRONMENT: 'BATCH',
    HOME: job.home,
    LOGNAME: job.owner,
    USER: job.owner,
    SHELL: shellOf(job, server),
    PATH: BASE_PATH,
    NCPUS: cpus,
    OMP_NUM_THREADS: cpus,
    TMPDIR: places.scratch(job.id),
    PBS_ENVIRONMENT: 'PBS_BATCH',
    PBS_JOBCOOKIE: randomBytes(16).toString('hex').toUpperCase(),
    PBS_JOBDIR: jobDirectory(job),
    PBS_JOBID: job.id,
    PBS_JOBNAME: job.name,
    PBS_MOMPORT: '15003',
    PBS_NODEFILE: places.nodefile(job.id),
    PBS_NODENUM: '0',
    PBS_O_HOST: server,
    PBS_QUEUE: job.queue,
    PBS_TASKNUM: '1',
  };
  if (job.index !== undefined && job.parent !== undefined) {
    own.PBS_ARRAY_INDEX = String(job.index);
    own.PBS_ARRAY_ID = job.parent;
  }
  // Commands inside the job speak for its owner, also where that is not the user this process runs as.
  if (job.owner !== processUser) own.STAGE_LOCAL_USER = job.owner;
  return {...env, ...own};
}

function runs(path: string | undefined): path is string {
  if (path?.startsWith('/') !== true) return false;
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** `path[@host][,path[@host]...]`: that of the host, else the last without one. Source: OpenPBS, set_shell() in mom_start.c. */
function shellFor(list: string, host: string): string | undefined {
  const shells = list.split(',').map((one) => one.trim().split('@'));
  const own = shells.find(([, at]) => at !== undefined && host.startsWith(at));
  return (own ?? shells.findLast(([, at]) => at === undefined))?.[0];
}

/** `-S`, else the submitter's own shell, else bash, else sh. @param host what this machine is called */
export function shellOf(job: Job, host: string): string {
  const named = job.shell === undefined ? undefined : shellFor(job.shell, host);
  if (named !== undefined) return named;
  const submitter = decodeVariables(job.variables).findLast(([name]) => name === 'PBS_O_SHELL')?.[1];
  if (runs(submitter) && !/(nologin|false)$/.test(submitter)) return submitter;
  return runs('/bin/bash') ? '/bin/bash' : '/bin/sh';
}

/**
 * What the login shell reads from its input: the path of the script copy, as a real execution daemon feeds it.
 *
 * Profile files reset PATH, so the directory of the PBS commands is put in front afterwards, on the same line:
 * messages of the shell then still say `line 1`.
 */
export function shellLine(job: Job, script: string, shell: string): string {
  const path = quoteWord(script);
  const name = basename(shell);
  if (job.binDirectory === undefined || name === 'fish') return path;
  const commands = `${quoteWord(job.binDirectory)}:"$PATH"`;
  return name.endsWith('csh') ? `setenv PATH ${commands}; ${path}` : `PATH=${commands}; export PATH; ${path}`;
}
