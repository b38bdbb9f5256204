import {failed, type PbsAnswer} from '../language/answer.ts';
import {jobAttributes, type Shown} from '../language/attributes.ts';
import {arrayIdOf, readJobId, subjobIndexOf} from '../language/job-id.ts';
import {OPTIONS, readArguments} from '../language/options.ts';
import {USAGE} from '../language/usage.ts';
import {subjobOf} from '../server/life/arrays.ts';
import {isFinished, type Job} from '../server/store/job.ts';
import {isTrue, ownSetting} from '../server/store/settings.ts';
import {renderDocument} from '../show/render-json.ts';
import {renderDsv, renderLong} from '../show/render-long.ts';
import {renderAlternate, renderBasic} from '../show/render-table.ts';
import {type Context, type Handler, managerOf} from './context.ts';
import {queueStatus, serverStatus} from './qstat-server.ts';

const FORMATS = new Set(['json', 'dsv', 'default', '']);
const lastQstat = new Map<string, number>();

export const qstat: Handler = async (context) => {
  const {command, server} = context;
  const given = readArguments(command.argv, OPTIONS.qstat ?? '');
  const has = (letter: string): boolean => given.options.some((option) => option.letter === letter);
  const value = (letter: string): string | undefined =>
    given.options.findLast((option) => option.letter === letter)?.value;
  if (given.complaints.length > 0)
    return failed(`${given.complaints.map((text) => `qstat: ${text}\n`).join('')}${USAGE.qstat}`, 2);
  const format = (value('F') ?? '').toLowerCase();
  if (!FORMATS.has(format)) return failed(USAGE.qstat ?? '', 2);
  if (value('F') !== undefined && !has('f')) return failed(`qstat: conflicting options.\n${USAGE.qstat}`, 2);
  if (isTrue({on: ownSetting(server.settings, 'stage_qstat_pause')}, 'on')) await pauseOncePerSecond(command.user);
  const look = {long: has('f'), format, wide: has('w'), delimiter: value('D') ?? '|'};
  if (has('B')) return serverStatus(context, given.operands, look);
  if (has('Q') || has('q')) return queueStatus(context, given.operands, {...look, short: has('q')});
  return jobStatus(context, given.operands, {
    ...look,
    history: has('x') || has('H'),
    onlyFinished: has('H'),
    express: has('E'),
    subjobs: has('t'),
    arraysOnly: has('J'),
    users: value('u'),
    queuedOnly: has('i'),
    runningOnly: has('r'),
    alternate: ['a', 'i', 'r', 'H', 'u', 'n', 's', 'T'].some(has),
    nodes: has('n'),
    comments: has('s'),
    oneLine: has('1'),
    estimates: has('T'),
    percent: has('p'),
  });
};

/** The real client sleeps 0.2 s when the same user ran one in the same second. A setting, off by default. */
async function pauseOncePerSecond(user: string): Promise<void> {
  const second = Math.floor(Date.now() / 1000);
  const again = lastQstat.get(user) === second;
  lastQstat.set(user, second);
  if (again) await new Promise((done) => void setTimeout(done, 200));
}

interface Look {
  readonly long: boolean;
  readonly format: string;
  readonly wide: boolean;
  readonly delimiter: string;
}

interface JobOptions extends Look {
  readonly history: boolean;
  readonly onlyFinished: boolean;
  readonly express: boolean;
  readonly subjobs: boolean;
  readonly arraysOnly: boolean;
  readonly users: string | undefined;
  readonly queuedOnly: boolean;
  readonly runningOnly: boolean;
  readonly alternate: boolean;
  readonly nodes: boolean;
  readonly comments: boolean;
  readonly oneLine: boolean;
  readonly estimates: boolean;
  readonly percent: boolean;
}

/** Jobs as listings have them: by number, subjobs behind their array. */
export function inListOrder(jobs: Iterable<Job>): Job[] {
  return [...jobs].sort((a, b) => a.seq - b.seq || (a.index ?? -1) - (b.index ?? -1));
}

export function subjobsOf(jobs: ReadonlyMap<string, Job>, array: Job): Job[] {
  const started = [...jobs.values()].filter((job) => job.parent === array.id);
  const waiting = (array.array?.remaining ?? []).map((index) => subjobOf(array, index));
  return inListOrder([...started, ...waiting]);
}

function visible(context: Context, job: Job): boolean {
  return (
    isTrue(context.server.settings.server, 'query_other_jobs') ||
    job.owner === context.command.user ||
    managerOf(context, job)
  );
}

interface Group {
  readonly jobs: Job[];
  /** asked for by its id, not as part of a listing */
  readonly single: boolean;
}

function jobStatus(context: Context, operands: readonly string[], options: JobOptions): PbsAnswer {
  const {server} = context;
  const {settings, names} = server;
  let stderr = '';
  let exitCode = 0;
  const complain = (text: string, code: number): void => {
    stderr += `qstat: ${text}\n`;
    exitCode = code;
  };
  const groups: Group[] = [];
  const historyOff = options.history && !isTrue(settings.server, 'job_history_enable');
  const expand = (job: Job): Job[] => (options.subjobs && job.array ? [job, ...subjobsOf(server.jobs, job)] : [job]);
  const listing = (queue: string): Job[] =>
    inListOrder(server.jobs.values())
      .filter((job) => job.parent === undefined)
      .filter((job) => queue === '' || job.queue === queue)
      .filter((job) => (isFinished(job) ? options.history : !options.onlyFinished))
      .flatMap(expand);

  const asked = operands.length === 0 ? [''] : operands;
  const missing: string[] = [];
  for (const text of asked) {
    if (text === '' || /^[^\d\s]/.test(text)) {
      if (options.express && text !== '') return failed('qstat: Express option can only be used with job ids\n', 1);
      if (historyOff) {
        complain('PBS is not configured to maintain job history ', 0);
        continue;
      }
      const [queue = '', host] = text.split('@');
      if (host !== undefined && host !== names.server && !names.aliases.includes(host)) {
        stderr += `Unknown Host.\nqstat: cannot connect to server ${names.server} (errno=15008)\n`;
        exitCode = 255;
        continue;
      }
      if (queue !== '' && !settings.queues[queue]) {
        complain(`Unknown queue destination ${text}`, 170);
        continue;
      }
      groups.push({jobs: listing(queue), single: false});
      continue;
    }
    const id = readJobId(text, names);
    if (id.kind === 'malformed') {
      complain(`illegally formed job identifier: ${text}`, 1);
      // Measured: unlike `12.otherserver`, a list of bare numbers still gets its document.
      if (/[.]/.test(text)) return failed(stderr, 1);
      continue;
    }
    if (id.kind === 'unknown-host') {
      stderr += `Unknown Host.\nqstat: cannot connect to server ${names.server} (errno=15008)\n`;
      exitCode = 255;
      continue;
    }
    if (historyOff) {
      complain(`PBS is not configured to maintain job history ${id.id}`, 0);
      continue;
    }
    const job = jobBehind(server.jobs, id.id);
    const hidden = job !== undefined && (isFinished(job) ? !options.history : options.onlyFinished);
    if (options.express) {
      if (job && !hidden) groups.push({jobs: expand(job), single: true});
      else missing.push(id.id);
    } else if (!job) complain(`Unknown Job Id ${id.id}`, 153);
    else if (hidden && isFinished(job))
      complain(`${id.id} Job has finished, use -x or -H to obtain historical job information`, 35);
    else if (!hidden) groups.push({jobs: expand(job), single: true});
  }
  if (options.express && groups.length === 0 && missing.length > 0) complain(`Unknown Job Id ${missing[0]}`, 153);

  const wanted = (job: Job): boolean => {
    if (!visible(context, job)) return false;
    if (options.users !== undefined && !options.users.split(',').some((user) => user.replace(/@.*$/, '') === job.owner))
      return false;
    if (options.queuedOnly && !['Q', 'H', 'W'].includes(job.state)) return false;
    if (options.runningOnly && !['R', 'E', 'B'].includes(job.state)) return false;
    if (options.arraysOnly && !job.array) return false;
    return true;
  };
  const chosen = groups.map(({jobs, single}) => ({single, jobs: jobs.filter(wanted)}));
  return {stdout: render(context, chosen, options), stderr, exitCode};
}

function jobBehind(jobs: ReadonlyMap<string, Job>, id: string): Job | undefined {
  const job = jobs.get(id);
  if (job) return job;
  const index = subjobIndexOf(id);
  const array = index === undefined ? undefined : jobs.get(arrayIdOf(id));
  return array?.array && index !== undefined && array.array.remaining.includes(index)
    ? subjobOf(array, index)
    : undefined;
}

function render(context: Context, groups: readonly Group[], options: JobOptions): string {
  const {server, command} = context;
  const now = Date.now();
  const view = {server: server.names.server, tz: command.tz, now};
  const all = groups.flatMap(({jobs}) => jobs);
  const shownOf = (job: Job): Shown[] => jobAttributes(job, {...view, manager: managerOf(context, job)});
  if (options.long) {
    if (options.format === 'json') {
      // Measured: without -E this build prints the first group only, be it one id or a whole queue.
      const printedGroups = options.express ? groups : groups.filter(({jobs}) => jobs.length > 0).slice(0, 1);
      const unique = new Map(printedGroups.flatMap(({jobs}) => jobs).map((job) => [job.id, job]));
      const records = [...unique.values()].map((job): [string, Shown[]] => [job.id, shownOf(job)]);
      return renderDocument({now, server: server.names.server}, 'Jobs', records);
    }
    if (options.format === 'dsv')
      return all.map((job) => renderDsv(`Job Id: ${job.id}`, shownOf(job), options.delimiter)).join('');
    return all.map((job) => renderLong(`Job Id: ${job.id}`, shownOf(job), options.wide)).join('');
  }
  const table = {server: server.names.server, now, wide: options.wide};
  if (options.alternate) {
    const rank = (job: Job): number => (options.estimates && job.state === 'R' ? 0 : 1);
    const rows = options.estimates ? [...all].sort((a, b) => rank(a) - rank(b)) : all;
    return renderAlternate(rows, {
      ...table,
      nodes: options.nodes,
      comments: options.comments,
      oneLine: options.oneLine,
      estimates: options.estimates,
    });
  }
  return renderBasic(all, {...table, percent: options.percent});
}
