import type {Ledger, OpenRun} from './ledger.ts';
import type {RunId} from './state-directory.ts';
import {isRunUnusable, type RunUnusable} from './trusted-run.ts';

/** Open several runs: one that cannot be read, or that others could have changed, does not stop the others. */
export function openRuns(
  ledger: Pick<Ledger, 'open' | 'runs'>,
  ids: readonly RunId[],
): {readonly runs: readonly OpenRun[]; readonly damaged: readonly RunUnusable[]} {
  const damaged: RunUnusable[] = [];
  const runs = ids.flatMap((id) => {
    try {
      return [ledger.open(id)];
    } catch (error) {
      if (!isRunUnusable(error)) throw error;
      if (ledger.runs().includes(id)) damaged.push(error); // else it was withdrawn since it was listed
      return [];
    }
  });
  return {runs, damaged};
}

/**
 * Read what has come to runs since they were read: one that cannot be read any more is set aside, and one that is not
 * there any more is left out.
 *
 * @param which those to read again; all when absent
 */
export function refreshRuns(
  ledger: Pick<Ledger, 'isThere' | 'refresh'>,
  runs: readonly OpenRun[],
  setAside: (run: OpenRun, damage: RunUnusable) => void,
  which: (run: OpenRun) => boolean = () => true,
): OpenRun[] {
  return runs.flatMap((run) => {
    if (!which(run)) return [run];
    return ledger.isThere(run) ? unlessDamaged(run, setAside, () => ledger.refresh(run)) : [];
  });
}

/** What is done with a run, unless that meets damage: then it is set aside. */
export function unlessDamaged<T>(
  run: OpenRun,
  setAside: (run: OpenRun, damage: RunUnusable) => void,
  work: () => T,
): T[] {
  try {
    return [work()];
  } catch (damage) {
    if (!isRunUnusable(damage)) throw damage;
    setAside(run, damage);
    return [];
  }
}
