import type {JobId} from '../../src/base/job-id.ts';
import type {FactValue} from '../../src/disk/facts.ts';
import {foldRun} from '../../src/ledger/fold/fold-run.ts';
import type {Ledger} from '../../src/ledger/ledger.ts';
import type {MonitorLedger} from '../../src/ledger/monitor-facts.ts';
import type {MonitorLink} from '../../src/ledger/monitor-link.ts';
import {type Refusal, type ResumeDecision, type RunSpec, updateName} from '../../src/ledger/run-facts.ts';
import {runLayout, stateLayout} from '../../src/ledger/state-directory.ts';
import {type RunSummary, summarise} from '../../src/ledger/summary.ts';

export interface MemoryLedger extends Ledger {
  readonly facts: Map<string, FactValue>;
  /** the step whose end markers have not come to the processes that look */
  endsOnTheirWay: string | undefined;
}

/**
 * The ledger of one run, without a disk: names that can be created once. The fold and the summary are the real ones.
 *
 * @param clock that of the file server
 */
export function memoryLedger(spec: RunSpec, clock: () => number = Date.now): MemoryLedger {
  const facts = new Map<string, FactValue>();
  const resumes: ResumeDecision[] = [];
  const seals = new Map<number, RunSummary>();
  let withdrawn = false;
  const layout = stateLayout('/memory');
  const decisions = () => [...facts.keys()].filter((name) => name.startsWith('decision.')).length;
  const hasCome = (name: string, {endsOnTheirWay}: MemoryLedger) =>
    endsOnTheirWay === undefined || !name.startsWith(`${endsOnTheirWay}.`) || !name.includes('.end.');
  const read = () => {
    const come = new Map([...facts].filter(([name]) => hasCome(name, ledger)));
    return {
      id: spec.run,
      layout: runLayout(layout, spec.run),
      state: foldRun(spec, come, [...resumes]),
      facts: come,
      decisions: decisions(),
    };
  };
  const ledger: MemoryLedger = {
    facts,
    endsOnTheirWay: undefined,
    layout,
    runs: () => (withdrawn ? [] : [spec.run]),
    activeRuns: () => (withdrawn || seals.has(resumes.length) ? [] : [spec.run]),
    enterNamed: () => [],
    enterMissing: () => [],
    tidyActive: () => {},
    isThere: () => !withdrawn,
    withdraw: () => {
      withdrawn = true;
    },
    nextNumber: () => 2,
    find: () => spec.run,
    open: read,
    refresh: read,
    withEnd: () => ({open: read(), ended: seals.get(resumes.length)}),
    createRun: () => undefined,
    prepareRun: () => {},
    publishPrepared: () => 'absent',
    create(_run, name, value) {
      if (facts.has(name)) return false;
      facts.set(name, value);
      return true;
    },
    ages: (_run, names) =>
      names.length === 0
        ? [clock() - spec.createdAt]
        : names.flatMap((name) => (facts.has(name) ? [clock() - Number(facts.get(name)?.at ?? 0)] : [])),
    stillHolds: (run, attempt) =>
      decisions() === run.decisions && !facts.has(`${attempt}.outcome`) && resumes.length === run.state.resumes.length,
    resume(run, decision) {
      if (run.state.resumes.length !== resumes.length) return false;
      resumes.push(decision);
      return true;
    },
    update(run, decision) {
      return this.create(run.id, updateName(run.state.updates.length + 1), {...decision});
    },
    append: () => {},
    seal(run, endedAt) {
      const epoch = run.state.resumes.length;
      const summary = summarise(run.state, endedAt);
      const first = !seals.has(epoch);
      if (first) seals.set(epoch, summary);
      return {first, summary: seals.get(epoch) ?? summary};
    },
    readableFacts: () => facts,
    readableSpec: () => spec,
    timesResumed: () => resumes.length,
    sealAside: (_run, summary) => void seals.set(resumes.length, summary),
    summary: () => seals.get(resumes.length),
    newestSeal() {
      const summary = seals.get(resumes.length);
      return summary && {number: resumes.length, summary};
    },
    placeOf: () => runLayout(layout, spec.run),
    packable: () => [],
    pack: () => false,
    tidyPacked: () => 0,
    late: () => ({found: [], damaged: []}),
    forgetLate: () => {},
  };
  return ledger;
}

export interface MemoryMonitors extends MonitorLedger {
  /** it is on record that PBS took this one */
  mayCountOn(job: JobId): boolean;
}

/** The facts of a monitor chain, without a disk. */
export function memoryMonitors(): MemoryMonitors {
  const facts = new Map<string, FactValue>();
  const newestOf = (kind: string) =>
    Math.max(0, ...[...facts.keys()].flatMap((name) => (name.endsWith(`.${kind}`) ? [Number.parseInt(name, 10)] : [])));
  return {
    newest() {
      const generation = newestOf('intent');
      const intent = facts.get(`${generation}.intent`);
      if (!intent) return undefined;
      const confirmed = facts.get(`${generation}.confirmed`);
      const refused = facts.get(`${generation}.refused`);
      // The engine itself put these values there.
      return {
        ...intent,
        generation,
        ...(confirmed ? {job: confirmed.job} : {}),
        ...(refused ? {refused} : {}),
        neverArrived: facts.has(`${generation}.never-arrived`),
        unwanted: facts.has(`${generation}.unwanted`),
      } as unknown as MonitorLink;
    },
    lastLook() {
      return facts.get(`${newestOf('look')}.look`) as ReturnType<MonitorLedger['lastLook']>; // put there by the engine
    },
    lastRefusal() {
      return facts.get(`${newestOf('refused')}.refused`) as Refusal | undefined; // put there by the engine
    },
    create(generation, kind, value) {
      const name = `${generation}.${kind}`;
      if (facts.has(name)) return false;
      facts.set(name, value);
      return true;
    },
    prune: () => {},
    mayCountOn: (job) => [...facts].some(([name, value]) => name.endsWith('.confirmed') && value.job === job),
  };
}
