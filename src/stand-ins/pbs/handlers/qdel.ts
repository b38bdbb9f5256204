import {exitCodeOf, FAULT, failed, type PbsFault, silent} from '../language/answer.ts';
import {indicesIn} from '../language/array-range.ts';
import {readJobId} from '../language/job-id.ts';
import {OPTIONS, readArguments} from '../language/options.ts';
import {USAGE} from '../language/usage.ts';
import {isFinished} from '../server/store/job.ts';
import {type Context, find, type Handler, managerOf, mayTouch} from './context.ts';

/** Several ids travel in one request, which decides what is reported; see the notes at each rule. */
export const qdel: Handler = (context) => {
  const {server, command} = context;
  const given = readArguments(command.argv, OPTIONS.qdel ?? '');
  const usage = USAGE.qdel ?? '';
  const wrong = given.complaints.map((text) => `qdel: ${text}\n`);
  let force = false;
  const purge = given.options.some(({letter}) => letter === 'x');
  for (const {letter, value} of given.options) {
    if (letter !== 'W') continue;
    if (value === 'force') force = true;
    else if (!/^(\d+|suppress_email=-?\d+|force,suppress_email=-?\d+)$/.test(value))
      wrong.push('qdel: illegal -W value\n');
  }
  if (wrong.length > 0) return failed(wrong.join('') + usage, 2);
  if (given.operands.length === 0) return failed(usage, 2);

  let stderr = '';
  let exitCode = 0;
  const asked: {id: string; range?: string}[] = [];
  for (const text of given.operands) {
    const id = readJobId(text, server.names);
    if (id.kind === 'id') {
      // The same id twice is asked for once.
      if (!asked.some((known) => known.id === id.id && known.range === id.range))
        asked.push({id: id.id, range: id.range});
      continue;
    }
    stderr += `qdel: illegally formed job identifier: ${text}\n`;
    exitCode = 1;
  }
  if (asked.length === 0) return failed(stderr, exitCode);

  const known = asked.map(({id, range}) => {
    const found = find(context, id, range);
    return found.kind !== 'fault' || found.fault.code !== FAULT.unknownJob.code;
  });
  // A real server of this build dies of unknown ids behind the last one it knows, silently and with rc 0.
  // The stand-in says as little, and lives.
  const last = known.lastIndexOf(true);
  const answered = last < 0 ? asked.slice(0, 1) : asked.slice(0, last + 1);
  for (const {id, range} of answered) {
    const fault = removeOne(context, id, range, force, purge);
    if (!fault) continue;
    stderr += `qdel: ${fault.text} ${id}\n`;
    exitCode = exitCodeOf(fault);
  }
  return stderr === '' && exitCode === 0 ? silent : failed(stderr, exitCode);
};

function removeOne(
  context: Context,
  id: string,
  range: string | undefined,
  force: boolean,
  purge: boolean,
): PbsFault | undefined {
  const {server, command} = context;
  const found = find(context, id, range);
  if (found.kind === 'fault') return found.fault;
  const job = found.kind === 'job' ? found.job : found.array;
  if (!mayTouch(context, job)) return FAULT.unauthorized;
  const by = {user: command.user, force, purge, manager: managerOf(context, job)};
  if (found.kind === 'indices') {
    if (isFinished(job)) return FAULT.finished;
    server.removeIndices(job, indicesIn(found.range), by);
    return undefined;
  }
  if (job.state === 'X') return FAULT.finishedSubjob;
  if (isFinished(job)) {
    if (!purge) return FAULT.finished;
    server.forget(job);
    return undefined;
  }
  server.remove(job, by);
  return undefined;
}
