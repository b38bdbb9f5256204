/** Where a profile says no walltime of its staging jobs. */
const DEFAULT_SECONDS = 400;

/**
 * Seconds of a walltime: `SS`, `MM:SS` or `HH:MM:SS`, each with an optional fraction of a second.
 * Source: pbs_resources(7B), "duration"; `24:00` is 24 minutes (measured on OpenPBS 23.06).
 *
 * @returns undefined for anything else
 */
export function walltimeSeconds(text: string): number | undefined {
  const match = /^(?:(?:(\d+):)?(\d+):)?(\d+)(?:\.\d+)?$/.exec(text.trim());
  if (!match) return undefined;
  const [, hours = '0', minutes = '0', seconds = '0'] = match;
  return Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds);
}

/** How long a job of this walltime may stay, in seconds, when it is to leave before PBS would end it; five minutes when that is not known. */
export function staySeconds(walltime: string | undefined): number {
  const seconds = walltimeSeconds(walltime ?? '') ?? DEFAULT_SECONDS;
  return Math.floor(seconds - Math.min(120, seconds / 4));
}

/** How long a look of a staging job may take: it ends after two thirds of the walltime, and leaves the rest to the next. */
export function lookSeconds(walltime: string | undefined): number {
  return Math.floor(((walltimeSeconds(walltime ?? '') ?? DEFAULT_SECONDS) * 2) / 3);
}
