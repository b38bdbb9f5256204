import type {RunId} from '../../../ledger/state-directory.ts';
import type {RunsStage} from '../../../wiring/stage.ts';

/** Runs that have not ended, and whose name in `active/` is missing: only what reads all runs can find them. The next look does. */
export function findAgain({ledger}: Pick<RunsStage, 'ledger'>): readonly RunId[] {
  try {
    return ledger.enterMissing();
  } catch {
    return []; // a disk that takes nothing must not keep what is known from being shown
  }
}
