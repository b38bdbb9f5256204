import type {SourceTotals} from '../base/source-totals.ts';
import type {OpenRun} from '../ledger/ledger.ts';
import type {TransferStep} from '../workflow/model/workflow.ts';

/** The places on disk that jobs fill and transfers empty, as the engine tells of them: src/wiring implements it. */
export interface OutputAreas {
  /** Before a job is submitted: what it fills is registered. Safe to repeat. */
  mayBeFilled(run: OpenRun, step: string, attempt: number): Promise<void>;
  /**
   * Before what a job made is moved: what lies there is put on record. Safe to repeat.
   *
   * @param totals what the listing of the source said
   * @returns why it must not be moved: a removal of it has begun
   */
  mayBeSent(run: OpenRun, step: TransferStep, attempt: number, totals?: SourceTotals): Promise<string | undefined>;
}
