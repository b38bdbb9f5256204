import {type Attributes, inOrder, QUEUE_ORDER, SERVER_ORDER} from '../server/store/settings.ts';
import type {Context} from './context.ts';

/** What qmgr prints: `list` shows attributes, `print` shows the directives that would set them. */

export const READ_ONLY = new Set([
  'server_state',
  'server_host',
  'total_jobs',
  'state_count',
  'pbs_version',
  'license_count',
]);

const settable = (attributes: Readonly<Attributes>, order: readonly string[]): [string, string][] =>
  inOrder(attributes, order).filter(([name]) => !READ_ONLY.has(name));

export function printQueue(name: string, attributes: Readonly<Attributes>): string {
  const lines = settable(attributes, QUEUE_ORDER).map(([key, value]) => `set queue ${name} ${key} = ${value}\n`);
  return `#\n# Create and define queue ${name}\n#\ncreate queue ${name}\n${lines.join('')}`;
}

export function printServer(context: Context): string {
  const {settings} = context.server;
  const resources = Object.entries(settings.resources).map(
    ([name, type]) =>
      `#\n# Create and define resource ${name}\n#\ncreate resource ${name}\nset resource ${name} type = ${type}\n`,
  );
  const queues = Object.entries(settings.queues).map(([name, attributes]) => printQueue(name, attributes));
  const server = settable(settings.server, SERVER_ORDER).map(([key, value]) => `set server ${key} = ${value}\n`);
  return (
    (resources.length > 0 ? `#\n# Create resources and set their properties.\n#\n${resources.join('')}` : '') +
    `#\n# Create queues and set their attributes.\n#\n${queues.join('')}` +
    `#\n# Set server attributes.\n#\n${server.join('')}`
  );
}

/** Attributes asked for by name come in the reverse of the order they were asked in (measured). */
export function chosen(entries: readonly (readonly [string, string])[], rest: string): (readonly [string, string])[] {
  const wanted = rest.split(/[,\s]+/).filter((name) => name !== '');
  if (wanted.length === 0) return [...entries];
  return wanted.reverse().flatMap((name) => entries.filter(([key]) => key === name || key.startsWith(`${name}.`)));
}

export const listed = (title: string, entries: readonly (readonly [string, string])[]): string =>
  `${title}\n${entries.map(([name, value]) => `    ${name} = ${value}\n`).join('')}\n`;
