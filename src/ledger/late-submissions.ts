import {join} from 'node:path';
import {DAY_MS} from '../base/time.ts';
import {ensureSubdirectory} from '../disk/directories.ts';
import {createFact, namesIn} from '../disk/facts.ts';
import {readFact} from '../disk/read-fact.ts';
import {removeIfPossible} from '../disk/whole-file.ts';
import {LedgerDamaged} from './damage.ts';
import {LATE} from './fact-schemas/run-record.ts';
import type {RunState} from './run-facts.ts';
import type {RunId} from './state-directory.ts';

/** Submissions of a run that has ended, which PBS may take all the same: their answers were lost, and no job was found. */
export interface LateSubmissions {
  readonly run: RunId;
  /** what their jobs can be found by */
  readonly tags: readonly string[];
  /** they are looked for until then, in milliseconds since the epoch */
  readonly until: number;
}

/** A server that stands still takes a qsub when it goes on; one that was away for longer has lost it. */
const LOOKED_FOR_MS = DAY_MS;

/** What is still to be looked for when a run is sealed; undefined when every submission is resolved. Pure. */
export function lateSubmissionsOf({spec, attempts}: RunState, now: number): LateSubmissions | undefined {
  const records = [...attempts.values()].flat().flatMap(({jobs}) => jobs);
  const open = records.filter(({neverArrived, job, intent}) => {
    return neverArrived && !job && now < intent.deadline + LOOKED_FOR_MS;
  });
  if (open.length === 0) return undefined;
  const until = Math.max(...open.map(({intent}) => intent.deadline)) + LOOKED_FOR_MS;
  return {run: spec.run, tags: open.map(({intent}) => intent.tag), until};
}

/** The same of a run that cannot be read: these submissions are known by their tags alone. */
export function lateTags(run: RunId, tags: readonly string[], now: number): LateSubmissions | undefined {
  return tags.length > 0 ? {run, tags, until: now + LOOKED_FOR_MS} : undefined;
}

/** The directory `late/`: a file for each run that has ended with such submissions, until they are resolved. */
export function openLateSubmissions(directory: string) {
  const files = () => namesIn(directory).flatMap((name) => (/^[^.].*\.json$/.test(name) ? [name.slice(0, -5)] : []));
  return {
    add(late: LateSubmissions): void {
      ensureSubdirectory(directory);
      createFact(directory, late.run, {...late});
    },
    all(): {readonly found: readonly LateSubmissions[]; readonly damaged: readonly LedgerDamaged[]} {
      const found: LateSubmissions[] = [];
      const damaged: LedgerDamaged[] = [];
      const moved = 'a job of that run which PBS takes late stays in the queue until you delete it';
      for (const name of files()) {
        const read = readFact(directory, name, LATE, {run: name});
        if (read.is === 'whole') found.push(read.value);
        else if (read.is !== 'absent') damaged.push(new LedgerDamaged(read, {moved}));
      }
      return {found, damaged};
    },
    remove(run: RunId): void {
      removeIfPossible(join(directory, `${run}.json`));
    },
  };
}
