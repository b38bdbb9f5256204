import {isSameJob} from '../../src/base/job-id.ts';
import {readBlocks, splitVariables, type TextBlock} from '../../src/scheduler/pbs/qstat-text.ts';
import type {Ran} from './cli.ts';
import type {JobDocument} from './world.ts';

/** Ids in one qstat: many, and far from what a command line holds. */
const CHUNK = 200;

/**
 * One user's jobs on a server that others use, too; finished ones where they are kept.
 *
 * The text form is read: one value of anybody's spoils the JSON of older servers, and some print only the first of
 * several ids. All values are text, but `Exit_status`.
 *
 * @throws when the server does not answer
 */
export async function ownJobs(
  pbs: (command: string, ...argv: string[]) => Promise<Ran>,
  user: string,
): Promise<JobDocument[]> {
  const kept = await pbs('qselect', '-x', '-u', user);
  const history = !/not configured to maintain job history/.test(kept.stderr);
  const selected = history ? kept : await pbs('qselect', '-u', user);
  if (selected.exitCode !== 0) throw new Error(`qselect: ${selected.stderr}`);
  const ids = selected.stdout.split('\n').filter((line) => line !== '');
  const jobs: JobDocument[] = [];
  for (let at = 0; at < ids.length; at += CHUNK) {
    const chunk = ids.slice(at, at + CHUNK);
    const asked = await pbs('qstat', ...(history ? ['-x'] : []), '-f', '-w', ...chunk);
    // Those that ended meanwhile are named on stderr, and the others are printed all the same.
    if (![0, 35, 153].includes(asked.exitCode)) throw new Error(`qstat: ${asked.stderr}`);
    const blocks = readBlocks(asked.stdout, 'Job Id');
    if (!blocks) throw new Error('qstat printed half a document');
    jobs.push(...blocks.filter(({id}) => chunk.some((one) => isSameJob(one, id))).map(toDocument));
  }
  return jobs;
}

/** `Resource_List.walltime = 1` becomes a value of a value, as in the JSON form. */
function toDocument({id, attributes}: TextBlock): JobDocument {
  const document: Record<string, unknown> = {};
  for (const [name, value] of attributes) {
    const [group = '', ...rest] = name.split('.');
    if (rest.length === 0) document[name] = value;
    else document[group] = {...(document[group] as object | undefined), [rest.join('.')]: value}; // made by this line alone
  }
  const status = attributes.get('Exit_status');
  return {
    ...document,
    id,
    Job_Name: attributes.get('Job_Name') ?? '',
    job_state: attributes.get('job_state') ?? '',
    Variable_List: Object.fromEntries(splitVariables(attributes.get('Variable_List') ?? '')),
    ...(status === undefined ? {} : {Exit_status: Number(status)}),
  };
}
