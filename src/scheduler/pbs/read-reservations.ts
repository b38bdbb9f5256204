import type {Reservation} from '../reservations.ts';
import {readPbsDate} from './dates.ts';

/** R12 is an advance reservation, S12 a standing one, M12 keeps nodes for maintenance (pbs_rsub, "Output"). */
const KINDS: Readonly<Record<string, Reservation['kind']>> = {R: 'advance', S: 'standing', M: 'maintenance'};

/** States in which a reservation takes no time from other jobs (any more, or yet). */
const VOID = /^RESV_(NONE|UNCONFIRMED|FINISHED|BEING_DELETED|DELETED|DELETING_JOBS)$/;

/**
 * What `pbs_rstat -f` printed under TZ=UTC: a block for each reservation, `Resv ID: ID` and lines `NAME = VALUE`, ended
 * by an empty line; nothing where there are none. A block that is cut or odd is left out. Pure.
 * Source of the form: OpenPBS, src/cmds/pbs_rstat.c.
 */
export function readReservations(stdout: string, now: number): Reservation[] {
  return stdout
    .split(/^Resv ID: /m)
    .slice(1)
    .flatMap((block) => readOne(block) ?? [])
    .filter(({end}) => end > now)
    .sort((a, b) => a.start - b.start);
}

function readOne(block: string): Reservation | undefined {
  const [id = '', ...lines] = block.split('\n');
  const kind = KINDS[id.trim()[0] ?? ''];
  const attribute = (wanted: string) => {
    const found = lines.find((line) => line.startsWith(`${wanted} = `));
    return found?.slice(wanted.length + 3).trim();
  };
  const [start, end] = ['reserve_start', 'reserve_end'].map((name) => readPbsDate(attribute(name)));
  if (kind === undefined || start === undefined || end === undefined) return undefined;
  if (VOID.test(attribute('reserve_state') ?? '')) return undefined;
  const [name, queue] = [attribute('Reserve_Name'), attribute('queue')];
  return {
    id: id.trim(),
    kind,
    // PBS calls a reservation without a name NULL.
    name: name === undefined || name === 'NULL' ? undefined : name,
    queue,
    start,
    end,
  };
}
