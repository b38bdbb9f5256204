import {stayWhileChainIsOpen} from '../../src/app/runs/monitor/monitor.ts';
import {othersWaitFor} from '../../src/app/runs/monitor/wait-job.ts';
import type {JobId} from '../../src/base/job-id.ts';
import type {FactValue} from '../../src/disk/facts.ts';
import type {EngineContext} from '../../src/engine/context.ts';
import type {LookRequest} from '../../src/engine/look/request.ts';
import type {SubmitJob} from '../../src/engine/plan/actions.ts';
import {indicesOf} from '../../src/engine/plan/jobs/array-tally.ts';
import {type Reconciled, reconcile} from '../../src/engine/turn.ts';
import {createActs} from '../../src/files/acts.ts';
import {earlierAttempts, endOf} from '../../src/ledger/attempts.ts';
import {attemptKey, type JobRole, type RunState} from '../../src/ledger/run-facts.ts';
import type {RunId} from '../../src/ledger/state-directory.ts';
import type {JobRequest} from '../../src/scheduler/scheduler.ts';
import type {JobStep, Step} from '../../src/workflow/model/workflow.ts';
import {ENGINE_SETTINGS, specOf, task} from './a-run.ts';
import {type Chance, chanceOf} from './chance.ts';
import {Died, eachOf, FakeTransfers, requestOf} from './fakes.ts';
import {memoryLedger, memoryMonitors} from './memory-ledger.ts';
import {type Script, unitsOf} from './model.ts';
import {type SimulatedJob, SimulatedPbs} from './simulated-pbs.ts';

/** What a job was submitted for, as its batch script would say. */
interface Work {
  readonly role: JobRole | 'monitor';
  readonly key: string;
  readonly step: string;
  readonly attempt: number;
  readonly generation: number;
  readonly permit: string | undefined;
  readonly proof: SubmitJob['proof'];
  readonly earlier: readonly string[];
}

/** A process that runs `reconcile`; it dies at its n-th effect. */
interface Process {
  diesIn: number;
  dead: boolean;
}

/**
 * A whole world in memory for one run: PBS, Globus and the ledger, jobs that do what the wrapper and the staging
 * scripts do, and steps that fail as often as a script says. It knows the truth, and writes down every breach of what
 * must always hold in `broken`.
 */
export class Simulation {
  readonly chance: Chance;
  readonly ledger;
  readonly monitors = memoryMonitors();
  readonly pbs: SimulatedPbs;
  readonly globus = new FakeTransfers();
  readonly broken: string[] = [];
  readonly trace: string[] = [];
  /** how often each unit has given a result, and whether the last was a success (and of which attempt, if a job's) */
  readonly results = new Map<string, {count: number; succeeded: boolean; attempt: number | undefined}>();
  /** the attempt of each array that was the working one when a person changed the step: what it gives is of another version */
  readonly changedIn = new Map<string, number>();
  /** claims that were executed: `compute.1`, `sweep.1/3` */
  readonly executed = new Set<string>();
  /** holds of the run that a whole look has met: nothing begins under these any more */
  private readonly heldBy = new Set<number>();
  /** jobs that a person let go: they may begin when they may not */
  private readonly letGo = new Set<JobId>();
  /** steps of which an execution was cut off without a word */
  readonly interrupted = new Set<string>();
  /** arrays of which subjobs ran nothing, since they were let go too early: others of the same attempt may have run */
  readonly partlyInVain = new Set<string>();
  /** what may happen while a process stays for a link of the chain */
  whileStaying: () => void = () => {};
  /** nothing goes wrong: the end of a job is seen by the jobs that wait for it */
  quiet = false;
  /** how many jobs PBS takes */
  maxQueued = Number.POSITIVE_INFINITY;
  now = 1_000_000;
  private readonly works = new Map<string, Work>();
  private readonly labels = new Set<string>();
  /** what an array's running subjob, or a job, will write when it ends */
  private readonly running = new Map<string, {unit: string; claim: string; start: number}>();
  private words = 0;
  private looking = 0;
  /** of the looks that are under way, some began before others had ended */
  private overlapping = false;
  private haveOverlapped = false;

  constructor(
    readonly steps: readonly Step[],
    readonly script: Script,
    seed: number,
    /** told what each look saw, when it has ended */
    private readonly onLook?: (looked: Reconciled) => void,
  ) {
    this.chance = chanceOf(seed);
    this.ledger = memoryLedger(specOf(steps), () => this.now);
    this.pbs = new SimulatedPbs(() => this.now);
  }

  get run(): RunId {
    return this.ledger.runs()[0] as RunId; // it holds one run
  }

  get state(): RunState {
    return this.ledger.open(this.run).state;
  }

  private get cancelled(): boolean {
    return [...this.ledger.facts.keys()].some((name) => name.startsWith('decision.cancel'));
  }

  get sealed(): boolean {
    return this.ledger.summary(this.run) !== undefined;
  }

  private breach(what: string): void {
    this.broken.push(what);
    this.say(`BREACH ${what}`);
  }

  say(what: string): void {
    this.trace.push(`${this.now} ${what}`);
  }

  // ---- processes -------------------------------------------------------------------------------------------------

  /** One `reconcile`. @returns undefined when the process died on the way */
  async look(request: LookRequest = {}, diesIn = Number.POSITIVE_INFINITY): Promise<Reconciled | undefined> {
    return unlessDied(() => this.reconcile(this.context({diesIn, dead: false}), request));
  }

  private async reconcile(context: EngineContext, request: LookRequest): Promise<Reconciled> {
    const before = this.state.holds.filter(({endedAt}) => endedAt === undefined);
    const looked = await this.amongOthers(() => reconcile(context, request));
    this.onLook?.(looked);
    const all = [...looked.seen.jobs.values()].every(({kind}) => kind !== 'no-evidence');
    if (looked.problems.length === 0 && all) for (const {number} of before) this.heldBy.add(number);
    const links = this.pbs.live().filter((job) => this.isMonitor(job));
    // Another look may have ended the run meanwhile: nothing is left to look at then.
    if (looked.nextAt !== undefined && looked.gap === undefined && links.length === 0 && !this.sealed)
      this.breach('a look left no link in the queue, and did not say so');
    return looked;
  }

  /** Looks that overlap know nothing of what the others do since they have asked PBS. */
  private async amongOthers(look: () => Promise<Reconciled>): Promise<Reconciled> {
    this.looking += 1;
    this.overlapping ||= this.looking > 1;
    this.haveOverlapped ||= this.overlapping;
    try {
      return await look();
    } finally {
      this.looking -= 1;
      this.overlapping &&= this.looking > 0;
    }
  }

  /** What launchers, sentinels and monitors do: look, and stay while the chain is open. @returns undefined when the process died */
  private lookAsJob(context: EngineContext, request: LookRequest): Promise<Reconciled | undefined> {
    return unlessDied(async () =>
      this.stay(context, request, await this.reconcile(context, {...request, stays: true})),
    );
  }

  private stay(context: EngineContext, request: LookRequest, first: Reconciled): Promise<Reconciled> {
    return stayWhileChainIsOpen(
      first,
      (stays) => this.reconcile(context, {...request, stays}),
      context,
      this.now + STAY_MS,
    );
  }

  private context(process: Process): EngineContext {
    const effect = async <T>(name: string, act: () => Promise<T>): Promise<T> => {
      await this.meanwhile();
      this.step(process, `before ${name}`);
      const result = await act();
      this.step(process, `after ${name}`);
      await this.meanwhile();
      return result;
    };
    const fact = <T>(name: string, act: () => T): T => {
      this.step(process, `before ${name}`);
      const result = act();
      this.step(process, `after ${name}`);
      return result;
    };
    const ask = async <T>(act: () => Promise<T>): Promise<T> => {
      await this.meanwhile();
      if (process.dead) throw new Died();
      const answer = await act();
      await this.meanwhile();
      return answer;
    };
    const {ledger, monitors, pbs, globus} = this;
    return {
      ledger: {
        ...ledger,
        create: (run, name, value) => fact(`fact ${name}`, () => this.create(run, name, value)),
        seal: (run, at) => fact('seal', () => this.seal(run, at)),
      },
      monitors: {
        ...monitors,
        create: (generation, kind, value) => fact(`monitor ${kind}`, () => monitors.create(generation, kind, value)),
      },
      scheduler: {
        look: (jobs) => ask(() => pbs.look(jobs)),
        findByTag: (tags) => ask(() => pbs.findByTag(tags)),
        submit: (request) =>
          effect(`qsub ${request.script}`, () => {
            if (this.isTooMany(request)) this.breach(`${request.script} is one job too many`);
            return pbs.submit(request);
          }),
        release: (job) => effect(`qrls ${job}`, () => this.releaseJob(job)),
        releaseAll: (jobs) => eachOf(jobs, (job) => effect(`qrls ${job}`, () => this.releaseJob(job))),
        deleteAll: (jobs) => eachOf(jobs, (job) => effect(`qdel ${job}`, () => this.deleteJob(job))),
        hold: (job) => effect(`qhold ${job}`, () => pbs.hold(job)),
        delete: (job) => effect(`qdel ${job}`, () => this.deleteJob(job)),
        moveStart: (job, at) => effect(`qalter ${job}`, () => pbs.moveStart(job, at)),
      },
      transfers: {
        newSubmissionId: () => effect('submission_id', () => globus.newSubmissionId()),
        submit: (id, request) =>
          effect(`transfer ${request.label}`, async () => {
            const step = request.label.split(' ')[2] ?? '';
            if (!globus.down && !globus.tasks.has(id)) {
              if (this.results.get(step)?.succeeded) this.breach(`${step} is transferred again after it had succeeded`);
              if (this.labels.has(request.label)) this.breach(`a second task for ${request.label}`);
            }
            const answer = await globus.submit(id, request);
            this.labels.add(request.label);
            return answer;
          }),
        look: (tasks) => ask(() => globus.look(tasks)),
        update: (id, change) => globus.update(id, change),
        cancel: (id) => effect('cancel', () => globus.cancel(id)),
        events: () => globus.events(),
        recent: (query) => globus.recent(query),
        moved: (id) => globus.moved(id),
        pauses: (id) => globus.pauses(id),
        stat: (place) => globus.stat(place),
        makeDirectory: (place) => globus.makeDirectory(place),
        skipped: () => globus.skipped(),
        list: (place, most) => globus.list(place, most),
        collection: (id) => globus.collection(id),
      },
      jobFiles: {
        forRun: (run, action, key, tag) => this.request(action, key, tag, run.state),
        forMonitor: (generation, startAt, tag) => {
          this.works.set(tag, {...NO_WORK, role: 'monitor', key: `monitor-${generation}`, generation});
          return requestOf(`monitor-${generation}`, tag, {startAt});
        },
        forProbe: (_directory, tag) => requestOf('probe', tag, {}),
      },
      acts: createActs(),
      rates: {read: () => new Map(), write: () => {}},
      clock: () => this.now,
      sleep: async (ms) => {
        this.now += ms;
        if (ms >= LONG_PAUSE_MS) this.whileStaying();
        await this.meanwhile();
        if (process.dead) throw new Died();
      },
      newWord: () => `w${++this.words}`,
      by: 'simulation',
      settings: {...ENGINE_SETTINGS, maxQueued: this.maxQueued},
    };
  }

  /**
   * There is no place for one more, and the process that submits it can know. What it cannot know of are jobs that
   * another one submits at the same time, and monitors that PBS took without an answer: PBS refuses one more then. So it
   * does the next monitor, which is submitted before it is known what others have put into the queue at the same time.
   */
  private isTooMany({script}: JobRequest): boolean {
    if (this.overlapping || (this.haveOverlapped && script.startsWith('monitor'))) return false;
    const onRecord = this.pbs.live().filter((job) => !this.isMonitor(job) || this.monitors.mayCountOn(job.id));
    // With fewer than four places, a job, its sentinel and two monitors do not go in.
    return onRecord.length >= Math.max(4, this.maxQueued);
  }

  private step(process: Process, name: string): void {
    if (!process.dead) this.say(name);
    process.diesIn -= 1;
    // What happens after a breach tells nothing more, and may have no end.
    process.dead ||= process.diesIn < 0 || this.broken.length > 0;
    if (process.dead) throw new Died(name);
  }

  /** Other processes and the world go on while this one waits for an answer. */
  private async meanwhile(): Promise<void> {
    for (let turns = this.chance.below(4); turns > 0; turns--) await Promise.resolve();
    if (this.chance.once(8)) this.happen();
  }

  private request(action: SubmitJob, key: string, tag: string, run: RunState): JobRequest {
    const step = this.stepNamed(action.step);
    const {role, attempt} = action;
    this.works.set(tag, {
      role,
      key,
      step: action.step,
      attempt,
      generation: 0,
      // As src/batch-scripts/job-files.ts writes them into the wrapper.
      permit: role === 'job' && action.hold ? `${key}.release.intent` : undefined,
      proof: action.proof,
      earlier: earlierAttempts(run, action.step, attempt).map((number) => attemptKey(action.step, number)),
    });
    const array = role === 'job' && step.kind === 'job' && step.array ? {array: step.array} : {};
    return requestOf(key, tag, {hold: action.hold, dependencies: action.dependencies, ...array});
  }

  stepNamed(name: string): Step {
    const found = this.steps.find((step) => step.name === name);
    if (!found) throw new RangeError(name);
    return found;
  }

  // ---- what must hold whenever the engine acts -------------------------------------------------------------------

  private create(run: RunId, name: string, value: FactValue): boolean {
    const first = this.ledger.create(run, name, value);
    if (first) this.examine(name, value);
    return first;
  }

  private examine(name: string, value: FactValue): void {
    if (name.startsWith('decision.round-')) this.examineRound(value);
    const [, step, what] = /^([^.]+)\.\d+\.(outcome|.*\.absent(?:-\d+)?|.*\.never-arrived)$/.exec(name) ?? [];
    if (step === undefined || what === undefined) return;
    this.say(`fact ${name} ${value.state ?? ''} ${value.why ?? ''}`);
    const cancel = this.cancelled;
    if (what === 'outcome') {
      const {state} = value;
      if (state === 'succeeded' && !this.hasSucceeded(step)) this.breach(`${step} was concluded to have succeeded`);
      const open = this.stepNamed(step).needs.filter((need) => endOf(this.state, need)?.state !== 'succeeded');
      if (state === 'succeeded' && open.length > 0 && !cancel)
        this.breach(`${step} was concluded to have succeeded before ${open.join(', ')}`);
      if (state === 'failed' && !this.hasFailed(step) && !cancel) this.breach(`${step} was concluded to have failed`);
      if (state === 'lost') {
        const attempt = Number(name.split('.')[1]);
        const there = this.pbs.live().find((job) => {
          const work = this.works.get(job.request.tag);
          const runs = job.state === 'running' && (!job.request.array || job.id === this.claimOf(work)?.job);
          return work?.role === 'job' && work.step === step && work.attempt === attempt && runs;
        });
        if (there && !cancel) this.breach(`${name} although ${there.id} runs`);
      }
    } else if (what.includes('.absent')) {
      if (this.pbs.live().some(({id}) => id === value.job)) this.breach(`${name} although PBS has the job`);
    } else {
      const intent = this.ledger.facts.get(name.replace(/never-arrived$/, 'intent'));
      if (this.pbs.live().some(({request}) => request.tag === intent?.tag))
        this.breach(`${name} although PBS has the job`);
    }
  }

  /** Nothing of the old round may work when a new one begins, and nothing outside of it may have gone on from it. */
  private examineRound(value: FactValue): void {
    const {step: last, steps} = value as {step: string; steps: Record<string, number>};
    this.say(`round ${last}: ${JSON.stringify(steps)}`);
    const inside = (name: string) => steps[name] !== undefined;
    for (const {unit} of this.running.values())
      if (inside(unit.split('/')[0] ?? '')) this.breach(`a round was opened while ${unit} ran`);
    for (const {seen, request} of this.globus.tasks.values())
      if (
        seen.kind === 'task' &&
        ['active', 'paused'].includes(seen.state) &&
        inside(request.label.split(' ')[2] ?? '')
      )
        this.breach(`a round was opened while "${request.label}" moved`);
    if (this.hasSucceeded(last) && !this.cancelled) this.breach(`a round was opened although ${last} had succeeded`);
    for (const {name, needs, onFailureOf, after} of this.steps) {
      if (inside(name) || ![...needs, ...onFailureOf, ...after].some(inside)) continue;
      if (unitsOf(this.stepNamed(name)).some((unit) => this.results.has(unit)))
        this.breach(`${name} was done, and then a round was opened for ${last}`);
    }
    for (const [name, attempt] of Object.entries(steps)) {
      this.changedIn.set(name, attempt);
      for (const unit of unitsOf(this.stepNamed(name))) {
        const result = this.results.get(unit);
        if (result) this.results.set(unit, {...result, succeeded: false});
      }
    }
  }

  private seal(...[run, at]: Parameters<typeof this.ledger.seal>): ReturnType<typeof this.ledger.seal> {
    const sealed = this.ledger.seal(run, at);
    if (sealed.first && this.sealed)
      for (const job of this.pbs.live()) {
        const work = this.works.get(job.request.tag);
        if (job.state === 'pending' && work?.role !== 'monitor')
          this.breach(`sealed, and ${work?.key} is in the queue`);
      }
    return sealed;
  }

  private async releaseJob(id: JobId): Promise<void> {
    const by = this.pbs.jobs.get(id)?.comment ?? '';
    if (!this.pbs.down && by.startsWith('Job held by ann '))
      this.breach(`${id} was released although a person holds it`);
    await this.pbs.release(id);
  }

  private async deleteJob(id: Parameters<SimulatedPbs['delete']>[0]): Promise<void> {
    const job = this.pbs.jobs.get(id);
    const work = job && this.works.get(job.request.tag);
    if (!this.pbs.down && job?.state === 'running' && work?.role === 'job' && !this.cancelled && this.claims(job))
      this.breach(`${work.key} was deleted while it ran`);
    await this.pbs.delete(id);
  }

  private claimOf(work: Work | undefined): FactValue | undefined {
    return work && this.ledger.facts.get(`${attemptKey(work.step, work.attempt)}.start.1`);
  }

  private claims(job: SimulatedJob): boolean {
    return [...this.running.keys()].some((id) => id === job.id);
  }

  hasSucceeded(step: string): boolean {
    return unitsOf(this.stepNamed(step)).every((unit) => this.results.get(unit)?.succeeded);
  }

  private hasFailed(step: string): boolean {
    const units = unitsOf(this.stepNamed(step));
    if (this.interrupted.has(step)) return true;
    return units.some((unit) => this.results.get(unit)?.succeeded === false);
  }

  // ---- what happens in the world ---------------------------------------------------------------------------------

  /** One thing happens: a job of a user starts or ends, or a task does. @returns false when nothing could */
  happen(): boolean {
    const jobs = this.pbs.live();
    const could: (() => void)[] = [];
    for (const job of jobs) {
      const work = this.works.get(job.request.tag);
      if (work?.role !== 'job') continue;
      if (job.state === 'running') could.push(() => this.goOn(job, work));
      else if (this.pbs.isReady(job)) could.push(() => this.begin(job, work));
    }
    for (const each of this.globus.tasks.values())
      if (each.seen.kind === 'task' && ['active', 'paused'].includes(each.seen.state))
        could.push(() => this.move(each));
    this.chance.pick(could)?.();
    return could.length > 0;
  }

  /** Staging jobs that PBS would start now. */
  readyHelpers(): SimulatedJob[] {
    return this.pbs
      .live()
      .filter((job) => this.works.get(job.request.tag)?.role !== 'job')
      .filter((job) => job.state === 'running' || this.pbs.isReady(job));
  }

  /** A launcher, sentinel or monitor looks once and ends; a job that waits stays until its transfer has ended. */
  async help(job: SimulatedJob, diesIn: number): Promise<void> {
    const work = this.works.get(job.request.tag);
    if (!work || work.role === 'job' || job.state === 'finished') return;
    if (job.terminating) {
      this.pbs.end(job, 271);
      return;
    }
    const resumed = job.state === 'running';
    if (work.role === 'monitor' && this.quiet) this.expectSeen();
    this.pbs.start(job);
    this.say(`${job.id} ${work.key} looks`);
    const context = this.context({diesIn, dead: false});
    const lived =
      work.role === 'wait'
        ? await unlessDied(() => this.wait(context, work))
        : await this.lookAsJob(context, work.role === 'monitor' ? {monitor: work.generation} : {});
    if (!this.pbs.jobs.has(job.id)) return; // the queue was wiped meanwhile
    if (!lived) {
      this.pbs.end(job, 137);
      return;
    }
    if (work.role !== 'wait') {
      this.pbs.end(job, 0);
      return;
    }
    const outcome = this.outcomeOf(work);
    if (outcome) {
      this.pbs.end(job, outcome.state === 'succeeded' ? 0 : 1);
      return;
    }
    if (resumed && this.chance.once(6)) {
      this.ledger.create(this.run, `${work.key}.leaving`, {at: this.now});
      await this.look({}, diesIn);
      if (this.pbs.jobs.has(job.id)) this.pbs.end(job, 4);
    }
  }

  /** One look of a waiting job; when its transfer has ended, and nothing waits for that, it stays as others do. */
  private async wait(context: EngineContext, work: Work): Promise<Reconciled> {
    const looked = await this.reconcile(context, {stays: true});
    const attempt = this.state.attempts.get(work.step)?.[work.attempt - 1];
    if (!attempt || !this.outcomeOf(work) || othersWaitFor(this.state, attempt, looked.seen)) return looked;
    return this.stay(context, {}, looked);
  }

  private outcomeOf({step, attempt}: Work): FactValue | undefined {
    return this.ledger.facts.get(`${attemptKey(step, attempt)}.outcome`);
  }

  isMonitor({request}: SimulatedJob): boolean {
    return this.works.get(request.tag)?.role === 'monitor';
  }

  /** Monitors look for what goes wrong; that a job ended is to be seen at once, by a sentinel or a launcher. */
  private expectSeen(): void {
    if (this.readyHelpers().some((job) => !this.isMonitor(job))) return;
    for (const {request, state, how} of this.pbs.jobs.values()) {
      const work = this.works.get(request.tag);
      if (work?.role !== 'job' || state !== 'finished' || how !== 'ran') continue;
      if (!this.ledger.facts.has(`${attemptKey(work.step, work.attempt)}.outcome`))
        this.breach(`only a monitor saw the end of ${work.key}`);
    }
  }

  /** What pbs/job-wrapper.sh does before the user's script. */
  private begin(job: SimulatedJob, work: Work): void {
    this.pbs.start(job);
    const {facts} = this.ledger;
    const claim = attemptKey(work.step, work.attempt);
    const has = (key: string, is: (value: FactValue) => boolean, outcome: (state: unknown) => boolean) =>
      [...facts].some(([name, value]) => name.startsWith(`${key}.end.`) && is(value)) ||
      outcome(facts.get(`${key}.outcome`)?.state);
    const succeeded = (key: string) =>
      has(
        key,
        ({exit}) => exit === 0,
        (state) => state === 'succeeded',
      );
    const ended = (key: string) =>
      has(
        key,
        ({exit}) => exit !== undefined,
        (state) => state !== undefined && state !== 'lost',
      );
    const mayRun =
      (job.request.array !== undefined || this.isPermitted(work)) &&
      (work.proof?.succeeded ?? []).every(succeeded) &&
      (work.proof?.ended ?? []).every(ended);
    this.say(`${job.id} ${work.key} starts${mayRun ? '' : ' without permit'}`);
    if (!mayRun) {
      if (!this.isPermitted(work)) this.ledger.create(this.run, `${work.key}.unpermitted`, {job: job.id});
      this.pbs.end(job, 96);
      return;
    }
    if (job.request.array) {
      job.begun = true;
      return;
    }
    const start = {job: job.id, at: this.now};
    if (!this.ledger.create(this.run, `${claim}.start.1`, start)) {
      this.pbs.end(job, 98);
      return;
    }
    this.execute(job, work, work.step, claim, claim);
  }

  private isPermitted({permit}: Work): boolean {
    return permit === undefined || this.ledger.facts.has(permit);
  }

  private execute(job: SimulatedJob, work: Work, unit: string, claim: string, facts: string): void {
    const step = this.stepNamed(work.step);
    this.say(`${job.id} executes ${claim}`);
    if (this.executed.has(claim)) this.breach(`${claim} was executed twice`);
    this.executed.add(claim);
    const holds = this.state.holds.filter(({endedAt, number, steps}) => {
      return endedAt === undefined && this.heldBy.has(number) && (steps?.includes(work.step) ?? true);
    });
    if (holds.length > 0 && !this.letGo.has(job.id)) this.breach(`${claim} was begun under a hold`);
    if (this.hasGiven(unit, step)) this.breach(`${unit} was executed again after it had succeeded`);
    for (const need of step.needs)
      if (!this.hasSucceeded(need)) this.breach(`${unit} ran, and ${need} had not succeeded`);
    const watched = step.onFailureOf.map((name) => endOf(this.state, name)?.state ?? '');
    if (watched.length > 0 && !watched.some((state) => ['failed', 'cancelled'].includes(state)))
      this.breach(`${unit} ran, and nothing that it watches had failed`);
    for (const before of step.after) {
      const result = this.results.get(before);
      if (!endOf(this.state, before) && !result && !this.interrupted.has(before))
        this.breach(`${unit} ran, and ${before} had not ended`);
    }
    this.expectDelay(step);
    this.running.set(job.id, {unit, claim: facts, start: 1});
  }

  private expectDelay({name, delayMs = 0, needs}: Step): void {
    for (const need of needs) {
      const end = endOf(this.state, need);
      if (end && this.now < end.at + delayMs) this.breach(`${name} began before its delay had passed`);
    }
  }

  /** It succeeded, and its step has not been changed since that attempt was made. */
  private hasGiven(unit: string, {name}: Step): boolean {
    const result = this.results.get(unit);
    return result?.succeeded === true && (result.attempt ?? 0) > (this.changedIn.get(name) ?? -1);
  }

  /** The next thing that a running job of a user does. */
  private goOn(job: SimulatedJob, work: Work): void {
    if (job.request.array) {
      this.goOnWithArray(job, work);
      return;
    }
    const {cut} = this.finish(job);
    this.pbs.end(job, cut ? 271 : this.results.get(work.step)?.succeeded ? 0 : 1);
  }

  private goOnWithArray(job: SimulatedJob, work: Work): void {
    const claim = attemptKey(work.step, work.attempt);
    if (this.running.has(job.id)) {
      const {succeeded} = this.finish(job);
      this.lastOfArray.set(job.id, succeeded ? 0 : 1);
      return;
    }
    const {facts} = this.ledger;
    const inVain = this.inVain.get(job.id) ?? new Set();
    const next =
      job.request.array &&
      indicesOf(job.request.array).find((index) => !inVain.has(index) && !facts.has(`${claim}.i${index}.start.1`));
    if (next === undefined || job.terminating) {
      this.pbs.end(job, job.terminating ? 271 : (this.lastOfArray.get(job.id) ?? 0));
      return;
    }
    // Its subjobs that have not begun are held with it.
    if (job.userHold) return;
    const start = {job: job.id, at: this.now};
    if (!this.isPermitted(work)) {
      this.inVain.set(job.id, inVain.add(next));
      this.partlyInVain.add(work.step);
      this.ledger.create(this.run, `${work.key}.unpermitted`, start);
      this.lastOfArray.set(job.id, 1);
      return;
    }
    this.ledger.create(this.run, `${claim}.start.1`, start);
    if (facts.get(`${claim}.start.1`)?.job !== job.id) {
      this.pbs.end(job, 98);
      return;
    }
    this.ledger.create(this.run, `${claim}.i${next}.start.1`, start);
    const done = work.earlier.some((earlier) => facts.get(`${earlier}.i${next}.end.1`)?.exit === 0);
    if (done) {
      this.ledger.create(this.run, `${claim}.i${next}.end.1`, {...start, exit: 0, terminated: false});
      this.lastOfArray.set(job.id, 0);
    } else this.execute(job, work, `${work.step}/${next}`, `${claim}/${next}`, `${claim}.i${next}`);
  }

  private readonly lastOfArray = new Map<string, number>();
  /** subjobs that ended without running the script, since the permit was missing */
  private readonly inVain = new Map<string, Set<number>>();

  /** What pbs/job-wrapper.sh does after the user's script. */
  private finish(job: SimulatedJob): {cut: boolean; succeeded: boolean} {
    const running = this.running.get(job.id);
    this.running.delete(job.id);
    if (!running) return {cut: true, succeeded: false};
    const {unit, claim, start} = running;
    if (job.terminating) {
      this.ledger.create(this.run, `${claim}.term.${start}`, {job: job.id});
      this.ledger.create(this.run, `${claim}.end.${start}`, {job: job.id, exit: 143, terminated: true});
      return {cut: true, succeeded: false};
    }
    const succeeded = this.conclude(unit, Number(claim.split('.')[1]));
    this.ledger.create(this.run, `${claim}.end.${start}`, {
      job: job.id,
      exit: succeeded ? 0 : 1,
      terminated: false,
      at: this.now,
    });
    return {cut: false, succeeded};
  }

  private conclude(unit: string, attempt?: number): boolean {
    const count = this.results.get(unit)?.count ?? 0;
    const succeeded = count >= (this.script[unit] ?? 0);
    this.results.set(unit, {count: count + 1, succeeded, attempt});
    this.say(`${unit} ${succeeded ? 'succeeds' : 'fails'}`);
    return succeeded;
  }

  private move(each: {task: unknown; seen: unknown; request: {label: string}}): void {
    const entry = [...this.globus.tasks.values()].find(({task: id}) => id === each.task);
    if (entry?.seen.kind !== 'task') return;
    if (this.chance.once(3)) {
      entry.seen = task(entry.seen.state === 'paused' ? 'active' : 'paused', {
        task: entry.task,
        requestedAt: 1_000_000,
      });
      return;
    }
    const [, , step = ''] = entry.request.label.split(' ');
    const {needs} = this.stepNamed(step);
    for (const need of needs)
      if (!this.hasSucceeded(need)) this.breach(`${step} was transferred, and ${need} had not succeeded`);
    this.expectDelay(this.stepNamed(step));
    entry.seen = task(this.conclude(step) ? 'succeeded' : 'failed', {task: entry.task});
  }

  // ---- troubles --------------------------------------------------------------------------------------------------

  /** The queue is gone, and what ran with it; nobody was told. */
  wipe(): void {
    this.say('the queue is wiped');
    for (const {id} of this.pbs.live()) this.interrupt(id);
    this.pbs.jobs.clear();
    this.running.clear();
  }

  private interrupt(id: SimulatedJob['id']): void {
    const job = this.pbs.jobs.get(id);
    const work = job && this.works.get(job.request.tag);
    const started = work && this.ledger.facts.get(`${attemptKey(work.step, work.attempt)}.start.1`)?.job === id;
    if (job?.state === 'running' && work?.role === 'job' && started) this.interrupted.add(work.step);
  }

  /** A person deletes a job that has not begun, by hand. */
  deleteByHand(): void {
    const job = this.chance.pick(this.pbs.live().filter(({state}) => state === 'pending'));
    if (!job) return;
    this.say(`a person deletes ${job.id} ${job.request.script}`);
    this.pbs.drop(job);
  }

  /** Somebody ends the user hold of a job, whatever it waits for. */
  releaseByHand(): void {
    const job = this.chance.pick(this.jobsOfSteps().filter(({userHold}) => userHold));
    if (!job) return;
    this.say(`somebody releases ${job.id} ${job.request.script}`);
    this.letGo.add(job.id);
    this.pbs.free(job);
  }

  /** Somebody puts a user hold on a job that has not begun, whether it has one or not. */
  holdByHand(): void {
    const job = this.chance.pick(
      this.jobsOfSteps().filter(({state, comment}) => state === 'pending' && !comment?.startsWith('Job held by ann ')),
    );
    if (!job) return;
    this.say(`somebody holds ${job.id} ${job.request.script}`);
    this.pbs.keep(job, 'ann');
  }

  /** That person ends the holds again. */
  endHoldsByHand(): void {
    for (const job of this.pbs.live()) {
      if (!job.comment?.startsWith('Job held by ann ')) continue;
      this.letGo.add(job.id);
      this.pbs.free(job);
    }
  }

  private jobsOfSteps(): SimulatedJob[] {
    return this.pbs.live().filter(({request}) => this.works.get(request.tag)?.role === 'job');
  }

  isInterruptible(step: string): boolean {
    return (this.stepNamed(step) as JobStep).onInterrupted === 'fail'; // of a transfer it is absent
  }
}

/** As long as a staging job of the default walltime stays. */
const STAY_MS = 180_000;
/** The shortest pause between two looks of a process that stays. */
const LONG_PAUSE_MS = 5_000;

async function unlessDied<T>(act: () => Promise<T>): Promise<T | undefined> {
  try {
    return await act();
  } catch (error) {
    if (error instanceof Died) return undefined;
    throw error;
  }
}

const NO_WORK: Work = {
  role: 'monitor',
  key: '',
  step: '',
  attempt: 0,
  generation: 0,
  permit: undefined,
  proof: undefined,
  earlier: [],
};
