import {LedgerDamaged} from './damage.ts';
import type {Ledger, OpenRun} from './ledger.ts';
import type {RunId} from './state-directory.ts';

/** Open several runs: one that cannot be read does not stop the others. */
export function openRuns(
  ledger: Pick<Ledger, 'open' | 'runs'>,
  ids: readonly RunId[],
): {readonly runs: readonly OpenRun[]; readonly damaged: readonly LedgerDamaged[]} {
  const damaged: LedgerDamaged[] = [];
  const runs = ids.flatMap((id) => {
    try {
      return [ledger.open(id)];
    } catch (error) {
      if (!(error instanceof LedgerDamaged)) throw error;
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
  setAside: (run: OpenRun, damage: LedgerDamaged) => void,
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
  setAside: (run: OpenRun, damage: LedgerDamaged) => void,
  work: () => T,
): T[] {
  try {
    return [work()];
  } catch (damage) {
    if (!(damage instanceof LedgerDamaged)) throw damage;
    setAside(run, damage);
    return [];
  }
}
