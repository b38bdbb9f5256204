import type {Pause} from '../base/asked-pause.ts';
import {renderTime} from '../base/units.ts';
import {TransferUnreachable} from '../globus-errors.ts';

/** Five minutes: a pause that a proxy or a page on the way asks for is no word of Globus, and passes with what stood in the way. */
export const LONGEST_OF_OTHERS_MS = 300_000;

/** @param retryAfter seconds or a date. @returns milliseconds to wait; 0 when nothing was said */
export function waitAskedFor(retryAfter: string | undefined): number {
  if (retryAfter === undefined) return 0;
  if (/^\d+$/.test(retryAfter.trim())) return Number(retryAfter) * 1000;
  const until = Date.parse(retryAfter);
  return Number.isNaN(until) ? 0 : Math.max(0, until - Date.now());
}

/** Globus was not asked, or is not asked again: it wants no request before. */
export function notAskedBefore(asked: string, {until, said}: Pause): TransferUnreachable {
  const at = renderTime(until);
  return new TransferUnreachable(asked, `it asked for no request before ${at}: ${said}`, {notBefore: at});
}
