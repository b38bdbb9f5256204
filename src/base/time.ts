export const DAY_MS = 86_400_000;

/** Wait so many milliseconds. */
export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** An instant in ISO 8601, where there is one. */
export function iso(at: number): string;
export function iso(at: number | undefined): string | undefined;
export function iso(at: number | undefined): string | undefined {
  return at === undefined ? undefined : new Date(at).toISOString();
}
