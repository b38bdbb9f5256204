import type {TaskId} from '../base/ids.ts';
import type {JobId} from '../base/job-id.ts';
import type {FactValue} from '../disk/facts.ts';

/** What a run has at PBS and Globus, as far as its facts can be read. */
export interface LeftOfRun {
  readonly jobs: readonly JobId[];
  /** of submissions of which no job is on record */
  readonly tags: readonly string[];
  readonly tasks: readonly TaskId[];
}

/** What facts tell of jobs and tasks, each by itself: others of the run may be damaged. Pure. */
export function leftOf(facts: ReadonlyMap<string, FactValue>): LeftOfRun {
  const jobs = new Set<JobId>();
  const tasks = new Set<TaskId>();
  const tags: string[] = [];
  for (const [name, {job, task, tag}] of facts) {
    // As their schemas read them.
    if (/\.(?:confirmed|start\.\d+)$/.test(name) && typeof job === 'string') jobs.add(job as JobId);
    if (name.endsWith('.transfer.confirmed') && typeof task === 'string') tasks.add(task as TaskId);
    if (name.endsWith('.intent') && typeof tag === 'string' && !facts.has(name.replace(/intent$/, 'confirmed')))
      tags.push(tag);
  }
  return {jobs: [...jobs], tags, tasks: [...tasks]};
}
