import type {JobArray} from '../../base/job-array.ts';
import {type JobId, readJobId} from '../../base/job-id.ts';
import {walltimeSeconds} from '../../base/walltime.ts';
import type {EndedJob, HoldKind, JobSeen, LiveJob} from '../scheduler.ts';
import {readPbsDate} from './dates.ts';

/** One job as qstat showed it, whichever form it was printed in. */
export interface PbsRecord {
  readonly id: string;
  /** an attribute by PBS's name, as text, `Resource_List.walltime` too; numbers and booleans of the JSON form are text again */
  attribute(name: string): string | undefined;
  /** STAGE_INTENT among the job's variables */
  readonly tag: string | undefined;
}

/** A letter that is missing here is `unlisted`: such a job is neither deleted as if it had not begun, nor over. */
const LIVE_STATES: Readonly<Record<string, LiveJob['state']>> = {
  Q: 'queued',
  H: 'held',
  W: 'waiting',
  R: 'running',
  B: 'running', // an array of which at least one member has begun
  E: 'ending',
  S: 'suspended',
  U: 'suspended',
  M: 'moved',
  T: 'in-transit',
  X: 'ending', // a subjob that has ended, while its array goes on
};

/** What one job record tells. States and substates: measured on OpenPBS 23.06. */
export function seenIn(record: PbsRecord): JobSeen {
  const state = record.attribute('job_state');
  if (state === undefined || state === '')
    return {kind: 'no-evidence', why: `PBS showed ${record.id} without a state`, ...defined('tag', record.tag)};
  return state === 'F' ? ended(record) : live(record, state);
}

function live(record: PbsRecord, state: string): LiveJob {
  const holds = record.attribute('Hold_Types') ?? 'n';
  return {
    kind: 'live',
    state: LIVE_STATES[state] ?? 'unlisted',
    ...defined('stateLetter', state in LIVE_STATES ? undefined : state),
    ...defined('begun', state === 'H' ? hasBegun(record.attribute('array_state_count')) : undefined),
    userHold: holds.includes('u'),
    otherHold: /[sop]/.test(holds),
    ...defined('holds', unlessEmpty(HOLDS.flatMap(([letter, kind]) => (holds.includes(letter) ? [kind] : [])))),
    ...defined('waitsFor', unlessEmpty(readDepend(record.attribute('depend') ?? ''))),
    ...defined('runCount', readCount(record.attribute('run_count'))),
    queue: record.attribute('queue') ?? '',
    ...whatBothHave(record),
    ...defined('startAt', readPbsDate(record.attribute('Execution_Time'))),
    // A date, seconds since the epoch, or a word such as UNKNOWN, by version.
    ...defined('estimatedStart', readPbsDate(record.attribute('estimated.start_time'))),
    ...defined('walltimeSeconds', walltimeSeconds(record.attribute('Resource_List.walltime') ?? '')),
    ...defined('startedAt', readPbsDate(record.attribute('stime'))),
  };
}

/** `Queued:4 Running:2 Exiting:0 Expired:0`: qhold puts an array in state H whose subjobs run (measured on OpenPBS 23.06). */
function hasBegun(counts: string | undefined): true | undefined {
  return /\b(?:Running|Exiting|Expired):[1-9]/.test(counts ?? '') || undefined;
}

const HOLDS: readonly (readonly [letter: string, kind: HoldKind])[] = [
  ['u', 'user'],
  ['o', 'operator'],
  ['s', 'system'],
  ['p', 'bad-password'],
];

/**
 * The jobs in `afterok:5.pbs-sn1@pbs-sn1:6.pbs-sn1@pbs-sn1,beforeany:7.pbs-sn1@pbs-sn1` that this one waits for. Those
 * that have been met vanish from the list one by one; `before…` are the mirrors of jobs that wait for this one
 * (measured on OpenPBS 23.06).
 */
function readDepend(text: string): JobId[] {
  return text
    .split(',')
    .filter((part) => part.startsWith('after'))
    .flatMap((part) => part.split(':').slice(1))
    .flatMap((id) => readJobId(id.split('@')[0] ?? '') ?? []);
}

function readCount(text: string | undefined): number | undefined {
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
}

function unlessEmpty<T>(list: readonly T[]): readonly T[] | undefined {
  return list.length > 0 ? list : undefined;
}

/** Exit_status is read in state F only: a requeued job shows -11 while it waits. */
function ended(record: PbsRecord): JobSeen {
  const status = record.attribute('Exit_status');
  const substate = record.attribute('substate') ?? '';
  if (status !== undefined && !/^-?\d+$/.test(status))
    return {
      kind: 'no-evidence',
      why: `PBS showed ${record.id} with an exit status that cannot be read: ${status.slice(0, 40)}`,
      ...defined('tag', record.tag),
    };
  return {
    kind: 'ended',
    ...(status === undefined ? withoutStatus(substate) : withStatus(Number(status), substate)),
    ...whatBothHave(record),
    ...defined('startedAt', readPbsDate(record.attribute('stime'))),
    ...defined('endedAt', endedAt(record)),
  };
}

function withStatus(
  exitStatus: number,
  substate: string,
): Pick<EndedJob, 'how' | 'exitStatus' | 'reason' | 'deletedRunning'> {
  const deleted = substate === '91';
  const reason = exitReason(exitStatus, deleted);
  return {how: 'ran', exitStatus, reason, ...(deleted ? {deletedRunning: true} : {})};
}

/** Substate 92 is shared with success: only the missing exit status tells a job that its dependency removed. */
function withoutStatus(substate: string): Pick<EndedJob, 'how' | 'reason' | 'byDependency'> {
  if (substate === '91') return {how: 'deleted', reason: 'deleted before it started'};
  if (substate === '92')
    return {how: 'removed', byDependency: true, reason: 'removed because of a dependency, without having run'};
  return {how: 'removed', reason: `ended without an exit status (substate ${substate || 'not shown'})`};
}

const NEGATIVE: Readonly<Record<number, string>> = {
  [-1]: 'could not be started',
  [-2]: 'could not be started',
  [-4]: 'aborted when the execution daemon restarted',
  [-5]: 'aborted when the execution daemon restarted',
  [-6]: 'aborted when the execution daemon restarted',
  [-10]: 'could not be started: bad user id on the execution host',
  [-11]: 'requeued',
  [-24]: 'killed: more CPUs in a burst than asked for',
  [-25]: 'killed: more CPUs than asked for',
  [-26]: 'killed: virtual memory exceeded',
  [-27]: 'killed: memory exceeded',
  [-28]: 'killed: CPU time exceeded',
  [-29]: 'killed: walltime exceeded',
};

/** One phrase for people. 256 and more: a signal that PBS sent; 129 to 192: what the job's own shell says of a killed command. */
export function exitReason(status: number, deleted: boolean): string {
  if (status < 0) return NEGATIVE[status] ?? `ended by PBS (exit status ${status})`;
  if (status >= 256) return `killed by signal ${status - 256}${deleted ? ' (qdel)' : ''}`;
  if (status === 127) return 'exit status 127 (command not found)';
  if (status === 254) return 'exit status 254 (the shell or program could not be started)';
  if (status > 128 && status <= 192) return `exit status ${status} (killed by signal ${status - 128})`;
  return `exit status ${status}`;
}

/** Newer servers say when it ended; older ones when it went into the history, which is the same moment. */
function endedAt(record: PbsRecord): number | undefined {
  const names = ['obittime', 'history_timestamp', 'mtime'];
  return names.map((name) => readPbsDate(record.attribute(name))).find((instant) => instant !== undefined);
}

function whatBothHave(record: PbsRecord): Pick<LiveJob, 'name' | 'comment' | 'tag' | 'submittedAt' | 'array'> {
  return {
    ...defined('array', readRange(record.attribute('array_indices_submitted'))),
    name: record.attribute('Job_Name') ?? '',
    ...defined('comment', record.attribute('comment')),
    ...defined('tag', record.tag),
    ...defined('submittedAt', readPbsDate(record.attribute('ctime'))),
  };
}

/** `0-3` or `1-6:2`; `%` and what follows is a limit that PBS shows elsewhere. */
function readRange(text: string | undefined): JobArray | undefined {
  const [, first, last, step = '1'] = /^(\d+)-(\d+)(?::(\d+))?/.exec(text ?? '') ?? [];
  return first === undefined ? undefined : {first: Number(first), last: Number(last), step: Number(step)};
}

/** An optional field, left out when there is nothing to say. */
function defined<K extends string, V>(name: K, value: V | undefined): {[P in K]?: V} {
  return value === undefined ? {} : ({[name]: value} as {[P in K]?: V}); // a computed key loses its type
}
