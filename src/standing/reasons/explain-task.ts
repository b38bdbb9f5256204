import type {TaskId} from '../../base/ids.ts';
import {type Place, pathAbove} from '../../base/task-request.ts';
import {count, renderBytes, renderDuration} from '../../base/units.ts';
import type {TaskPace} from '../../engine/plan/monitor/next-look.ts';
import {rateOf} from '../../engine/plan/tasks/rate.ts';
import {remainingOf} from '../../engine/plan/tasks/remaining.ts';
import type {TaskTrouble} from '../../engine/plan/tasks/task-trouble.ts';
import {
  type CollectionSeen,
  type Pause,
  TRANSFERS_AT_ONCE,
  type TransferTask,
  taskHasEnded,
} from '../../transfer/transfer-service.ts';
import type {Reason} from '../standing.ts';
import {meaningOf} from './event-codes.ts';

/** A demand of Globus before it goes on, in our words. */
export interface Demand {
  readonly what: string;
  readonly why?: string;
  readonly next: readonly string[];
}

/** What was learnt of a task beyond its document; each part only where it was asked for. */
export interface TaskKnowledge {
  readonly trouble?: TaskTrouble;
  readonly pauses?: readonly Pause[];
  /** whom to write to, by collection id */
  readonly collections?: ReadonlyMap<string, CollectionSeen>;
  /** own tasks that Globus works on, when this one is queued */
  readonly ahead?: readonly Pick<TransferTask, 'task' | 'label'>[];
  /** what the collections themselves ask for, when the task is inactive */
  readonly demands?: readonly Demand[];
}

export interface TaskPlace {
  readonly run: string;
  readonly from: Place;
  readonly to: Place;
  readonly now: number;
  /** absent: nothing is said of how long it will take */
  readonly pace?: TaskPace | undefined;
}

/** Without a byte for so long, a task that reports no trouble is worth a word. */
const QUIET_MS = 30 * 60_000;

/** Why a transfer task stands where it stands. Pure. Source of the states: Globus Transfer API, "Task document". */
export function explainTask(task: TransferTask, known: TaskKnowledge, place: TaskPlace): Reason {
  const {deadline} = task;
  const ends = deadline === undefined || taskHasEnded(task) ? {} : {deadline};
  return {...reasonOf(task, known, place), ...ends};
}

/** A task that deletes has no destination. Source: Globus Transfer API, "Task document". */
function isDeletion({destinationCollection}: TransferTask): boolean {
  return destinationCollection === '';
}

function collectionNames({sourceName, destinationName}: TransferTask): string[] {
  return [sourceName, destinationName].filter((name) => name !== '');
}

function reasonOf(task: TransferTask, known: TaskKnowledge, place: TaskPlace): Reason {
  switch (task.state) {
    case 'paused':
      return paused(task, known);
    case 'inactive':
      return inactive(task, known);
    case 'queued':
      return task.trouble === undefined && known.trouble === undefined ? queued(known) : faulting(task, known, place);
    case 'active':
      if (task.trouble !== undefined) return faulting(task, known, place);
      return moving(task, place);
    case 'succeeded':
      return {
        standing: 'fine',
        code: 'TASK_SUCCEEDED',
        what: `Globus reports success${task.skippedErrors ? `, ${count(task.skippedErrors, 'file')} skipped` : ''}`,
        next: task.skippedErrors ? [`List them: stage transfer skipped ${task.task}`] : [],
      };
    case 'cancelled':
      return cancelled(task, place);
    case 'failed':
      return failed(task, known, place);
  }
}

function paused(task: TransferTask, {pauses, collections}: TaskKnowledge): Reason {
  const common = {standing: 'trouble', code: 'TASK_PAUSED'} as const;
  if (!pauses?.length)
    return {
      ...common,
      what: `paused at Globus${task.trouble ? `: ${task.trouble}` : ''}`,
      ...(pauses ? {why: 'Globus does not say by whom'} : {}),
      next: [
        'It continues by itself when the pause ends.',
        `See what Globus says about it: https://app.globus.org/activity/${task.task}`,
      ],
    };
  const said = pauses.map(({message}) => message).filter((message) => message !== '');
  const names = [...new Set(pauses.flatMap(({collection}) => collection?.name ?? []))];
  const since = pauses.flatMap((pause) => pause.since ?? []);
  const contacts = pauses.flatMap(({collection}) => {
    const seen = collection && collections?.get(collection.id);
    const whom = seen?.contact ?? seen?.owner;
    return collection && whom ? [`Ask when it ends: ${whom}, the contact of ${collection.name}`] : [];
  });
  return {
    ...common,
    what: `paused by the manager of ${names.join(' and ') || 'a collection'}`,
    ...(said.length > 0 ? {why: said.map((message) => `"${message}"`).join('; ')} : {}),
    next: ['It continues by itself when the pause ends.', ...new Set(contacts)],
    ...(since.length > 0 ? {since: Math.min(...since)} : {}),
  };
}

function inactive(task: TransferTask, {demands = [], trouble}: TaskKnowledge): Reason {
  const [first] = demands;
  const event = trouble
    ? `last error: ${trouble.description}${trouble.said ? ` (${trouble.said})` : ''}`
    : task.trouble;
  return {
    standing: 'action',
    code: 'TASK_INACTIVE',
    what: 'Globus has suspended it until you sign in or consent',
    ...(first ? {why: first.why ?? first.what} : event ? {why: event} : {}),
    next: first
      ? [...new Set(demands.flatMap(({next}) => next.filter((line) => !line.startsWith('Then run'))))].concat(
          'The task then continues by itself; nothing has to be started again.',
        )
      : [
          `Sign in again for ${collectionNames(task).join(' and ')}: stage login, or open them in https://app.globus.org/file-manager`,
          'The task then continues by itself; nothing has to be started again.',
        ],
    ...(trouble ? {since: trouble.since} : {}),
  };
}

function queued({ahead = []}: TaskKnowledge): Reason {
  const names = ahead.map(({label, task}) => (label === '' ? task : `"${label}" (${task})`));
  return {
    standing: 'waiting',
    code: 'TASK_QUEUED',
    what: names.length > 0 ? `queued at Globus behind ${names.length} of your own tasks` : 'queued at Globus',
    why:
      names.length > 0
        ? `Globus works on ${TRANSFERS_AT_ONCE} transfers of a user at a time; now on ${names.join(', ')}`
        : `Globus works on ${TRANSFERS_AT_ONCE} transfers of a user at a time`,
    next: ['It starts by itself when one of them has ended.', ...ahead.slice(0, 1).map(cancelLine)],
  };
}

function cancelLine({task}: {readonly task: TaskId}): string {
  return `If one of them is not needed any more: stage transfer cancel ${task}`;
}

function faulting(task: TransferTask, {trouble}: TaskKnowledge, place: TaskPlace): Reason {
  const code = trouble?.code ?? task.troubleCode ?? 'UNKNOWN';
  const meaning = meaningOf(code, trouble?.description ?? task.trouble ?? '');
  const words = wordsFor(task, trouble, place);
  const faults = task.faults > 0 ? `${task.faults} ${task.faults === 1 ? 'fault' : 'faults'} so far` : '';
  return {
    standing: meaning.person ? 'action' : 'trouble',
    code: `TASK_FAULT_${code}`,
    what: fill(meaning.means, words),
    why: [trouble?.said || (task.trouble ?? ''), faults].filter((part) => part !== '').join('; '),
    next: meaning.next.map((line) => fill(line, words)),
    ...(trouble ? {since: trouble.since, times: trouble.times} : {}),
  };
}

/** Codes of what can only go wrong where files are written. */
const OF_DESTINATION = ['NO_SPACE_LEFT', 'QUOTA_EXCEEDED', 'NO_APPEND_FILESYSTEM', 'MPU_NOT_FOUND'];

/** The words that a meaning has gaps for. An event that names no collection is about one of the two ends. */
function wordsFor(task: TransferTask, trouble: TaskTrouble | undefined, {run, from, to}: TaskPlace) {
  const code = trouble?.code ?? task.fatalError?.code ?? task.troubleCode ?? '';
  const atDestination = trouble?.collection
    ? trouble.collection.toLowerCase() === to.collection.toLowerCase()
    : OF_DESTINATION.includes(code);
  const known = trouble?.collection !== undefined || trouble?.path !== undefined;
  const [end, name] = atDestination ? [to, task.destinationName] : [from, task.sourceName];
  const collection = known && name ? name : collectionNames(task).join(' or ');
  const path = trouble?.path ?? end.path;
  return {
    run,
    collection,
    place: `${name || end.collection}:${path}`,
    ls: `stage collection ls ${end.collection}:${pathAbove(path) || '/'}`,
  };
}

function fill(text: string, words: Readonly<Record<string, string>>): string {
  return text.replace(/\{(\w+)\}/g, (_, name: string) => words[name] ?? name);
}

function moving(task: TransferTask, {now, pace}: TaskPlace): Reason {
  const quiet =
    task.rate === 0 && task.bytesTransferred === 0 && !isDeletion(task) && now - task.requestedAt > QUIET_MS;
  if (quiet)
    return {
      standing: 'trouble',
      code: 'TASK_QUIET',
      what: `nothing has been moved for ${renderDuration((now - task.requestedAt) / 1000)}`,
      why: 'Globus reports no fault; it may be listing a large directory, or the collection may be slow',
      next: [`See what Globus says about it: https://app.globus.org/activity/${task.task}`],
      since: task.requestedAt,
    };
  return {
    standing: 'fine',
    code: 'TASK_ACTIVE',
    what: isDeletion(task)
      ? `Globus is deleting at ${task.sourceName}`
      : `Globus is moving data from ${task.sourceName} to ${task.destinationName}`,
    why: `${howFar(task, pace)}${task.faults > 0 ? `, after ${task.faults} faults that it recovered from` : ''}`,
    next: [],
  };
}

/** `17 of 40 found files so far, 3.1 GB of 12 GB, 210 MB/s, about 45 min left` */
function howFar(task: TransferTask, pace: TaskPace | undefined): string {
  if (isDeletion(task)) return `${task.files} files so far`;
  const found = task.files > task.filesTransferred ? ` of ${task.files} found` : '';
  const files = `${task.filesTransferred}${found} files so far`;
  if (!pace) return files;
  const {source, rate: hint} = pace;
  const of = source && !source.cut ? ` of ${renderBytes(source.bytes)}` : '';
  const rate = rateOf(hint, task);
  const remaining = remainingOf(task, source, hint);
  return [
    files,
    `${renderBytes(task.bytesTransferred)}${of}`,
    ...(rate ? [`${renderBytes(rate)}/s`] : []),
    ...(remaining.is === 'estimate' ? [`about ${renderDuration(remaining.ms / 1000)} left`] : []),
    ...(remaining.is === 'none' && remaining.why ? [`no estimate: ${remaining.why}`] : []),
  ].join(', ');
}

function cancelled(task: TransferTask, {run}: TaskPlace): Reason {
  const by = task.cancelledByManager;
  return {
    standing: 'action',
    code: by ? 'TASK_CANCELLED_BY_MANAGER' : 'TASK_CANCELLED',
    what: by
      ? `the manager of its ${by.of === 'both' ? 'collections' : by.of} cancelled it`
      : 'the task was cancelled at Globus',
    ...(by?.message ? {why: `"${by.message}"`} : {}),
    next: [`Try it again: stage resume ${run}`],
  };
}

function failed(task: TransferTask, {trouble}: TaskKnowledge, place: TaskPlace): Reason {
  const code = task.fatalError?.code ?? 'UNKNOWN';
  const last = trouble && fill(meaningOf(trouble.code, trouble.description).means, wordsFor(task, trouble, place));
  if (code === 'EXPIRED')
    return {
      standing: 'action',
      code: 'TASK_EXPIRED',
      what: 'its deadline passed before it was done',
      ...(last ? {why: `what blocked it: ${last}`} : {}),
      next: [
        ...(last ? ['Fix that first.'] : []),
        `Then try it again; what has arrived is not moved twice: stage resume ${place.run}`,
      ],
    };
  return {
    standing: 'action',
    code: `TASK_FAILED_${code}`,
    what: last ?? fill(meaningOf(code, task.fatalError?.description ?? '').means, wordsFor(task, trouble, place)),
    why: `Globus gave up: ${task.fatalError?.description || code}`,
    next: ['Fix the cause.', `Then try it again; what has arrived is not moved twice: stage resume ${place.run}`],
  };
}
