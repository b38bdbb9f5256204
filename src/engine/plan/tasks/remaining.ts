import {bytesOfLargest, bytesOfSmallest, type SourceTotals} from '../../../base/source-totals.ts';
import {renderTime} from '../../../base/units.ts';
import type {TransferTask} from '../../../transfer/transfer-service.ts';
import {type RateHint, rateOf} from './rate.ts';

/** How long a transfer will still take, or why that cannot be said. */
export type Remaining =
  | {readonly is: 'estimate'; readonly ms: number; readonly bytesLeft: number}
  /** `why`: absent where its state says it, such as paused */
  | {readonly is: 'none'; readonly why?: string | undefined};

/** Half the width that an estimate may have, as a share of it: beyond that nothing is said. */
const TOLERANCE = 0.2;
/** More files than were listed, by so much, are another source. */
const GROWN = 1.05;
/** What is left is in files so much larger than what was moved that these do not tell how fast it will be. */
const LARGER = 10;

/**
 * How long a transfer will still take: the bytes that are left of what its source was listed to hold, at the rate of
 * the last looks. Globus documents hold no total of bytes, and files are no measure of bytes: without a listing that
 * came to its end there is no estimate. Pure. Source of the fields: Globus Transfer API, "Task document".
 */
export function remainingOf(
  task: TransferTask,
  source: SourceTotals | undefined,
  hint: RateHint | undefined,
): Remaining {
  if (task.state !== 'active' || task.trouble !== undefined) return {is: 'none'};
  const left = bytesLeft(task, source);
  if (typeof left === 'string') return {is: 'none', why: left};
  if (hint?.stillSince !== undefined)
    return {is: 'none', why: `nothing has been moved since ${renderTime(hint.stillSince)}`};
  if (hint?.changed) return {is: 'none', why: 'its rate has just changed'};
  const rate = rateOf(hint, task);
  if (rate === undefined || rate <= 0) return {is: 'none', why: 'nothing has been moved yet'};
  return {is: 'estimate', ms: (1000 * left) / rate, bytesLeft: left};
}

/** @returns how many bytes are left, or why that is not known */
function bytesLeft(task: TransferTask, source: SourceTotals | undefined): number | string {
  const {bytesTransferred: moved, filesTransferred, filesSkipped, skippedErrors = 0, bytesTotal} = task;
  // Another way than Globus tells it.
  if (bytesTotal !== undefined) return bytesTotal > moved ? bytesTotal - moved : 'the last of it is being checked';
  if (!source) return 'its source was not listed before it began';
  if (source.cut) return `its source was listed in part only${source.why ? `: ${source.why}` : ''}`;
  if (task.files > source.files * GROWN) return 'its source holds more files than were listed before it began';
  const skipped = filesSkipped + skippedErrors;
  const files = source.files - filesTransferred - skipped;
  if (files <= 0) return 'all files have been moved, and Globus has not ended it yet';
  if (source.bytes === 0) return 'its files are empty';
  // How large the files are that were skipped is not told: between the smallest and the largest of them all.
  const most = source.bytes - moved - bytesOfSmallest(source.sizes, skipped);
  const least = Math.max(0, source.bytes - moved - bytesOfLargest(source.sizes, skipped));
  // Files that are moved again count twice; then there is more than was listed, and files are left all the same.
  if (most <= 0)
    return moved > source.bytes ? 'more has been moved than its source held' : 'the last of it is being checked';
  const middle = (most + least) / 2;
  if (most - middle > TOLERANCE * middle) return `it is not known how much the ${skipped} files have that were skipped`;
  return onlySmallestWereMoved(task, source, middle / files)
    ? 'only small files have been moved so far, and the large ones are left'
    : middle;
}

/** What each file takes by itself is most of the time of small ones: large ones will go faster, and by how much is not known. */
function onlySmallestWereMoved(
  {bytesTransferred, filesTransferred}: TransferTask,
  {sizes}: SourceTotals,
  left: number,
): boolean {
  if (filesTransferred === 0) return false;
  return (
    bytesTransferred <= 2 * bytesOfSmallest(sizes, filesTransferred) &&
    left > (LARGER * bytesTransferred) / filesTransferred
  );
}
