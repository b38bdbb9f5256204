/** Walltimes and sizes as resources have them. */

/**
 * Read seconds, `MM:SS` or `HH:MM:SS`; a colon may stand at the end, and half a second is rounded up (measured).
 *
 * @returns seconds, or undefined for anything else
 */
export function readDuration(text: string): number | undefined {
  if (!/^(\d+(:\d+){0,2}(\.\d*)?|\d+(:\d+)?:)$/.test(text)) return undefined;
  const [whole = '', fraction = ''] = text.split('.');
  const seconds = whole.split(':').reduce((sum, part) => sum * 60 + Number(part), 0);
  return seconds < 2 ** 63 ? seconds + (/^[5-9]/.test(fraction) ? 1 : 0) : undefined;
}

/** `HH:MM:SS`, hours without an upper bound. */
export function showDuration(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const two = (n: number): string => String(n).padStart(2, '0');
  return `${two(Math.floor(whole / 3600))}:${two(Math.floor(whole / 60) % 60)}:${two(whole % 60)}`;
}

const UNITS: Readonly<Record<string, number>> = {'': 0, k: 10, m: 20, g: 30, t: 40, p: 50};

export interface Size {
  readonly amount: number;
  /** as written, such as `gb` */
  readonly unit: string;
}

/** Read a size such as `1gb`, `512MB`, `2mw`, `100`. */
export function readSize(text: string): Size | undefined {
  const match = /^\s*\+?(\d+)([kmgtp]?)([bw]?)$/i.exec(text);
  if (!match || Number(match[1]) >= 2 ** 63) return undefined;
  const [, amount = '0', scale = '', kind = ''] = match;
  return {amount: Number(amount), unit: `${scale}${kind === '' ? 'b' : kind}`.toLowerCase()};
}

function sizeBytes(size: Size): number {
  const scale = UNITS[size.unit.slice(0, -1)] ?? 0;
  return size.amount * 2 ** scale * (size.unit.endsWith('w') ? 8 : 1);
}

/** The sum in the unit of the smallest part, so that nothing is rounded. */
export function addSizes(sizes: readonly Size[]): string {
  const unitOf = (size: Size): number => sizeBytes({amount: 1, unit: size.unit});
  const [smallest] = [...sizes].sort((a, b) => unitOf(a) - unitOf(b));
  if (!smallest) return '0b';
  const total = sizes.reduce((sum, size) => sum + sizeBytes(size), 0);
  return `${Math.round(total / unitOf(smallest))}${smallest.unit}`;
}
