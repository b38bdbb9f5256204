import {existsSync} from 'node:fs';
import {basename} from 'node:path';
import type {Directives} from '../scheduler/directives/read-directives.ts';

const BASH = '/bin/bash';
const SHELLS = new Set(['sh', 'bash', 'dash', 'ash', 'ksh', 'ksh93', 'mksh', 'zsh', 'csh', 'tcsh', 'fish']);

/** What a wrapper is told of who reads the script, and by what it is run itself. */
export interface Reader {
  /** parts for the template: its first line */
  readonly head: Readonly<Record<string, readonly string[]>>;
  readonly values: Readonly<Record<string, string>>;
}

/**
 * Who reads a script under its wrapper: its `#!` line, as the kernel reads it, also beside `#PBS -S`: PBS has the shell
 * on top of a job start the script as a command (OpenPBS 23.06, start_exec.c, SHELL_INVOKE). Without such a line it is
 * the shell on top, which the wrapper finds out. Naming the interpreter needs no execute permission on the copy.
 *
 * The wrapper is run by `bash -p` where there is a bash. Other shells drop the functions that profile files export, such
 * as `module`, and without `-p` they would stand in for the wrapper's commands.
 */
export function readerOf(text: string, directives: Directives): Reader {
  const [shell, argument] = interpreterOf(text, directives);
  const top = readShell(directives.shell);
  const withBash = existsSync(BASH);
  return {
    head: withBash ? {'#!/bin/sh': [`#!${BASH} -p`]} : {},
    values: {
      ...(top.length === 1 && top[0]?.host === '' ? {STAGE_TOP: top[0].path} : {}),
      STAGE_SHELL: shell,
      STAGE_SHELL_ARG: argument,
      STAGE_BASH: withBash ? '1' : '0',
    },
  };
}

/** @returns two empty words where the shell on top reads the script */
export function interpreterOf(text: string, directives: Pick<Directives, 'shell'>): [shell: string, argument: string] {
  const [, shell, argument] = /^#![ \t]*([^ \t\n]+)[ \t]*([^\n]*?)[ \t]*(?:\n|$)/.exec(text) ?? [];
  // The kernel looks for it in the working directory, and not in PATH.
  if (shell) return [shell.includes('/') ? shell : `./${shell}`, argument ?? ''];
  const [only] = readShell(directives.shell);
  return only && !areShells(directives.shell) ? [only.path, ''] : ['', ''];
}

/**
 * What to tell qsub of the shell on top of a job: a login shell, which reads its profile files and then runs the
 * wrapper by its `#!` line (measured on OpenPBS 23.06). It is the user's own one unless the script names another one,
 * or one for each host; any other would not read the files that the user counts on. Another program cannot be on top:
 * it would read the wrapper in its own language.
 */
export function topShell({shell}: Directives): string[] {
  return shell !== undefined && areShells(shell) ? ['-S', shell] : [];
}

/** `path[@host][,path[@host]...]` (qsub(1B), "-S"). */
function readShell(list = ''): {readonly path: string; readonly host: string}[] {
  return list.split(',').flatMap((one) => {
    const [path = '', host = ''] = one.trim().split('@');
    return path === '' ? [] : [{path, host}];
  });
}

function areShells(list: string | undefined): boolean {
  const shells = readShell(list);
  return shells.length > 0 && shells.every(({path}) => SHELLS.has(basename(path)));
}
