import {rmSync} from 'node:fs';
import {setTimeout as pause} from 'node:timers/promises';
import {measured} from '../../language/attributes.ts';
import type {Core} from '../core.ts';
import {carryOut} from '../dependencies/carry-out.ts';
import {onEnd} from '../dependencies/rules.ts';
import {deliver} from '../processes/deliver.ts';
import {intoHistory} from '../store/history.ts';
import type {Job} from '../store/job.ts';
import {accountingText} from '../store/journal.ts';
import {ownMilliseconds} from '../store/settings.ts';
import {subjobEnded} from './arrays.ts';
import {EXIT_REQUEUED, exitStatusOf, verdictOn} from './ending.ts';
import {backToQueue} from './requeue-job.ts';

/** The end of a job whose process is gone: its status, its output, its place in history, and who waited for it. */

/** how much later than its status the output of a blocking job arrives */
const BLOCK_MS = 300;

/** Work that no request waits for; what goes wrong in it is logged, and done again after a restart. */
export function safely(core: Core, work: Promise<void>): void {
  work.catch((error: unknown) => core.log(`a job's end: ${error instanceof Error ? error.stack : String(error)}`));
}

export function finishSafely(core: Core, job: Job, status: number): void {
  safely(core, finish(core, job, status));
}

export async function finish(core: Core, job: Job, status: number): Promise<void> {
  if (core.jobs.get(job.id) !== job) return; // wiped meanwhile
  const now = Date.now();
  if (job.ending?.why === 'requeue') {
    backToQueue(core, job, EXIT_REQUEUED);
    return;
  }
  job.exitStatus = exitStatusOf(job, status);
  job.state = 'E';
  job.substate = 51;
  job.obittime = now;
  job.resourcesUsed = measured(job, now);
  if (now - (job.stime ?? now) < 1000) job.sessionId = undefined;
  core.save(job);
  core.journal.server(
    '0080',
    job.id,
    `Obit received momhop:1 serverhop:1 state:R substate:${job.sessionId === undefined ? 41 : 42}`,
  );
  core.tell(job.id, {exitCode: job.exitStatus & 255});
  // A blocking qsub hears of the end before the output is there (measured), so that no client relies on it.
  const late = Math.max(job.block ? BLOCK_MS : 0, ownMilliseconds(core.settings, 'stage_end_delay'));
  if (late > 0) await pause(late);
  if (core.closed) return; // the next server goes on with it
  await conclude(core, job);
}

/** Deliver the output and write history. Done again after a restart when it was cut short. */
export async function conclude(core: Core, job: Job): Promise<void> {
  if (core.jobs.get(job.id) !== job) return; // wiped meanwhile
  if (job.ending?.discardOutput) {
    for (const stream of ['OU', 'ER'] as const) rmSync(core.places.spool(job.id, stream), {force: true});
  } else {
    const delivery = await deliver(job, core.places);
    job.stageoutStatus = delivery.status;
    for (const problem of delivery.problems) core.log(`job ${job.id}: ${problem}`);
  }
  if (core.jobs.get(job.id) !== job) return; // wiped meanwhile
  const exit = job.exitStatus ?? 0;
  const {substate, words} = verdictOn(job, exit);
  if (job.comment !== undefined && words !== undefined) job.comment = `${job.comment} and ${words}`;
  const used = Object.entries(job.resourcesUsed ?? {}).map(([name, value]) => `resources_used.${name}=${value}`);
  core.journal.server('0010', job.id, `Exit_status=${exit} ${used.join(' ')}`);
  core.journal.accounting('E', job.id, accountingText(job, 'E', ''));
  const verdicts = onEnd(job, exit);
  // Measured: who waited for the start is no longer mentioned at the end.
  job.depend = job.depend.filter((group) => group.type !== 'before');
  intoHistory(core, job, substate);
  carryOut(core, verdicts);
  if (job.parent !== undefined) subjobEnded(core, job, exit, substate);
  core.wake();
}
