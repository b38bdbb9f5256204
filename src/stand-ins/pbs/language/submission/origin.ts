import {statSync} from 'node:fs';
import {join} from 'node:path';
import type {PbsCommand} from '../command.ts';
import type {ServerNames} from '../job-id.ts';
import {escapeValue} from '../variables.ts';

/** What a job keeps of the place and the shell it was submitted from. */

/**
 * A path of `-o` or `-e` as a job keeps it: `host:/absolute`, with a slash behind a directory that exists; `host:` where it
 * names a host alone.
 *
 * @returns undefined for a host that does not resolve
 */
export function outputPath(text: string, workdir: string, names: ServerNames): string | undefined {
  const [, host, behind = ''] = /^\s*([A-Za-z0-9.-]*):(.*)$/.exec(text) ?? [];
  const known = [names.server, ...names.aliases].map((name) => name.toLowerCase());
  if (host && !known.includes(host.toLowerCase())) return undefined;
  const given = host === undefined ? text.trimStart() : behind;
  if (given === '') return host ? `${names.server}:` : undefined;
  const path = given.startsWith('/') ? given : join(workdir, given);
  let slash = '';
  try {
    if (!path.endsWith('/') && statSync(path).isDirectory()) slash = '/';
  } catch {
    // it may come to be before the job ends
  }
  return `${names.server}:${path}${slash}`;
}

/** PBS_O_…, then `-v`, then `-V`, then where it was submitted. */
export function variableList(
  command: PbsCommand,
  workdir: string,
  user: string,
  own: string,
  server: string,
  queue: string,
): string {
  const {env} = command;
  const origin: [string, string | undefined][] = [
    ['PBS_O_HOME', env.HOME],
    ['PBS_O_LANG', env.LANG],
    ['PBS_O_LOGNAME', env.LOGNAME ?? user],
    ['PBS_O_PATH', env.PATH],
    ['PBS_O_MAIL', env.MAIL],
    ['PBS_O_SHELL', env.SHELL],
    ['PBS_O_TZ', env.TZ],
    ['PBS_O_INTERACTIVE_AUTH_METHOD', 'resvport'],
    ['PBS_O_INTERACTIVE_ENCRYPT_METHOD', ''],
    ['PBS_O_WORKDIR', command.cwdGone ? undefined : workdir],
    ['PBS_O_SYSTEM', 'Linux'],
  ];
  const parts = origin.flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${escapeValue(value)}`]));
  if (own !== '') parts.push(own);
  parts.push(`PBS_O_QUEUE=${queue}`, `PBS_O_HOST=${server}`);
  return parts.join(',');
}
