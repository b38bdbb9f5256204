import {join} from 'node:path';
import type * as z from 'zod/mini';
import {newWord} from '../base/ids.ts';
import {ensureSubdirectory, isDirectory} from '../disk/directories.ts';
import {createFact, type FactValue, isThere, namesIn} from '../disk/facts.ts';
import {type FactRead, inItsPlace, readFact, readFacts} from '../disk/read-fact.ts';
import {writeWhole} from '../disk/whole-file.ts';
import {LedgerDamaged, missing, type WayOut} from './damage.ts';
import {
  ENVIRONMENT,
  nameOfKind,
  RESUMED,
  RUN_FACTS,
  type RunFactKind,
  requireKind,
  SEAL,
  SPEC,
} from './fact-schemas.ts';
import {foldRun} from './fold.ts';
import {appendEvent, type RunEvent} from './journal.ts';
import {type KeptVariables, keepVariables} from './kept-environment.ts';
import {type LateSubmissions, lateSubmissionsOf, lateTags, openLateSubmissions} from './late-submissions.ts';
import {type NewScripts, prepareRun, publishPrepared, publishRun, withdrawRun} from './new-run.ts';
import {type ResumeDecision, type RunSpec, type RunState, type UpdateDecision, updateName} from './run-facts.ts';
import {
  numberedName,
  parseNumberedName,
  parseRunId,
  type RunId,
  type RunLayout,
  runId,
  runLayout,
  type StateLayout,
  stateLayout,
} from './state-directory.ts';
import {type RunSummary, summarise} from './summary.ts';

/** A run's directory with its spec read. */
export interface OpenRun {
  readonly id: RunId;
  readonly layout: RunLayout;
  readonly state: RunState;
  /** what it was read from */
  readonly facts: ReadonlyMap<string, FactValue>;
  /** how many decisions of people it has been read with */
  readonly decisions: number;
}

/** A run as it is on record at one moment. */
export interface RunWithEnd {
  readonly open: OpenRun;
  /** how it ended; undefined while it is active */
  readonly ended: RunSummary | undefined;
}

/** What is kept in `late/`. */
export interface LateFound {
  readonly found: readonly LateSubmissions[];
  readonly damaged: readonly LedgerDamaged[];
}

/** The state directory: facts, created and never changed. Reading it never writes. */
export interface Ledger {
  readonly layout: StateLayout;
  /** Ids of all runs, in no order. */
  runs(): RunId[];
  /** Runs that have not been sealed. */
  activeRuns(): RunId[];
  /** The number the next run of a name gets; numbers of runs whose directory was removed are not used again. */
  nextNumber(name: string): number;
  /** The newest run of a name, or the run with that very id. */
  find(nameOrId: string): RunId | undefined;
  /** @throws {LedgerDamaged} when a fact that it is the sum of cannot be used: it is set aside until that is repaired */
  open(run: RunId): OpenRun;
  /** Read what has come to a run's facts since it was read. @throws as {@link open} */
  refresh(run: OpenRun): OpenRun;
  /** The run, and how it ended if it has. What ended while it was being read is read again: all that the seal was made
   *  from is in it. */
  withEnd(run: OpenRun): RunWithEnd;
  /** Create the next run of a name, with what its jobs are to have of the person's environment. @returns undefined when another process created that number first */
  createRun(
    number: number,
    spec: Omit<RunSpec, 'run' | 'number' | 'nonce' | 'format'>,
    scripts: ReadonlyMap<string, Uint8Array>,
    environment?: KeptVariables,
  ): RunId | undefined;
  /**
   * Make a run where no look finds it: in a directory that is to be made, below one that is there.
   *
   * @throws the system's error
   */
  prepareRun(
    directory: string,
    number: number,
    spec: Omit<RunSpec, 'run' | 'number' | 'nonce' | 'format'>,
    scripts: NewScripts,
    environment?: KeptVariables,
  ): void;
  /** Move a run that was prepared to its place. @returns `absent` where it has been moved, `taken` where another run has its id */
  publishPrepared(directory: string, run: RunId): 'published' | 'absent' | 'taken';
  /** The run's directory is there: another process may have withdrawn the run. A state directory that is gone is another matter. */
  isThere(run: OpenRun): boolean;
  /** Take back the creation of a run of which nothing has begun. Its number is given to the next run of the name. */
  withdraw(run: OpenRun): void;
  /** What was planned still holds: no person has decided anything since `run` was read, and the attempt, if one is named, has not ended. */
  stillHolds(run: OpenRun, attempt?: string): boolean;
  /** Create a fact of a run, which says whose it is. @returns false when it existed. @throws {RangeError} for one without a schema */
  create(run: RunId, name: string, value: FactValue): boolean;
  /** Record that steps of a run are to be tried again; a sealed run is open again from then on.
   *  @returns false when it was resumed since `run` was read */
  resume(run: OpenRun, decision: ResumeDecision): boolean;
  /** Record that steps of a run are to do something else, with the scripts that are new, by file name.
   *  @returns false when it was updated since `run` was read */
  update(
    run: OpenRun,
    decision: UpdateDecision,
    scripts: ReadonlyMap<string, Uint8Array>,
    environment?: KeptVariables,
  ): boolean;
  append(run: RunId, event: RunEvent): void;
  /** Seal a run that has ended: no tick looks at it again. Safe to repeat. @returns whether this call was the first */
  seal(run: OpenRun, endedAt: number): {readonly first: boolean; readonly summary: RunSummary};
  /** Those facts of a run that can be read, whatever has become of others. */
  readableFacts(run: RunId): ReadonlyMap<string, FactValue>;
  /** What a run was asked to do, where that can be read, whatever has become of its facts. */
  readableSpec(run: RunId): RunSpec | undefined;
  /** Seal a run that cannot be read: no tick looks at it again. Safe to repeat. @param tags of submissions that PBS may still take */
  sealAside(run: RunId, summary: RunSummary, tags: readonly string[]): void;
  /** @throws {LedgerDamaged} when the seal cannot be used */
  summary(run: RunId): RunSummary | undefined;
  /** What its seal of this number says: 0, or how often the run had been resumed. @throws {LedgerDamaged} likewise */
  sealNumber(run: RunId, number: number): RunSummary | undefined;
  /** What PBS may still take of runs that were sealed, and files that should say so and do not. */
  late(): LateFound;
  /** Nothing is left to look for. */
  forgetLate(run: RunId): void;
}

export function openLedger(home: string): Ledger {
  const layout = stateLayout(home);
  const lateSubmissions = openLateSubmissions(layout.late);

  const factsIn = (directory: string): string[] =>
    namesIn(directory).flatMap((name) => (/^[^.].*\.json$/.test(name) ? [name.slice(0, -5)] : []));
  const timesResumed = (run: RunId): number => {
    let number = 0;
    while (isThere(layout.resumed, numberedName(run, number + 1))) number += 1;
    return number;
  };
  const resumesOf = (run: RunId): ResumeDecision[] =>
    Array.from({length: timesResumed(run)}, (_, index) => {
      const name = numberedName(run, index + 1);
      return whole(readFact(layout.resumed, name, RESUMED, {run}), join(layout.resumed, `${name}.json`), wayOutOf(run));
    });
  const sealName = (run: RunId): string => numberedName(run, timesResumed(run));
  const readSeal = (name: string): RunSummary | undefined => {
    const seal = readFact(layout.sealed, name, SEAL, {run: parseNumberedName(name).run});
    if (seal.is === 'absent') return undefined;
    const moved = {moved: 'the run is looked at again, and sealed again when it has ended'};
    return summaryOf(whole(seal, join(layout.sealed, `${name}.json`), moved));
  };
  const runs = (): RunId[] => namesIn(layout.runs).flatMap((name) => parseRunId(name)?.id ?? []);
  const read = (id: RunId, layoutOfRun: RunLayout, spec: RunSpec, known?: ReadonlyMap<string, FactValue>): OpenRun => {
    const facts = readRunFacts(id, layoutOfRun.facts, known);
    const state = foldRun(spec, facts, resumesOf(id));
    return {id, layout: layoutOfRun, state, facts, decisions: [...facts.keys()].filter(isDecision).length};
  };
  const refresh = (run: OpenRun) => read(run.id, run.layout, run.state.original, run.facts);

  return {
    layout,
    runs,
    activeRuns() {
      const sealed = new Set(factsIn(layout.sealed));
      const resumed = new Map<string, number>();
      for (const {run, number} of factsIn(layout.resumed).map(parseNumberedName))
        resumed.set(run, Math.max(number, resumed.get(run) ?? 0));
      // A run that was resumed is open until it is sealed again.
      return runs().filter((run) => !sealed.has(numberedName(run, resumed.get(run) ?? 0)));
    },
    nextNumber(name) {
      // A resumption that was left behind would count for a new run of its number.
      const numbers = [...runs(), ...factsIn(layout.sealed), ...factsIn(layout.resumed)]
        .map((id) => parseRunId(parseNumberedName(id).run))
        .flatMap((run) => (run?.name === name ? run.number : []));
      return Math.max(0, ...numbers) + 1;
    },
    find(nameOrId) {
      const exact = parseRunId(nameOrId);
      if (exact) return namesIn(layout.runs).includes(exact.id) ? exact.id : undefined;
      const newest = runs()
        .map((run) => parseRunId(run))
        .filter((run) => run?.name === nameOrId)
        .sort((a, b) => (a?.number ?? 0) - (b?.number ?? 0))
        .pop();
      return newest?.id;
    },
    open(id) {
      const layoutOfRun = runLayout(layout, id);
      const {directory} = layoutOfRun;
      const spec = whole(readFact(directory, 'spec', SPEC, {run: id}), join(directory, 'spec.json'), wayOutOf(id));
      const run = read(id, layoutOfRun, spec);
      // Found out before a job of it is asked for: without its environment it would do something else.
      for (const {environment} of [spec, ...run.state.updates])
        if (environment !== undefined)
          whole(
            readFact(directory, environment, ENVIRONMENT, {run: id}),
            join(directory, `${environment}.json`),
            wayOutOf(id),
          );
      return run;
    },
    refresh,
    withEnd(run) {
      for (let open = run; ; ) {
        const times = open.state.resumes.length;
        const ended = readSeal(numberedName(open.id, times));
        if (!ended) return {open, ended};
        open = refresh(open);
        if (open.state.resumes.length === times) return {open, ended};
      }
    },
    createRun(number, parts, scripts, environment) {
      const id = runId(parts.name, number);
      const spec: RunSpec = {format: 1, run: id, number, nonce: newWord(), ...parts};
      return publishRun(layout, spec, scripts, environment) ? id : undefined;
    },
    prepareRun(directory, number, parts, scripts, environment) {
      const spec: RunSpec = {format: 1, run: runId(parts.name, number), number, nonce: newWord(), ...parts};
      prepareRun(directory, spec, scripts, environment);
    },
    publishPrepared: (directory, run) => publishPrepared(layout, directory, run),
    isThere: ({layout: {directory}}) => isDirectory(directory) || !isDirectory(layout.runs),
    withdraw: (run) => withdrawRun(layout, run.layout.directory),
    resume(run, decision) {
      ensureSubdirectory(layout.resumed);
      const name = numberedName(run.id, run.state.resumes.length + 1);
      return createFact(layout.resumed, name, {...decision, run: run.id});
    },
    stillHolds(run, attempt) {
      const names = factsIn(run.layout.facts);
      return (
        names.filter(isDecision).length === run.decisions &&
        (attempt === undefined || !names.includes(`${attempt}.outcome`)) &&
        timesResumed(run.id) === run.state.resumes.length
      );
    },
    update(run, decision, scripts, environment) {
      ensureSubdirectory(run.layout.scripts);
      for (const [file, content] of scripts) writeWhole(join(run.layout.scripts, file), content, {mode: 0o700});
      const kept = keepVariables(run.layout.directory, run.id, environment);
      return this.create(run.id, updateName(run.state.updates.length + 1), {...decision, environment: kept});
    },
    create(run, name, value) {
      requireKind(name);
      return createFact(runLayout(layout, run).facts, name, {...value, run});
    },
    append: (run, event) => appendEvent(runLayout(layout, run).journal, event),
    seal(run, endedAt) {
      ensureSubdirectory(layout.sealed);
      const summary = summarise(run.state, endedAt);
      // Before the seal: after it no process opens the run.
      const late = lateSubmissionsOf(run.state, endedAt);
      if (late) lateSubmissions.add(late);
      // Named after what this process has read of the run: one that was resumed meanwhile stays open.
      const first = createFact(layout.sealed, numberedName(run.id, run.state.resumes.length), {...summary});
      return {first, summary: (first ? undefined : this.summary(run.id)) ?? summary};
    },
    readableFacts(run) {
      const {facts} = runLayout(layout, run);
      return isDirectory(facts) ? readFacts(facts, kindOfFact, undefined, {run}).whole : new Map();
    },
    readableSpec(run) {
      const spec = readFact(runLayout(layout, run).directory, 'spec', SPEC, {run});
      return spec.is === 'whole' ? spec.value : undefined;
    },
    sealAside(run, summary, tags) {
      ensureSubdirectory(layout.sealed);
      const late = lateTags(run, tags, summary.endedAt);
      if (late) lateSubmissions.add(late);
      createFact(layout.sealed, sealName(run), {...summary});
    },
    summary: (run) => readSeal(sealName(run)),
    sealNumber: (run, number) => readSeal(numberedName(run, number)),
    late: () => lateSubmissions.all(),
    forgetLate: (run) => lateSubmissions.remove(run),
  };
}

/** @throws {LedgerDamaged} for anything but a whole fact: one that is absent has to be there */
function whole<T>(read: FactRead<T>, path: string, wayOut: WayOut = {}): T {
  if (read.is === 'whole') return read.value;
  throw new LedgerDamaged(read.is === 'absent' ? missing(path) : read, wayOut);
}

/** What a seal says; its first version did not say what a step waited for. */
function summaryOf(seal: z.output<typeof SEAL.schema>): RunSummary {
  const steps = seal.steps.map((step) => ({
    ...step,
    needs: step.needs ?? [],
    onFailureOf: step.onFailureOf ?? [],
    after: step.after ?? [],
  }));
  return {...seal, format: 1, steps};
}

function kindOfFact(name: string): RunFactKind | undefined {
  const kind = nameOfKind(name);
  return kind && RUN_FACTS[kind];
}

function wayOutOf(run: RunId): WayOut {
  return {giveUp: `stage cancel ${run} --give-up`};
}

/**
 * The facts of a run. A marker whose name says enough counts when a loss of power has cut it short.
 *
 * @throws {LedgerDamaged} for any other that cannot be used, and when there is no such directory: a run has one from its
 *   first moment
 */
function readRunFacts(run: RunId, directory: string, known?: ReadonlyMap<string, FactValue>): Map<string, FactValue> {
  const kindOf = (name: string): RunFactKind | undefined => {
    const kind = kindOfFact(name);
    if (kind || !isDecision(name)) return kind;
    const why = 'it is a decision that this version of stage does not know';
    throw new LedgerDamaged({is: 'newer', path: join(directory, `${name}.json`), why}, wayOutOf(run));
  };
  const {whole: found, unusable} = readDirectory(directory, wayOutOf(run), () =>
    readFacts(directory, kindOf, known, {run}),
  );
  const facts = new Map(found);
  for (const [name, fact] of unusable) {
    const {byName, moved} = kindOf(name) ?? {};
    if (!byName || fact.is !== 'damaged' || !fact.cut) throw new LedgerDamaged(fact, {...wayOutOf(run), moved});
    facts.set(name, {});
  }
  return facts;
}

/** @throws {LedgerDamaged} where the directory is missing, or is none */
function readDirectory<T>(path: string, wayOut: WayOut, read: () => T): T {
  try {
    return read();
  } catch (error) {
    const {code} = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') throw new LedgerDamaged(missing(path), wayOut);
    const why = inItsPlace(path, code);
    if (why === undefined) throw error;
    throw new LedgerDamaged({is: 'damaged', path, why}, wayOut);
  }
}

function isDecision(fact: string): boolean {
  return fact.startsWith('decision.');
}
