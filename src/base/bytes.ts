/** What an amount of bytes may be, in the words of error messages. */
export const BYTES = 'needs bytes: a whole number, or text such as 500MB, 1.5TB or 4GiB';
export const BYTES_PATTERN = /^[0-9]{1,15}(\.[0-9]{1,6})?\s?([kKMGTP]i?)?B?$/;

const POWERS = ['', 'k', 'm', 'g', 't', 'p'];

/**
 * Read an amount of bytes: kB, MB, GB, TB and PB in powers of 1000, as Globus has them; KiB, MiB … in powers of 1024. Pure.
 *
 * @returns undefined for what is none, or is less than a byte
 */
export function readBytes(written: string | number): number | undefined {
  const text = String(written).trim();
  if (!BYTES_PATTERN.test(text)) return undefined;
  const [, number = '', unit = ''] = /^([0-9.]+)\s?([a-z]*)$/i.exec(text) ?? [];
  const power = POWERS.indexOf(unit.toLowerCase().replace(/i?b?$/, ''));
  const bytes = Math.round(Number(number) * (/i/i.test(unit) ? 1024 : 1000) ** power);
  return power >= 0 && Number.isSafeInteger(bytes) && bytes >= 1 ? bytes : undefined;
}
