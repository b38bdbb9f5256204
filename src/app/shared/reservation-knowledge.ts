import type {Observed} from '../../engine/plan/actions.ts';
import type {RunState} from '../../ledger/run-facts.ts';
import {asksForReservations} from '../../standing/reasons/explain-reservation.ts';
import type {RunsStage} from '../../wiring/stage.ts';

/**
 * What a look saw, and the reservations where they may be why a job of these runs waits: one question more, which is
 * asked for people alone.
 *
 * @param thorough ask where any job is queued, not only where PBS speaks of a reservation
 */
export async function withReservations(
  stage: RunsStage,
  runs: readonly RunState[],
  seen: Observed,
  thorough: boolean,
): Promise<Observed> {
  const jobs = runs.flatMap(({attempts}) =>
    [...attempts.values()].flat().flatMap((attempt) => attempt.jobs.flatMap(({job}) => job ?? [])),
  );
  const asks = jobs.some((job) => {
    const what = seen.jobs.get(job);
    return what?.kind === 'live' && asksForReservations(what, thorough);
  });
  if (!asks) return seen;
  return {...seen, reservations: await (await stage.reservations()).list(seen.now)};
}
