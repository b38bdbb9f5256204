import {renderBytes, renderDuration, renderFiles} from '../../base/units.ts';
import type {Progress} from '../../standing/standing.ts';

/** What a transfer has moved, in the names that documents have. */
export interface ProgressText {
  readonly bytesTransferred?: number | undefined;
  readonly bytesExpected?: number | undefined;
  readonly filesTransferred?: number | undefined;
  readonly files?: number | undefined;
  readonly bytesPerSecond?: number | undefined;
  readonly secondsRemaining?: number | undefined;
}

/** Progress in the names that documents have. */
export function progressDocument(progress: Progress | undefined): ProgressText {
  if (!progress) return {};
  const {bytes, bytesExpected, files, filesFound, bytesPerSecond, remainingMs} = progress;
  return {
    bytesTransferred: bytes,
    bytesExpected,
    filesTransferred: files,
    files: filesFound,
    bytesPerSecond,
    secondsRemaining: remainingMs === undefined ? undefined : Math.round(remainingMs / 1000),
  };
}

/** How much of what was found has been moved, in per cent; undefined while nothing was found, or all of it is there. */
export function percentOf({filesTransferred = 0, files = 0}: ProgressText): number | undefined {
  return files > filesTransferred ? Math.floor((100 * filesTransferred) / files) : undefined;
}

/** `42 %, 4.2 GB of about 10 GB (17 of 40 files), 120 MB/s, about 3 min left`; empty where nothing is known of it. */
export function progressInWords(progress: ProgressText): string {
  const {bytesTransferred, bytesExpected, filesTransferred, files, bytesPerSecond, secondsRemaining} = progress;
  if (bytesTransferred === undefined) return '';
  const percent = percentOf(progress);
  const of = percent !== undefined && bytesExpected !== undefined ? ` of about ${renderBytes(bytesExpected)}` : '';
  return [
    ...(percent === undefined ? [] : [`${percent} %`]),
    `${renderBytes(bytesTransferred)}${of}${filesTransferred === undefined ? '' : ` (${renderFiles(filesTransferred, files)})`}`,
    ...(bytesPerSecond ? [`${renderBytes(bytesPerSecond)}/s`] : []),
    ...(secondsRemaining === undefined ? [] : [`about ${renderDuration(secondsRemaining)} left`]),
  ].join(', ');
}
