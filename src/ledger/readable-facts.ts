import type {TaskId} from '../base/ids.ts';
import type {JobId} from '../base/job-id.ts';
import type {TaskRequest} from '../base/task-request.ts';
import type {FactValue} from '../disk/facts.ts';

/** What a run has at PBS and Globus, as far as its facts can be read. */
export interface LeftOfRun {
  readonly jobs: readonly JobId[];
  /** of submissions of which no job is on record */
  readonly tags: readonly string[];
  /** claims that no job has taken of attempts with such a submission: with them taken, its job runs no script */
  readonly claims: readonly string[];
  readonly tasks: readonly TaskId[];
  /** to Globus, of which no answer is on record: there may be a task */
  readonly submissions: readonly OpenTaskSubmission[];
}

/** A submission to Globus without an answer on record. */
export interface OpenTaskSubmission {
  readonly submissionId: string;
  readonly request: TaskRequest;
}

/** What facts tell of jobs and tasks, each by itself: others of the run may be damaged. Pure. */
export function leftOf(facts: ReadonlyMap<string, FactValue>): LeftOfRun {
  const jobs = new Set<JobId>();
  const tasks = new Set<TaskId>();
  const tags: string[] = [];
  const claims = new Set<string>();
  const submissions: OpenTaskSubmission[] = [];
  for (const [name, {job, task, tag}] of facts) {
    // As their schemas read them.
    if (/\.(?:confirmed|start\.\d+)$/.test(name) && typeof job === 'string') jobs.add(job as JobId);
    if (name.endsWith('.transfer.confirmed') && typeof task === 'string') tasks.add(task as TaskId);
    const submission = openSubmission(name, facts);
    if (submission) submissions.push(submission);
    const has = (kind: string) => facts.has(name.replace(/intent$/, kind));
    if (!name.endsWith('.intent') || typeof tag !== 'string' || has('confirmed') || has('refused')) continue;
    tags.push(tag);
    const attempt = /^([^.]+\.[1-9]\d*)\.job(?:-\d+)?\.intent$/.exec(name)?.[1];
    if (attempt && !facts.has(`${attempt}.start.1`)) claims.add(`${attempt}.start.1`);
  }
  return {jobs: [...jobs], tags, claims: [...claims], tasks: [...tasks], submissions};
}

/** What the intent of a task says, unless there is a task on record, or Globus has refused it, for good or for now. */
function openSubmission(name: string, facts: ReadonlyMap<string, FactValue>): OpenTaskSubmission | undefined {
  const prefix = /^(.+\.transfer)\.intent$/.exec(name)?.[1];
  const {submissionId, request} = facts.get(name) ?? {};
  if (!prefix || typeof submissionId !== 'string' || request === undefined) return undefined;
  if (facts.has(`${prefix}.confirmed`) || facts.has(`${prefix}.refused`)) return undefined;
  const tries = (kind: string) => [...facts.keys()].filter((each) => each.startsWith(`${prefix}.${kind}-`)).length;
  if (tries('later') > tries('again')) return undefined; // the first try is not counted as made again
  return {submissionId, request: request as TaskRequest}; // as its schema reads it
}
