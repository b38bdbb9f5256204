import {isClosed, type Untrusted, untrustedIn} from '../disk/trust.ts';
import type {RunLayout, StateLayout} from './state-directory.ts';

/** What others could change of a run: its directories, and its files where others come to them. */
export function untrustedRun(state: StateLayout, {directory, facts, scripts}: RunLayout): readonly Untrusted[] {
  const closed = isClosed(state.home) || isClosed(state.runs) || isClosed(directory);
  return [directory, facts, scripts].flatMap((part) => untrustedIn(part, closed));
}
