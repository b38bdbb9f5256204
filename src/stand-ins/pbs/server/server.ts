import type {PbsFault} from '../language/answer.ts';
import type {ServerNames} from '../language/job-id.ts';
import type {Submission} from '../language/submission/submission.ts';
import {createClock} from './clock.ts';
import {type BlockAnswer, type Core, createCore, type ServerParts} from './core.ts';
import {catchUp} from './dependencies/carry-out.ts';
import {changed, hold, release, setDepend} from './life/change-job.ts';
import {type Deletion, remove, removeIndices} from './life/delete-job.ts';
import {conclude, safely} from './life/end-job.ts';
import {SIGKILL} from './life/ending.ts';
import {endRunningJobs, wipe} from './life/shutdown.ts';
import {start} from './life/start-job.ts';
import {submit} from './life/submit-job.ts';
import {endRunning, signalJob} from './processes/end-processes.ts';
import {refusalToQueue} from './queues/limits.ts';
import {forget, historyOn} from './store/history.ts';
import {isFinished, type Job} from './store/job.ts';
import type {Journal} from './store/journal.ts';
import type {Settings} from './store/settings.ts';
import type {Places} from './store/store.ts';

/** The server: it owns the jobs, decides when they start, and learns how they end. */
export interface PbsServer {
  readonly names: ServerNames;
  readonly settings: Settings;
  readonly jobs: ReadonlyMap<string, Job>;
  readonly journal: Journal;
  readonly places: Places;
  /** tell the other jobs of dependencies that came with submissions; called before any command is answered */
  catchUp(): void;
  submit(submission: Submission, user: string): Job | PbsFault;
  hold(job: Job, letters: string, user: string): void;
  release(job: Job, letters: string, user: string): void;
  /** qdel. Held, queued and waiting jobs end at once, running ones later */
  remove(job: Job, by: Deletion): void;
  /** the indices of an array that have not started */
  removeIndices(array: Job, indices: readonly number[], by: Deletion): void;
  requeue(job: Job, user: string): void;
  /** start a queued job now, without asking whether it fits */
  run(job: Job): void;
  signal(job: Job, signal: number): void;
  /** set the dependencies that qalter gave */
  setDepend(job: Job, groups: Job['depend'], clear: boolean): void;
  /** record a change made by a command: settle the state, save, look what may start */
  changed(job: Job): void;
  settingsChanged(): void;
  forget(job: Job): void;
  /** wait for the answer of a blocking qsub */
  waitFor(id: string): Promise<BlockAnswer>;
  /** delete every job without a trace; returns how many there were */
  wipe(): number;
  /** stop serving; running jobs go on */
  close(): void;
  /** end running jobs; they are requeued, as after the full stop of a real server */
  stop(): Promise<void>;
  processors(): number;
  /** why this job may not be in its queue, or undefined */
  mayEnter(job: Job): PbsFault | undefined;
}

export function createServer(parts: ServerParts): PbsServer {
  const clock = createClock(() => core);
  const core: Core = createCore(parts, clock.wake);
  const {names, settings, jobs, journal, places, processors} = core;
  function close(): void {
    core.closed = true;
    clock.stop();
  }
  // A server that was killed while it delivered a job's output goes on with it.
  for (const job of [...jobs.values()]) if (job.state === 'E') safely(core, conclude(core, job));
  core.wake();
  return {
    names,
    settings,
    jobs,
    journal,
    places,
    processors,
    catchUp: () => catchUp(core),
    mayEnter: (job) => refusalToQueue(job, settings, jobs.values()),
    submit: (submission, user) => submit(core, submission, user),
    hold: (job, letters, user) => hold(core, job, letters, user),
    release: (job, letters, user) => release(core, job, letters, user),
    remove: (job, by) => remove(core, job, by),
    removeIndices: (array, indices, by) => removeIndices(core, array, indices, by),
    requeue(job, user) {
      journal.server('0008', job.id, `Job Rerun at request of ${user}@${names.server}`);
      endRunning(core, job, {why: 'requeue', by: user, at: Date.now()}, SIGKILL);
    },
    run: (job) => start(core, job),
    signal(job, signal) {
      if (signal === 0) return;
      job.signalled = {number: signal, at: Date.now()};
      core.store.saveJob(job);
      signalJob(core, job, signal);
    },
    setDepend: (job, groups, clear) => setDepend(core, job, groups, clear),
    changed: (job) => changed(core, job),
    settingsChanged() {
      if (!historyOn(core)) for (const job of [...jobs.values()]) if (isFinished(job)) forget(core, job);
      core.store.saveSettings(settings);
      core.wake();
    },
    forget: (job) => forget(core, job),
    waitFor: core.waitFor,
    wipe: () => wipe(core),
    close,
    async stop() {
      close();
      await endRunningJobs(core);
    },
  };
}
