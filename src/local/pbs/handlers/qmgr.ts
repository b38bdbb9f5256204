import {exitCodeOf, FAULT, failed, type PbsAnswer, type PbsFault, printed, readOnlyAttribute} from '../answer.ts';
import {readDuration, showDuration} from '../durations.ts';
import {isFinished} from '../job.ts';
import {OPTIONS, readArguments} from '../options.ts';
import {type Attributes, inOrder, OWN_ATTRIBUTES, QUEUE_ORDER, SERVER_ORDER, shownBoolean} from '../settings.ts';
import {USAGE} from '../usage.ts';
import type {Context, Handler} from './context.ts';
import {queueAttributes, serverAttributes} from './qstat-server.ts';

/** qmgr, for the attributes that the stand-in acts on; others are kept and shown, and do nothing. */

interface Directive {
  readonly verb: 'set' | 'unset' | 'list' | 'print' | 'create' | 'delete';
  readonly kind: 'server' | 'queue' | 'resource' | 'node';
  readonly names: readonly string[];
  readonly rest: string;
}

const VERBS: readonly Directive['verb'][] = ['set', 'unset', 'list', 'print', 'create', 'delete'];
const KINDS: readonly Directive['kind'][] = ['server', 'queue', 'resource', 'node'];

function startOf<T extends string>(word: string, choices: readonly T[]): T | undefined {
  return word === '' ? undefined : choices.find((choice) => choice.startsWith(word.toLowerCase()));
}

/** Read one directive; verbs and kinds may be shortened. */
function readDirective(text: string, server: string): Directive | undefined {
  const match = /^\s*(\S+)(?:\s+(\S+))?\s*(.*)$/s.exec(text);
  const verb = startOf(match?.[1] ?? '', VERBS);
  const kind = startOf(match?.[2] ?? '', KINDS);
  if (!verb || !kind) return undefined;
  let rest = match?.[3] ?? '';
  let names: string[] = [];
  if (kind !== 'server') {
    const name = /^([A-Za-z@][\w.,@-]*)\s*/.exec(rest);
    if (name) {
      names = (name[1] ?? '')
        .split(',')
        .map((one) => one.replace(/@.*$/, ''))
        .filter((one) => one !== '');
      rest = rest.slice(name[0].length);
    } else if (verb !== 'list' && verb !== 'print') return undefined;
  } else if (rest.startsWith(server) && /^(\s|$)/.test(rest.slice(server.length)))
    rest = rest.slice(server.length).trim();
  return {verb, kind, names, rest};
}

interface Assignment {
  readonly name: string;
  readonly operator: '=' | '+=' | '-=';
  readonly value: string;
}

/** `a = 1, b.c = "x y"` */
function readAssignments(text: string): Assignment[] | undefined {
  const found: Assignment[] = [];
  let rest = text.trim();
  while (rest !== '') {
    const match = /^([\w.-]+)\s*(\+=|-=|=)\s*("[^"]*"|'[^']*'|(?:\[[^\]]*\]|[^,\s])(?:\[[^\]]*\]|[^,])*)\s*,?\s*/.exec(
      rest,
    );
    if (!match) return undefined;
    const operator = match[2] === '+=' ? '+=' : match[2] === '-=' ? '-=' : '=';
    found.push({name: match[1] ?? '', operator, value: (match[3] ?? '').replace(/^(["'])(.*)\1$/, '$2').trim()});
    rest = rest.slice(match[0].length);
  }
  return found;
}

const BOOLEANS = new Set([
  'scheduling',
  'query_other_jobs',
  'job_history_enable',
  'enabled',
  'started',
  'acl_user_enable',
  'resv_enable',
  'eligible_time_enable',
  'clear_topjob_estimates_enable',
  'flatuid',
  ...Object.keys(OWN_ATTRIBUTES).filter((name) => name === 'stage_qstat_pause'),
]);
const READ_ONLY = new Set(['server_state', 'server_host', 'total_jobs', 'state_count', 'pbs_version', 'license_count']);

/** A value as it is kept. */
function kept(name: string, value: string): string {
  if (BOOLEANS.has(name)) return shownBoolean(value);
  if (name === 'queue_type') return /^r/i.test(value) ? 'Route' : 'Execution';
  if (/\.(walltime|cput)$/.test(name)) {
    const seconds = readDuration(value);
    return seconds === undefined ? value : showDuration(seconds);
  }
  return value;
}

function assign(attributes: Attributes, {name, operator, value}: Assignment): void {
  const old = (attributes[name] ?? '').split(',').filter((item) => item !== '');
  if (operator === '+=') attributes[name] = [...old, value].join(',');
  else if (operator === '-=') attributes[name] = old.filter((item) => item !== value).join(',');
  else attributes[name] = kept(name, value);
}

const settable = (attributes: Readonly<Attributes>, order: readonly string[]): [string, string][] =>
  inOrder(attributes, order).filter(([name]) => !READ_ONLY.has(name));

function printQueue(name: string, attributes: Readonly<Attributes>): string {
  const lines = settable(attributes, QUEUE_ORDER).map(([key, value]) => `set queue ${name} ${key} = ${value}\n`);
  return `#\n# Create and define queue ${name}\n#\ncreate queue ${name}\n${lines.join('')}`;
}

function printServer(context: Context): string {
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
function chosen(entries: readonly (readonly [string, string])[], rest: string): (readonly [string, string])[] {
  const wanted = rest.split(/[,\s]+/).filter((name) => name !== '');
  if (wanted.length === 0) return [...entries];
  return wanted.reverse().flatMap((name) => entries.filter(([key]) => key === name || key.startsWith(`${name}.`)));
}

const listed = (title: string, entries: readonly (readonly [string, string])[]): string =>
  `${title}\n${entries.map(([name, value]) => `    ${name} = ${value}\n`).join('')}\n`;

function refuse(object: string, fault: PbsFault): PbsAnswer {
  return failed(
    `qmgr obj=${object} svr=default: ${fault.text}\nqmgr: Error (${fault.code}) returned from server\n`,
    exitCodeOf(fault),
  );
}

function run(context: Context, text: string): PbsAnswer {
  const {server, administrator} = context;
  const {settings} = server;
  const directive = readDirective(text, server.names.server);
  const syntax = (): PbsAnswer =>
    failed(`qmgr: Syntax error\n${text}\n${' '.repeat(Math.max(0, text.search(/\d/)))}^\n`, 3);
  if (!directive) return syntax();
  const {verb, kind, names, rest} = directive;
  if (verb === 'list') {
    if (kind === 'server')
      return printed(listed(`Server ${server.names.server}`, chosen(serverAttributes(context), rest)));
    if (kind === 'queue') {
      const queues = names.length > 0 ? names : Object.keys(settings.queues);
      const unknown = queues.find((name) => !settings.queues[name]);
      if (unknown !== undefined) return refuse(unknown, FAULT.unknownQueue);
      return printed(
        queues.map((name) => listed(`Queue ${name}`, chosen(queueAttributes(context, name), rest))).join(''),
      );
    }
    if (kind === 'resource')
      return printed(
        Object.entries(settings.resources)
          .map(([name, type]) => listed(`Resource ${name}`, [['type', type]]))
          .join(''),
      );
    return printed(listed(`Node ${server.names.server}`, [['resources_available.ncpus', String(server.processors())]]));
  }
  if (verb === 'print') {
    if (kind === 'server') return printed(printServer(context));
    const queues = names.length > 0 ? names : Object.keys(settings.queues);
    return printed(
      queues.map((name) => (settings.queues[name] ? `${printQueue(name, settings.queues[name])}` : '')).join(''),
    );
  }
  const object = kind === 'server' ? '' : names.join(',');
  if (!administrator) return refuse(object, FAULT.unauthorized);
  const answer = change(context, directive, object);
  if (answer === 'syntax') return syntax();
  server.settingsChanged();
  return answer;
}

function change(context: Context, {verb, kind, names, rest}: Directive, object: string): PbsAnswer | 'syntax' {
  const {server} = context;
  const {settings} = server;
  const done: PbsAnswer = printed('');
  if (verb === 'delete') {
    for (const name of names) {
      if (kind === 'resource') delete settings.resources[name];
      else if (!settings.queues[name]) return refuse(object, FAULT.unknownQueue);
      else if ([...server.jobs.values()].some((job) => job.queue === name && !isFinished(job)))
        return refuse(object, {code: 15084, text: 'Cannot delete busy object'});
      else delete settings.queues[name];
    }
    return done;
  }
  const unset = verb === 'unset';
  const assignments = unset
    ? rest
        .split(/[,\s]+/)
        .filter((name) => name !== '')
        .map((name): Assignment => ({name, operator: '=', value: ''}))
    : readAssignments(rest);
  if (!assignments || (verb !== 'create' && assignments.length === 0)) return 'syntax';
  const readOnly = assignments.find(({name}) => READ_ONLY.has(name));
  if (readOnly) return refuse(object, readOnlyAttribute(readOnly.name));
  if (kind === 'resource') {
    for (const name of names) {
      const type = assignments.find((one) => one.name === 'type')?.value;
      if (verb === 'create' || type !== undefined)
        settings.resources[name] = type === 'long' || type === 'size' ? type : type === 'time' ? 'time' : 'string';
    }
    return done;
  }
  const targets: Attributes[] = [];
  if (kind === 'server' || kind === 'node') targets.push(settings.server);
  for (const name of kind === 'queue' ? names : []) {
    if (verb === 'create') {
      if (settings.queues[name]) return refuse(object, {code: 15077, text: 'Queue name already exists'});
      settings.queues[name] = {enabled: 'False', started: 'False'};
    }
    const queue = settings.queues[name];
    if (!queue) return refuse(object, FAULT.unknownQueue);
    targets.push(queue);
  }
  for (const attributes of targets) {
    for (const assignment of assignments) {
      if (!unset && assignment.value !== '') assign(attributes, assignment);
      else
        for (const key of Object.keys(attributes))
          if (key === assignment.name || key.startsWith(`${assignment.name}.`)) delete attributes[key];
    }
  }
  return done;
}

export const qmgr: Handler = (context) => {
  const {command} = context;
  const given = readArguments(command.argv, OPTIONS.qmgr ?? '');
  if (given.complaints.length > 0)
    return failed(`${given.complaints.map((text) => `qmgr: ${text}\n`).join('')}${USAGE.qmgr}`, 1);
  const single = given.options.findLast(({letter}) => letter === 'c')?.value;
  const texts = single !== undefined ? [single] : (command.stdin ?? '').split(/[\n;]/);
  let stdout = '';
  let stderr = '';
  let exitCode = 0;
  for (const text of texts) {
    if (/^\s*(#|$)/.test(text)) continue;
    if (/^\s*(quit|exit)\b/.test(text)) break;
    const answer = run(context, text);
    stdout += answer.stdout;
    stderr += answer.stderr;
    if (answer.exitCode !== 0) exitCode = answer.exitCode;
  }
  return {stdout, stderr, exitCode};
};
