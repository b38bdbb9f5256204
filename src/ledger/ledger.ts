import {existsSync, renameSync, rmSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {newWord} from '../base/ids.ts';
import {ensureDirectory, ensureSubdirectory, isDirectory} from '../disk/directories.ts';
import {createFact, type FactValue, flushDirectoryOf, namesIn, readFact, readFacts} from '../disk/facts.ts';
import {naming, removeIfPossible, writeWhole} from '../disk/whole-file.ts';
import {EXIT, StageError} from '../errors.ts';
import {foldRun} from './fold.ts';
import {appendEvent, type RunEvent} from './journal.ts';
import {type KeptVariables, keepVariables} from './kept-environment.ts';
import {type LateSubmissions, lateSubmissionsOf, openLateSubmissions} from './late-submissions.ts';
import {
  isUpdate,
  type ResumeDecision,
  type RunSpec,
  type RunState,
  type UpdateDecision,
  updateName,
} from './run-facts.ts';
import {
  numberedName,
  parseNumberedName,
  parseRunId,
  type RunId,
  type RunLayout,
  runId,
  runLayout,
  runLayoutAt,
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
  open(run: RunId): OpenRun;
  /** Read what has come to a run's facts since it was read. */
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
  /** The run's directory is there: another process may have withdrawn the run. A state directory that is gone is another matter. */
  isThere(run: OpenRun): boolean;
  /** Take back the creation of a run of which nothing has begun. Its number is given to the next run of the name. */
  withdraw(run: OpenRun): void;
  /** What was planned still holds: no person has decided anything since `run` was read, and the attempt, if one is named, has not ended. */
  stillHolds(run: OpenRun, attempt?: string): boolean;
  /** Create a fact of a run. @returns false when it existed */
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
  summary(run: RunId): RunSummary | undefined;
  /** What PBS may still take of runs that were sealed. */
  late(): readonly LateSubmissions[];
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
    while (existsSync(join(layout.resumed, `${numberedName(run, number + 1)}.json`))) number += 1;
    return number;
  };
  const resumesOf = (run: RunId): ResumeDecision[] =>
    Array.from({length: timesResumed(run)}, (_, index) => {
      const name = numberedName(run, index + 1);
      const value = readFact(layout.resumed, name);
      if (!value?.steps) throw new LedgerDamaged(join(layout.resumed, `${name}.json`), value);
      return value as unknown as ResumeDecision; // written by resume() below, whole
    });
  const sealName = (run: RunId): string => numberedName(run, timesResumed(run));
  const readSeal = (name: string): RunSummary | undefined => {
    const value = readFact(layout.sealed, name);
    // Written by seal() below; the format says how.
    return value?.format === 1 ? (value as unknown as RunSummary) : undefined;
  };
  const runs = (): RunId[] => namesIn(layout.runs).flatMap((name) => parseRunId(name)?.id ?? []);
  const read = (id: RunId, layoutOfRun: RunLayout, spec: RunSpec, known?: ReadonlyMap<string, FactValue>): OpenRun => {
    const facts = readRunFacts(layoutOfRun.facts, known);
    const resumes = resumesOf(id);
    const decisions = [...facts.keys()].filter(isDecision);
    // What was asked for cannot be guessed; other facts say enough by their names.
    const damaged = decisions.find((name) => isUpdate(name) && !facts.get(name)?.workflow);
    if (damaged) throw new LedgerDamaged(join(layoutOfRun.facts, `${damaged}.json`), facts.get(damaged));
    return {id, layout: layoutOfRun, state: foldRun(spec, facts, resumes), facts, decisions: decisions.length};
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
      const spec = readFact(layoutOfRun.directory, 'spec');
      if (spec?.format !== 1) throw new LedgerDamaged(join(layoutOfRun.directory, 'spec.json'), spec);
      return read(id, layoutOfRun, spec as unknown as RunSpec);
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
    isThere: ({layout: {directory}}) => isDirectory(directory) || !isDirectory(layout.runs),
    withdraw: (run) => withdrawRun(layout, run.layout.directory),
    resume(run, decision) {
      ensureSubdirectory(layout.resumed);
      return createFact(layout.resumed, numberedName(run.id, run.state.resumes.length + 1), {...decision});
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
      const kept = keepVariables(run.layout.directory, environment);
      return createFact(run.layout.facts, updateName(run.state.updates.length + 1), {...decision, environment: kept});
    },
    create: (run, name, value) => createFact(runLayout(layout, run).facts, name, value),
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
    summary: (run) => readSeal(sealName(run)),
    late: () => lateSubmissions.all(),
    forgetLate: (run) => lateSubmissions.remove(run),
  };
}

/** @throws {LedgerDamaged} when there is no such directory: a run has one from its first moment */
function readRunFacts(directory: string, known?: ReadonlyMap<string, FactValue>): Map<string, FactValue> {
  try {
    return readFacts(directory, known);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') throw new LedgerDamaged(directory, undefined);
    throw error;
  }
}

function isDecision(fact: string): boolean {
  return fact.startsWith('decision.');
}

/**
 * Make a run appear whole or not at all: its directory is filled under a temporary name and renamed.
 * rename(2) onto a directory that holds something fails, so of two processes one wins.
 */
function publishRun(
  state: StateLayout,
  spec: RunSpec,
  scripts: ReadonlyMap<string, Uint8Array>,
  environment: KeptVariables | undefined,
): boolean {
  ensureDirectory(state.runs);
  removeWithdrawn(state.runs);
  const temporary = runLayoutAt(join(state.runs, `.new-${spec.nonce}`));
  const final = runLayout(state, spec.run);
  try {
    for (const directory of [temporary.directory, temporary.facts, temporary.scripts, temporary.logs])
      ensureSubdirectory(directory);
    for (const [step, content] of scripts) {
      const script = join(temporary.scripts, `${step}.script`);
      naming(script, () => writeFileSync(script, content, {mode: 0o700, flush: true}));
    }
    createFact(temporary.directory, 'spec', {...spec, environment: keepVariables(temporary.directory, environment)});
    renameSync(temporary.directory, final.directory);
  } catch (error) {
    removeIfPossible(temporary.directory);
    // A network file system may repeat a rename whose answer was lost: then the run is there, and ours.
    if (isDirectory(final.directory)) return readFact(final.directory, 'spec')?.nonce === spec.nonce;
    throw error;
  }
  // Jobs and tasks are about to be submitted for it: after a loss of power it must be there still.
  naming(final.directory, () => flushDirectoryOf(final.directory));
  return true;
}

const GONE = '.gone-';

/** Gone at one stroke, as it came; what a process that dies meanwhile leaves of it is removed with the next one. */
function withdrawRun({runs}: StateLayout, directory: string): void {
  const aside = join(runs, `${GONE}${newWord()}`);
  try {
    renameSync(directory, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error; // another process was first
  }
  removeWithdrawn(runs);
}

function removeWithdrawn(runs: string): void {
  for (const name of namesIn(runs)) {
    if (!name.startsWith(GONE)) continue;
    try {
      rmSync(join(runs, name), {recursive: true, force: true});
    } catch {
      // Another process removes it, or a file of it is open on a network file system: the next one tries again.
    }
  }
}

/** A file of the state directory is not what stage wrote there. */
export class LedgerDamaged extends StageError {
  constructor(path: string, found: unknown) {
    super({
      code: 'LEDGER_DAMAGED',
      exit: EXIT.unreachable,
      what: 'a file of the state directory cannot be used',
      why:
        found === undefined ? `${path} does not exist` : `${path} is empty, cut short, or of another version of stage`,
      next: ['Restore it from a backup, or move its run directory away: other runs are not affected.'],
    });
  }
}
