import {failed, type PbsAnswer, printed} from '../language/answer.ts';
import type {Shown} from '../language/attributes.ts';
import {isFinished, type Job} from '../server/store/job.ts';
import {type Attributes, inOrder, isTrue, QUEUE_ORDER, SERVER_ORDER} from '../server/store/settings.ts';
import {renderDocument} from '../show/render-json.ts';
import {renderDsv, renderLong} from '../show/render-long.ts';
import type {Context} from './context.ts';

/** `qstat -B`, `-Q` and `-q`: the server and its queues. */

interface Look {
  readonly long: boolean;
  readonly format: string;
  readonly wide: boolean;
  readonly delimiter: string;
}

interface Counts {
  readonly queued: number;
  readonly held: number;
  readonly waiting: number;
  readonly running: number;
  readonly exiting: number;
  readonly begun: number;
  readonly total: number;
}

export function countJobs(jobs: Iterable<Job>): Counts {
  const top = [...jobs].filter((job) => job.parent === undefined);
  const inState = (state: Job['state']): number => top.filter((job) => job.state === state).length;
  return {
    queued: inState('Q'),
    held: inState('H'),
    waiting: inState('W'),
    running: inState('R'),
    exiting: inState('E'),
    begun: inState('B'),
    total: top.length,
  };
}

const stateCount = (c: Counts): string =>
  `Transit:0 Queued:${c.queued} Held:${c.held} Waiting:${c.waiting} Running:${c.running} Exiting:${c.exiting} Begun:${c.begun} `;

/** Attributes of one object as the long formats take them: groups of resources together. */
function asShown(entries: readonly (readonly [string, string])[]): Shown[] {
  const shown: [string, string | [string, string][]][] = [];
  for (const [name, value] of entries) {
    const dot = name.indexOf('.');
    if (dot < 0) {
      shown.push([name, value]);
      continue;
    }
    const group = name.slice(0, dot);
    const last = shown.at(-1);
    const pair: [string, string] = [name.slice(dot + 1), value];
    if (last && last[0] === group && typeof last[1] !== 'string') last[1].push(pair);
    else shown.push([group, [pair]]);
  }
  return shown;
}

function assigned(jobs: readonly Job[]): Attributes {
  const running = jobs.filter((job) => job.state === 'R' || job.state === 'E');
  const sum = (name: string): string =>
    String(running.reduce((total, job) => total + Number(job.resources[name] ?? '0'), 0));
  return {'resources_assigned.ncpus': sum('ncpus'), 'resources_assigned.nodect': sum('nodect')};
}

/** Everything a server shows, in order. */
export function serverAttributes(context: Context): [string, string][] {
  const {server} = context;
  const jobs = [...server.jobs.values()];
  const counts = countJobs(jobs);
  const all: Attributes = {
    ...server.settings.server,
    server_state: isTrue(server.settings.server, 'scheduling') ? 'Active' : 'Idle',
    server_host: server.names.server,
    total_jobs: String(counts.total),
    state_count: stateCount(counts),
    ...assigned(jobs),
    license_count: 'Avail_Global:1000000 Avail_Local:1000000 Used:0 High_Use:0',
    pbs_version: '23.06.06',
  };
  return inOrder(all, SERVER_ORDER);
}

export function queueAttributes(context: Context, queue: string): [string, string][] {
  const {server} = context;
  const jobs = [...server.jobs.values()].filter((job) => job.queue === queue && !isFinished(job));
  const counts = countJobs(jobs);
  const all: Attributes = {
    ...server.settings.queues[queue],
    total_jobs: String(counts.total),
    state_count: stateCount(counts),
    ...assigned(jobs),
  };
  return inOrder(all, QUEUE_ORDER);
}

const number = (value: number, width = 5): string => String(value).padStart(width);

export function serverStatus(context: Context, operands: readonly string[], look: Look): PbsAnswer {
  const {server} = context;
  const name = server.names.server;
  const other = operands.find((word) => word !== name && !server.names.aliases.includes(word));
  if (other !== undefined)
    return failed(`Unknown Host.\nqstat: cannot connect to server ${other} (errno=15008)\n`, 255);
  if (look.long) {
    const shown = asShown(serverAttributes(context));
    if (look.format === 'json')
      return printed(renderDocument({now: Date.now(), server: name}, 'Server', [[name, shown]]));
    if (look.format === 'dsv') return printed(renderDsv(`Server: ${name}`, shown, look.delimiter));
    return printed(renderLong(`Server: ${name}`, shown, look.wide));
  }
  const c = countJobs(server.jobs.values());
  const state = isTrue(server.settings.server, 'scheduling') ? 'Active' : 'Idle';
  return printed(
    'Server             Max   Tot   Que   Run   Hld   Wat   Trn   Ext Status\n' +
      '---------------- ----- ----- ----- ----- ----- ----- ----- ----- -----------\n' +
      `${name.slice(0, 16).padEnd(16)} ${[0, c.total, c.queued, c.running, c.held, c.waiting, 0, c.exiting].map((n) => number(n)).join(' ')} ${state.padEnd(10)}\n`,
  );
}

export function queueStatus(
  context: Context,
  operands: readonly string[],
  look: Look & {readonly short: boolean},
): PbsAnswer {
  const {server} = context;
  const {queues} = server.settings;
  const name = server.names.server;
  let stderr = '';
  let exitCode = 0;
  const chosen: string[] = [];
  for (const word of operands.length === 0 ? Object.keys(queues) : operands) {
    const [queue = '', host] = word.split('@');
    if (host !== undefined && host !== name && !server.names.aliases.includes(host)) {
      stderr += `Unknown Host.\nqstat: cannot connect to server ${name} (errno=15008)\n`;
      exitCode = 255;
      continue;
    }
    if (queue === '') chosen.push(...Object.keys(queues));
    else if (queues[queue]) chosen.push(queue);
    else {
      stderr += `qstat: Unknown queue ${word}\n`;
      exitCode = 170;
    }
  }
  return {
    stdout: look.short ? limitsTable(context, chosen) : queueTable(context, chosen, look, name),
    stderr,
    exitCode,
  };
}

function queueTable(context: Context, chosen: readonly string[], look: Look, name: string): string {
  const {server} = context;
  if (look.long) {
    const shown = (queue: string): Shown[] => asShown(queueAttributes(context, queue));
    if (look.format === 'json')
      return renderDocument(
        {now: Date.now(), server: name},
        'Queue',
        [...new Set(chosen)].map((queue) => [queue, shown(queue)]),
      );
    if (look.format === 'dsv')
      return chosen.map((queue) => renderDsv(`Queue: ${queue}`, shown(queue), look.delimiter)).join('');
    return chosen.map((queue) => renderLong(`Queue: ${queue}`, shown(queue), look.wide)).join('');
  }
  if (chosen.length === 0) return '';
  const rows = chosen.map((queue) => {
    const attributes = server.settings.queues[queue];
    const c = countJobs([...server.jobs.values()].filter((job) => job.queue === queue && !isFinished(job)));
    const yes = (attribute: string): string => (isTrue(attributes, attribute) ? 'yes' : ' no');
    const counts = [c.queued, c.running, c.held, c.waiting, 0, c.exiting].map((n) => number(n)).join(' ');
    const type = `${(attributes?.queue_type ?? 'Execution').slice(0, 3)}*`;
    return `${queue.slice(0, 16).padEnd(16)} ${number(Number(attributes?.max_queuable ?? 0))} ${number(c.total)} ${yes('enabled')} ${yes('started')} ${counts} ${type}\n`;
  });
  return (
    'Queue              Max   Tot Ena Str   Que   Run   Hld   Wat   Trn   Ext Type\n' +
    '---------------- ----- ----- --- --- ----- ----- ----- ----- ----- ----- ----\n' +
    rows.join('')
  );
}

function limitsTable(context: Context, chosen: readonly string[]): string {
  const {server} = context;
  let running = 0;
  let queued = 0;
  const rows = chosen.map((queue) => {
    const attributes = server.settings.queues[queue];
    const c = countJobs([...server.jobs.values()].filter((job) => job.queue === queue && !isFinished(job)));
    const waiting = c.queued + c.held + c.waiting + c.begun;
    running += c.running;
    queued += waiting;
    const limit = (name: string, none: string): string =>
      (attributes?.[`resources_max.${name}`] ?? none).padStart(none.length);
    const limits = [limit('mem', '  --  '), limit('cput', '   --   '), limit('walltime', '   --   '), ' -- '].join(' ');
    const state = `${isTrue(attributes, 'enabled') ? 'E' : 'D'} ${isTrue(attributes, 'started') ? 'R' : 'S'}`;
    return `${queue.slice(0, 16).padEnd(16)} ${limits} ${number(c.running)} ${number(waiting)}   --   ${state}
`;
  });
  return (
    `\nserver: ${server.names.server}\n\n` +
    'Queue            Memory CPU Time Walltime Node   Run   Que   Lm  State\n' +
    '---------------- ------ -------- -------- ---- ----- ----- ----  -----\n' +
    `${rows.join('')}${' '.repeat(47)}----- -----\n${' '.repeat(47)}${number(running)} ${number(queued)}\n`
  );
}
