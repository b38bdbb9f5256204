import type {FactValue} from '../disk/facts.ts';
import type {EngineContext} from '../engine/context.ts';
import type {Ledger, OpenRun} from '../ledger/ledger.ts';
import type {MonitorLedger} from '../ledger/monitor-facts.ts';
import {updateName} from '../ledger/run-facts.ts';
import type {Scheduler} from '../scheduler/scheduler.ts';
import type {TransferService} from '../transfer/transfer-service.ts';

/**
 * Called at every effect boundary of the engine; it may throw, or end the process.
 *
 * @param point such as `before fact compute.1.job.intent` or `after qsub compute.1.job`
 * @param run the run it is done for; undefined for the monitor chain, and for what is not known to be a run's
 */
export type Reach = (point: string, run?: string) => void;

/**
 * Wrap what the engine acts through, so that each of its effects has a point before it and one after it.
 *
 * An effect is what another process can see: a fact, and a question to PBS or Globus that changes something. They are
 * named `fact NAME` (a person's decision too), `fact monitor.KIND`, `run-creation`, `resume-decision`, `seal`;
 * `qsub|qrls|qhold|qdel|qalter KEY` with KEY as in `compute.1.job` or `monitor`; `submission_id`;
 * `transfer|cancel STEP.ATTEMPT`.
 *
 * @returns wrappers of the ledger, which use-cases write to as well, and of the context's other parts
 */
export function watchEffects(reach: Reach): {
  ledger(ledger: Ledger): Ledger;
  context(context: EngineContext): EngineContext;
} {
  const owners = new Map<string, Owner>();
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

function watchLedger(ledger: Ledger, reach: Reach, owners: Owners): Ledger {
  const noted = (run: OpenRun): OpenRun => {
    noteRun(owners, run);
    return run;
  };
  const around = <T>(effect: string, run: string, act: () => T): T => {
    reach(`before ${effect}`, run);
    const result = act();
    reach(`after ${effect}`, run);
    return result;
  };
  return {
    ...ledger,
    open: (run) => noted(ledger.open(run)),
    refresh: (run) => noted(ledger.refresh(run)),
    createRun: (number, spec, scripts) =>
      around('run-creation', `${spec.name}.${number}`, () => ledger.createRun(number, spec, scripts)),
    create(run, name, value) {
      noteFact(owners, run, name, value);
      return around(`fact ${name}`, run, () => ledger.create(run, name, value));
    },
    update: (run, decision, scripts) =>
      around(`fact ${updateName(run.state.updates.length + 1)}`, run.id, () => ledger.update(run, decision, scripts)),
    resume: (run, decision) => around('resume-decision', run.id, () => ledger.resume(run, decision)),
    seal: (run, endedAt) => around('seal', run.id, () => ledger.seal(run, endedAt)),
  };
}

function watchMonitors(monitors: MonitorLedger, reach: Reach, owners: Owners): MonitorLedger {
  return {
    ...monitors,
    newest() {
      const link = monitors.newest();
      if (link?.job) owners.set(link.job, MONITOR);
      return link;
    },
    create(generation, kind, value) {
      if (typeof value.job === 'string') owners.set(value.job, MONITOR);
      reach(`before fact monitor.${kind}`);
      const first = monitors.create(generation, kind, value);
      reach(`after fact monitor.${kind}`);
      return first;
    },
  };
}

async function asking<T>(reach: Reach, effect: string, run: string | undefined, act: () => Promise<T>): Promise<T> {
  reach(`before ${effect}`, run);
  const answer = await act();
  reach(`after ${effect}`, run);
  return answer;
}

function watchScheduler(scheduler: Scheduler, reach: Reach, owners: Owners): Scheduler {
  const onJob = (command: string, job: string, act: () => Promise<void>) => {
    const {key, run} = owners.get(job) ?? NOBODY;
    return asking(reach, `${command} ${key}`, run, act);
  };
  return {
    look: (jobs) => scheduler.look(jobs),
    findByTag: (tags) => scheduler.findByTag(tags),
    submit(request) {
      const {key, run} = ownerOfTag(request.tag);
      return asking(reach, `qsub ${key}`, run, () => scheduler.submit(request));
    },
    release: (job) => onJob('qrls', job, () => scheduler.release(job)),
    hold: (job) => onJob('qhold', job, () => scheduler.hold(job)),
    delete: (job) => onJob('qdel', job, () => scheduler.delete(job)),
    moveStart: (job, startAt) => onJob('qalter', job, () => scheduler.moveStart(job, startAt)),
  };
}

function watchTransfers(transfers: TransferService, reach: Reach, owners: Owners): TransferService {
  const onTask = <T>(effect: string, id: string, act: () => Promise<T>) => {
    const {key, run} = owners.get(id) ?? NOBODY;
    return asking(reach, `${effect} ${key}`, run, act);
  };
  return {
    newSubmissionId: () => asking(reach, 'submission_id', undefined, () => transfers.newSubmissionId()),
    submit: (id, request) => onTask('transfer', id, () => transfers.submit(id, request)),
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

/** `s-RUN.STEP.ATTEMPT.ROLE.WORD` or `s-monitor.GENERATION.WORD`: what perform.ts and monitors.ts make. */
function ownerOfTag(tag: string): Owner {
  const [, run, key] = /^s-([^.]+\.\d+)\.([^.]+\.\d+\.[^.]+)\.[^.]+$/.exec(tag) ?? [];
  return run && key ? {key, run} : MONITOR;
}

function noteRun(owners: Owners, {id: run, state}: OpenRun): void {
  for (const [step, attempts] of state.attempts) {
    for (const {number, jobs, transfer} of attempts) {
      for (const {key, job} of jobs) if (job) owners.set(job, {key, run});
      const owner = {key: `${step}.${number}`, run};
      if (transfer?.task) owners.set(transfer.task, owner);
      if (transfer && 'submissionId' in transfer.intent) owners.set(transfer.intent.submissionId, owner);
    }
  }
}

/** A submission is asked for right after its intent, and before the run is read again. */
function noteFact(owners: Owners, run: string, name: string, value: FactValue): void {
  const [, attempt] = /^([^.]+\.\d+)\.transfer\.intent$/.exec(name) ?? [];
  if (attempt && typeof value.submissionId === 'string') owners.set(value.submissionId, {key: attempt, run});
}
