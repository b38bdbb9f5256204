import {expect, test} from 'vitest';
import type {CommandResult, RunCommand} from '../../src/process/run-command.ts';
import {createPbsReservations} from '../../src/scheduler/pbs/pbs-reservations.ts';
import {readReservations} from '../../src/scheduler/pbs/read-reservations.ts';
import {answer} from './recorded.ts';

const NOW = Date.UTC(2026, 10, 21, 12);
const DAY = 86_400_000;

/** In the form that OpenPBS's src/cmds/pbs_rstat.c writes: `-f`, under TZ=UTC. */
const block = (id: string, lines: Readonly<Record<string, string>>) =>
  `Resv ID: ${id}\n${Object.entries({
    Reserve_Name: 'NULL',
    Reserve_Owner: 'root@pbs-sn1',
    reserve_state: 'RESV_CONFIRMED',
    reserve_substate: '2',
    reserve_start: 'Sun Nov 22 06:00:00 2026',
    reserve_end: 'Sun Nov 22 18:00:00 2026',
    reserve_duration: '43200',
    queue: id.split('.')[0] ?? '',
    'Resource_List.ncpus': '64',
    ctime: 'Fri Nov 20 09:00:00 2026',
    ...lines,
  })
    .map(([name, value]) => `${name} = ${value}\n`)
    .join('')}\n`;

test('reservations are read with their kind, name, queue and times, the next one first', () => {
  const text =
    block('R7.pbs-sn1', {}) +
    block('M8.pbs-sn1', {
      Reserve_Name: 'power works',
      reserve_start: 'Sat Nov 21 20:00:00 2026',
      reserve_end: 'Sat Nov 21 22:00:00 2026',
    });
  expect(readReservations(text, NOW)).toEqual([
    {
      id: 'M8.pbs-sn1',
      kind: 'maintenance',
      name: 'power works',
      queue: 'M8',
      start: Date.UTC(2026, 10, 21, 20),
      end: Date.UTC(2026, 10, 21, 22),
    },
    {
      id: 'R7.pbs-sn1',
      kind: 'advance',
      queue: 'R7',
      start: Date.UTC(2026, 10, 22, 6),
      end: Date.UTC(2026, 10, 22, 18),
    },
  ]);
});

test('what is over, not confirmed, deleted or cut short is no reservation', () => {
  const text =
    block('R1.s', {reserve_state: 'RESV_UNCONFIRMED'}) +
    block('R2.s', {reserve_state: 'RESV_DELETED'}) +
    block('R3.s', {reserve_end: 'Sat Nov 21 11:00:00 2026'}) +
    block('R4.s', {}).slice(0, 120);
  expect(readReservations(text, NOW)).toEqual([]);
  expect(readReservations(block('S5.s', {}), NOW)).toMatchObject([{kind: 'standing'}]);
  expect(readReservations(block('S5.s', {}), NOW + 2 * DAY)).toEqual([]);
});

const running = (done: CommandResult): {run: RunCommand; asked: string[]} => {
  const asked: string[] = [];
  return {
    asked,
    run: async (command, argv, options) => {
      asked.push(`TZ=${options?.env?.TZ} ${[command, ...argv].join(' ')}`);
      return done;
    },
  };
};

test.each<[string, Partial<CommandResult>]>([
  ['is not there', {notFound: true, exitCode: undefined}],
  ['is refused', {exitCode: 159, stderr: 'pbs_rstat: Unauthorized Request\n'}],
  ['finds no server', {exitCode: 162, stderr: 'pbs_rstat: cannot connect to server (errno=15010)\n'}],
  ['does not answer', {exitCode: undefined, timedOut: true}],
  ['shows none', {exitCode: 0}],
])('where pbs_rstat %s there are none to show, and nothing fails', async (_, part) => {
  const {run} = running(answer(part));
  expect(await createPbsReservations(run).list(NOW)).toEqual([]);
});

test('pbs_rstat is asked in UTC, and once a minute at most', async () => {
  const {run, asked} = running(answer({stdout: block('R7.s', {})}));
  const reservations = createPbsReservations(run);
  for (const later of [0, 1000, 59_000]) expect(await reservations.list(NOW + later)).toHaveLength(1);
  expect(asked).toEqual(['TZ=UTC pbs_rstat -f']);
  await reservations.list(NOW + 60_000);
  expect(asked).toHaveLength(2);
});
