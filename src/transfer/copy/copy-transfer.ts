import {join} from 'node:path';
import type {CopyJob} from '../../base/copy-job.ts';
import type {TaskId} from '../../base/ids.ts';
import type {JobId} from '../../base/job-id.ts';
import type {TransferOptions, TransferRequest} from '../../base/task-request.ts';
import {writeWhole} from '../../disk/whole-file.ts';
import {TransferRefused, TransferUnreachable} from '../../globus-errors.ts';
import type {JobRequest, JobSeen, Scheduler} from '../../scheduler/scheduler.ts';
import {resolutionOf} from '../../submission/resolution.ts';
import {recordResolution, searchByTag} from '../../submission/resolve.ts';
import {submitJob} from '../../submission/submit-job.ts';
import {type OtherWay, taskOfWay, wayOfTask} from '../other-way.ts';
import {deadlineOf} from '../record/deadline.ts';
import {type Asked, WayRecord} from '../record/way-record.ts';
import {wordsOf} from '../record/words.ts';
import {type TaskSeen, taskHasEnded} from '../transfer-service.ts';
import {type CopyJobRecord, claimOf, readCopyJobs} from './copy-facts.ts';
import {type CopyVerdict, judgeCopy} from './judge-copy.ts';
import {copySeen} from './read-copy.ts';

export interface CopySettings {
  /** `ways/` of the state directory */
  readonly ways: string;
  /** Make that directory where it is missing, in a state directory that must be there. */
  readonly ensureHome: () => void;
  readonly scheduler: Pick<Scheduler, 'submit' | 'look' | 'findByTag' | 'delete'>;
  /** Write the script of a copy job, and say how it is submitted. */
  readonly request: (job: CopyJob) => JobRequest;
  /** how long the process that wrote an intent may still be at it */
  readonly deadlineMs: number;
  readonly lostGraceMs: number;
  /** milliseconds since the epoch */
  readonly clock: () => number;
  readonly newWord: () => string;
  /** `user@host:pid`, for records */
  readonly by: string;
}

/** One copy, with what is on record of it. */
interface Copy {
  readonly id: TaskId;
  readonly record: WayRecord;
  readonly asked: Asked;
}

/** More steps than one look at one copy can take. */
const MOST_STEPS = 8;
const EXPIRED = 'its deadline has passed';

/**
 * Transfers that jobs of stage make (docs/transfer-copy.md). A copy is a record, and jobs that serve it one after the other:
 * each is submitted as every job is (src/submission), claims the copy before it copies, and leaves its end. A job that was
 * lost is followed by another, which goes on.
 */
export function createCopyTransfer(settings: CopySettings): OtherWay {
  const {ways, ensureHome, scheduler, request, deadlineMs, lostGraceMs, clock, newWord, by} = settings;

  const copyOf = (id: TaskId): Copy | undefined => {
    const record = new WayRecord(ways, wayOfTask(id)?.submissionId ?? '');
    const {asked} = record;
    return asked && {id, record, asked};
  };
  const newestJob = ({record}: Copy): JobId | undefined => {
    const newest = readCopyJobs(record).at(-1);
    return newest?.job ?? newest?.begun;
  };

  return {
    async submit(submissionId, wanted) {
      ensureHome();
      const record = new WayRecord(ways, submissionId);
      const asked = record.ask({at: clock(), request: wanted, by});
      const copy = {id: taskOfWay('copy', submissionId), record, asked};
      if (record.ended) return copy.id;
      const known = newestJob(copy);
      const verdict = await advance(copy, known ? (await scheduler.look([known])).get(known) : undefined);
      // Where PBS has taken no job so far, nothing can be concluded: it is asked for again under the same id.
      if (verdict.is === 'no-evidence') throw new TransferUnreachable('the copy job', verdict.why, {service: 'PBS'});
      if (verdict.is === 'wait' && verdict.trouble !== undefined && newestJob(copy) === undefined)
        throw new TransferUnreachable('qsub of the copy job', verdict.trouble, {service: 'PBS'});
      if (verdict.is === 'ended' && verdict.code === 'REFUSED')
        throw new TransferRefused({
          asked: 'qsub of the copy job',
          globusCode: 'REFUSED',
          why: verdict.why,
          service: 'PBS',
        });
      return copy.id;
    },

    async look(tasks) {
      const seen = new Map<TaskId, TaskSeen>();
      const open: {readonly copy: Copy; readonly job: JobId | undefined}[] = [];
      for (const id of new Set(tasks))
        await unlessUnusable(id, seen, async () => {
          const copy = copyOf(id);
          const ended = copy?.record.ended;
          if (!copy) seen.set(id, {kind: 'unknown'});
          else if (ended) seen.set(id, ended);
          else open.push({copy, job: newestJob(copy)});
        });
      const ids = open.flatMap(({job}) => job ?? []);
      const jobs = ids.length > 0 ? await scheduler.look(ids) : new Map<JobId, JobSeen>();
      for (const {copy, job} of open)
        await unlessUnusable(copy.id, seen, async () => {
          expire(copy);
          const verdict = await advance(copy, job && jobs.get(job));
          seen.set(copy.id, concluded(copy, verdict));
        });
      return seen;
    },

    async cancel(task) {
      const copy = copyOf(task);
      if (!copy || copy.record.ended) return;
      copy.record.create('cancel', {at: clock(), by});
      const job = newestJob(copy);
      const verdict = await advance(copy, job && (await scheduler.look([job])).get(job));
      if (verdict.is === 'no-evidence') throw new TransferUnreachable('the copy job', verdict.why, {service: 'PBS'});
      concluded(copy, verdict);
    },

    async update(task, change) {
      const copy = copyOf(task);
      const ended = copy && (await this.look([task])).get(task);
      if (!copy || (ended?.kind === 'task' && taskHasEnded(ended)))
        throw over(`a change of ${task}`, copy ? 'it has ended' : 'there is no such task');
      copy.record.change(change, clock());
    },

    async moved(task) {
      const seen = (await this.look([task])).get(task);
      const copy = copyOf(task);
      if (!copy || seen?.kind !== 'task' || !taskHasEnded(seen)) throw over(`what ${task} moved`, 'it has not ended');
      return seen.state === 'succeeded' ? copy.asked.request.items.map(({from, to}) => ({from, to})) : [];
    },

    pauses: async () => [],
    events: async () => [],
    skipped: async () => ({files: [], more: false}),
  };

  /** A look at one copy that cannot be used costs the others nothing. */
  async function unlessUnusable(id: TaskId, seen: Map<TaskId, TaskSeen>, look: () => Promise<void>): Promise<void> {
    try {
      await look();
    } catch (error) {
      seen.set(id, {kind: 'no-evidence', why: wordsOf(error)});
    }
  }

  /** A deadline is kept by the process that looks: the copy is cancelled when it has passed. */
  function expire({record, asked}: Copy): void {
    const deadline = deadlineOf(asked, record.changed);
    if (deadline !== undefined && clock() > deadline) record.create('cancel', {at: clock(), by, why: EXPIRED});
  }

  /** Do what is to be done about a copy, until it stands. @param seen of its newest job */
  async function advance(copy: Copy, seen: JobSeen | undefined): Promise<CopyVerdict> {
    const {record} = copy;
    for (let step = 0, shown = seen; ; step += 1) {
      const jobs = readCopyJobs(record);
      const verdict = judgeCopy({
        jobs,
        seen: shown,
        cancelled: record.cancelled !== undefined,
        now: clock(),
        lostGraceMs,
      });
      if (step === MOST_STEPS) return {is: 'wait', state: 'queued'};
      switch (verdict.is) {
        case 'submit': {
          if (!(await submitNext(copy, verdict.number, jobs))) return {is: 'wait', state: 'queued'};
          shown = await lookAgain(copy);
          break;
        }
        case 'resolve':
          if (!(await resolve(record, verdict.job))) return {is: 'wait', state: 'queued'};
          shown = await lookAgain(copy);
          break;
        case 'note-absent':
          record.create(`${claimOf(verdict.number)}.absent`, {at: clock()});
          break;
        case 'give-up':
          giveUp(record, verdict.number);
          break;
        case 'delete':
          await scheduler.delete(verdict.job);
          shown = await lookAgain(copy);
          if (shown?.kind === 'live') return {is: 'wait', state: 'active'}; // it ends in a moment
          break;
        default:
          return verdict;
      }
    }
  }

  async function lookAgain(copy: Copy): Promise<JobSeen | undefined> {
    const job = newestJob(copy);
    return job && (await scheduler.look([job])).get(job);
  }

  /** @returns false when another process does it */
  async function submitNext(
    {record, asked}: Copy,
    number: number,
    earlier: readonly CopyJobRecord[],
  ): Promise<boolean> {
    const claim = claimOf(number);
    const tag = `s-copy.${newWord()}`;
    const done = await submitJob(
      {
        facts: {
          create: (name, value) => record.create(`${claim}.${name}`, value),
          note: () => {},
          overtaken: () => (record.cancelled ? 'the transfer was cancelled' : undefined),
        },
        tag,
        intent: {},
        request: () =>
          request(
            jobOf(record, asked.request, {claim, tag, resume: earlier.some(({start}) => start?.job !== undefined)}),
          ),
      },
      {scheduler, clock, by, deadlineMs},
    );
    return done.is !== 'others';
  }

  /** @returns false when nothing may be concluded yet */
  async function resolve(record: WayRecord, {number, tag, begun}: CopyJobRecord): Promise<boolean> {
    const found = begun ? undefined : (await searchByTag(scheduler, [tag])).get(tag);
    const resolution = resolutionOf(begun, found);
    if (!resolution) return false;
    recordResolution(
      {create: (name, value) => record.create(`${claimOf(number)}.${name}`, value), note: () => {}},
      resolution,
      clock(),
    );
    return true;
  }

  /** Nothing is to run under the claim of a job that is gone: one that comes late, or again, copies nothing. */
  function giveUp(record: WayRecord, number: number): void {
    const claim = claimOf(number);
    record.create(`${claim}.start`, {at: clock(), givenUp: true});
    record.create(`${claim}.lost`, {at: clock()});
  }

  function concluded(copy: Copy, verdict: CopyVerdict): TaskSeen {
    if (verdict.is === 'no-evidence') return {kind: 'no-evidence', why: verdict.why};
    const {record, asked, id} = copy;
    const expired = record.cancelled?.why === EXPIRED;
    const seen = copySeen(verdict, {
      id,
      asked,
      changed: record.changed,
      jobs: readCopyJobs(record),
      directory: record.directory,
      expired,
    });
    if (!taskHasEnded(seen)) return seen;
    record.create('ended', {at: clock(), seen});
    return record.ended ?? seen;
  }
}

function over(asked: string, why: string): TransferRefused {
  return new TransferRefused({asked, globusCode: 'NOT_NOW', why, service: 'stage'});
}

/** What a job of a copy is to do; its items are put beside it. */
function jobOf(
  {directory}: WayRecord,
  {items, sourceCollection, destinationCollection, options}: TransferRequest,
  {claim, tag, resume}: Pick<CopyJob, 'claim' | 'tag' | 'resume'>,
): CopyJob {
  const list = join(directory, 'items');
  writeWhole(list, items.map(({from, to, recursive}) => `${recursive ? 'd' : 'f'}\n${from}\n${to}\n`).join(''));
  const source = hostOf(sourceCollection);
  const target = hostOf(destinationCollection);
  const compare = options.verifyChecksum && (options.syncLevel === undefined || options.syncLevel === 3);
  return {directory, claim, tag, source, target, items: list, options: rsyncOptions(options), compare, resume};
}

/** The cluster itself has no name for rsync. */
function hostOf(host: string): string {
  return host === 'localhost' ? '' : host;
}

const OF_SYNC = {0: '--ignore-existing', 1: '--size-only', 2: '-u', 3: '-c'} as const;
const OF_LINKS = {keep: '-l', copy: '-L'} as const;

/** The options of a transfer, as rsync has them. Pure. -I copies everything, as Globus does where nothing is said. */
export function rsyncOptions({syncLevel, preserveTimestamp, symlinks}: TransferOptions): string[] {
  return [
    '-r',
    symlinks === undefined ? '--no-links' : OF_LINKS[symlinks],
    ...(preserveTimestamp ? ['-t'] : []),
    syncLevel === undefined ? '-I' : OF_SYNC[syncLevel],
  ];
}
