/** What is known of a file before anything is read. Times in milliseconds. */
export interface FileFacts {
  readonly size: number;
  readonly mtimeMs: number;
}

/**
 * Whether a sync level asks for a file to be copied. Each level looks at its own mark alone, so a file cut short
 * but newer passes level 2: only level 3 completes a transfer that failed.
 *
 * Source: Globus Transfer API, `sync_level`; `globus transfer --help`.
 */
export function decideSync(
  level: 0 | 1 | 2 | 3 | null,
  source: FileFacts,
  destination: FileFacts | undefined,
): 'copy' | 'skip' | 'compare-checksums' {
  if (level === null || !destination) return 'copy';
  if (level === 0) return 'skip';
  if (level === 1) return source.size === destination.size ? 'skip' : 'copy';
  // Whole seconds: what a listing of Globus shows, and what the destination keeps of a preserved time.
  if (level === 2) return Math.floor(source.mtimeMs / 1000) > Math.floor(destination.mtimeMs / 1000) ? 'copy' : 'skip';
  return source.size === destination.size ? 'compare-checksums' : 'copy';
}
