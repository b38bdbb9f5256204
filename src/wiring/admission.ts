import {join} from 'node:path';
import * as z from 'zod/mini';
import {openMarks} from '../campaign/campaign-directory.ts';
import type {Campaigns} from '../campaign/campaigns.ts';
import type {AdmissionSurroundings} from '../campaign/item-runs.ts';
import {ensureSubdirectory} from '../disk/directories.ts';
import {namesIn} from '../disk/facts.ts';
import {fileCache} from '../disk/file-cache.ts';
import type {Admission, Admitted} from '../engine/admission.ts';
import type {Ledger} from '../ledger/ledger.ts';
import type {Reservation, Reservations} from '../scheduler/reservations.ts';
import {once} from './lazy-ports.ts';

const NOTHING: Admitted = {published: [], cancelled: [], isWaiting: undefined, problems: []};

export interface AdmissionParts {
  readonly ledger: Ledger;
  readonly by: string;
  readonly campaigns: () => Promise<Campaigns>;
  readonly reservations: () => Promise<Reservations>;
}

/** Admission of the items of campaigns. Where no campaign is open, a look lists one directory, and loads nothing. */
export function lazyAdmission({ledger, by, campaigns, reservations}: AdmissionParts): Admission {
  const marks = openMarks(ledger.layout);
  const open = once(async () => {
    const {openAdmission} = await import('../campaign/admit.ts');
    const putOff = putOffByReservations(ledger, reservations);
    return openAdmission(await campaigns(), {ledger, clock: Date.now, by, putOff});
  });
  return {
    admit: async (active) => (namesIn(marks).length === 0 ? NOTHING : (await open()).admit(active)),
  };
}

/** Reservations are made hours ahead: PBS is asked no more often, by all processes together. */
const FRESH_MS = 300_000;

const RESERVATION = z.looseObject({
  id: z.string(),
  kind: z.enum(['advance', 'standing', 'maintenance']),
  name: z.optional(z.string()),
  queue: z.optional(z.string()),
  start: z.number(),
  end: z.number(),
});
const KEPT = z.looseObject({at: z.number(), found: z.array(RESERVATION)});

/** Which reservation keeps a job that begins now from coming to its end before. PBS is asked when an item is to begin. */
function putOffByReservations(ledger: Ledger, open: () => Promise<Reservations>): AdmissionSurroundings['putOff'] {
  const cache = fileCache(join(ledger.layout.cache, 'reservations.json'), KEPT, ensureSubdirectory);
  const list = once(async (): Promise<readonly Reservation[]> => {
    const now = Date.now();
    const kept = cache.read();
    if (kept && Math.abs(now - kept.at) < FRESH_MS) return kept.found;
    const found = await (await open()).list(now);
    cache.write({at: now, found: found.map((one) => ({...one}))});
    return found;
  });
  return async ({walltimeSeconds, queues}) => {
    if (walltimeSeconds === undefined) return undefined;
    const now = Date.now();
    const end = now + walltimeSeconds * 1000;
    const crossed = (await list()).find(
      (one) => one.start < end && one.end > now && !(one.queue !== undefined && queues.has(one.queue)),
    );
    if (!crossed) return undefined;
    const what = crossed.kind === 'maintenance' ? 'the maintenance' : 'the reservation';
    return `the walltime of its jobs crosses ${what} ${crossed.name ?? crossed.id}, which begins at ${new Date(crossed.start).toISOString()}`;
  };
}
