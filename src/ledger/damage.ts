import {dirname} from 'node:path';
import {shellWord} from '../base/shell.ts';
import type {UnusableFact} from '../disk/read-fact.ts';
import {EXIT, StageError} from '../errors.ts';

/** What a person can do about a damaged file, besides restoring it. */
export interface WayOut {
  /** what follows when it is moved away; absent: nothing that would take its place */
  readonly moved?: string | undefined;
  /** a command or a sentence that gives up what the file belongs to */
  readonly giveUp?: string | undefined;
  /** stage does without it by itself: what it does */
  readonly healed?: string | undefined;
}

/** A file of the state directory is not what stage wrote there. What it belongs to is set aside; everything else goes on. */
export class LedgerDamaged extends StageError {
  readonly path: string;

  constructor({is, path, why}: UnusableFact, {moved, giveUp, healed}: WayOut = {}) {
    const restore = `Restore it from a backup: ${path}`;
    const move = `Or move it away: mv ${shellWord(path)} ${shellWord(`${path}.aside`)}; then ${moved}`;
    const others = giveUp ? [`Or give it up: ${giveUp}`] : [];
    super({
      code: is === 'newer' ? 'LEDGER_NEWER' : 'LEDGER_DAMAGED',
      exit: EXIT.unreachable,
      what: 'a file of the state directory cannot be used',
      why: `${path}: ${why}`,
      next: healed
        ? [healed]
        : [
            ...(is === 'newer' ? ['Use the version of stage that wrote it.'] : [restore, ...(moved ? [move] : [])]),
            ...others,
            'Until then it is set aside; everything else goes on.',
          ],
    });
    this.path = path;
  }
}

/** A directory that must be there. */
export function missing(path: string): UnusableFact {
  return {is: 'damaged', path, why: `it does not exist, or is no directory of ${dirname(path)}`};
}
