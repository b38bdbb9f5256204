import {existsSync, mkdirSync, renameSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {quoteWord} from './supervisor.ts';

/** The PBS commands as files on PATH: small shell scripts that start the client. */

export const COMMANDS = [
  'qsub',
  'qstat',
  'qdel',
  'qhold',
  'qrls',
  'qalter',
  'qselect',
  'qrerun',
  'qrun',
  'qmove',
  'qsig',
  'qmsg',
  'qmgr',
  'tracejob',
  'pbsnodes',
] as const;

export interface CommandOptions {
  /** path of node */
  readonly node: string;
  /** path of the bundled client-main.ts */
  readonly clientJs: string;
  readonly socketPath: string;
  /** what a command calls the server when it cannot reach it; `stage-local` by default */
  readonly serverName?: string;
}

/** Variables that slow node down or break it; they are kept from node, and reach jobs all the same. */
const KEPT_FROM_NODE = ['NODE_EXTRA_CA_CERTS', 'NODE_OPTIONS'];

/**
 * What runs the small script of a command. For qsub it is bash, where there is one: other shells drop variables that are no names, and so the functions that bash exports
 * (`module` of many clusters is one), which `qsub -V` has to carry. With -p bash leaves them as they are.
 */
function interpreter(command: string): string {
  if (command !== 'qsub') return '/bin/sh';
  const bash = ['/bin/bash', '/usr/bin/bash', '/usr/local/bin/bash'].find((path) => existsSync(path));
  return bash === undefined ? '/bin/sh' : `${bash} -p`;
}

export function commandText(command: string, binDir: string, options: CommandOptions): string {
  const keep = KEPT_FROM_NODE.map(
    (name) =>
      `unset STAGE_KEPT_${name}\n` +
      `if [ "\${${name}+set}" = set ]; then STAGE_KEPT_${name}=$${name}; export STAGE_KEPT_${name}; unset ${name}; fi\n`,
  ).join('');
  const words = [options.node, options.clientJs, options.socketPath, command].map(quoteWord).join(' ');
  return (
    `#!${interpreter(command)}\n# Written by "stage local": ${command} of the stand-in PBS.\n` +
    // Shells change `_` with every command; the first one here still sees what the caller handed over.
    `STAGE_KEPT__=$_; export STAGE_KEPT__\n${keep}` +
    `STAGE_PBS_BIN=${quoteWord(binDir)}\nSTAGE_PBS_SERVER=${quoteWord(options.serverName ?? 'stage-local')}\n` +
    `export STAGE_PBS_BIN STAGE_PBS_SERVER\nexec ${words} "$@"\n`
  );
}

/** Write every command into a directory; a command that is running meanwhile keeps its old file. */
export function writeCommands(binDir: string, options: CommandOptions): void {
  mkdirSync(binDir, {recursive: true, mode: 0o700});
  for (const command of COMMANDS) {
    const path = join(binDir, command);
    writeFileSync(`${path}.new`, commandText(command, binDir, options), {mode: 0o755});
    renameSync(`${path}.new`, path);
  }
}
