import {renderDuration, renderTime} from '../../base/units.ts';
import type {Reservation} from '../../scheduler/reservations.ts';
import type {LiveJob} from '../../scheduler/scheduler.ts';
import type {Reason} from '../standing.ts';

/** A job in a queue of this name belongs to a reservation. Source: OpenPBS, pbs_rsub(1B). */
export const RESERVATION_QUEUE = /^[RMS]\d+$/;
const SAYS_RESERVATION = /reservation/i;
const MINUTE_MS = 60_000;

/**
 * Would knowing the reservations help to tell why a job waits?
 *
 * @param thorough ask for every queued job: nodes that a reservation keeps are also "not enough nodes"
 */
export function asksForReservations(job: LiveJob, thorough: boolean): boolean {
  if (job.state !== 'queued') return false;
  return thorough || RESERVATION_QUEUE.test(job.queue) || SAYS_RESERVATION.test(job.comment ?? '');
}

/** A job that was submitted to a reservation: it runs in that, and not before it. */
export function waitsForItsReservation(
  job: LiveJob,
  reservations: readonly Reservation[],
  now: number,
): Pick<Reason, 'what' | 'next'> {
  const its = reservations.find(({id, queue}) => queue === job.queue || shortReservation(id) === job.queue);
  if (!its)
    return {what: `it waits for the reservation ${job.queue} to begin`, next: [`See when: pbs_rstat -f ${job.queue}`]};
  if (its.start > now)
    return {
      what: `it waits for the reservation ${named(its)} to begin, ${renderTime(its.start)}, in ${durationInWords(its.start - now)}`,
      next: [`It ends ${renderTime(its.end)}: a job that would run longer than that does not start.`],
    };
  return {
    what: `it waits for room in the reservation ${named(its)}, which runs until ${renderTime(its.end)}`,
    next: [`Who else runs in it: qstat ${job.queue}`],
  };
}

/** A job that would run into a reservation of others: into which, and what walltime would let it start before. */
export function isBeforeReservation(
  job: LiveJob,
  reservations: readonly Reservation[],
  now: number,
  id: string,
): Pick<Reason, 'what' | 'next'> | undefined {
  const until = now + (job.walltimeSeconds ?? Number.POSITIVE_INFINITY) * 1000;
  const inTheWay = reservations.find(({start, end}) => start < until && end > now);
  if (!inTheWay) return undefined;
  const {start, end} = inTheWay;
  if (start <= now)
    return {
      what: `the reservation ${named(inTheWay)} has its nodes until ${renderTime(end)}, for another ${durationInWords(end - now)}`,
      next: ['It starts by itself afterwards; there is nothing to do but wait.', `See it: pbs_rstat -f ${inTheWay.id}`],
    };
  const minutes = Math.floor((start - now) / MINUTE_MS) - 1;
  return {
    what: `it would not end before the reservation ${named(inTheWay)} begins, ${renderTime(start)}`,
    next: [
      ...(minutes > 0
        ? [
            `With a walltime of ${hoursAndMinutes(minutes)} or less it may start before: qalter -l walltime=${hoursAndMinutes(minutes)} ${id}`,
          ]
        : []),
      `That reservation ends ${renderTime(end)}; the job starts by itself then.`,
    ],
  };
}

/** Maintenance takes nodes from everybody, and PBS does not say so of each job that it keeps. */
export function maintenanceAhead(job: LiveJob, reservations: readonly Reservation[], now: number): string[] {
  const until = now + (job.walltimeSeconds ?? 0) * 1000;
  return reservations
    .filter(({kind, start}) => kind === 'maintenance' && start <= until)
    .map(
      (one) =>
        `Nodes are kept for maintenance from ${renderTime(one.start)} to ${renderTime(one.end)}: pbs_rstat -f ${one.id}`,
    );
}

function named({id, kind, name}: Reservation): string {
  return `${id}${name === undefined ? '' : ` ("${name}")`}${kind === 'maintenance' ? ' for maintenance' : ''}`;
}

/** The queue of `R12.pbs-sn1` is R12. */
function shortReservation(id: string): string {
  return id.split('.')[0] ?? id;
}

function durationInWords(ms: number): string {
  return renderDuration(ms / 1000);
}

function hoursAndMinutes(minutes: number): string {
  const two = (value: number) => String(value).padStart(2, '0');
  return `${two(Math.floor(minutes / 60))}:${two(minutes % 60)}:00`;
}
