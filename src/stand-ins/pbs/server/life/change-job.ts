import {commentDate, longDate} from '../../language/dates.ts';
import type {Core} from '../core.ts';
import {type Job, settle, waitsForDependency, withHolds, withoutHolds} from '../store/job.ts';

/** What commands change of a job that has not ended: its holds, its dependencies, its attributes. */

function settleAndSave(core: Core, job: Job): void {
  if (['H', 'Q', 'W', 'B'].includes(job.state)) settle(job, Date.now());
  core.save(job);
}

export function hold(core: Core, job: Job, letters: string, user: string): void {
  job.holds = withHolds(job.holds, letters);
  job.comment = `Job held by ${user} on ${longDate(Date.now())}`;
  settleAndSave(core, job);
  core.journal.server('0008', job.id, `Holds ${letters} set at request of ${user}@${core.names.server}`);
}

export function release(core: Core, job: Job, letters: string, user: string): void {
  job.holds = withoutHolds(job.holds, letters);
  if (job.holds === '')
    job.comment = job.array?.began === undefined ? undefined : `Job Array Began at ${commentDate(job.array.began)}`;
  settleAndSave(core, job);
  core.journal.server('0008', job.id, `Holds ${letters} released at request of ${user}@${core.names.server}`);
  core.wake();
}

/** Set the dependencies that qalter gave; groups of other types stay as they are, unless all are cleared. */
export function setDepend(core: Core, job: Job, groups: Job['depend'], clear: boolean): void {
  if (clear) job.depend = [];
  for (const group of groups) {
    job.depend = job.depend.filter((known) => known.type !== group.type);
    job.depend.push(group);
  }
  if (waitsForDependency(job)) {
    job.holds = withHolds(job.holds, 's');
    job.substate = 22;
  } else job.holds = withoutHolds(job.holds, 's');
  job.unregistered = groups.length > 0 ? structuredClone(groups) : undefined;
  settle(job, Date.now());
  core.save(job);
  core.wake();
}

export function changed(core: Core, job: Job): void {
  settleAndSave(core, job);
  core.wake();
}
