import {writeFileSync} from 'node:fs';
import {setTimeout as pause} from 'node:timers/promises';
import {readDuration} from '../../language/durations.ts';
import type {Core} from '../core.ts';
import {liveFile} from '../processes/deliver.ts';
import {endRunning, processesOf, signalJob} from '../processes/end-processes.ts';
import {callOff, lookAtSupervisor, sessionOf} from '../processes/supervisor.ts';
import type {Job} from '../store/job.ts';
import {ownMilliseconds} from '../store/settings.ts';
import {finish, finishSafely, safely} from './end-job.ts';
import {EXIT_LOST, SIGKILL, SIGTERM} from './ending.ts';
import {backAfterFailure, backToQueue} from './requeue-job.ts';

/** A running job is looked after: its walltime, its supervisor, and what its process leaves behind. */

/** how often an ended job's left-over processes, and processes that are not our children, are looked at */
const LOOK_MS = 100;

/** Look after a running job. @returns when to look again, in milliseconds since the epoch */
export function watch(core: Core, job: Job, now: number): number {
  if (core.ending.has(job.id)) return Number.POSITIVE_INFINITY;
  let next = Number.POSITIVE_INFINITY;
  const limit = readDuration(job.resources.walltime ?? '');
  if (job.ending) {
    const grace = ownMilliseconds(
      core.settings,
      job.ending.why === 'walltime' ? 'stage_walltime_grace' : 'stage_delete_grace',
    );
    const killAt = job.ending.at + grace;
    if (now >= killAt) signalJob(core, job, SIGKILL);
    next = Math.max(killAt, now + LOOK_MS);
  } else if (limit !== undefined) {
    const due = (job.stime ?? now) + limit * 1000 + ownMilliseconds(core.settings, 'stage_walltime_delay');
    if (now >= due) {
      endForWalltime(core, job, Math.floor((now - (job.stime ?? now)) / 1000), limit);
      next = now + LOOK_MS;
    } else next = due;
  }
  if (job.sessionId === undefined) {
    job.sessionId = sessionOf(core.places.run(job.id));
    if (job.sessionId === undefined) next = Math.min(next, now + LOOK_MS);
    else {
      core.store.saveJob(job);
      signalJob(core, job, core.owed.get(job.id) ?? 0);
      core.owed.delete(job.id);
    }
  }
  if (!core.mine.has(job.id)) {
    look(core, job);
    next = Math.min(next, now + 2 * LOOK_MS);
  }
  return next;
}

function endForWalltime(core: Core, job: Job, used: number, limit: number): void {
  const path = liveFile(job, 'ER', core.places);
  try {
    if (path !== '/dev/null')
      writeFileSync(path, `=>> PBS: job killed: walltime ${used} exceeded limit ${limit}\n`, {
        flag: 'a',
        mode: 0o600,
      });
  } catch (error) {
    core.log(`job ${job.id}: ${String(error)}`);
  }
  endRunning(core, job, {why: 'walltime', by: core.names.server, at: Date.now()}, SIGTERM);
}

/** See what the supervisor of a running job has to say. */
function look(core: Core, job: Job): void {
  if (core.closed || core.jobs.get(job.id) !== job || job.state !== 'R' || core.ending.has(job.id)) return;
  const seen = lookAtSupervisor(core.places.run(job.id));
  switch (seen.kind) {
    case 'running':
    case 'starting':
      return;
    case 'ended':
      safely(core, settleEnd(core, job, seen.status));
      return;
    case 'absent':
      // The server was killed between its record and the start. No other process will start it now.
      if (callOff(core.places.run(job.id))) backAfterFailure(core, job);
      return;
    case 'vanished':
      signalJob(core, job, SIGKILL);
      if (job.ending?.why === 'deleted' || job.ending?.why === 'walltime') finishSafely(core, job, 128 + SIGKILL);
      else if (job.ending?.why === 'requeue') backToQueue(core, job, undefined);
      else if (job.rerunnable) backAfterFailure(core, job);
      else finishSafely(core, job, EXIT_LOST);
      return;
    default:
      seen satisfies never;
  }
}

/** The job's own process has ended: end what it left behind, then the job. */
async function settleEnd(core: Core, job: Job, status: number): Promise<void> {
  core.ending.add(job.id);
  if (job.ending?.why === 'deleted' && !job.ending.force)
    await pause(job.ending.at + ownMilliseconds(core.settings, 'stage_delete_delay') - Date.now());
  // After a signal the processes below the shell may still be busy with it: give them their time.
  const grace =
    job.ending?.why === 'walltime'
      ? ownMilliseconds(core.settings, 'stage_walltime_grace')
      : ownMilliseconds(core.settings, 'stage_delete_grace');
  const until = (job.signalled?.at ?? 0) + grace;
  while (!core.closed && Date.now() < until && processesOf(core, job).length > 0) await pause(LOOK_MS);
  for (let round = 0; round < 20 && signalJob(core, job, SIGKILL) > 0; round += 1) await pause(5);
  if (core.closed) {
    core.ending.delete(job.id);
    return;
  }
  await finish(core, job, status);
  core.ending.delete(job.id);
}
