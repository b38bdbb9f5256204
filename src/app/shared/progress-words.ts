import {renderBytes, renderDuration, renderFiles} from '../../base/units.ts';
import type {ProgressText} from '../../ledger/journal.ts';
import type {Progress} from '../../standing/standing.ts';

/** Progress in the names that documents have. */
export function progressDocument(progress: Progress | undefined): ProgressText {
  if (!progress) return {};
  const {bytes, bytesExpected, files, filesFound, bytesPerSecond, remainingMs, noEstimate} = progress;
  return {
    bytesTransferred: bytes,
    bytesExpected,
    filesTransferred: files,
    files: filesFound,
    bytesPerSecond: bytesPerSecond === undefined ? undefined : Math.round(bytesPerSecond),
    secondsRemaining: remainingMs === undefined ? undefined : Math.round(remainingMs / 1000),
    noEstimate,
  };
}

/** How much of what its source held has been moved, in per cent; undefined where that is not known, or all of it is there. */
export function percentOf({bytesTransferred = 0, bytesExpected = 0}: ProgressText): number | undefined {
  return bytesExpected > bytesTransferred ? Math.floor((100 * bytesTransferred) / bytesExpected) : undefined;
}

/** `42 %, 4.2 GB of 10 GB (17 of 40 files), 120 MB/s, about 3 min left`; empty where nothing is known of it. */
export function progressInWords(progress: ProgressText): string {
  const {bytesTransferred, bytesExpected, filesTransferred, files, bytesPerSecond, secondsRemaining, noEstimate} =
    progress;
  if (bytesTransferred === undefined) return '';
  const percent = percentOf(progress);
  const of = bytesExpected === undefined ? '' : ` of ${renderBytes(bytesExpected)}`;
  return [
    ...(percent === undefined ? [] : [`${percent} %`]),
    `${renderBytes(bytesTransferred)}${of}${filesTransferred === undefined ? '' : ` (${renderFiles(filesTransferred, files)})`}`,
    ...(bytesPerSecond ? [`${renderBytes(bytesPerSecond)}/s`] : []),
    ...(secondsRemaining === undefined ? [] : [`about ${renderDuration(secondsRemaining)} left`]),
    ...(noEstimate === undefined ? [] : [`no estimate: ${noEstimate}`]),
  ].join(', ');
}
