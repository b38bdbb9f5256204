import type {RunId} from '../../ledger/state-directory.ts';

/** What a process looks for. */
export interface LookRequest {
  /**
   * the runs that the process was asked about, or serves; all when absent. Others are left to their own jobs and to the
   * monitor chain, which is seen to all the same
   */
  readonly about?: readonly RunId[] | undefined;
  /** a person asked: submit again even what was deleted by hand, and do not wait out a queue limit, in the runs this is about */
  readonly rebuild?: boolean | undefined;
  /** this process creates the runs that this is about: one whose first job PBS refuses is not created */
  readonly creates?: boolean | undefined;
  /** the link of the monitor chain that this process is */
  readonly monitor?: number | undefined;
  /** the monitor chain is driven elsewhere (cron, or a loop in a shell): add no link */
  readonly withoutChain?: boolean | undefined;
  /** it is to show what is known: a disk that is full or read-only, where nothing can be put on record, is told, and ends nothing */
  readonly shows?: boolean | undefined;
  /** this process looks again soon while the chain is open: it adds no link beside one that PBS may have taken */
  readonly stays?: boolean | undefined;
  /** it ends then, in milliseconds by the clock of the engine, and leaves the rest to the next look; absent: a person waits for it */
  readonly until?: number | undefined;
}
