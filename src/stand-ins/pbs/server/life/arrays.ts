import {commentDate} from '../../language/dates.ts';
import type {Core} from '../core.ts';
import {carryOut} from '../dependencies/carry-out.ts';
import {onEnd, onStart} from '../dependencies/rules.ts';
import {forget, intoHistory} from '../store/history.ts';
import {isFinished, type Job} from '../store/job.ts';
import {accountingText} from '../store/journal.ts';
import {arrayExit} from './ending.ts';

/** An array from its first subjob to its last. A subjob has no record before it starts. */

export function nextSubjob(core: Core, array: Job): Job {
  const info = array.array;
  const index = info?.remaining.shift();
  if (!info || index === undefined) throw new Error(`array ${array.id} has no subjob left`);
  const now = Date.now();
  if (info.began === undefined) {
    info.began = now;
    array.state = 'B';
    array.substate = 70;
    array.stime = now;
    array.runCount = 0;
    array.comment = `Job Array Began at ${commentDate(now)}`;
    core.journal.accounting('S', array.id, accountingText(array, 'S', ''));
    core.save(array);
    carryOut(core, onStart(array));
  } else core.save(array);
  const sub = subjobOf(array, index);
  core.jobs.set(sub.id, sub);
  return sub;
}

export function subjobEnded(core: Core, sub: Job, exit: number | undefined, substate: number): void {
  const array = core.jobs.get(sub.parent ?? '');
  const info = array?.array;
  if (!array || !info) return;
  info.ended += 1;
  if (exit !== undefined) info.lastExit = exit;
  if (substate === 93) info.failed = true;
  if (substate === 91) info.deleted = true;
  finishArrayIfDone(core, array);
}

export function finishArrayIfDone(core: Core, array: Job): void {
  const info = array.array;
  if (!info || isFinished(array)) return;
  const live = [...core.jobs.values()].some(
    (job) => job.parent === array.id && (job.state === 'R' || job.state === 'E'),
  );
  if (info.remaining.length > 0 || live) {
    core.save(array);
    return;
  }
  const exit = arrayExit(info.lastExit);
  const substate = array.ending?.why === 'deleted' || info.deleted ? 91 : info.failed ? 93 : 92;
  array.exitStatus = exit;
  array.obittime = Date.now();
  if (array.comment !== undefined)
    array.comment = `${array.comment} and ${substate === 91 ? 'terminated' : substate === 93 ? 'failed' : 'finished'}`;
  core.journal.accounting('E', array.id, accountingText(array, 'E', ''));
  const verdicts = onEnd(array, exit);
  for (const job of core.jobs.values()) {
    if (job.parent !== array.id) continue;
    job.state = 'F';
    core.store.saveJob(job);
  }
  core.tell(array.id, {exitCode: exit});
  intoHistory(core, array, substate);
  carryOut(core, verdicts);
}

/** A subjob that has to run again goes back among those of its array that have not started. */
export function requeueSubjob(core: Core, job: Job): void {
  const array = core.jobs.get(job.parent ?? '');
  forget(core, job);
  if (!array?.array || job.index === undefined) return;
  array.array.remaining = [...array.array.remaining, job.index].sort((a, b) => a - b);
  array.array.starts = {...array.array.starts, [job.index]: job.runCount};
  core.save(array);
}

/** The record of a subjob that has not started, from that of its array. */
export function subjobOf(array: Job, index: number): Job {
  const path = (text: string): string => text.replaceAll('^array_index^', String(index));
  return {
    ...array,
    id: array.id.replace('[]', `[${index}]`),
    array: undefined,
    parent: array.id,
    index,
    state: 'Q',
    substate: 10,
    holds: '',
    depend: [],
    comment: undefined,
    stime: undefined,
    block: undefined,
    runCount: array.array?.starts?.[index] ?? 0,
    resources: {...array.resources},
    outputPath: path(array.outputPath),
    errorPath: path(array.errorPath),
  };
}
