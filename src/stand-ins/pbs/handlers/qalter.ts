import {badValue, FAULT, failed, type PbsFault, Refusal, readOnlyAttribute, whileRunning} from '../language/answer.ts';
import {readStartTime} from '../language/dates.ts';
import {type DependGroup, mergeDepend, readDepend} from '../language/depend.ts';
import {readDuration} from '../language/durations.ts';
import {checkName, legalValue, readAttributes} from '../language/option-values.ts';
import {type GivenOption, OPTIONS, readArguments} from '../language/options.ts';
import {alterResources, splitResources} from '../language/resources.ts';
import {outputPath} from '../language/submission/origin.ts';
import {USAGE} from '../language/usage.ts';
import {type Job, withHolds} from '../server/store/job.ts';
import {type Context, each, type Handler, managerOf} from './context.ts';

/** One change that a qalter asks for; changes nothing when it answers with a fault. */
type Change = (job: Job, context: Context) => PbsFault | undefined;

/** Checks what the client checks. @returns the message behind `qalter: `, or the change */
function readOption(option: GivenOption, context: Context): string | Change {
  const {letter, value} = option;
  const {command, server} = context;
  const illegal = `illegal -${letter} value`;
  if (letter === 'N') return checkName(value) === 'illegal' ? illegal : put('name', value);
  if (letter === 'a') {
    const at = readStartTime(value, Date.now(), command.tz);
    return at === undefined ? illegal : put('executionTime', at);
  }
  if (letter === 'W') return readWChange(value, context);
  if (letter !== 'l' && !legalValue(letter, value)) return illegal;
  switch (letter) {
    case 'A':
      return unlessRunning('Account_Name', put('account', value === '' ? undefined : value));
    case 'P':
      return /[",]/.test(value) ? () => badValue('project') : unlessRunning('project', put('project', value));
    case 'h':
      return changeHolds(value);
    case 'j':
      return put('join', value);
    case 'k':
      return put('keep', value);
    case 'm':
      return put('mailPoints', value);
    case 'M':
      return put('mailUsers', value);
    case 'p':
      return put('priority', Number(value));
    case 'r':
      return put('rerunnable', value === 'y');
    case 'R':
      return put('removeFiles', value);
    case 'S':
      return put('shell', value);
    case 'c':
      return put('checkpoint', value);
    case 'u':
      return put('userList', value);
    case 'o':
    case 'e': {
      const path = outputPath(value, command.pwd ?? command.cwd, server.names);
      if (path === undefined) return illegal;
      return put(letter === 'o' ? 'outputPath' : 'errorPath', path);
    }
    case 'l':
      return changeResources(value);
    default:
      return illegal;
  }
}

const put =
  <K extends keyof Job>(field: K, value: Job[K]): Change =>
  (job) => {
    job[field] = value;
    return undefined;
  };

const unlessRunning =
  (name: string, change: Change): Change =>
  (job, context) =>
    job.state === 'R' || job.state === 'E' ? whileRunning(name) : change(job, context);

const changeHolds =
  (letters: string): Change =>
  (job, context) => {
    if (/[osp]/.test(letters) && !managerOf(context, job)) return FAULT.unauthorized;
    const kept = letters === 'n' ? job.holds.replace('u', '') : withHolds(job.holds, letters);
    job.holds = kept;
    return undefined;
  };

const changeResources =
  (text: string): Change =>
  (job, context) => {
    const asked = splitResources(text);
    if (job.state === 'R' || job.state === 'E') {
      for (const {name, value} of asked) {
        if (name !== 'walltime') return whileRunning(`Resource_List.${name}`);
        const old = readDuration(job.resources.walltime ?? '');
        const wanted = readDuration(value);
        // The owner may lower a running job's walltime, never raise it (measured).
        if (
          wanted !== undefined &&
          (old === undefined || wanted > old) &&
          !managerOf(context, job) &&
          old !== undefined
        )
          return FAULT.unauthorized;
      }
    }
    try {
      job.resources = alterResources(job.resources, asked, context.server.settings.resources);
      return undefined;
    } catch (error) {
      if (error instanceof Refusal) return error.fault;
      throw error;
    }
  };

function readWChange(text: string, context: Context): string | Change {
  const attributes = readAttributes(text);
  if (!attributes) return 'illegal -W value';
  const changes: Change[] = [];
  const lists = attributes.filter(({name}) => name === 'depend').map(({value}) => value);
  if (lists.length > 0) {
    const clear = lists.every((list) => list === '');
    const groups: DependGroup[][] = [];
    let fault: PbsFault | undefined;
    for (const list of lists.filter((item) => item !== '')) {
      const read = readDepend(list, context.server.names);
      if (read.kind === 'illegal') return 'illegal -W value';
      if (read.kind === 'fault') fault = read.fault;
      if (read.kind === 'groups') groups.push(read.groups);
    }
    changes.push((job) => {
      if (fault) return fault;
      if (job.state === 'R' || job.state === 'E') return whileRunning('depend');
      const merged = mergeDepend(groups);
      if (merged.some((group) => group.jobs.includes(job.id))) return FAULT.invalidRequest;
      context.server.setDepend(job, merged, clear);
      return undefined;
    });
  }
  for (const {name, value} of attributes) {
    if (name === 'depend') continue;
    if (name === 'umask') changes.push(put('umask', value.replace(/^0+(?=\d)/, '')));
    else if (name === 'sandbox') changes.push(put('sandbox', value));
    else if (name === 'comment')
      changes.push((job, {administrator}) => {
        if (!administrator || job.owner === context.command.user) return readOnlyAttribute('comment');
        job.comment = value;
        return undefined;
      });
    else if (name === 'block') changes.push(() => badValue(''));
    else if (name === 'run_count' || name === 'group_list' || name === 'stagein' || name === 'stageout')
      changes.push(() => undefined);
    else changes.push(() => FAULT.noAttribute);
  }
  return (job, inContext) => {
    for (const change of changes) {
      const fault = change(job, inContext);
      if (fault) return fault;
    }
    return undefined;
  };
}

export const qalter: Handler = (context) => {
  const {command, server} = context;
  const given = readArguments(command.argv, OPTIONS.qalter ?? '');
  const wrong = [...given.complaints];
  const changes: Change[] = [];
  for (const option of given.options) {
    if (option.letter === 'N' && checkName(option.value) === 'too-long')
      return failed('qalter: Job name is too long \n', 2);
    const read = readOption(option, context);
    if (typeof read === 'string') wrong.push(read);
    else changes.push(read);
  }
  if (wrong.length > 0) return failed(`${wrong.map((text) => `qalter: ${text}\n`).join('')}${USAGE.qalter}`, 2);
  if (given.operands.length === 0) return failed(USAGE.qalter ?? '', 2);
  return each(context, {
    ids: given.operands,
    subjobs: FAULT.invalidRequest,
    act: (job) => {
      const draft: Job = structuredClone(job);
      for (const change of changes) {
        // Try on a copy of everything but dependencies, so that a refused command changes nothing.
        const fault = change(draft, {...context, server: {...server, setDepend: () => undefined}});
        if (fault) return fault;
      }
      for (const change of changes) change(job, context);
      if (changes.length > 0) {
        server.journal.server('0008', job.id, `Job Modified at request of ${command.user}@${server.names.server}`);
        server.changed(job);
      }
      return undefined;
    },
  });
};
