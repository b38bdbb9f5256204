import type {PbsCommand} from '../command.ts';
import {escapeValue} from '../variables.ts';

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
    ['PBS_O_WORKDIR', workdir],
    ['PBS_O_SYSTEM', 'Linux'],
  ];
  const parts = origin.flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${escapeValue(value)}`]));
  if (own !== '') parts.push(own);
  parts.push(`PBS_O_QUEUE=${queue}`, `PBS_O_HOST=${server}`);
  return parts.join(',');
}
