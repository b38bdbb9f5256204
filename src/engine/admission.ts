import type {StageError} from '../errors.ts';
import type {OpenRun} from '../ledger/ledger.ts';
import type {RunId} from '../ledger/state-directory.ts';

/** What decides which runs of campaigns begin. Without it there are none. */
export interface Admission {
  /**
   * Put on record which items of campaigns have ended, and let others begin in their place. Safe to repeat.
   *
   * @param active runs that the look has read, and that have not ended
   */
  admit(active: readonly OpenRun[]): Promise<Admitted>;
}

export interface Admitted {
  /** runs that are there since, and that nothing has been done for */
  readonly published: readonly RunId[];
  /** active runs that are to be cancelled, since their campaign is, and by whom */
  readonly cancelled: readonly {readonly run: RunId; readonly by: string}[];
  /** items wait, and nothing that is looked at tells when they may begin */
  readonly isWaiting: 'soon' | 'later' | undefined;
  readonly problems: readonly StageError[];
}
