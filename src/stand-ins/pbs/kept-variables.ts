/*
 * Variables that would slow down or break the Node.js of a PBS command are kept from it, and reach jobs all the same:
 * the shell of the command (commands.ts) puts them away under another name, and its client (client.ts) takes them back.
 */

const KEPT = 'STAGE_KEPT_';
const KEPT_FROM_NODE = ['NODE_EXTRA_CA_CERTS', 'NODE_OPTIONS'];
const OWN_VARIABLES = ['STAGE_PBS_BIN', 'STAGE_PBS_SERVER', 'STAGE_LOCAL_USER'];

/** Lines of sh that put them away. */
export const PUT_AWAY: string = [
  // Shells change `_` with every command; the first one here still sees what the caller handed over.
  `${KEPT}_=$_; export ${KEPT}_\n`,
  ...KEPT_FROM_NODE.map(
    (name) =>
      `unset ${KEPT}${name}\n` +
      `if [ "\${${name}+set}" = set ]; then ${KEPT}${name}=$${name}; export ${KEPT}${name}; unset ${name}; fi\n`,
  ),
].join('');

/**
 * The environment as the user has it: what was put away is taken back, and what is the stand-in's own is left out.
 *
 * A shell hands over its functions behind the variables, and `_` last; the command's shell has another order.
 */
export function userEnvironment(env: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const found = Object.entries(env).flatMap(([name, value]): [string, string][] => {
    if (value === undefined || OWN_VARIABLES.includes(name) || env[KEPT + name] !== undefined) return [];
    return [[name.startsWith(KEPT) ? name.slice(KEPT.length) : name, value]];
  });
  const place = (name: string): number => (name === '_' ? 2 : name.startsWith('BASH_FUNC_') ? 1 : 0);
  return Object.fromEntries(found.sort(([a], [b]) => place(a) - place(b)));
}
