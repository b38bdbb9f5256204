import type {JobId} from '../../base/job-id.ts';
import type {FactValue} from '../../disk/facts.ts';
import type {EndMarker, Markers, StartMarker} from '../run-facts.ts';
import type {AttemptFacts} from './attempt-facts.ts';

// What jobs have written themselves: markers come from shell scripts, may be empty, and are read field by field.

/** @param prefix empty for a job, `i7.` for the subjob of index 7 */
export function foldMarkers(prefix: string, facts: AttemptFacts): Markers {
  const starts: StartMarker[] = [];
  for (let count = 1; facts.has(`${prefix}start.${count}`); count++)
    starts.push(readStart(facts.get(`${prefix}start.${count}`) ?? {}));
  const ends = new Map<number, EndMarker>();
  const terminated = new Set<number>();
  starts.forEach((_, index) => {
    const told = facts.has(`${prefix}term.${index + 1}`);
    const end =
      readEnd(facts.get(`${prefix}end.${index + 1}`)) ?? readStatus(facts.get(`${prefix}status.${index + 1}`), told);
    if (end) ends.set(index + 1, end);
    if (told) terminated.add(index + 1);
  });
  return {starts, ends, terminated};
}

export function foldIndices(facts: AttemptFacts): Map<number, Markers> {
  const indices = new Map<number, Markers>();
  for (const name of facts.keys()) {
    const index = /^i(0|[1-9][0-9]*)\.start\.1$/.exec(name)?.[1];
    if (index !== undefined) indices.set(Number(index), foldMarkers(`i${index}.`, facts));
  }
  return indices;
}

function readStart(value: FactValue): StartMarker {
  return {
    job: typeof value.job === 'string' ? (value.job as JobId) : undefined,
    host: typeof value.host === 'string' ? value.host : undefined,
    ...atOf(value),
    ...(value.void === true ? {void: true as const} : {}),
  };
}

/** An end marker without an exit code was cut short and says nothing. */
function readEnd(value: FactValue | undefined): EndMarker | undefined {
  if (!value || typeof value.exit !== 'number') return undefined;
  return {
    job: typeof value.job === 'string' ? (value.job as JobId) : undefined,
    exit: value.exit,
    terminated: value.terminated === true,
    delivers: value.delivers === true || undefined,
    ...atOf(value),
  };
}

/** What SIGTERM and SIGKILL leave. */
const SIGNALLED: readonly number[] = [143, 137];

/**
 * The status of a script whose wrapper was killed before it could write the end marker, as pbs/job-wrapper.sh reads it
 * too: a status that a signal leaves does not tell whether PBS sent it.
 */
function readStatus(value: FactValue | undefined, told: boolean): EndMarker | undefined {
  const end = readEnd(value);
  return end && {...end, terminated: told || SIGNALLED.includes(end.exit)};
}

/** Shell writes `date -u +%Y-%m-%dT%H:%M:%SZ`, the reconciler milliseconds. */
function atOf(value: FactValue): {at?: number} {
  const at = typeof value.at === 'number' ? value.at : Date.parse(String(value.at));
  return Number.isFinite(at) ? {at} : {};
}
