import {join} from 'node:path';
import {NAME} from '../base/names.ts';

declare const runIdBrand: unique symbol;
/** A run as the ledger files it: its name and its number, such as `climate-ens.2`. Names hold no dot. */
export type RunId = string & {readonly [runIdBrand]: true};

/** Names of the state directory's parts. `docs/formats/ledger.md` describes each. */
export interface StateLayout {
  readonly home: string;
  /** one directory a run that has not been archived: spec, facts, scripts, logs, journal */
  readonly runs: string;
  /** one summary file for each run that has ended */
  readonly sealed: string;
  /** one fact for each time a run was resumed */
  readonly resumed: string;
  /** an empty file for each run that has not ended, named as its next seal */
  readonly active: string;
  /** runs that have ended, in one file each */
  readonly packed: string;
  /** a line of summary for each packed run */
  readonly ended: string;
  /** submissions of runs that have ended, whose jobs may still come: a file a run, for a day */
  readonly late: string;
  /** campaigns: a directory each, and marks of those that are to be looked at */
  readonly campaigns: string;
  /** the log of the limits of this state directory; made when a run first has to do with limits */
  readonly limits: string;
  /** places on disk that jobs fill and transfers empty: a directory each */
  readonly outputs: string;
  /** facts of the one monitor chain */
  readonly monitor: string;
  /** tasks that another way than Globus moves: a directory for each */
  readonly ways: string;
  /** access tokens: mode 0700, files 0600 */
  readonly tokens: string;
  /** what may be deleted at any time and is then learnt again */
  readonly cache: string;
}

export function stateLayout(home: string): StateLayout {
  return {
    home,
    runs: join(home, 'runs'),
    sealed: join(home, 'sealed'),
    resumed: join(home, 'resumed'),
    active: join(home, 'active'),
    packed: join(home, 'packed'),
    ended: join(home, 'ended.jsonl'),
    late: join(home, 'late'),
    campaigns: join(home, 'campaigns'),
    limits: join(home, 'limits'),
    outputs: join(home, 'outputs'),
    monitor: join(home, 'monitor'),
    ways: join(home, 'ways'),
    tokens: join(home, 'tokens'),
    cache: join(home, 'cache'),
  };
}

export interface RunLayout {
  readonly directory: string;
  readonly facts: string;
  readonly scripts: string;
  readonly logs: string;
  readonly journal: string;
}

export function runLayout(state: StateLayout, run: RunId): RunLayout {
  return runLayoutAt(join(state.runs, run));
}

export function runLayoutAt(directory: string): RunLayout {
  return {
    directory,
    facts: join(directory, 'facts'),
    scripts: join(directory, 'scripts'),
    logs: join(directory, 'logs'),
    journal: join(directory, 'journal'),
  };
}

/** Name of a seal, of a resumption, or in `active/`: `climate-ens.2` for number 0, `climate-ens.2~1` for 1. */
export function numberedName(run: RunId, number: number): string {
  return number === 0 ? run : `${run}~${number}`;
}

/** What {@link numberedName} made. */
export function parseNumberedName(text: string): {readonly run: string; readonly number: number} {
  const [run = '', number = '0'] = text.split('~');
  return {run, number: Number(number)};
}

export function runId(name: string, number: number): RunId {
  return `${name}.${number}` as RunId;
}

/** @returns undefined for anything that is not a run's id */
export function parseRunId(
  text: string,
): {readonly id: RunId; readonly name: string; readonly number: number} | undefined {
  const [, name = '', number] = /^([^.]+)\.([1-9][0-9]{0,8})$/.exec(text) ?? [];
  return NAME.test(name) ? {id: text as RunId, name, number: Number(number)} : undefined; // it has the form of one
}
