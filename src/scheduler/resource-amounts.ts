import {walltimeSeconds} from '../base/walltime.ts';

/** How much of one resource a job asks for. */
export interface Amount {
  /** seconds, bytes, or a count */
  readonly value: number;
  /** as a person writes it */
  readonly text: string;
  /** false: some chunk of the select is silent, and PBS may count more for it (`default_chunk`) */
  readonly whole: boolean;
}

/** Resources that are lengths of time. Source: OpenPBS, resc_def_all.xml, "decode_time". */
const TIMES = new Set(['walltime', 'min_walltime', 'max_walltime', 'soft_walltime', 'cput', 'pcput']);
/** They say how chunks are laid out, and have no amount. */
const SHAPES = new Set(['select', 'place', 'nodes']);
const UNITS = ['', 'k', 'm', 'g', 't', 'p'];

export function isTime(resource: string): boolean {
  return TIMES.has(resource);
}

/**
 * Seconds of a time, bytes of a size (`4gb`, `512mw`: words of 8 bytes), or a plain number.
 *
 * @returns undefined for what has no amount, such as a name
 */
export function readAmount(resource: string, text: string): number | undefined {
  if (TIMES.has(resource)) return walltimeSeconds(text);
  const match = /^(\d+(?:\.\d+)?)(?:([kmgtp]?)([bw]))?$/i.exec(text.trim());
  if (!match) return undefined;
  const [, number = '', unit = '', word = 'b'] = match;
  return Number(number) * 1024 ** UNITS.indexOf(unit.toLowerCase()) * (word.toLowerCase() === 'w' ? 8 : 1);
}

/**
 * What a job asks for in all: what is asked for the job as it stands, and the sums over the chunks of its `select`,
 * which PBS compares with limits. Source: OpenPBS, set_chunk_sum in src/server/svr_jobfunc.c. Pure.
 *
 * @param resources one entry for each `-l key=value`
 */
export function totalRequest(resources: Readonly<Record<string, string>>): ReadonlyMap<string, Amount> {
  const asked = sumOfChunks(resources.select ?? '');
  for (const [name, text] of Object.entries(resources)) {
    const value = SHAPES.has(name) ? undefined : readAmount(name, text);
    if (value !== undefined) asked.set(name, {value, text, whole: true});
  }
  return asked;
}

/** Of `2:ncpus=4:mem=8gb+1:ncpus=1`: 9 ncpus; at least 16gb of mem; 3 nodect. */
function sumOfChunks(select: string): Map<string, Amount> {
  const sums = new Map<string, Amount>();
  // Quotes may hold any of the separators: what is in them is PBS's alone to read.
  if (select === '' || /["']/.test(select)) return sums;
  const chunks = select.split('+').map(readChunk);
  for (const name of new Set(chunks.flatMap(({amounts}) => [...amounts.keys()]))) {
    const value = chunks.reduce((sum, {count, amounts}) => sum + count * (amounts.get(name)?.value ?? 0), 0);
    const isSize = chunks.some(({amounts}) => amounts.get(name)?.size);
    sums.set(name, {
      value,
      text: isSize ? writeSize(value) : String(value),
      whole: chunks.every(({amounts}) => amounts.has(name)),
    });
  }
  const nodes = chunks.reduce((sum, {count}) => sum + count, 0);
  return sums.set('nodect', {value: nodes, text: String(nodes), whole: true});
}

function readChunk(text: string): {count: number; amounts: Map<string, {value: number; size: boolean}>} {
  const words = text.split(':');
  const counted = /^\d+$/.test(words[0] ?? '');
  const amounts = new Map<string, {value: number; size: boolean}>();
  for (const word of counted ? words.slice(1) : words) {
    const [name = '', asked = ''] = word.split('=');
    const value = readAmount(name, asked);
    if (value !== undefined) amounts.set(name, {value, size: /[bw]$/i.test(asked)});
  }
  return {count: counted ? Number(words[0]) : 1, amounts};
}

function writeSize(bytes: number): string {
  const power = UNITS.findLastIndex((_, index) => bytes > 0 && bytes % 1024 ** index === 0);
  return power < 0 ? `${bytes}b` : `${bytes / 1024 ** power}${UNITS[power]}b`;
}
