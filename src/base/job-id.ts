declare const jobIdBrand: unique symbol;
/** A PBS job id as qsub printed it, such as `4.pbs-sn1`. Made only where an answer of PBS or a fact is read. */
export type JobId = string & {readonly [jobIdBrand]: true};

/**
 * `4.pbs-sn1`, `4`, `4[].pbs_server` (hosts have names that DNS would not give them): the number, with the brackets of
 * an array, and the server's name in small letters. Undefined for what is no id.
 */
function partsOf(id: string): {readonly number: string; readonly server?: string} | undefined {
  const [, number, server] = /^(\d+(?:\[\d*\])?)(?:\.([A-Za-z0-9._-]+))?$/.exec(id) ?? [];
  if (number === undefined) return undefined;
  return {number, server: server?.toLowerCase()};
}

/**
 * Do both ids name one job? Numbers must be equal; server names may be missing, differ in case, or be short in
 * one and fully qualified in the other, as they are between the commands of some sites.
 */
export function isSameJob(one: string, other: string): boolean {
  const [a, b] = [partsOf(one), partsOf(other)];
  if (!a || !b || a.number !== b.number) return false;
  const [from, to] = [a.server, b.server];
  if (from === undefined || to === undefined || from === to) return true;
  return from.startsWith(`${to}.`) || to.startsWith(`${from}.`);
}

/**
 * The id in a line of a PBS answer, or nothing. qstat takes anything that starts with a letter for a queue, and `''` for
 * everything.
 */
export function readJobId(text: string): JobId | undefined {
  return partsOf(text) ? (text as JobId) : undefined; // the one place besides facts where an id is made
}

/** The number part, with the brackets of an array. */
export function numberOf(id: string): string | undefined {
  return partsOf(id)?.number;
}

/** The server part, in small letters; empty in an id without one. */
export function serverOf(id: string): string {
  return partsOf(id)?.server ?? '';
}

/** The id of one member of an array, whose own id has empty brackets: `4[].pbs` and 3 give `4[3].pbs`. */
export function memberOf(array: JobId, index: number): JobId {
  return array.replace('[]', `[${index}]`) as JobId; // of the form of the array's, which was read as an id
}
