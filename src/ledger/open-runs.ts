import {type Ledger, LedgerDamaged, type OpenRun} from './ledger.ts';
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
