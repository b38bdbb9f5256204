const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 30_000;

/**
 * Look again and again, with growing pauses, until what is waited for is so or the time is up.
 *
 * @param timeoutSeconds as long as it takes when undefined
 * @returns the last look, and whether it showed what was waited for
 */
export async function lookUntil<T>(
  look: () => Promise<T>,
  isSo: (seen: T) => boolean,
  timeoutSeconds: number | undefined,
): Promise<{readonly seen: T; readonly so: boolean}> {
  const until = timeoutSeconds === undefined ? Number.POSITIVE_INFINITY : Date.now() + timeoutSeconds * 1000;
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 1.5, LONGEST_PAUSE_MS)) {
    const seen = await look();
    if (isSo(seen)) return {seen, so: true};
    const leftMs = until - Date.now();
    if (leftMs <= 0) return {seen, so: false};
    await new Promise((resolve) => setTimeout(resolve, Math.min(pauseMs, leftMs)));
  }
}
