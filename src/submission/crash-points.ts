import type {Acts} from '../base/act.ts';
import type {TaskRequest} from '../base/task-request.ts';
import type {FactValue} from '../disk/facts.ts';
import type {Scheduler} from '../scheduler/scheduler.ts';
import type {TransferService} from '../transfer/transfer-service.ts';
import {MONITOR, type Owner, Owners, ownerOfTag} from './owners.ts';

// For tests alone: where a process can be made to die. What is done after a crash is in resolve.ts.

/**
 * Called at every effect boundary; it may throw, or end the process.
 *
 * @param point such as `before fact compute.1.job.intent` or `after qsub compute.1.job`
 * @param run the run it is done for, or the single job as NAME.NUMBER; undefined for the monitor chain, and for what
 *   cannot be attributed
 */
export type Reach = (point: string, run?: string) => void;

/** A run, as far as its facts tell whose jobs and tasks are. */
interface Watchable {
  readonly id: string;
  readonly facts: ReadonlyMap<string, FactValue>;
}

type Variables = Readonly<Record<string, string>>;

/** What a ledger of runs does that another process can see. */
interface WatchableLedger {
  open(run: string): Watchable;
  refresh(run: Watchable): Watchable;
  createRun(
    number: number,
    spec: {readonly name: string},
    scripts: ReadonlyMap<string, Uint8Array>,
    environment?: Variables,
  ): string | undefined;
  prepareRun(
    directory: string,
    number: number,
    spec: {readonly name: string},
    scripts: ReadonlyMap<string, unknown>,
    environment?: Variables,
  ): void;
  publishPrepared(directory: string, run: string): unknown;
  create(run: string, name: string, value: FactValue): boolean;
  update(run: Watchable, decision: object, scripts: ReadonlyMap<string, Uint8Array>, environment?: Variables): boolean;
  resume(run: Watchable, decision: object): boolean;
  seal(run: Watchable, endedAt: number): unknown;
}

/** What the ledger of the monitor chain does that another process can see. */
interface WatchableMonitors {
  newest(): {readonly job?: string | undefined} | undefined;
  create(generation: number, kind: string, value: FactValue): boolean;
}

/** A single job on record. */
interface WatchableJob {
  readonly name: string;
  readonly number: number;
  readonly job?: string | undefined;
}

/** What the log of a campaign does that another process can see. */
interface WatchableCampaign {
  readonly log: {append(position: number, entry: object): Promise<boolean>};
}

interface WatchableCampaigns {
  find(name: string): WatchableCampaign | undefined;
  create(name: string): WatchableCampaign;
  mark(name: string, position: number): void;
}

/** What the store of single jobs does that another process can see. */
interface WatchableJobs {
  newest(name: string): WatchableJob | undefined;
  read(name: string, number: number): WatchableJob | undefined;
  withIds(jobs: readonly string[]): ReadonlyMap<string, WatchableJob>;
  create(name: string, number: number, kind: string, value: FactValue): boolean;
  index(name: string, number: number, value: {readonly job: string}): void;
  takeClaim(name: string, number: number): boolean;
}

/** All that acts on the world beside the ledger. */
interface WatchableContext {
  readonly monitors: WatchableMonitors;
  readonly scheduler: Scheduler;
  readonly transfers: TransferService;
  readonly acts: Acts;
  readonly limits?: WatchableLimits | undefined;
}

/** The directories of limits. */
interface WatchableLimits {
  all(): readonly {settle(request: {around?: ((create: () => boolean) => boolean) | undefined}): unknown}[];
}

/** What is on record of output areas. */
interface WatchableAreas {
  create(name: string, fact: string, value: FactValue): boolean;
}

export interface Watched {
  /** around an effect within one of the ledger's own: `active-name`, `seal-fact` */
  around<T>(effect: string, run: string | undefined, act: () => T): T;
  areas<A extends WatchableAreas>(areas: A): A;
  ledger<L extends WatchableLedger>(ledger: L): L;
  jobs<J extends WatchableJobs>(store: J): J;
  campaigns<C extends WatchableCampaigns>(campaigns: C): C;
  scheduler(scheduler: Scheduler): Scheduler;
  context<C extends WatchableContext>(context: C): C;
}

/**
 * Wrap what stage acts through, so that each of its effects has a point before it and one after it.
 *
 * An effect is what another process can see: a fact, and a question to PBS or Globus that changes something. They are
 * named `fact NAME` (a person's decision too), `fact limits.entry`, `fact monitor.KIND`, `fact job.KIND` of a single job, `run-creation`, `run-preparation`,
 * `run-publication`, `resume-decision`, `seal`, and within these `active-name` and `seal-fact`; `campaign-mark`, `campaign-entry`;
 * `qsub|qrls|qhold|qdel|qalter KEY` with KEY as in `compute.1.job`, `monitor` or `job`; `submission_id`;
 * `transfer|cancel STEP.ATTEMPT`; `link|unlink|rename|copy|put|remove STEP.ATTEMPT` of acts on files; `fact output.KIND` of an output area.
 *
 * @returns wrappers of the ledger, which use-cases write to as well, and of the other things that stage acts through
 */
export function watchEffects(reach: Reach): Watched {
  const owners = new Owners();
  return {
    around: (effect, run, act) => around(reach, effect, run, act),
    ledger: (ledger) => watchLedger(ledger, reach, owners),
    areas: (areas) => ({
      ...areas,
      create: (name, fact, value) =>
        around(reach, `fact output.${fact}`, runOfArea(name), () => areas.create(name, fact, value)),
    }),
    jobs: (store) => watchJobs(store, reach, owners),
    campaigns: (campaigns) => watchCampaigns(campaigns, reach),
    scheduler: (scheduler) => watchScheduler(scheduler, reach, owners),
    context: (context) => ({
      ...context,
      monitors: watchMonitors(context.monitors, reach, owners),
      scheduler: watchScheduler(context.scheduler, reach, owners),
      transfers: watchTransfers(context.transfers, reach, owners),
      acts: watchActs(context.acts, reach),
      limits: context.limits && watchLimits(context.limits, reach),
    }),
  };
}

/** An area is called after its run, and the step that empties it. */
function runOfArea(name: string): string {
  return name.split('.').slice(0, 2).join('.');
}

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
    owners.addRun(run);
    return run;
  };
  const watched: WatchableLedger = {
    open: (run) => noted(ledger.open(run)),
    refresh: (run) => noted(ledger.refresh(run)),
    createRun: (number, spec, scripts, environment) =>
      around(reach, 'run-creation', `${spec.name}.${number}`, () =>
        ledger.createRun(number, spec, scripts, environment),
      ),
    prepareRun: (directory, number, spec, scripts, environment) =>
      around(reach, 'run-preparation', `${spec.name}.${number}`, () =>
        ledger.prepareRun(directory, number, spec, scripts, environment),
      ),
    publishPrepared: (directory, run) =>
      around(reach, 'run-publication', run, () => ledger.publishPrepared(directory, run)),
    create(run, name, value) {
      // A submission is asked for right after its intent, and before the run is read again.
      owners.addFact(run, name, value);
      return around(reach, `fact ${name}`, run, () => ledger.create(run, name, value));
    },
    update(run, decision, scripts, environment) {
      const earlier = [...run.facts.keys()].filter((name) => name.startsWith(UPDATE)).length;
      return around(reach, `fact ${UPDATE}${earlier + 1}`, run.id, () =>
        ledger.update(run, decision, scripts, environment),
      );
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
      if (link?.job) owners.add(link.job, MONITOR);
      return link;
    },
    create(generation, kind, value) {
      if (typeof value.job === 'string') owners.add(value.job, MONITOR);
      return around(reach, `fact monitor.${kind}`, undefined, () => monitors.create(generation, kind, value));
    },
  };
  return {...monitors, ...watched};
}

function watchCampaigns<C extends WatchableCampaigns>(campaigns: C, reach: Reach): C {
  const own = <W extends WatchableCampaign>(campaign: W): W => ({
    ...campaign,
    log: {
      ...campaign.log,
      append: (position: number, entry: object) =>
        asking(reach, {key: ''}, 'campaign-entry', () => campaign.log.append(position, entry)),
    },
  });
  const watched: WatchableCampaigns = {
    find(name) {
      const campaign = campaigns.find(name);
      return campaign && own(campaign);
    },
    create: (name) => own(campaigns.create(name)),
    mark: (name, position) => around(reach, 'campaign-mark', undefined, () => campaigns.mark(name, position)),
  };
  return {...campaigns, ...watched};
}

function watchJobs<J extends WatchableJobs>(store: J, reach: Reach, owners: Owners): J {
  const runOf = (name: string, number: number) => `${name}.${number}`;
  const own = (id: string, name: string, number: number) => owners.add(id, {key: 'job', run: runOf(name, number)});
  const noted = <W extends WatchableJob>(found: W | undefined): W | undefined => {
    if (found?.job) own(found.job, found.name, found.number);
    return found;
  };
  const watched: WatchableJobs = {
    newest: (name) => noted(store.newest(name)),
    read: (name, number) => noted(store.read(name, number)),
    withIds(jobs) {
      const found = store.withIds(jobs);
      for (const one of found.values()) noted(one);
      return found;
    },
    create: (name, number, kind, value) =>
      around(reach, `fact job.${kind}`, runOf(name, number), () => store.create(name, number, kind, value)),
    index(name, number, value) {
      own(value.job, name, number);
      around(reach, 'fact job.index', runOf(name, number), () => store.index(name, number, value));
    },
    takeClaim: (name, number) =>
      around(reach, 'fact job.claim', runOf(name, number), () => store.takeClaim(name, number)),
  };
  return {...store, ...watched};
}

/** An entry of a log is one effect, whatever it says of how many runs. */
function watchLimits<L extends WatchableLimits>(limits: L, reach: Reach): L {
  const watched: WatchableLimits = {
    all: () =>
      limits.all().map((directory) => ({
        ...directory,
        settle: (request) =>
          directory.settle({...request, around: (create) => around(reach, 'fact limits.entry', undefined, create)}),
      })),
  };
  return {...limits, ...watched};
}

function watchScheduler(scheduler: Scheduler, reach: Reach, owners: Owners): Scheduler {
  const onJob = (command: string, job: string, act: () => Promise<void>) => asking(reach, owners.of(job), command, act);
  /** One command for all: a process dies before it, or after it. */
  const onJobs = async <T>(command: string, jobs: readonly string[], act: () => Promise<T>): Promise<T> => {
    const each = jobs.map((job) => owners.of(job));
    for (const {key, run} of each) reach(`before ${command} ${key}`, run);
    const answer = await act();
    for (const {key, run} of each) reach(`after ${command} ${key}`, run);
    return answer;
  };
  return {
    look: (jobs) => scheduler.look(jobs),
    findByTag: (tags) => scheduler.findByTag(tags),
    submit: (request) => asking(reach, ownerOfTag(request.tag), 'qsub', () => scheduler.submit(request)),
    release: (job) => onJob('qrls', job, () => scheduler.release(job)),
    hold: (job) => onJob('qhold', job, () => scheduler.hold(job)),
    delete: (job) => onJob('qdel', job, () => scheduler.delete(job)),
    releaseAll: (jobs) => onJobs('qrls', jobs, () => scheduler.releaseAll(jobs)),
    deleteAll: (jobs) => onJobs('qdel', jobs, () => scheduler.deleteAll(jobs)),
    moveStart: (job, startAt) => onJob('qalter', job, () => scheduler.moveStart(job, startAt)),
  };
}

/** Each change of a file system is an effect: `before remove clean.1`, where it removes something for an attempt of `clean`. */
function watchActs(acts: Acts, reach: Reach): Acts {
  return {
    perform(task) {
      if (task.do !== 'act') return acts.perform(task);
      const [name, number, ...key] = task.tag.split('.');
      return acts.perform(task, (point) => reach(`${point} ${key.join('.')}`, `${name}.${number}`));
    },
  };
}

function watchTransfers(transfers: TransferService, reach: Reach, owners: Owners): TransferService {
  const onTask = <T>(effect: string, id: string, act: () => Promise<T>) => asking(reach, owners.of(id), effect, act);
  return {
    newSubmissionId: (request) => asking(reach, {key: ''}, 'submission_id', () => transfers.newSubmissionId(request)),
    submit: (id, request: TaskRequest) => onTask('transfer', id, () => transfers.submit(id, request)),
    update: (task, change) => transfers.update(task, change),
    cancel: (task) => onTask('cancel', task, () => transfers.cancel(task)),
    look: (tasks) => transfers.look(tasks),
    events: (task, query) => transfers.events(task, query),
    recent: (query) => transfers.recent(query),
    pauses: (task) => transfers.pauses(task),
    stat: (place) => transfers.stat(place),
    // Nothing depends on it before the fact that follows: it may be done again.
    makeDirectory: (place) => transfers.makeDirectory(place),
    skipped: (task, limit) => transfers.skipped(task, limit),
    moved: (task) => transfers.moved(task),
    list: (place, most) => transfers.list(place, most),
    collection: (id) => transfers.collection(id),
  };
}
