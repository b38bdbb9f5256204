import type {Core} from '../core.ts';
import {SIGKILL} from '../life/ending.ts';
import type {Job} from '../store/job.ts';
import {signalSession} from './sessions.ts';
import {callOff, lookAtSupervisor} from './supervisor.ts';

/** Signals to the processes of a job. */

export function endRunning(core: Core, job: Job, why: NonNullable<Job['ending']>, signal: number): void {
  job.ending = why;
  job.signalled = {number: signal, at: why.at};
  core.save(job);
  if (job.sessionId !== undefined) signalSession(job.sessionId, signal);
  core.wake();
}

/** End the processes of a run at once, and the supervisor first, so that it writes nothing. */
export function killRun(core: Core, job: Job): void {
  callOff(core.places.run(job.id));
  const seen = lookAtSupervisor(core.places.run(job.id));
  const session = seen.kind === 'running' ? seen.pid : job.sessionId;
  if (session === undefined) return;
  if (seen.kind === 'running') {
    try {
      process.kill(seen.pid, SIGKILL);
    } catch {
      // ended on its own
    }
  }
  for (let round = 0; round < 5 && signalSession(session, SIGKILL) > 0; round += 1);
}
