import type {Core} from '../core.ts';
import {SIGKILL} from '../life/ending.ts';
import type {Job} from '../store/job.ts';
import {membersOf, signalAll} from './sessions.ts';
import {callOff, giveUpRun, lookAtSupervisor, sessionOf, supervisorOf} from './supervisor.ts';

/** The processes of a job, and signals to them. */

/** All living processes of a job: those of its session, but for its supervisor. */
export function processesOf(core: Core, job: Job): number[] {
  const session = sessionOf(core.places.run(job.id)) ?? job.sessionId;
  if (session === undefined) return [];
  const supervisor = supervisorOf(core.places.run(job.id));
  return membersOf(session).filter((pid) => pid !== supervisor);
}

/** @returns how many processes there were */
export function signalJob(core: Core, job: Job, signal: number): number {
  return signalAll(processesOf(core, job), signal);
}

export function endRunning(core: Core, job: Job, why: NonNullable<Job['ending']>, signal: number): void {
  job.ending = why;
  job.signalled = {number: signal, at: why.at};
  core.save(job);
  // Its session has not begun: it gets the signal once it is known.
  if (signalJob(core, job, signal) === 0 && sessionOf(core.places.run(job.id)) === undefined)
    core.owed.set(job.id, signal);
  core.wake();
}

/** End the processes of a run at once, and the supervisor first, so that it writes nothing. */
export function killRun(core: Core, job: Job): void {
  callOff(core.places.run(job.id));
  giveUpRun(core.places.run(job.id));
  const seen = lookAtSupervisor(core.places.run(job.id));
  if (seen.kind === 'running') {
    signalAll([seen.pid], SIGKILL);
    signalAll(membersOf(seen.pid), SIGKILL);
  }
  for (let round = 0; round < 5 && signalJob(core, job, SIGKILL) > 0; round += 1);
}
