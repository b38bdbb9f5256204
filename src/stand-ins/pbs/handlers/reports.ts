import {existsSync, readdirSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
import {failed, type PbsAnswer, printed} from '../language/answer.ts';
import {longDate} from '../language/dates.ts';
import {readJobId} from '../language/job-id.ts';
import {OPTIONS, readArguments} from '../language/options.ts';
import {USAGE} from '../language/usage.ts';
import type {Context, Handler} from './context.ts';

/** tracejob and pbsnodes: what has happened to a job, and what the one node has. */

interface LogLine {
  readonly at: string;
  readonly source: 'S' | 'A';
  readonly text: string;
}

function linesIn(dir: string, id: string, source: LogLine['source'], field: number, days: number): LogLine[] {
  if (!existsSync(dir)) return [];
  const files = readdirSync(dir).sort().slice(-days);
  return files.flatMap((file) =>
    readFileSync(join(dir, file), 'utf8')
      .split('\n')
      .flatMap((line): LogLine[] => {
        const parts = line.split(';');
        return parts[field] === id ? [{at: parts[0] ?? '', source, text: parts.slice(field + 1).join(';')}] : [];
      }),
  );
}

export const tracejob: Handler = (context): PbsAnswer => {
  const {command, server} = context;
  const given = readArguments(command.argv, OPTIONS.tracejob ?? '');
  if (given.complaints.length > 0 || given.operands.length === 0)
    return failed(`${given.complaints.map((text) => `tracejob: ${text}\n`).join('')}${USAGE.tracejob}`, 1);
  const has = (letter: string): boolean => given.options.some((option) => option.letter === letter);
  const days = Number(given.options.findLast(({letter}) => letter === 'n')?.value ?? '1');
  let stdout = '';
  for (const text of given.operands) {
    const asked = readJobId(text, server.names);
    const id = asked.kind === 'id' ? asked.id : text;
    const lines = [
      ...(has('s') ? [] : linesIn(server.places.serverLogs, id, 'S', 4, days)),
      // The records of all users are for administrators.
      ...(has('a') || !context.administrator ? [] : linesIn(server.places.accounting, id, 'A', 2, days)),
    ].sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
    stdout += `\nJob: ${id}\n\n${lines.map((line) => `${line.at}  ${line.source}    ${line.text}\n`).join('')}`;
  }
  return printed(stdout);
};

function nodeReport(context: Context): string {
  const {server} = context;
  const running = [...server.jobs.values()].filter((job) => job.state === 'R' || job.state === 'E');
  const used = running.reduce((sum, job) => sum + Number(job.resources.ncpus ?? '1'), 0);
  const cpus = server.processors();
  const state = server.settings.nodeOffline ? 'offline' : used >= cpus ? 'job-busy' : 'free';
  const name = server.names.server;
  const entries: [string, string | undefined][] = [
    ['Mom', name],
    ['ntype', 'PBS'],
    ['state', state],
    ['pcpus', String(cpus)],
    ['jobs', running.length > 0 ? running.map((job) => `${job.id}/0`).join(', ') : undefined],
    ['resources_available.host', name],
    ['resources_available.ncpus', String(cpus)],
    ['resources_available.vnode', name],
    ['resources_assigned.ncpus', String(used)],
    ['resv_enable', 'True'],
    ['sharing', 'default_shared'],
    ['last_state_change_time', longDate(Date.now(), context.command.tz)],
  ];
  return `${name}\n${entries.flatMap(([key, value]) => (value === undefined ? [] : [`     ${key} = ${value}\n`])).join('')}\n`;
}

export const pbsnodes: Handler = (context): PbsAnswer => {
  const {command, server} = context;
  const given = readArguments(command.argv, OPTIONS.pbsnodes ?? '');
  const has = (letter: string): boolean => given.options.some((option) => option.letter === letter);
  const nodes = [
    ...given.operands,
    ...given.options.filter(({letter}) => letter === 'o' || letter === 'r').map(({value}) => value),
  ];
  const unknown = nodes.find((node) => node !== server.names.server && !server.names.aliases.includes(node));
  if (given.complaints.length > 0 || (nodes.length === 0 && given.options.length === 0))
    return failed(USAGE.pbsnodes ?? '', 1);
  if (unknown !== undefined) return failed(`Node: ${unknown},  Error: Unknown node \n`, 1);
  if (has('o') || has('r')) {
    if (!context.administrator) return failed('pbsnodes: Unauthorized Request \n', 159);
    server.settings.nodeOffline = has('o');
    server.settingsChanged();
    return printed('');
  }
  if (has('l')) return printed(server.settings.nodeOffline ? `${server.names.server}  offline\n` : '');
  return printed(nodeReport(context));
};
