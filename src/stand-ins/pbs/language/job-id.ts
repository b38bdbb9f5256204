/** Job ids: `N.SERVER`, arrays `N[].SERVER`, subjobs `N[3].SERVER`. */

export interface ServerNames {
  readonly server: string;
  /** further names that mean this host */
  readonly aliases: readonly string[];
}

export type AskedId =
  | {readonly kind: 'id'; readonly id: string /** `N[2-3]`: the subjobs asked for */; readonly range?: string}
  | {readonly kind: 'malformed'}
  | {readonly kind: 'unknown-host'};

function names(known: ServerNames, word: string): boolean {
  const wanted = word.toLowerCase();
  return known.server.toLowerCase() === wanted || known.aliases.some((alias) => alias.toLowerCase() === wanted);
}

/**
 * Read a job id as a person wrote it.
 *
 * @returns the full id; leading zeros are kept, because PBS compares ids as text (measured: `01019` is unknown)
 */
export function readJobId(text: string, known: ServerNames): AskedId {
  const match = /^(\s*\d+)(\[[^\]]*\])?(?:\.([^@]*))?(?:@(.*))?$/.exec(text);
  if (!match) return {kind: 'malformed'};
  const [, number = '', brackets = '', server, at] = match;
  if (server !== undefined && !names(known, server)) return {kind: 'malformed'};
  if (at !== undefined && !names(known, at)) return {kind: 'unknown-host'};
  // Measured: a number with leading blanks is taken as it is, without a server behind it.
  if (/^\s/.test(number)) return {kind: 'id', id: text};
  if (brackets === '' || brackets === '[]' || /^\[\d+\]$/.test(brackets))
    return {kind: 'id', id: `${number}${brackets}.${known.server}`};
  if (/^\[\d+(-\d+(:\d+)?)?(,\d+(-\d+(:\d+)?)?)*\]$/.test(brackets))
    return {kind: 'id', id: `${number}[].${known.server}`, range: brackets.slice(1, -1)};
  return {kind: 'malformed'};
}

/** The id of the array that a subjob belongs to; other ids are returned as they are. */
export function arrayIdOf(id: string): string {
  return id.replace(/\[\d+\]/, '[]');
}

/** The index of a subjob, or undefined for every other id. */
export function subjobIndexOf(id: string): number | undefined {
  const match = /\[(\d+)\]/.exec(id);
  return match ? Number(match[1]) : undefined;
}

/** A job id as `-W depend` accepts it: an array, but never a subjob. */
export function readDependencyId(text: string, known: ServerNames): AskedId {
  if (/^\s/.test(text) || /^\d{13}|\[[^\]]+\]/.test(text)) return {kind: 'malformed'};
  return readJobId(text, known);
}
