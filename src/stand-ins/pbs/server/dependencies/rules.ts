import type {DependGroup} from '../../language/depend.ts';
import {isFinished, type Job, RUNNING_STATES} from '../store/job.ts';

/**
 * What dependencies do, as pure functions of the jobs: each answers with verdicts, and the server carries them out.
 * Facts measured on OpenPBS 23.06: the predecessor keeps a mirror entry of each dependent, and the mirrors decide,
 * so that a dependent which was pointed elsewhere is still deleted when its former predecessor fails.
 */

export type Verdict =
  /** take one mention of `from` out of the group of the dependent */
  | {readonly do: 'release'; readonly job: string; readonly type: string; readonly from: string}
  | {readonly do: 'remove'; readonly job: string; readonly because: string}
  /** of jobs with `runone` among them: the others wait while one runs, and go on when it fails */
  | {readonly do: 'hold' | 'unhold'; readonly job: string};

const MIRROR: Readonly<Record<string, string>> = {
  afterok: 'beforeok',
  afternotok: 'beforenotok',
  afterany: 'beforeany',
  after: 'before',
  runone: 'runone',
};
const TARGET: Readonly<Record<string, string>> = {
  beforeok: 'afterok',
  beforenotok: 'afternotok',
  beforeany: 'afterany',
  before: 'after',
};

export function addToGroup(groups: DependGroup[], type: string, id: string): void {
  const group = groups.find((known) => known.type === type);
  if (!group) groups.push({type, jobs: [id]});
  else if (!group.jobs.includes(id)) group.jobs.push(id);
}

/** Take one mention of an id out; a group without ids goes. */
export function takeFromGroup(groups: DependGroup[], type: string, id: string): void {
  const group = groups.find((known) => known.type === type);
  const at = group?.jobs.indexOf(id) ?? -1;
  if (!group || at < 0) return;
  group.jobs.splice(at, 1);
  if (group.jobs.length === 0) groups.splice(groups.indexOf(group), 1);
}

export type Registration =
  /** the predecessor notes the dependent */
  | {readonly kind: 'mirror'; readonly on: string; readonly type: string}
  | {readonly kind: 'met'; readonly on: string; readonly type: string}
  /** the predecessor waits with `on:N` for this job */
  | {readonly kind: 'counted'; readonly on: string; readonly type: string}
  /** the new job is aborted, with the text of the accounting record and of the server's log */
  | {readonly kind: 'abort'; readonly record: string; readonly log?: string};

/**
 * What becomes of one entry of a new dependency list.
 *
 * @param other the job named in it, or undefined when the server does not know it
 */
export function register(job: Job, type: string, id: string, other: Job | undefined): Registration {
  if (!other) return {kind: 'abort', record: 'Reject reply code=15001, aux=0, type=52, from @SERVER Unknown Job Id'};
  if (type.startsWith('before')) {
    if (isFinished(other))
      return {kind: 'abort', record: finishedText(id), log: `${id} Finished job did not satisfy dependency`};
    if (other.owner !== job.owner)
      return {
        kind: 'abort',
        record: `Reject reply code=15007, aux=0, type=52, from ${job.owner}@SERVER Unauthorized Request `,
      };
    if (!other.depend.some((group) => group.type === 'on'))
      return {
        kind: 'abort',
        record: `Dependency request for job rejected by ${id}`,
        log: `Dependency request for job rejected by ${id}`,
      };
    return {kind: 'counted', on: id, type: TARGET[type] ?? 'after'};
  }
  if (isFinished(other)) {
    // A job that never ran has no Exit_status, and PBS takes that for zero (measured).
    const status = other.exitStatus ?? 0;
    const met = type === 'afterok' ? status === 0 : type === 'afternotok' ? status !== 0 : true;
    if (met) return {kind: 'met', on: id, type};
    return {kind: 'abort', record: finishedText(id), log: `${id} Finished job did not satisfy dependency`};
  }
  if (type === 'after' && (RUNNING_STATES.has(other.state) || other.state === 'B')) return {kind: 'met', on: id, type};
  return {kind: 'mirror', on: id, type: MIRROR[type] ?? 'before'};
}

function finishedText(id: string): string {
  return `${id} Finished job did not satisfy dependency`;
}

function mirrorsOf(job: Job): {type: string; id: string}[] {
  return job.depend
    .filter((group) => group.type.startsWith('before'))
    .flatMap((group) => group.jobs.map((id) => ({type: group.type, id})));
}

/** Jobs of which only one is to succeed. */
function rivalsOf(job: Job): string[] {
  return job.depend.filter((group) => group.type === 'runone').flatMap((group) => group.jobs);
}

/** When a job starts: those that wait for its start are released. */
export function onStart(job: Job): Verdict[] {
  const waiting = mirrorsOf(job).filter(({type}) => type === 'before');
  return [
    ...waiting.map(({id}): Verdict => ({do: 'release', job: id, type: 'after', from: job.id})),
    ...rivalsOf(job).map((id): Verdict => ({do: 'hold', job: id})),
  ];
}

/** When a job that ran ends with a status. */
export function onEnd(job: Job, status: number): Verdict[] {
  const verdicts: Verdict[] = [];
  for (const {type, id} of mirrorsOf(job)) {
    const met = type === 'beforeok' ? status === 0 : type === 'beforenotok' ? status !== 0 : true;
    if (met) verdicts.push({do: 'release', job: id, type: TARGET[type] ?? 'after', from: job.id});
    else verdicts.push({do: 'remove', job: id, because: job.id});
  }
  for (const id of rivalsOf(job))
    verdicts.push(status === 0 ? {do: 'remove', job: id, because: job.id} : {do: 'unhold', job: id});
  return verdicts;
}

/**
 * When a job is deleted that never started.
 *
 * Dependents of a plain job stay held for ever; those of a job that itself waited for a dependency, and of an array,
 * are removed (for an array only where it would not have run them).
 */
export function onDeletedUnstarted(job: Job, waitedForDependency: boolean): Verdict[] {
  if (job.array)
    return mirrorsOf(job).map(
      ({type, id}): Verdict =>
        type === 'beforenotok' || type === 'beforeany'
          ? {do: 'release', job: id, type: TARGET[type] ?? 'after', from: job.id}
          : {do: 'remove', job: id, because: job.id},
    );
  return waitedForDependency ? onRemoved(job) : [];
}

/** When a job is removed by its own dependency, everything behind it goes, whatever the type. */
export function onRemoved(job: Job): Verdict[] {
  return mirrorsOf(job).map(({id}) => ({do: 'remove', job: id, because: job.id}));
}
