import type {JobArray} from '../../base/job-array.ts';
import {type JobId, memberOf, readJobId} from '../../base/job-id.ts';
import {ALTERED, ALTERED_EXIT} from '../../engine/plan/jobs/job-verdict.ts';
import {EXIT, type ExitCode, RequestWrong} from '../../errors.ts';
import {LedgerDamaged} from '../../ledger/damage.ts';
import type {JobStore, MarkedExit, NamedJob} from '../../ledger/job-store.ts';
import type {JobSeen, Scheduler} from '../../scheduler/scheduler.ts';
import type {JobsStage} from '../../wiring/stage.ts';

/** A job that was asked about, by its id or by the name it was submitted under. */
export interface ResolvedJob {
  readonly job: JobId;
  readonly named?: NamedJob;
}

/** @throws {RequestWrong} for what is neither a job id nor a name that was submitted */
export function resolveJobs(stage: Pick<JobsStage, 'jobs'>, texts: readonly string[]): ResolvedJob[] {
  const store = stage.jobs;
  const ids = texts.flatMap((text) => readJobId(text) ?? []);
  const known = ids.length > 0 ? store.withIds([...new Set(ids)]) : new Map<JobId, NamedJob>();
  return texts.map((text) => {
    const id = readJobId(text);
    if (id) {
      const named = known.get(id);
      return {job: id, named: named || undefined};
    }
    const named = store.newest(text);
    if (named?.job) return {job: named.job, named};
    throw new RequestWrong(`"${text}" is neither a job id nor the name of a job that was submitted`, {
      code: 'NO_SUCH_JOB',
      why: 'an id looks like 4.pbs or 4[].pbs; a name is one that was given to "stage job submit --name"',
      next: ['List your jobs: qstat -u $USER'],
    });
  });
}

/** One job as the `job` commands show it. */
export interface JobView {
  readonly job: string;
  readonly name?: string;
  readonly state:
    | Extract<JobSeen, {kind: 'live'}>['state']
    | 'succeeded'
    | 'failed'
    /** PBS answered, and does not know it */
    | 'unknown'
    /** PBS could not be queried, or not understood */
    | 'no-evidence';
  readonly reason: string;
  readonly exitStatus?: number;
  readonly queue?: string;
  readonly submittedAt?: string;
  readonly startedAt?: string;
  readonly endedAt?: string;
}

export interface JobReport {
  readonly jobs: readonly JobView[];
  readonly exit: ExitCode;
}

/** Look at jobs once. One whose record is damaged is told, and does not stop the others. */
export async function showJobs(stage: JobsStage, texts: readonly string[]): Promise<JobReport> {
  const {whole, damaged} = resolveWhole(stage, texts);
  return withDamaged(whole.length > 0 ? await lookAt(stage, whole) : {jobs: [], exit: EXIT.ok}, damaged);
}

/** What was asked about, apart from names whose record is damaged. @throws as {@link resolveJobs} */
export function resolveWhole(
  stage: Pick<JobsStage, 'jobs'>,
  texts: readonly string[],
): {readonly whole: readonly ResolvedJob[]; readonly damaged: readonly JobView[]} {
  const damaged: JobView[] = [];
  const whole = texts.flatMap((text) => {
    try {
      return resolveJobs(stage, [text]);
    } catch (error) {
      if (!(error instanceof LedgerDamaged)) throw error;
      damaged.push({job: text, name: text, state: 'no-evidence', reason: damageInWords(error)});
      return [];
    }
  });
  return {whole, damaged};
}

/** The report with those whose record is damaged: of them nothing can be said. */
export function withDamaged({jobs, exit}: JobReport, damaged: readonly JobView[]): JobReport {
  return {jobs: [...jobs, ...damaged], exit: exit === EXIT.failed || damaged.length === 0 ? exit : EXIT.unreachable};
}

function damageInWords({message, why, next}: LedgerDamaged): string {
  return [`${message}: ${why}`, ...next].join('. ').replaceAll('..', '.');
}

/** One question for all jobs; one more for the members of arrays that have ended. */
export async function lookAt(stage: JobsStage, asked: readonly ResolvedJob[]): Promise<JobReport> {
  const scheduler = await stage.scheduler();
  const store = stage.jobs;
  const seen = await scheduler.look(asked.map(({job}) => job));
  const views: JobView[] = [];
  for (const one of asked) {
    const what = seen.get(one.job) ?? {kind: 'no-evidence', why: 'it was not looked at'};
    views.push(await jobViewOf(scheduler, store, one, what));
  }
  return {jobs: views, exit: exitOfJobs(views)};
}

async function jobViewOf(
  scheduler: Scheduler,
  store: JobStore,
  {job, named}: ResolvedJob,
  seen: JobSeen,
): Promise<JobView> {
  const base = {job, name: named?.name};
  if (seen.kind === 'no-evidence')
    return {...base, state: 'no-evidence', reason: `PBS could not be queried: ${seen.why}`};
  if (seen.kind === 'live')
    return {...base, state: seen.state, reason: seen.comment ?? '', queue: seen.queue, ...timesOf(seen)};
  if (named?.damaged && seen.kind === 'unknown')
    return {...base, state: 'no-evidence', reason: damageInWords(named.damaged)};
  const array = (seen.kind === 'ended' ? seen.array : undefined) ?? named?.array;
  if (array && (seen.kind === 'unknown' || seen.how === 'ran'))
    return {
      ...base,
      ...(await judgeMembers(scheduler, store, {job, named: named || undefined}, array)),
      ...timesOf(seen),
    };
  if (seen.kind === 'unknown') return {...base, ...judgeMarker(named && exitOrAltered(store, named))};
  const {exitStatus} = seen;
  const altered = exitStatus === ALTERED_EXIT && named && store.foundAltered(named);
  return {
    ...base,
    state: seen.how === 'ran' && exitStatus === 0 ? 'succeeded' : 'failed',
    reason: altered ? ALTERED : seen.reason,
    ...(exitStatus === undefined ? {} : {exitStatus}),
    ...timesOf(seen),
  };
}

type JudgedJob = Pick<JobView, 'state' | 'reason' | 'exitStatus'>;

/** PBS has forgotten it: only the marker of its wrapper can tell. */
function judgeMarker(exit: MarkedExit | 'altered' | undefined): JudgedJob {
  if (exit === 'altered') return {state: 'failed', reason: ALTERED, exitStatus: ALTERED_EXIT};
  if (exit instanceof LedgerDamaged) return {state: 'no-evidence', reason: damageInWords(exit)};
  if (exit === undefined)
    return {state: 'unknown', reason: 'PBS does not know it (any more), and no marker records how it ended'};
  return {state: exit === 0 ? 'succeeded' : 'failed', reason: `exit status ${exit}, by its marker`, exitStatus: exit};
}

/** What its markers say: one that found another script in the end left no other. */
function exitOrAltered(store: JobStore, named: NamedJob): MarkedExit | 'altered' | undefined {
  return store.exits(named) ?? (store.foundAltered(named) ? 'altered' : undefined);
}

/** An array's own exit status is that of its last member (measured on OpenPBS 23.06): each member is asked for. */
export async function judgeMembers(
  scheduler: Scheduler,
  store: JobStore,
  {job, named}: ResolvedJob,
  array: JobArray,
): Promise<JudgedJob> {
  const indices: number[] = [];
  for (let index = array.first; index <= array.last; index += array.step) indices.push(index);
  const seen = await scheduler.look(indices.map((index) => memberOf(job, index)));
  const exits = named ? store.memberExits(named) : new Map<number, MarkedExit>();
  const members = indices.map((index): JudgedJob & {index: number} => {
    const one = seen.get(memberOf(job, index));
    if (one?.kind === 'ended') {
      const fine = one.how === 'ran' && one.exitStatus === 0;
      const altered = one.exitStatus === ALTERED_EXIT && named && store.foundAltered(named, index);
      return {index, state: fine ? 'succeeded' : 'failed', reason: altered ? ALTERED : one.reason};
    }
    const altered = named && store.foundAltered(named, index) ? 'altered' : undefined;
    if (one?.kind === 'unknown') return {index, ...judgeMarker(exits.get(index) ?? altered)};
    return {index, state: 'no-evidence', reason: one?.kind === 'no-evidence' ? one.why : 'it has not ended'};
  });
  const failed = members.filter(({state}) => state === 'failed');
  if (failed.length > 0)
    return {
      state: 'failed',
      reason: `${failed.length} of ${members.length} members failed: ${failed
        .slice(0, 3)
        .map(({index, reason}) => `[${index}] ${reason}`)
        .join('; ')}`,
    };
  const dark = members.find(({state}) => state !== 'succeeded');
  if (dark) return {state: dark.state, reason: `member [${dark.index}]: ${dark.reason}`};
  return {state: 'succeeded', reason: `all ${members.length} members succeeded`, exitStatus: 0};
}

function timesOf(seen: JobSeen): Partial<Pick<JobView, 'submittedAt' | 'startedAt' | 'endedAt'>> {
  if (seen.kind !== 'live' && seen.kind !== 'ended') return {};
  const times = {
    submittedAt: seen.submittedAt,
    startedAt: seen.startedAt,
    endedAt: 'endedAt' in seen ? seen.endedAt : undefined,
  };
  return Object.fromEntries(
    Object.entries(times).flatMap(([name, at]) => (at === undefined ? [] : [[name, new Date(at).toISOString()]])),
  );
}

function exitOfJobs(jobs: readonly JobView[]): ExitCode {
  const has = (state: JobView['state']) => jobs.some((job) => job.state === state);
  if (has('failed')) return EXIT.failed;
  if (has('no-evidence')) return EXIT.unreachable;
  return has('unknown') ? EXIT.usage : EXIT.ok;
}

export interface ChangeReport {
  readonly jobs: readonly string[];
}

export type Change = 'release' | 'hold' | 'delete';

/**
 * Release, hold or delete jobs. Safe to repeat: what is so already, or gone, is left as it is.
 *
 * Deleted are the newest first: a job that is deleted before it ran leaves those that wait for it waiting for ever
 * (measured on OpenPBS 23.06), and these were submitted after it.
 *
 * @throws {SchedulerRefused} {SchedulerUnreachable}; jobs before the one it names have been changed
 */
export async function changeJobs(stage: JobsStage, change: Change, texts: readonly string[]): Promise<ChangeReport> {
  const jobs = [...new Set(resolveJobs(stage, texts).map(({job}) => job))];
  const scheduler = await stage.scheduler();
  const numberOf = (job: string) => Number.parseInt(job, 10);
  const ordered = change === 'delete' ? jobs.toSorted((a, b) => numberOf(b) - numberOf(a)) : jobs;
  for (const job of ordered) await scheduler[change](job);
  return {jobs: ordered};
}
