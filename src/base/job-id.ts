/**
 * `4.pbs-sn1`, `4`, `4[].pbs_server` (hosts have names that DNS would not give them): the number, with the brackets of
 * an array, and the server's name in small letters. Undefined for what is no id.
 */
export function partsOf(id: string): {readonly number: string; readonly server?: string} | undefined {
  const [, number, server] = /^(\d+(?:\[\d*\])?)(?:\.([A-Za-z0-9._-]+))?$/.exec(id) ?? [];
  if (number === undefined) return undefined;
  return {number, ...(server === undefined ? {} : {server: server.toLowerCase()})};
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
