import type {Core} from '../core.ts';
import {carryOut} from '../dependencies/carry-out.ts';
import {onDeletedUnstarted} from '../dependencies/rules.ts';
import {endRunning} from '../processes/end-processes.ts';
import {intoHistory} from '../store/history.ts';
import {type Job, waitsForDependency} from '../store/job.ts';
import {finishArrayIfDone, subjobOf} from './arrays.ts';
import {SIGKILL, SIGTERM} from './ending.ts';

/** qdel: held, queued and waiting jobs end at once, running ones later. */

/** Who deletes, and how. */
export interface Deletion {
  readonly user: string;
  readonly force: boolean;
  readonly purge: boolean;
  /** acts on a job of another user */
  readonly manager: boolean;
}

export function remove(core: Core, job: Job, by: Deletion): void {
  const requestor = `${by.user}@${core.names.server}`;
  core.journal.accounting('D', job.id, `requestor=${requestor}`);
  core.journal.server('0080', job.id, 'delete job request received');
  if (job.array) {
    removeArray(core, job, by);
    return;
  }
  if (job.state === 'R' || job.state === 'E') {
    core.journal.server('0008', job.id, 'Job sent signal TermJob on delete');
    core.journal.server('0008', job.id, `Job to be deleted at request of ${requestor}`);
    core.tell(job.id, {exitCode: 3, message: `${job.id} Job to be deleted at request of ${requestor}`});
    if (job.state === 'E') return;
    if (job.comment !== undefined && !job.comment.includes(' and terminated'))
      job.comment =
        by.force && by.manager ? `${job.comment} and terminated` : `${job.comment} and terminated by ${requestor}`;
    endRunning(
      core,
      job,
      {
        why: 'deleted',
        by: by.user,
        at: job.ending?.at ?? Date.now(),
        force: by.force || undefined,
        purge: by.purge || undefined,
        discardOutput: (by.force && by.manager) || undefined,
      },
      by.force ? SIGKILL : SIGTERM,
    );
    return;
  }
  core.journal.server('0008', job.id, `Job to be deleted at request of ${requestor}`);
  const verdicts = onDeletedUnstarted(job, waitsForDependency(job));
  if (job.comment !== undefined && !job.comment.startsWith('Job held by'))
    job.comment = `${job.comment} and terminated`;
  job.ending = by.purge ? {why: 'deleted', by: by.user, at: Date.now(), purge: true} : undefined;
  core.tell(job.id, {exitCode: 3, message: `${job.id} Job to be deleted at request of ${requestor}`});
  intoHistory(core, job, 91);
  carryOut(core, verdicts);
}

function removeArray(core: Core, array: Job, by: Deletion): void {
  const info = array.array;
  if (!info) return;
  array.ending = {why: 'deleted', by: by.user, at: Date.now(), purge: by.purge || undefined};
  info.deleted = true;
  info.remaining = [];
  core.tell(array.id, {
    exitCode: 3,
    message: `${array.id} Job to be deleted at request of ${by.user}@${core.names.server}`,
  });
  if (info.began === undefined) {
    const verdicts = onDeletedUnstarted(array, waitsForDependency(array));
    intoHistory(core, array, 91);
    carryOut(core, verdicts);
    return;
  }
  for (const job of [...core.jobs.values()]) if (job.parent === array.id && job.state === 'R') remove(core, job, by);
  finishArrayIfDone(core, array);
}

export function removeIndices(core: Core, array: Job, indices: readonly number[], by: Deletion): void {
  const info = array.array;
  if (!info) return;
  for (const index of indices) {
    const at = info.remaining.indexOf(index);
    if (at < 0) {
      const sub = core.jobs.get(array.id.replace('[]', `[${index}]`));
      if (sub?.state === 'R') remove(core, sub, by);
      continue;
    }
    info.remaining.splice(at, 1);
    info.ended += 1;
    info.expired += 1;
    const sub = subjobOf(array, index);
    sub.state = 'X';
    sub.substate = 91;
    sub.historyTime = Date.now();
    core.jobs.set(sub.id, sub);
    core.save(sub);
    core.journal.accounting('D', sub.id, `requestor=${by.user}@${core.names.server}`);
  }
  core.save(array);
  if (info.remaining.length === 0) finishArrayIfDone(core, array);
}
