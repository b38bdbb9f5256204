import {readdirSync, rmSync} from 'node:fs';
import {join} from 'node:path';
import {DAY_MS} from '../base/time.ts';
import {agesOf} from '../disk/file-clock.ts';
import {TarFailed} from '../disk/tar-file.ts';
import type {Ledger} from '../ledger/ledger.ts';
import type {RunId} from '../ledger/state-directory.ts';
import type {Budget} from './parts/kinds.ts';

/** Which runs are packed. */
export interface Packing {
  /** those that ended so long ago */
  readonly olderThanMs: number;
  /** why a run is to stay as it is: something else needs its directory. One function for each that may */
  readonly reasonsToKeep: readonly ((run: RunId) => string | undefined)[];
}

export interface Packed {
  /** packed; of a dry run: to be packed */
  readonly packed: readonly RunId[];
  readonly kept: readonly {readonly run: RunId; readonly why: string}[];
  /** for the next time */
  readonly left: readonly RunId[];
  readonly failed: readonly {readonly run: RunId; readonly error: TarFailed}[];
}

const FOREVER: Budget = {isSpent: () => false};

/** Pack the runs that have ended, the oldest of a name first. Any number of processes may do so at once. */
export function packEnded(ledger: Ledger, packing: Packing, {budget = FOREVER, dryRun = false} = {}): Packed {
  if (!dryRun) {
    ledger.tidyPacked();
    removeOldCopies(ledger.layout.cache);
  }
  const packed: RunId[] = [];
  const kept: {run: RunId; why: string}[] = [];
  const left: RunId[] = [];
  const failed: {run: RunId; error: TarFailed}[] = [];
  for (const run of ledger.packable(packing.olderThanMs).sort()) {
    const why = packing.reasonsToKeep.map((reason) => reason(run)).find((reason) => reason !== undefined);
    if (why !== undefined) kept.push({run, why});
    else if (dryRun) packed.push(run);
    else if (budget.isSpent()) left.push(run);
    else
      try {
        if (ledger.pack(run)) packed.push(run);
      } catch (error) {
        if (!(error instanceof TarFailed)) throw error;
        failed.push({run, error}); // it stays as it is; the others go on
      }
  }
  return {packed, kept, left, failed};
}

/** Packed runs that were looked into are kept unpacked for a day, and are unpacked again when they are asked for. */
function removeOldCopies(cache: string): void {
  const top = join(cache, 'unpacked');
  try {
    const paths = readdirSync(top).map((name) => join(top, name));
    for (const [path, age] of agesOf(top, paths)) if (age > DAY_MS) rmSync(path, {recursive: true, force: true});
  } catch {
    // There is none, or another process removes it.
  }
}
