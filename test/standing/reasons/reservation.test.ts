import {describe, expect, test} from 'vitest';
import type {JobId} from '../../../src/base/job-id.ts';
import {renderTime} from '../../../src/base/units.ts';
import type {Reservation} from '../../../src/scheduler/reservations.ts';
import type {LiveJob} from '../../../src/scheduler/scheduler.ts';
import {explainJob} from '../../../src/standing/reasons/explain-job.ts';
import {asksForReservations} from '../../../src/standing/reasons/explain-reservation.ts';
import {inOneLine} from '../../../src/standing/standing.ts';
import {live} from '../../support/a-run.ts';

const NOW = Date.UTC(2026, 10, 21, 12);
const HOUR = 3_600_000;
const IN_THE_WAY = 'Not Running: Job would conflict with reservation or top job';
const explain = (job: LiveJob, reservations: readonly Reservation[]) =>
  explainJob(job, {
    run: 'r.1',
    job: '7.s' as JobId,
    now: NOW,
    waitsOn: [],
    nameOf: () => undefined,
    ourHold: 'none',
    reservations,
  });
const aReservation = (more: Partial<Reservation> = {}): Reservation => ({
  id: 'R12.s',
  kind: 'advance',
  queue: 'R12',
  start: NOW + 3 * HOUR,
  end: NOW + 9 * HOUR,
  ...more,
});

describe('a job that would run into a reservation', () => {
  const job = live('queued', {comment: IN_THE_WAY, walltimeSeconds: 12 * 3600});

  test('is told which, since when, and what walltime lets it start before', () => {
    const reason = explain(job, [aReservation({name: 'course', kind: 'maintenance'})]);
    expect(reason).toMatchObject({code: 'JOB_BEFORE_RESERVATION', why: `PBS says: "${IN_THE_WAY}"`});
    expect(reason.what).toBe(
      `it would not end before the reservation R12.s ("course") for maintenance begins, ${renderTime(NOW + 3 * HOUR)}`,
    );
    expect(reason.next[0]).toContain('qalter -l walltime=02:59:00 7.s');
    expect(reason.next[1]).toContain(renderTime(NOW + 9 * HOUR));
  });

  test('is told when one ends that runs already', () => {
    const reason = explain(job, [aReservation({start: NOW - HOUR, end: NOW + 2 * HOUR})]);
    expect(reason.what).toMatch(/R12\.s has its nodes until .*, for another 2 h$/);
    expect(reason.next.join()).toContain('by itself');
  });

  test('keeps the general words where none is shown, or none is in its way', () => {
    for (const reservations of [[], [aReservation({start: NOW + 20 * HOUR, end: NOW + 21 * HOUR})]]) {
      const reason = explain(job, reservations);
      expect(reason.what).toContain('a reservation of the site is in its way');
      expect(reason.next.join()).toContain('pbs_rstat');
    }
  });
});

test('a job in the queue of a reservation waits for that to begin, or for room in it', () => {
  const job = live('queued', {queue: 'R12'});
  const ahead = explain(job, [aReservation({queue: 'R99'}), aReservation()]);
  expect(ahead).toMatchObject({code: 'JOB_IN_RESERVATION'});
  expect(ahead.what).toBe(`it waits for the reservation R12.s to begin, ${renderTime(NOW + 3 * HOUR)}, in 3 h`);
  expect(explain(job, [aReservation({start: NOW - HOUR})]).what).toMatch(/waits for room in the reservation R12\.s/);
  expect(explain(job, []).next).toEqual(['See when: pbs_rstat -f R12']);
});

test('maintenance that begins before a job could end is told beside what PBS says', () => {
  const job = live('queued', {comment: 'Not Running: Not enough free nodes available', walltimeSeconds: 4 * 3600});
  const told = (kind: Reservation['kind'], start: number) =>
    explain(job, [aReservation({kind, start})]).next.filter((line) => line.includes('maintenance'));
  expect(told('maintenance', NOW + 3 * HOUR)).toEqual([expect.stringContaining('pbs_rstat -f R12.s')]);
  expect(told('maintenance', NOW + 5 * HOUR)).toEqual([]);
  expect(told('advance', NOW + 3 * HOUR)).toEqual([]);
});

test('pbs_rstat is worth asking where PBS speaks of a reservation, and for stage why, of any queued job', () => {
  const asks = (job: LiveJob) => [asksForReservations(job, false), asksForReservations(job, true)];
  expect(asks(live('queued', {comment: IN_THE_WAY}))).toEqual([true, true]);
  expect(asks(live('queued', {queue: 'M3'}))).toEqual([true, true]);
  expect(asks(live('queued', {}))).toEqual([false, true]);
  expect(asks(live('running', {comment: IN_THE_WAY}))).toEqual([false, false]);
});

test('when PBS expects to start a job stands in the line of a status', () => {
  const estimatedStart = NOW + 5 * HOUR;
  const reason = explain(live('queued', {comment: 'Not Running: Not enough free nodes available', estimatedStart}), []);
  expect(reason).toMatchObject({estimatedStart});
  expect(inOneLine(reason)).toMatch(new RegExp(`"; PBS expects to start it ${renderTime(estimatedStart)}$`));
});
