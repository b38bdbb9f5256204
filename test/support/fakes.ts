import {basename, dirname, join} from 'node:path/posix';
import type {TaskId} from '../../src/base/ids.ts';
import type {JobId} from '../../src/base/job-id.ts';
import type {Place, TaskRequest} from '../../src/base/task-request.ts';
import {openAdmission} from '../../src/campaign/admit.ts';
import {openCampaigns} from '../../src/campaign/campaigns.ts';
import type {EngineContext, EngineSettings} from '../../src/engine/context.ts';
import {openRateHints} from '../../src/engine/rate-hints.ts';
import {createActs} from '../../src/files/acts.ts';
import {TransferRefused, TransferUnreachable} from '../../src/globus-errors.ts';
import {type JobStore, openJobStore} from '../../src/ledger/job-store.ts';
import {openMonitorLedger} from '../../src/ledger/monitor-facts.ts';
import {openLedger} from '../../src/ledger/open-ledger.ts';
import {type LimitSettings, openLimits} from '../../src/limits/open-limits.ts';
import {
  type JobRequest,
  type JobSeen,
  type NotDone,
  type Scheduler,
  SchedulerUnreachable,
  type Submission,
} from '../../src/scheduler/scheduler.ts';
import {watchEffects} from '../../src/submission/crash-points.ts';
import type {
  CollectionSeen,
  FileEntry,
  Pause,
  TaskChange,
  TaskSeen,
  TransferService,
  TransferTask,
} from '../../src/transfer/transfer-service.ts';
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
      seen: live(state, {
        userHold: request.hold,
        otherHold: request.dependencies.length > 0,
        ...(request.startAt ? {startAt: request.startAt} : {}),
      }),
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

  releaseAll(jobs: readonly JobId[]): Promise<NotDone> {
    return eachOf(jobs, (job) => this.release(job));
  }

  deleteAll(jobs: readonly JobId[]): Promise<NotDone> {
    return eachOf(jobs, (job) => this.delete(job));
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

  /** A job runs and ends; those that wait for it may start. */
  finish(job: JobId, exitStatus: number): void {
    this.show(job, {kind: 'ended', how: 'ran', reason: `exit status ${exitStatus}`, exitStatus, name: ''});
    for (const {request, seen} of this.jobs.values())
      if (seen.kind === 'live' && request.dependencies.some(({jobs}) => jobs.includes(job)))
        Object.assign(seen, {otherHold: false, state: seen.userHold ? 'held' : 'queued'});
  }

  show(job: JobId, seen: JobSeen): void {
    const found = this.jobs.get(job);
    if (found) found.seen = seen;
  }
}

/** What is asked of many jobs, asked of each. */
export async function eachOf(jobs: readonly JobId[], ask: (job: JobId) => Promise<void>): Promise<NotDone> {
  const notDone = new Map<JobId, SchedulerUnreachable>();
  for (const job of jobs)
    await ask(job).catch((error: unknown) => {
      if (!(error instanceof SchedulerUnreachable)) throw error;
      notDone.set(job, error);
    });
  return notDone;
}

/** Globus in memory: tasks by submission id, and the files that a test puts there. */
export class FakeTransfers implements TransferService {
  readonly tasks = new Map<string, {task: TaskId; request: TaskRequest; seen: TaskSeen}>();
  down = false;
  /** thrown at every submission until it is taken away */
  refuseWith: Error | undefined;
  /** so many tasks may be pending, and no more */
  mostPending = Number.POSITIVE_INFINITY;
  /** it looks for room before it looks whether it knows the submission id */
  roomFirst = false;
  /** tasks that are submitted are begun, and so many of the answers are lost */
  losesAnswers = 0;
  clock = () => 0;
  /** how often it was asked how many tasks are pending */
  counted = 0;
  /** how many submissions were refused for want of room */
  refusedForRoom = 0;
  /** why every task that has not ended is paused */
  paused: readonly Pause[] = [];
  private ids = 0;
  private readonly collections = new Map<string, CollectionSeen>();
  private readonly entries = new Map<string, FileEntry>();

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
    const known = this.tasks.get(id);
    if (known && !this.roomFirst) return known.task;
    if (this.pending.length >= this.mostPending) {
      this.refusedForRoom += 1;
      throw new TransferRefused({
        asked: 'POST /transfer',
        globusCode: 'TooMany',
        why: 'so many are pending',
        later: 'room',
      });
    }
    if (known) return known.task;
    const made = `task-${id}` as TaskId;
    const ends =
      'collection' in request
        ? {sourceCollection: request.collection, destinationCollection: ''}
        : {sourceCollection: request.sourceCollection, destinationCollection: request.destinationCollection};
    this.tasks.set(id, {
      task: made,
      request,
      seen: task('active', {task: made, label: request.label, requestedAt: this.clock(), ...ends}),
    });
    if (this.losesAnswers-- > 0) throw new TransferUnreachable('POST /transfer', 'the answer was lost');
    return made;
  }

  async look(tasks: readonly TaskId[]): Promise<ReadonlyMap<TaskId, TaskSeen>> {
    return new Map(
      tasks.map((id) => [
        id,
        this.down ? {kind: 'no-evidence', why: 'down'} : (this.find(id)?.seen ?? {kind: 'unknown'}),
      ]),
    );
  }

  /** tasks that have not ended */
  get pending(): TransferTask[] {
    return [...this.tasks.values()].flatMap(({seen}) => (seen.kind === 'task' && !hasEnded(seen) ? [seen] : []));
  }

  private find(id: TaskId): {request: TaskRequest; seen: TaskSeen} | undefined {
    const found = [...this.tasks.values()].find((each) => each.task === id);
    if (found?.seen.kind !== 'task' || this.paused.length === 0 || hasEnded(found.seen)) return found;
    return {...found, seen: {...found.seen, state: 'paused'}};
  }

  async cancel(id: TaskId): Promise<void> {
    this.reach();
    for (const each of this.tasks.values())
      if (each.task === id && each.seen.kind === 'task' && !hasEnded(each.seen))
        each.seen = {...each.seen, state: 'cancelled'};
  }

  async update(id: TaskId, {label, deadline}: TaskChange): Promise<void> {
    this.reach();
    for (const each of this.tasks.values()) {
      if (each.task !== id || each.seen.kind !== 'task') continue;
      if (hasEnded(each.seen))
        throw new TransferRefused({
          asked: `PUT /task/${id}`,
          globusCode: 'ClientError.BadRequest',
          why: 'it has ended',
        });
      each.seen = {
        ...each.seen,
        label: label ?? each.seen.label,
        deadline: deadline === undefined ? each.seen.deadline : Date.parse(deadline),
      };
    }
  }

  async events() {
    this.reach();
    return [];
  }

  async recent({unfinished = false, deletions = false}: {readonly unfinished?: boolean; deletions?: boolean} = {}) {
    this.reach();
    if (deletions) this.counted += 1;
    return [...this.tasks.values()]
      .flatMap(({request, seen}) => (seen.kind === 'task' && (deletions || 'items' in request) ? [seen] : []))
      .filter((seen) => !unfinished || !hasEnded(seen))
      .reverse();
  }

  /** what every task moved; an error is thrown instead */
  files: readonly MovedFile[] | Error = [];

  async moved(id: TaskId): Promise<readonly MovedFile[]> {
    this.reach();
    const seen = this.find(id)?.seen;
    if (seen?.kind === 'task' && !hasEnded(seen)) throw refused('ClientError.BadRequest', {collection: id, path: ''});
    if (this.files instanceof Error) throw this.files;
    return this.files;
  }

  async pauses(id: TaskId): Promise<readonly Pause[]> {
    this.reach();
    const seen = this.find(id)?.seen;
    return seen?.kind === 'task' && seen.state === 'paused' ? this.paused : [];
  }

  async stat(place: Place): Promise<FileEntry | undefined> {
    this.reach();
    return this.entries.get(keyOf(place));
  }

  async makeDirectory(place: Place): Promise<void> {
    this.reach();
    const above = keyOf({...place, path: dirname(place.path.replace(/\/+$/, ''))});
    if (this.entries.has(keyOf(place))) throw refused('ExternalError.MkdirFailed.Exists', place);
    if (!isTop(above) && !this.entries.has(above)) throw refused('ExternalError.MkdirFailed.NotFound', place);
    this.entries.set(keyOf(place), {name: basename(place.path), type: 'dir', sizeBytes: 0});
  }

  async skipped() {
    this.reach();
    return {files: [], more: false};
  }

  async list(place: Place, most?: number): Promise<readonly FileEntry[]> {
    this.reach();
    const key = keyOf(place);
    if (!isTop(key) && this.entries.get(key)?.type !== 'dir') throw refused('ClientError.NotFound', place);
    return [...this.entries].flatMap(([path, entry]) => (dirname(path) === key ? [entry] : [])).slice(0, most);
  }

  async collection(id: string): Promise<CollectionSeen> {
    this.reach();
    const found = this.collections.get(id);
    if (!found) throw refused('EndpointNotFound', {collection: id, path: '/'});
    return found;
  }

  /** @returns its id */
  addCollection(name: string): string {
    const id = `id-of-${name}`;
    this.collections.set(id, {id, displayName: name, owner: 'me', entityType: 'GCSv5_mapped_collection'});
    return id;
  }

  /** Put a file somewhere, with the directories above it. */
  put({collection, path}: Place, sizeBytes: number): void {
    for (let above = dirname(path); above !== '/'; above = dirname(above))
      this.entries.set(keyOf({collection, path: above}), {name: basename(above), type: 'dir', sizeBytes: 0});
    this.entries.set(keyOf({collection, path}), {name: basename(path), type: 'file', sizeBytes});
  }

  /** Let a transfer arrive. */
  finish(id: TaskId): void {
    for (const each of this.tasks.values()) {
      if (each.task !== id || each.seen.kind !== 'task' || !('items' in each.request)) continue;
      each.seen = {...each.seen, state: 'succeeded'};
      this.files = each.request.items.map(({from, to}) => ({from, to}));
    }
  }

  show(label: string, seen: TaskSeen): void {
    for (const each of this.tasks.values()) if (each.request.label.includes(label)) each.seen = seen;
  }
}

function hasEnded({state}: TransferTask): boolean {
  return ['succeeded', 'failed', 'cancelled'].includes(state);
}

/** `id:/a/b`, without a slash at the end; the top of a collection is `id:` */
function keyOf({collection, path}: Place): string {
  return `${collection}:${path.replace(/\/+$/, '')}`;
}

/** The top of a collection and home directories are always there. */
function isTop(key: string): boolean {
  return /:(\/~)?$/.test(key);
}

function refused(globusCode: string, {collection, path}: Place): TransferRefused {
  return new TransferRefused({asked: `${collection}:${path}`, globusCode, why: globusCode});
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
  /** why no item of a campaign is admitted now */
  putOff: string | undefined;
  /** what the profile says of limits; undefined: it has none */
  limits: LimitSettings | undefined;
  context(): EngineContext;
  /** a process that submits single jobs */
  submitter(): {readonly jobs: JobStore; readonly scheduler: Scheduler};
}

/**
 * A world with a real ledger in a directory, and PBS and Globus in memory. Every effect (each fact, each question that
 * changes something) is counted on both sides, and a process can be made to die before or after any of them.
 */
export function fakeWorld(directory: string): FakeWorld {
  const process = () => {
    let dead = false;
    return watchEffects((point) => {
      if (dead) throw new Died(point); // what was under way beside it dies with it
      world.effects.push(point);
      dead = world.effects.length === world.dieAt;
      if (dead) throw new Died(point);
    });
  };
  const transfers = new FakeTransfers();
  transfers.clock = () => world.now;
  const world: FakeWorld = {
    scheduler: new FakeScheduler(),
    transfers,
    now: 1_000_000,
    dieAt: undefined,
    effects: [],
    settings: {},
    putOff: undefined,
    limits: undefined,
    submitter() {
      const watched = process();
      return {jobs: watched.jobs(openJobStore(directory)), scheduler: watched.scheduler(world.scheduler)};
    },
    context() {
      const watched = process();
      const ledger = watched.ledger(openLedger(directory));
      const campaigns = watched.campaigns(openCampaigns(ledger.layout));
      const clock = () => world.now;
      return watched.context({
        ledger,
        admission: openAdmission(campaigns, {ledger, clock, by: 'test', putOff: async () => world.putOff}),
        monitors: openMonitorLedger(ledger.layout.monitor),
        scheduler: world.scheduler,
        transfers: world.transfers,
        acts: createActs(),
        rates: openRateHints(join(ledger.layout.cache, 'rates.json')),
        jobFiles: {
          forRun: (_run, action, key, tag) =>
            requestOf(`${key}.sh`, tag, {hold: action.hold, dependencies: action.dependencies}),
          forMonitor: (generation, startAt, tag) => requestOf(`monitor-${generation}.sh`, tag, {startAt}),
          forProbe: (_directory, tag) => requestOf('probe.sh', tag, {}),
        },
        limits: world.limits && openLimits(directory, world.limits, {by: 'test', clock}),
        clock,
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
