const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** Dates in qstat and `-a` have no zone and are local to the command: run the commands with this. */
export const IN_UTC = {TZ: 'UTC'} as const;

/** `Sat Nov 21 06:45:00 2026`, as qstat prints it under TZ=UTC, or epoch seconds (`history_timestamp`). */
export function readPbsDate(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^\d+$/.test(text)) return Number(text) * 1000;
  const found = /^\w{3} (\w{3}) +(\d{1,2}) (\d\d):(\d\d):(\d\d) (\d{4})$/.exec(text.trim());
  const month = MONTHS.indexOf(found?.[1] ?? '');
  if (!found || month < 0) return undefined;
  return Date.UTC(Number(found[6]), month, Number(found[2]), Number(found[3]), Number(found[4]), Number(found[5]));
}

/**
 * An instant for `-a`, in UTC: `CCYYMMDDhhmm.SS`. Always the whole form: the short ones mean the *next* such time,
 * tomorrow or next year. Seconds are rounded up, so that nothing starts before its time.
 */
export function startDate(instant: number): string {
  const digits = new Date(Math.ceil(instant / 1000) * 1000).toISOString().replace(/\D/g, '');
  return `${digits.slice(0, 12)}.${digits.slice(12, 14)}`;
}
