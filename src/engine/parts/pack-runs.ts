import {packEnded} from '../packing.ts';
import {openPartNotes} from './notes.ts';
import {part} from './part.ts';

/** So often it is looked for runs to pack; at once where some were left. */
const EVERY_MS = 3_600_000;

/** Runs that have ended are packed, where the profile says after how long. */
export const PACK_RUNS = part('housekeeping', {
  isDue({context: {packing, ledger, clock}}) {
    if (!packing) return false;
    const last = openPartNotes(ledger.layout.cache).read('housekeeping');
    return last === undefined || last.end === 'left' || Math.abs(clock() - last.at) >= EVERY_MS;
  },
  async run({packing, ledger}, budget) {
    if (!packing) return 'done';
    const {left, failed} = packEnded(ledger, packing, {budget});
    const [first] = failed;
    if (first) throw first.error;
    return left.length > 0 ? 'left' : 'done';
  },
});
