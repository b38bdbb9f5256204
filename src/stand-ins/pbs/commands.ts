import {spawnSync} from 'node:child_process';
import {existsSync, mkdirSync, renameSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {OPTIONS} from './language/options.ts';
import {quoteWord} from './server/supervisor.ts';

/** The PBS commands as files on PATH: they start the quick front (client.c) where there is one, else node with the client. */

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
  'pbs_rstat',
] as const;

export interface CommandOptions {
  /** path of node */
  readonly node: string;
  /** path of the bundled client-main.ts */
  readonly clientJs: string;
  /** where client.c is once it is compiled; left alone when it is not there, or does not run on this machine */
  readonly front?: string;
  readonly socketPath: string;
  /** what a command calls the server when it cannot reach it; `stage-local` by default */
  readonly serverName?: string;
}

const DEFAULT_SERVER = 'stage-local';
/** Linux before 5.1 reads 127 bytes of a first line, the `#!` among them. */
const LONGEST_INTERPRETER = 124;

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
    `STAGE_PBS_BIN=${quoteWord(binDir)}\nSTAGE_PBS_SERVER=${quoteWord(options.serverName ?? DEFAULT_SERVER)}\n` +
    `export STAGE_PBS_BIN STAGE_PBS_SERVER\nexec ${words} "$@"\n`
  );
}

/**
 * A command whose interpreter is the quick front: no shell comes between, so the environment arrives as the caller hands it over.
 *
 * @returns undefined when the front's path cannot stand in a first line, or a value not in a line
 */
export function frontText(command: string, binDir: string, front: string, options: CommandOptions): string | undefined {
  const settings = {
    node: options.node,
    client: options.clientJs,
    socket: options.socketPath,
    command,
    options: OPTIONS[command] ?? '',
    bin: binDir,
    server: options.serverName ?? DEFAULT_SERVER,
  };
  const fits = /^\/\S+$/.test(front) && Buffer.byteLength(front) <= LONGEST_INTERPRETER;
  if (!fits || Object.values(settings).some((value) => value.includes('\n'))) return undefined;
  const lines = Object.entries(settings).map(([name, value]) => `${name} ${value}\n`);
  return `#!${front}\n# Written by "stage local": ${command} of the stand-in PBS.\n${lines.join('')}`;
}

/** Built elsewhere, it may want another processor or libc; called without arguments it does nothing. */
function runsHere(front: string): boolean {
  return spawnSync(front, [], {stdio: 'ignore'}).status === 0;
}

/** Write every command into a directory; a command that is running meanwhile keeps its old file. */
export function writeCommands(binDir: string, options: CommandOptions): void {
  mkdirSync(binDir, {recursive: true, mode: 0o700});
  const front = options.front !== undefined && runsHere(options.front) ? options.front : undefined;
  for (const command of COMMANDS) {
    const path = join(binDir, command);
    const quick = front === undefined ? undefined : frontText(command, binDir, front, options);
    writeFileSync(`${path}.new`, quick ?? commandText(command, binDir, options), {mode: 0o755});
    renameSync(`${path}.new`, path);
  }
}
