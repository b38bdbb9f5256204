import type {TaskId} from '../../src/base/ids.ts';
import type {JobId} from '../../src/base/job-id.ts';
import type {Place, TaskRequest} from '../../src/base/task-request.ts';
import type {EngineContext, EngineSettings} from '../../src/engine/context.ts';
import {TransferUnreachable} from '../../src/globus-errors.ts';
import {openLedger} from '../../src/ledger/ledger.ts';
import {openMonitorLedger} from '../../src/ledger/monitor-facts.ts';
import {
  type JobRequest,
  type JobSeen,
  type Scheduler,
  SchedulerUnreachable,
  type Submission,
} from '../../src/scheduler/scheduler.ts';
import {watchEffects} from '../../src/submission/crash-points.ts';
import type {FileEntry, TaskSeen, TransferService} from '../../src/transfer/transfer-service.ts';
import type {MovedFile} from '../../src/workflow/model/moved-files.ts';
import {ENGINE_SETTINGS, live, task} from './a-run.ts';

/** Thrown in the place of a SIGKILL: nothing after it happens. */
export class Died extends Error {}

/** A scheduler in memory: what it was asked, and what a test makes it show. */
export class FakeScheduler implements Scheduler {
  readonly jobs = new Map<JobId, {request: JobRequest; seen: JobSeen}>();
  down = false;
  answerNext: Submission | undefined;
  private next = 1;

  async submit(request: JobRequest): Promise<Submission> {
    if (this.answerNext) {
      const answer = this.answerNext;
      this.answerNext = undefined;
      return answer;
    }
    if (this.down) return {kind: 'unreachable', error: new SchedulerUnreachable('qsub', 'down')};
    const job = `${this.next++}.s` as JobId;
    const held = request.hold || request.dependencies.length > 0;
    const state = held ? 'held' : request.startAt ? 'waiting' : 'queued';
    this.jobs.set(job, {
      request,
      seen: live(state, {userHold: request.hold, ...(request.startAt ? {startAt: request.startAt} : {})}),
    });
    return {kind: 'submitted', job};
  }

  private reach(asked: string): void {
    if (this.down) throw new SchedulerUnreachable(asked, 'down');
  }

  async release(job: JobId): Promise<void> {
    this.reach('qrls');
    const found = this.jobs.get(job);
    if (found?.seen.kind === 'live') found.seen = {...found.seen, userHold: false, state: 'queued'};
  }

  async hold(job: JobId): Promise<void> {
    this.reach('qhold');
    const found = this.jobs.get(job);
    if (found?.seen.kind === 'live') found.seen = {...found.seen, userHold: true, state: 'held'};
  }

  async delete(job: JobId): Promise<void> {
    this.reach('qdel');
    const found = this.jobs.get(job);
    if (found) found.seen = {kind: 'ended', how: 'deleted', reason: 'deleted', name: ''};
  }

  async moveStart(job: JobId, startAt: number): Promise<void> {
    this.reach('qalter');
    const found = this.jobs.get(job);
    if (found?.seen.kind === 'live') found.seen = {...found.seen, startAt};
  }

  async look(jobs: readonly JobId[]): Promise<ReadonlyMap<JobId, JobSeen>> {
    return new Map(jobs.map((job) => [job, this.down ? {kind: 'no-evidence', why: 'down'} : this.shown(job)]));
  }

  async findByTag(tags: readonly string[]): Promise<ReadonlyMap<string, JobId>> {
    this.reach('qselect');
    return new Map(
      [...this.jobs].flatMap(([job, {request}]) => (tags.includes(request.tag) ? [[request.tag, job] as const] : [])),
    );
  }

  /** jobs a test is interested in, by the end of their script's name */
  submitted(part: string): JobId[] {
    return [...this.jobs].flatMap(([job, {request}]) => (request.script.includes(part) ? [job] : []));
  }

  private shown(job: JobId): JobSeen {
    const found = this.jobs.get(job);
    if (!found) return {kind: 'unknown'};
    const {request, seen} = found;
    return seen.kind === 'live' || seen.kind === 'ended' ? {tag: request.tag, ...seen} : seen;
  }

  show(job: JobId, seen: JobSeen): void {
    const found = this.jobs.get(job);
    if (found) found.seen = seen;
  }
}

/** Globus in memory: tasks by submission id. */
export class FakeTransfers implements TransferService {
  readonly tasks = new Map<string, {task: TaskId; request: TaskRequest; seen: TaskSeen}>();
  down = false;
  /** thrown at every submission until it is taken away */
  refuseWith: Error | undefined;
  private ids = 0;

  private reach(): void {
    if (this.down) throw new TransferUnreachable('it', 'down');
  }

  async newSubmissionId(): Promise<string> {
    this.reach();
    return `sub-${++this.ids}`;
  }

  async submit(id: string, request: TaskRequest): Promise<TaskId> {
    this.reach();
    if (this.refuseWith) throw this.refuseWith;
    const known = this.tasks.get(id) ?? {
      task: `task-${id}` as TaskId,
      request,
      seen: task('active', {task: `task-${id}` as TaskId}),
    };
    this.tasks.set(id, known);
    return known.task;
  }

  async look(tasks: readonly TaskId[]): Promise<ReadonlyMap<TaskId, TaskSeen>> {
    const known = [...this.tasks.values()];
    return new Map(
      tasks.map((id) => [
        id,
        this.down
          ? {kind: 'no-evidence', why: 'down'}
          : (known.find((each) => each.task === id)?.seen ?? {kind: 'unknown'}),
      ]),
    );
  }

  async cancel(id: TaskId): Promise<void> {
    this.reach();
    for (const each of this.tasks.values())
      if (each.task === id && each.seen.kind === 'task' && !['succeeded', 'failed'].includes(each.seen.state))
        each.seen = task('cancelled', {task: id});
  }

  async events() {
    return [];
  }

  async recent() {
    return [...this.tasks.values()].flatMap(({seen}) => (seen.kind === 'task' ? [seen] : []));
  }

  /** what every task moved; an error is thrown instead */
  files: readonly MovedFile[] | Error = [];

  async moved() {
    this.reach();
    if (this.files instanceof Error) throw this.files;
    return this.files;
  }

  async pauses() {
    return [];
  }

  async stat(_place?: Place): Promise<FileEntry | undefined> {
    return undefined;
  }

  async makeDirectory(_place?: Place): Promise<void> {}

  async skipped() {
    return {files: [], more: false};
  }

  async list() {
    return [];
  }

  async collection(): Promise<never> {
    throw new Error('no test asks for a collection');
  }

  show(label: string, seen: TaskSeen): void {
    for (const each of this.tasks.values()) if (each.request.label.includes(label)) each.seen = seen;
  }
}

export interface FakeWorld {
  readonly scheduler: FakeScheduler;
  readonly transfers: FakeTransfers;
  now: number;
  /** dies at the n-th effect (fact, submission, release …), counted from 1; undefined: never */
  dieAt: number | undefined;
  effects: string[];
  /** where they are to differ from the usual ones */
  settings: Partial<EngineSettings>;
  context(): EngineContext;
}

/**
 * A world with a real ledger in a directory, and PBS and Globus in memory. Every effect (each fact, each question that
 * changes something) is counted on both sides, and a process can be made to die before or after any of them.
 */
export function fakeWorld(directory: string): FakeWorld {
  const world: FakeWorld = {
    scheduler: new FakeScheduler(),
    transfers: new FakeTransfers(),
    now: 1_000_000,
    dieAt: undefined,
    effects: [],
    settings: {},
    context() {
      let dead = false;
      const watched = watchEffects((point) => {
        if (dead) throw new Died(point); // what was under way beside it dies with it
        world.effects.push(point);
        dead = world.effects.length === world.dieAt;
        if (dead) throw new Died(point);
      });
      const ledger = openLedger(directory);
      return watched.context({
        ledger: watched.ledger(ledger),
        monitors: openMonitorLedger(ledger.layout.monitor),
        scheduler: world.scheduler,
        transfers: world.transfers,
        jobFiles: {
          forRun: (_run, action, key, tag) =>
            requestOf(`${key}.sh`, tag, {hold: action.hold, dependencies: action.dependencies}),
          forMonitor: (generation, startAt, tag) => requestOf(`monitor-${generation}.sh`, tag, {startAt}),
        },
        clock: () => world.now,
        sleep: async (ms) => {
          world.now += ms;
          await new Promise((resolve) => setImmediate(resolve));
        },
        newWord: () => `w${world.effects.length}-${world.scheduler.jobs.size}`,
        by: 'test',
        settings: {
          ...ENGINE_SETTINGS,
          ...world.settings,
        },
      });
    },
  };
  return world;
}

/** A submission with nothing but its script and tag. */
export function requestOf(script: string, tag: string, more: Partial<JobRequest>): JobRequest {
  return {
    script,
    workdir: '/',
    tag,
    userVariables: [],
    hold: false,
    dependencies: [],
    resources: {},
    joinOutput: true,
    noMail: true,
    extraArgs: [],
    ...more,
  };
}
