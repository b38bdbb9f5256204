import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import {shellQuote} from '../base/shell.ts';
import {packageRoot} from '../disk/package-root.ts';
import {writeWhole} from '../disk/whole-file.ts';

/** Assignments of a shell, each value as one word. */
export function assign(values: Readonly<Record<string, string>>): string[] {
  return Object.entries(values).map(([name, value]) => `${name}=${shellQuote(value)}`);
}

/** The same, for what a script calls, too. */
export function exported(values: Readonly<Record<string, string>>): string[] {
  return Object.entries(values).map(([name, value]) => `export ${name}=${shellQuote(value)}`);
}

/** Variables as arguments of env(1), a line each, for a command that goes on behind them. */
export function envArguments(values: Readonly<Record<string, string>>): string[] {
  return Object.entries(values).map(([name, value]) => `    ${shellQuote(`${name}=${value}`)} \\`);
}

/**
 * A script of `pbs/` with its parts filled in: a line `#@NAME` stands for the lines of that part, or for nothing; a line
 * `#@file.sh` for what several scripts of `pbs/` share.
 *
 * @throws the system's error when the installation has no such script
 */
export function fillTemplate(template: string, parts: Readonly<Record<string, readonly string[]>>): string {
  const linesOf = (name: string) =>
    readFileSync(join(packageRoot(), 'pbs', name), 'utf8')
      .trimEnd()
      .split('\n');
  const fill = (line: string): readonly string[] => {
    const [, shared] = /^#@([a-z-]+\.sh)$/.exec(line) ?? [];
    if (shared !== undefined) return linesOf(shared).flatMap(fill);
    return parts[line] ?? (line.startsWith('#@') ? [] : [line]);
  };
  return `${linesOf(template).flatMap(fill).join('\n')}\n`;
}

/** Put a filled-in template in place, whole. Where PBS reads one that was there, it goes on reading that. */
export function writeScript(path: string, template: string, parts: Readonly<Record<string, readonly string[]>>): void {
  writeWhole(path, fillTemplate(template, parts), {mode: 0o700});
}
