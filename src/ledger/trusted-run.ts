import {isClosed, NotTrusted, type Untrusted, untrustedIn, untrustedOwn} from '../disk/trust.ts';
import {LedgerDamaged} from './damage.ts';
import type {RunLayout, StateLayout} from './state-directory.ts';

/**
 * What others could change of a run: its directories, and its files where others come to them. Of its logs the directory
 * alone: jobs write there, and would follow a link that another user put in the place of a log.
 */
export function untrustedRun(state: StateLayout, {directory, facts, scripts, logs}: RunLayout): readonly Untrusted[] {
  const closed = isClosed(state.home) || isClosed(state.runs) || isClosed(directory);
  return [...[directory, facts, scripts].flatMap((part) => untrustedIn(part, closed)), ...untrustedOwn(logs)];
}

/** Others could have changed a run. It is set aside; everything else goes on. */
export class RunNotTrusted extends NotTrusted {
  constructor(found: readonly Untrusted[]) {
    super(found, 'nothing of this run was read, and nothing of it was changed', [
      'Until then it is set aside; everything else goes on.',
    ]);
  }
}

/** @throws {RunNotTrusted} */
export function requireTrustedRun(state: StateLayout, layout: RunLayout): void {
  const found = untrustedRun(state, layout);
  if (found.length > 0) throw new RunNotTrusted(found);
}

/** Why a run cannot be worked on, while others can. */
export type RunUnusable = LedgerDamaged | RunNotTrusted;

export function isRunUnusable(error: unknown): error is RunUnusable {
  return error instanceof LedgerDamaged || error instanceof RunNotTrusted;
}
