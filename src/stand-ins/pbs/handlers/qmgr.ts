import {FAULT, failed, type PbsAnswer, printed} from '../language/answer.ts';
import {OPTIONS, readArguments} from '../language/options.ts';
import {USAGE} from '../language/usage.ts';
import type {Context, Handler} from './context.ts';
import {change, refuse} from './qmgr-change.ts';
import {readDirective} from './qmgr-directive.ts';
import {chosen, listed, printQueue, printServer} from './qmgr-show.ts';
import {queueAttributes, serverAttributes} from './qstat-server.ts';

/** qmgr, for the attributes that the stand-in acts on; others are kept and shown, and do nothing. */

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
