import type {StageError} from '../../errors.ts';
import type {OpenRun} from '../../ledger/ledger.ts';
import type {RunId} from '../../ledger/state-directory.ts';
import type {Observed, PlanSettings} from '../plan/actions.ts';
import type {ChainGap} from '../plan/monitor/plan-monitor.ts';

export interface Tending {
  /** runs that have not ended */
  readonly runs: readonly OpenRun[];
  /** runs that have not ended either, and of which nothing is known */
  readonly unreadable: ReadonlySet<RunId>;
  /** there are further runs, which this look did not look at */
  readonly others: boolean;
  readonly seen: Observed;
  readonly settings: PlanSettings;
  readonly me: number | undefined;
  /** a person asked: a link that PBS refused is tried again at once */
  readonly insist: boolean;
  /** this process looks again soon while the chain is open */
  readonly stays: boolean;
  /** the link that this very look has submitted before */
  readonly link: number | undefined;
  /** when submissions that got no place in the queue are to be tried again; undefined when there are none */
  readonly placesAt?: number | undefined;
  readonly problems: StageError[];
}

/** How the chain stands when a look has ended. */
export interface Tended {
  /** when something has to be looked at, in milliseconds; undefined when nothing goes on before a person does something */
  readonly nextAt: number | undefined;
  /** why no link is known to be in the queue that would look then; undefined when one is */
  readonly gap: ChainGap | undefined;
}
