import {exitCodeOf, FAULT, failed, type PbsAnswer, printed} from '../language/answer.ts';
import {readStartTime} from '../language/dates.ts';
import {OPTIONS, readArguments} from '../language/options.ts';
import {compareResource} from '../language/resources.ts';
import {USAGE} from '../language/usage.ts';
import {isFinished, type Job, withHolds} from '../server/store/job.ts';
import {isTrue} from '../server/store/settings.ts';
import {type Handler, managerOf} from './context.ts';
import {inListOrder, subjobsOf} from './qstat.ts';

/** `.gt.`, `.eq.` … in front of a value. */
const OPERATORS: Readonly<Record<string, (order: number) => boolean>> = {
  eq: (order) => order === 0,
  ne: (order) => order !== 0,
  gt: (order) => order > 0,
  ge: (order) => order >= 0,
  lt: (order) => order < 0,
  le: (order) => order <= 0,
};

function readOperator(text: string): {holds: (order: number) => boolean; value: string} {
  const match = /^\.(eq|ne|gt|ge|lt|le)\.(.*)$/.exec(text);
  return {holds: OPERATORS[match?.[1] ?? 'eq'] ?? ((order) => order === 0), value: match ? (match[2] ?? '') : text};
}

type Test = (job: Job) => boolean;

const TIMES: Readonly<Record<string, (job: Job) => number | undefined>> = {
  a: (job) => job.executionTime,
  c: (job) => job.ctime,
  // Measured: a job that has not become eligible counts as eligible at time 0.
  e: (job) => job.etime ?? 0,
  m: (job) => job.mtime,
  q: (job) => job.qtime,
  s: (job) => job.stime,
};

export const qselect: Handler = (context): PbsAnswer => {
  const {command, server} = context;
  const given = readArguments(command.argv, OPTIONS.qselect ?? '');
  const wrong = given.complaints.map((text) => `qselect: ${text}\n`);
  const tests: Test[] = [];
  const has = (letter: string): boolean => given.options.some((option) => option.letter === letter);
  const now = Date.now();
  const time = (read: (job: Job) => number | undefined, text: string): boolean => {
    const {holds, value} = readOperator(text);
    const at = readStartTime(value, now, command.tz);
    if (at === undefined) return false;
    tests.push((job) => {
      const own = read(job);
      return own !== undefined && holds(Math.floor(own / 1000) - Math.floor(at / 1000));
    });
    return true;
  };
  for (const {letter, value} of given.options) {
    switch (letter) {
      case 's':
        if (!/^[BEFHMQRSTUWX]+$/.test(value)) wrong.push('qselect: illegal -s value\n');
        tests.push((job) => value.includes(job.state));
        break;
      case 'u': {
        const users = value.split(',').map((user) => user.replace(/@.*$/, ''));
        tests.push((job) => users.includes(job.owner));
        break;
      }
      case 'N':
        if (!/^[A-Za-z0-9_.+-]+$/.test(value)) wrong.push('qselect: illegal -N value\n');
        tests.push((job) => job.name === value);
        break;
      case 'A':
        tests.push((job) => job.account === value);
        break;
      case 'P':
        tests.push((job) => job.project === value);
        break;
      case 'h':
        if (!/^([uosp]+|n)$/.test(value)) wrong.push('qselect: illegal -h value\n');
        tests.push((job) => job.holds === (value === 'n' ? '' : withHolds('', value)));
        break;
      case 'r':
        if (!/^[yn]$/.test(value)) wrong.push('qselect: illegal -r value\n');
        tests.push((job) => job.rerunnable === (value === 'y'));
        break;
      case 'p': {
        const {holds, value: wanted} = readOperator(value);
        tests.push((job) => holds(job.priority - Number(wanted)));
        break;
      }
      case 'c': {
        const {value: wanted} = readOperator(value);
        tests.push((job) => job.checkpoint === wanted);
        break;
      }
      case 'l':
        for (const part of value.split(',')) {
          const match = /^([\w]+)\.(eq|ne|gt|ge|lt|le)\.(.*)$/.exec(part);
          const holds = OPERATORS[match?.[2] ?? ''];
          if (!match || !holds) {
            wrong.push('qselect: illegal -l value\n');
            continue;
          }
          const [, name = '', , limit = ''] = match;
          tests.push((job) => {
            const own = job.resources[name];
            return own !== undefined && holds(compareResource(name, own, limit, server.settings.resources));
          });
        }
        break;
      case 'a':
        if (!time((job) => job.executionTime, value)) wrong.push('qselect: illegal -a value\n');
        break;
      case 't': {
        const read = TIMES[value[0] ?? ''];
        if (!read || !time(read, value.slice(1))) wrong.push('qselect: illegal -t value\n');
        break;
      }
      case 'q': {
        const [queue = '', host] = value.split('@');
        if (host !== undefined && host !== server.names.server && !server.names.aliases.includes(host))
          return failed(`Unknown Host.\nqselect: cannot connect to server ${host} (errno=15008)\n`, 160);
        if (queue !== '' && !server.settings.queues[queue])
          return failed('qselect: Unknown queue destination\n', exitCodeOf(FAULT.unknownQueue));
        tests.push((job) => queue === '' || job.queue === queue);
        break;
      }
      default:
        break;
    }
  }
  if (wrong.length > 0 || given.operands.length > 0) return failed(`${wrong.join('')}${USAGE.qselect}`, 2);
  const history = has('x') || has('H');
  if (history && !isTrue(server.settings.server, 'job_history_enable'))
    return {stdout: '', stderr: 'qselect: PBS is not configured to maintain job history\n', exitCode: 0};
  const chosen = inListOrder(server.jobs.values())
    .filter((job) => job.parent === undefined)
    .flatMap((job) => (has('T') && job.array ? subjobsOf(server.jobs, job) : [job]))
    .filter((job) => (isFinished(job) ? history : !has('H')))
    .filter((job) => !has('J') || job.array !== undefined)
    .filter(
      (job) =>
        isTrue(server.settings.server, 'query_other_jobs') || job.owner === command.user || managerOf(context, job),
    )
    .filter((job) => tests.every((test) => test(job)));
  return printed(chosen.map((job) => `${job.id}\n`).join(''));
};
