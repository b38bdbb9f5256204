import {
  exitCodeOf,
  FAULT,
  failed,
  type PbsAnswer,
  type PbsFault,
  printed,
  readOnlyAttribute,
} from '../language/answer.ts';
import {readDuration, showDuration} from '../language/durations.ts';
import {isFinished} from '../server/store/job.ts';
import {type Attributes, OWN_ATTRIBUTES, shownBoolean} from '../server/store/settings.ts';
import type {Context} from './context.ts';
import {type Assignment, type Directive, readAssignments} from './qmgr-directive.ts';
import {READ_ONLY} from './qmgr-show.ts';

/** What qmgr changes: attributes of the server and of queues, queues and resources themselves. */

const BOOLEANS = new Set([
  'scheduling',
  'query_other_jobs',
  'job_history_enable',
  'enabled',
  'started',
  'acl_user_enable',
  'from_route_only',
  'resv_enable',
  'eligible_time_enable',
  'clear_topjob_estimates_enable',
  'flatuid',
  ...Object.keys(OWN_ATTRIBUTES).filter((name) => name === 'stage_qstat_pause'),
]);

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

export function refuse(object: string, fault: PbsFault): PbsAnswer {
  return failed(
    `qmgr obj=${object} svr=default: ${fault.text}\nqmgr: Error (${fault.code}) returned from server\n`,
    exitCodeOf(fault),
  );
}

export function change(context: Context, {verb, kind, names, rest}: Directive, object: string): PbsAnswer | 'syntax' {
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
  if (kind === 'server') targets.push(settings.server);
  if (kind === 'node') targets.push(settings.node);
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
