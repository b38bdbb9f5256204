import {copyFileSync, existsSync, mkdirSync, renameSync, writeFileSync} from 'node:fs';
import {basename, join} from 'node:path';
import {PUT_AWAY} from './kept-variables.ts';
import {quoteWord} from './server/processes/supervisor.ts';

/** The PBS commands as files on PATH: each starts node with the client. */

const COMMANDS = [
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
  'pbs_rstat',
] as const;

export interface CommandOptions {
  /** path of node */
  readonly node: string;
  /** path of the bundled client.ts */
  readonly clientJs: string;
  readonly socketPath: string;
  /** what a command calls the server when it cannot reach it; `stage-local` by default */
  readonly serverName?: string;
}

const DEFAULT_SERVER = 'stage-local';

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
  const words = [options.node, options.clientJs, options.socketPath, command].map(quoteWord).join(' ');
  return (
    `#!${interpreter(command)}\n# Written by "stage local": ${command} of the stand-in PBS.\n${PUT_AWAY}` +
    `STAGE_PBS_BIN=${quoteWord(binDir)}\nSTAGE_PBS_SERVER=${quoteWord(options.serverName ?? DEFAULT_SERVER)}\n` +
    `export STAGE_PBS_BIN STAGE_PBS_SERVER\nexec ${words} "$@"\n`
  );
}

/**
 * Write every command into a directory; a command that is running meanwhile keeps its old file.
 *
 * Their client is copied beside them: it is of the version of the server that it speaks to, and outlives an upgrade.
 */
export function writeCommands(binDir: string, options: CommandOptions): void {
  mkdirSync(binDir, {recursive: true, mode: 0o700});
  const clientJs = join(binDir, basename(options.clientJs));
  copyFileSync(options.clientJs, `${clientJs}.new`);
  renameSync(`${clientJs}.new`, clientJs);
  for (const command of COMMANDS) {
    const path = join(binDir, command);
    writeFileSync(`${path}.new`, commandText(command, binDir, {...options, clientJs}), {mode: 0o755});
    renameSync(`${path}.new`, path);
  }
}
