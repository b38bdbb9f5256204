import type {TaskRequest} from '../base/task-request.ts';
import type {FactValue} from '../disk/facts.ts';
import type {Scheduler} from '../scheduler/scheduler.ts';
import type {TransferService} from '../transfer/transfer-service.ts';

/**
 * Called at every effect boundary; it may throw, or end the process.
 *
 * @param point such as `before fact compute.1.job.intent` or `after qsub compute.1.job`
 * @param run the run it is done for; undefined for the monitor chain, and for what is not known to be a run's
 */
export type Reach = (point: string, run?: string) => void;

/** A run, as far as its facts tell whose jobs and tasks are. */
interface Watchable {
  readonly id: string;
  readonly facts: ReadonlyMap<string, FactValue>;
}

/** What a ledger of runs does that another process can see. */
interface WatchableLedger {
  open(run: string): Watchable;
  refresh(run: Watchable): Watchable;
  createRun(
    number: number,
    spec: {readonly name: string},
    scripts: ReadonlyMap<string, Uint8Array>,
  ): string | undefined;
  create(run: string, name: string, value: FactValue): boolean;
  update(run: Watchable, decision: object, scripts: ReadonlyMap<string, Uint8Array>): boolean;
  resume(run: Watchable, decision: object): boolean;
  seal(run: Watchable, endedAt: number): unknown;
}

/** What the ledger of the monitor chain does that another process can see. */
interface WatchableMonitors {
  newest(): {readonly job?: string | undefined} | undefined;
  create(generation: number, kind: string, value: FactValue): boolean;
}

/** All that acts on the world beside the ledger. */
interface WatchableContext {
  readonly monitors: WatchableMonitors;
  readonly scheduler: Scheduler;
  readonly transfers: TransferService;
}

export interface Watched {
  ledger<L extends WatchableLedger>(ledger: L): L;
  context<C extends WatchableContext>(context: C): C;
}

/**
 * Wrap what stage acts through, so that each of its effects has a point before it and one after it.
 *
 * An effect is what another process can see: a fact, and a question to PBS or Globus that changes something. They are
 * named `fact NAME` (a person's decision too), `fact monitor.KIND`, `run-creation`, `resume-decision`, `seal`;
 * `qsub|qrls|qhold|qdel|qalter KEY` with KEY as in `compute.1.job` or `monitor`; `submission_id`;
 * `transfer|cancel STEP.ATTEMPT`.
 *
 * @returns wrappers of the ledger, which use-cases write to as well, and of the other things that stage acts through
 */
export function watchEffects(reach: Reach): Watched {
  const owners: Owners = new Map();
  return {
    ledger: (ledger) => watchLedger(ledger, reach, owners),
    context: (context) => ({
      ...context,
      monitors: watchMonitors(context.monitors, reach, owners),
      scheduler: watchScheduler(context.scheduler, reach, owners),
      transfers: watchTransfers(context.transfers, reach, owners),
    }),
  };
}

interface Owner {
  readonly key: string;
  readonly run?: string;
}

/** Whose a job, task or submission is, by id: PBS and Globus are asked by ids, which no test can foresee. */
type Owners = Map<string, Owner>;

const MONITOR: Owner = {key: 'monitor'};
const NOBODY: Owner = {key: 'unknown'};

function around<T>(reach: Reach, effect: string, run: string | undefined, act: () => T): T {
  reach(`before ${effect}`, run);
  const result = act();
  reach(`after ${effect}`, run);
  return result;
}

async function asking<T>(reach: Reach, {key, run}: Owner, effect: string, act: () => Promise<T>): Promise<T> {
  reach(`before ${effect} ${key}`.trim(), run);
  const answer = await act();
  reach(`after ${effect} ${key}`.trim(), run);
  return answer;
}

function watchLedger<L extends WatchableLedger>(ledger: L, reach: Reach, owners: Owners): L {
  const noted = <W extends Watchable>(run: W): W => {
    for (const [name, value] of run.facts) noteFact(owners, run.id, name, value);
    return run;
  };
  const watched: WatchableLedger = {
    open: (run) => noted(ledger.open(run)),
    refresh: (run) => noted(ledger.refresh(run)),
    createRun: (number, spec, scripts) =>
      around(reach, 'run-creation', `${spec.name}.${number}`, () => ledger.createRun(number, spec, scripts)),
    create(run, name, value) {
      // A submission is asked for right after its intent, and before the run is read again.
      noteFact(owners, run, name, value);
      return around(reach, `fact ${name}`, run, () => ledger.create(run, name, value));
    },
    update(run, decision, scripts) {
      const earlier = [...run.facts.keys()].filter((name) => name.startsWith(UPDATE)).length;
      return around(reach, `fact ${UPDATE}${earlier + 1}`, run.id, () => ledger.update(run, decision, scripts));
    },
    resume: (run, decision) => around(reach, 'resume-decision', run.id, () => ledger.resume(run, decision)),
    seal: (run, endedAt) => around(reach, 'seal', run.id, () => ledger.seal(run, endedAt)),
  };
  return {...ledger, ...watched};
}

/** As src/ledger/run-facts.ts names them. */
const UPDATE = 'decision.update-';

function watchMonitors<M extends WatchableMonitors>(monitors: M, reach: Reach, owners: Owners): M {
  const watched: WatchableMonitors = {
    newest() {
      const link = monitors.newest();
      if (link?.job) owners.set(link.job, MONITOR);
      return link;
    },
    create(generation, kind, value) {
      if (typeof value.job === 'string') owners.set(value.job, MONITOR);
      return around(reach, `fact monitor.${kind}`, undefined, () => monitors.create(generation, kind, value));
    },
  };
  return {...monitors, ...watched};
}

function watchScheduler(scheduler: Scheduler, reach: Reach, owners: Owners): Scheduler {
  const onJob = (command: string, job: string, act: () => Promise<void>) =>
    asking(reach, owners.get(job) ?? NOBODY, command, act);
  return {
    look: (jobs) => scheduler.look(jobs),
    findByTag: (tags) => scheduler.findByTag(tags),
    submit: (request) => asking(reach, ownerOfTag(request.tag), 'qsub', () => scheduler.submit(request)),
    release: (job) => onJob('qrls', job, () => scheduler.release(job)),
    hold: (job) => onJob('qhold', job, () => scheduler.hold(job)),
    delete: (job) => onJob('qdel', job, () => scheduler.delete(job)),
    moveStart: (job, startAt) => onJob('qalter', job, () => scheduler.moveStart(job, startAt)),
  };
}

function watchTransfers(transfers: TransferService, reach: Reach, owners: Owners): TransferService {
  const onTask = <T>(effect: string, id: string, act: () => Promise<T>) =>
    asking(reach, owners.get(id) ?? NOBODY, effect, act);
  return {
    newSubmissionId: () => asking(reach, {key: ''}, 'submission_id', () => transfers.newSubmissionId()),
    submit: (id, request: TaskRequest) => onTask('transfer', id, () => transfers.submit(id, request)),
    cancel: (task) => onTask('cancel', task, () => transfers.cancel(task)),
    look: (tasks) => transfers.look(tasks),
    events: (task, query) => transfers.events(task, query),
    recent: (query) => transfers.recent(query),
    pauses: (task) => transfers.pauses(task),
    stat: (place) => transfers.stat(place),
    // Nobody goes by it before the fact that follows: it may be done again.
    makeDirectory: (place) => transfers.makeDirectory(place),
    skipped: (task, limit) => transfers.skipped(task, limit),
    moved: (task) => transfers.moved(task),
    list: (place) => transfers.list(place),
    collection: (id) => transfers.collection(id),
  };
}

/** `s-RUN.STEP.ATTEMPT.ROLE.WORD` or `s-monitor.GENERATION.WORD`. */
function ownerOfTag(tag: string): Owner {
  const [, run, key] = /^s-([^.]+\.\d+)\.([^.]+\.\d+\.[^.]+)\.[^.]+$/.exec(tag) ?? [];
  return run && key ? {key, run} : MONITOR;
}

/** A run's facts tell whose its jobs, tasks and submissions are. */
function noteFact(owners: Owners, run: string, name: string, {job, task, submissionId}: FactValue): void {
  const [, key] = /^(.+)\.confirmed$/.exec(name) ?? [];
  if (key && typeof job === 'string') owners.set(job, {key, run});
  const [, attempt] = /^([^.]+\.\d+)\.transfer\.(?:intent|confirmed)$/.exec(name) ?? [];
  for (const id of attempt ? [task, submissionId] : [])
    if (typeof id === 'string') owners.set(id, {key: attempt ?? '', run});
}
