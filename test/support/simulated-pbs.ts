import type {JobId} from '../../src/base/job-id.ts';
import {
  type Dependency,
  type JobRequest,
  type JobSeen,
  type NotDone,
  type Scheduler,
  SchedulerRefused,
  SchedulerUnreachable,
  type Submission,
} from '../../src/scheduler/scheduler.ts';
import {eachOf} from './fakes.ts';

/** A job as the simulated PBS keeps it. */
export interface SimulatedJob {
  readonly id: JobId;
  readonly request: JobRequest;
  state: 'pending' | 'running' | 'finished';
  userHold: boolean;
  /** what the last qhold wrote; goes with the hold */
  comment: string | undefined;
  /** an array of which a member has begun */
  begun: boolean;
  /** ids that are still to end, by type; met ones vanish */
  waits: {type: Dependency['type']; on: JobId}[];
  startAt: number | undefined;
  /** told to end by qdel while it ran */
  terminating: boolean;
  how: 'ran' | 'deleted' | 'removed' | undefined;
  exit: number | undefined;
}

/**
 * PBS in memory, with what dependencies, holds and deletions do to each other. Nothing happens by itself: whoever
 * drives it starts and ends jobs. All facts measured on OpenPBS 23.06:
 * - a dependent of a job that was deleted before it ran stays held for ever, unless that job waited itself; of an array
 *   `afterok` is removed, the others run
 * - a job removed by its dependency takes everything behind it along, and leaves no exit status
 * - a dependency on a job that never ran, but is in the history, counts as met for `afterok` and `afterany`
 * - a dependency on an id that PBS does not know aborts the new job, after a qsub that succeeded
 */
export class SimulatedPbs implements Scheduler {
  readonly jobs = new Map<JobId, SimulatedJob>();
  down = false;
  /** how many jobs it takes; it says so when it is asked for more */
  limit = Number.POSITIVE_INFINITY;
  /** what the next qsub comes to, besides a job */
  next: 'limit' | 'lost-answer' | 'timeout' | undefined;
  /** what every qsub of a monitor comes to, besides a job */
  monitors: 'limit' | 'lost-answer' | 'timeout' | undefined;
  private ids = 0;

  constructor(private readonly clock: () => number) {}

  async submit(request: JobRequest): Promise<Submission> {
    if (this.down) return {kind: 'unreachable', error: new SchedulerUnreachable('qsub', 'down')};
    const ofMonitor = request.script.startsWith('monitor') ? this.monitors : undefined;
    const next = ofMonitor ?? this.next;
    if (ofMonitor === undefined) this.next = undefined;
    if (next === 'limit' || this.live().length >= this.limit)
      return {
        kind: 'refused',
        retry: true,
        full: true,
        error: new SchedulerRefused({asked: 'qsub', why: 'would exceed limit'}),
      };
    if (next === 'timeout') return {kind: 'unclear', why: 'timeout, and nothing arrived'};
    const id = `${++this.ids}${request.array ? '[]' : ''}.s` as JobId; // ids are made here, as qsub does
    const job: SimulatedJob = {
      id,
      request,
      state: 'pending',
      userHold: request.hold,
      comment: undefined,
      begun: false,
      waits: [],
      startAt: request.startAt,
      terminating: false,
      how: undefined,
      exit: undefined,
    };
    this.jobs.set(id, job);
    for (const {type, jobs} of request.dependencies) for (const on of jobs) this.register(job, type, on);
    return next === 'lost-answer' ? {kind: 'unclear', why: 'timeout'} : {kind: 'submitted', job: id};
  }

  private register(job: SimulatedJob, type: Dependency['type'], on: JobId): void {
    const other = this.jobs.get(on);
    if (!other) {
      this.remove(job);
      return;
    }
    if (other.state !== 'finished') {
      job.waits.push({type, on});
      return;
    }
    const status = other.exit ?? 0;
    const met = type === 'afterany' || (type === 'afterok' ? status === 0 : status !== 0);
    if (!met) this.remove(job);
  }

  /** May it start now? */
  isReady(job: SimulatedJob): boolean {
    return (
      job.state === 'pending' &&
      !job.userHold &&
      job.waits.length === 0 &&
      (job.startAt === undefined || job.startAt <= this.clock())
    );
  }

  start(job: SimulatedJob): void {
    job.state = 'running';
  }

  end(job: SimulatedJob, exit: number): void {
    job.state = 'finished';
    job.how = 'ran';
    job.exit = exit;
    for (const {dependent, type} of this.dependents(job)) {
      const met = type === 'afterany' || (type === 'afterok' ? exit === 0 : exit !== 0);
      if (met) dependent.waits = dependent.waits.filter(({on}) => on !== job.id);
      else this.remove(dependent);
    }
  }

  private remove(job: SimulatedJob): void {
    if (job.state === 'finished') return;
    job.state = 'finished';
    job.how = 'removed';
    for (const {dependent} of this.dependents(job)) this.remove(dependent);
  }

  private dependents(job: SimulatedJob) {
    return [...this.jobs.values()].flatMap((dependent) =>
      dependent.state === 'pending'
        ? dependent.waits.flatMap(({type, on}) => (on === job.id ? [{dependent, type}] : []))
        : [],
    );
  }

  /** What qdel does, whoever asks. */
  drop(job: SimulatedJob): void {
    if (job.state === 'running') job.terminating = true;
    if (job.state !== 'pending') return;
    const waited = job.waits.length > 0;
    job.state = 'finished';
    job.how = 'deleted';
    for (const {dependent, type} of this.dependents(job)) {
      if (job.request.array && type !== 'afterok') dependent.waits = dependent.waits.filter(({on}) => on !== job.id);
      else if (waited || job.request.array) this.remove(dependent);
    }
  }

  private reach(asked: string): void {
    if (this.down) throw new SchedulerUnreachable(asked, 'down');
  }

  async release(id: JobId): Promise<void> {
    this.reach('qrls');
    const job = this.jobs.get(id);
    if (job) this.free(job);
  }

  /** What qrls does, whoever asks. */
  free(job: SimulatedJob): void {
    job.userHold = false;
    job.comment = undefined;
  }

  /** What qhold does, whoever asks. */
  keep(job: SimulatedJob, by: string): void {
    job.userHold = true;
    job.comment = `Job held by ${by} on day ${this.clock()}`;
  }

  async hold(id: JobId): Promise<void> {
    this.reach('qhold');
    const job = this.jobs.get(id);
    if (job && job.state !== 'finished') this.keep(job, 'stage');
  }

  async delete(id: JobId): Promise<void> {
    this.reach('qdel');
    const job = this.jobs.get(id);
    if (job) this.drop(job);
  }

  releaseAll(jobs: readonly JobId[]): Promise<NotDone> {
    return eachOf(jobs, (job) => this.release(job));
  }

  deleteAll(jobs: readonly JobId[]): Promise<NotDone> {
    return eachOf(jobs, (job) => this.delete(job));
  }

  async moveStart(id: JobId, startAt: number): Promise<void> {
    this.reach('qalter');
    const job = this.jobs.get(id);
    if (job?.state === 'pending') job.startAt = startAt;
  }

  async look(ids: readonly JobId[]): Promise<ReadonlyMap<JobId, JobSeen>> {
    return new Map(ids.map((id) => [id, this.down ? {kind: 'no-evidence', why: 'down'} : this.seen(id)]));
  }

  private seen(id: JobId): JobSeen {
    const job = this.jobs.get(id);
    if (!job) return {kind: 'unknown'};
    const {exit} = job;
    if (job.state === 'finished') {
      const reason = exit === undefined ? `${job.how} before it started` : `exit status ${exit}`;
      return {
        kind: 'ended',
        how: job.how ?? 'ran',
        reason,
        name: 'j',
        ...(exit === undefined ? {} : {exitStatus: exit}),
      };
    }
    const held = job.userHold || job.waits.length > 0;
    const heldArray = job.userHold && job.request.array !== undefined && job.begun;
    const late = job.startAt !== undefined && job.startAt > this.clock();
    return {
      kind: 'live',
      state: job.state === 'running' && !heldArray ? 'running' : held ? 'held' : late ? 'waiting' : 'queued',
      ...(heldArray ? {begun: true} : {}),
      ...(job.comment === undefined ? {} : {comment: job.comment}),
      userHold: job.userHold,
      otherHold: job.state === 'pending' && job.waits.length > 0,
      name: 'j',
      queue: 'workq',
      tag: job.request.tag,
      ...(late ? {startAt: job.startAt} : {}),
    };
  }

  async findByTag(tags: readonly string[]): Promise<ReadonlyMap<string, JobId>> {
    this.reach('qselect');
    return new Map(
      [...this.jobs.values()].flatMap(({id, request}) =>
        tags.includes(request.tag) ? [[request.tag, id] as const] : [],
      ),
    );
  }

  /** Finished jobs leave the history. */
  forget(): void {
    for (const job of [...this.jobs.values()]) if (job.state === 'finished') this.jobs.delete(job.id);
  }

  live(): SimulatedJob[] {
    return [...this.jobs.values()].filter((job) => job.state !== 'finished');
  }
}
