import type {RunCommand} from '../../process/run-command.ts';
import type {Reservations} from '../reservations.ts';
import {IN_UTC} from './dates.ts';
import {readReservations} from './read-reservations.ts';

/** A live view asks every few seconds; reservations are made hours ahead. */
const FRESH_MS = 60_000;

/** Reservations as `pbs_rstat` shows them. Sites without the command, or that keep it to themselves, have none to show. */
export function createPbsReservations(run: RunCommand): Reservations {
  let last: {readonly at: number; readonly answer: Promise<string>} | undefined;

  async function ask(): Promise<string> {
    const done = await run('pbs_rstat', ['-f'], {env: IN_UTC});
    return done.exitCode === 0 ? done.stdout : '';
  }

  return {
    async list(now) {
      if (last === undefined || now - last.at >= FRESH_MS) last = {at: now, answer: ask()};
      return readReservations(await last.answer, now);
    },
  };
}
