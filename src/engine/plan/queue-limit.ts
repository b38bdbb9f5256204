import type {MonitorLink} from '../../ledger/monitor-link.ts';
import type {Claim, Limit} from '../../limits/grant.ts';
import type {Observed, SubmitJob} from './actions.ts';

/**
 * How many jobs PBS takes of a user, as a limit: each submission claims places in the queue. Pure.
 *
 * A job takes none that would leave nobody to see its end: places are kept for its sentinel and for monitors. Where the
 * limit is too small for that, jobs go one by one.
 */

/** For the monitor that looks and the one that follows it. */
const PLACES_OF_MONITORS = 2;

/** @param maxQueued how many jobs PBS takes, monitors included */
export function queueLimit(maxQueued: number): Limit {
  return {capacity: maxQueued - PLACES_OF_MONITORS};
}

/** How many places a submission claims. A job claims one for its sentinel, too, which follows when the job has an id. */
export function placesOf({role}: SubmitJob): number {
  switch (role) {
    case 'job':
      return 2;
    case 'sentinel':
      return 0;
    default:
      return 1;
  }
}

/** The jobs that have a place in the queue already, the link of the monitor chain apart. */
export function placesTaken({jobs}: Observed, link: MonitorLink | undefined): Claim[] {
  return [...jobs].flatMap(([job, {kind}]) => (kind === 'live' && job !== link?.job ? [{key: job, amount: 1}] : []));
}
