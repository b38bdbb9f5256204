import type {FactValue} from '../disk/facts.ts';
import type {LedgerDamaged} from './damage.ts';
import type {RunEvent} from './journal.ts';
import type {KeptVariables} from './kept-environment.ts';
import type {LateSubmissions} from './late-submissions.ts';
import type {NewScripts} from './new-run.ts';
import type {ResumeDecision, RunSpec, RunState, UpdateDecision} from './run-facts.ts';
import type {RunId, RunLayout, StateLayout} from './state-directory.ts';
import type {RunSummary} from './summary.ts';

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
  /** Ids of all runs, packed ones too, in no order. */
  runs(): RunId[];
  /** Runs that have not been sealed: those in `active/`. */
  activeRuns(): RunId[];
  /** Those of the runs that have not been sealed. Each is in `active/` afterwards, whatever had become of its name there. */
  enterNamed(runs: readonly RunId[]): RunId[];
  /** See that each run that has not ended is in `active/`: this reads the names of all. @returns those that were missing */
  enterMissing(): RunId[];
  /** Remove names in `active/` that count for nothing; enter all runs there, in a state directory of an older version, once. */
  tidyActive(by: string): void;
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
  /** How long ago facts of a run were created, in milliseconds by the clock of the file server; of no facts: how long ago the run was.
   *  Those that are missing are left out. @throws the system's error where the disk takes nothing */
  ages(run: OpenRun, facts: readonly string[]): readonly number[];
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
  /** How often a run was resumed. */
  timesResumed(run: RunId): number;
  /** @throws {LedgerDamaged} when the seal cannot be used */
  summary(run: RunId): RunSummary | undefined;
  /** The same with how often the run had been resumed. @throws {LedgerDamaged} likewise */
  newestSeal(run: RunId): {readonly number: number; readonly summary: RunSummary} | undefined;
  /** Where its files lie, for reading: those of a packed run in a directory that may vanish. @throws {TarFailed} */
  placeOf(run: RunId): RunLayout;
  /** Runs that ended so long ago, by the clock of the file server, and could be packed as far as the state directory tells. */
  packable(olderThanMs: number): RunId[];
  /** Put a run that has ended into one file. Safe to repeat. @returns false when it was taken up meanwhile. @throws {TarFailed} */
  pack(run: RunId): boolean;
  /** Finish what processes that died while they packed have left. @returns how many lines of summary were missing */
  tidyPacked(): number;
  /** What PBS may still take of runs that were sealed, and files that should say so and do not. */
  late(): LateFound;
  /** Nothing is left to look for. */
  forgetLate(run: RunId): void;
}
