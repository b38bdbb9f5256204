import {readFileSync} from 'node:fs';
import {type JobId, readJobId, serverOf} from '../../base/job-id.ts';
import {noEvidence} from '../../base/no-evidence.ts';
import type {RunCommand} from '../../process/run-command.ts';
import {readDirectives} from '../directives/read-directives.ts';
import {
  type JobRequest,
  type JobSeen,
  type Scheduler,
  type SchedulerCapabilities,
  SchedulerRefused,
  SchedulerUnreachable,
  type Submission,
} from '../scheduler.ts';
import {environmentFor, qsubArgv, qsubEnvironment, whatIsWrong} from './argv.ts';
import type {CapabilityCache} from './capabilities.ts';
import {createChanges, GONE, MANY, RUNNING, WRONG_STATE} from './change-jobs.ts';
import {IN_UTC, startDate} from './dates.ts';
import {explainUnreachable, saysUnknownHost, whyLost} from './explain.ts';
import type {QstatAnswer} from './read-qstat.ts';
import {readQsub} from './read-qsub.ts';
import {type RetrySettings, retryingConnections} from './retry-connections.ts';

export interface PbsSchedulerSettings extends RetrySettings {
  readonly run: RunCommand;
  /** whose jobs to search for tags */
  readonly user: string;
  readonly cache: CapabilityCache;
}

export function createPbsScheduler(settings: PbsSchedulerSettings): Scheduler {
  const run = retryingConnections(settings.run, settings);
  const {change, changeAll} = createChanges(run);
  /** fresh: asked in this process, not remembered from another */
  let known: {readonly value: SchedulerCapabilities; readonly fresh: boolean} | undefined;

  async function capabilities(): Promise<SchedulerCapabilities> {
    if (known) return known.value;
    const remembered = await settings.cache.read();
    if (remembered === undefined) return await learn();
    known = {value: remembered, fresh: false};
    return remembered;
  }

  async function learn(correction?: {historyKept: boolean}): Promise<SchedulerCapabilities> {
    const value = {...(await (await import('./capabilities.ts')).probeCapabilities(run)), ...correction};
    known = {value, fresh: true};
    await settings.cache.write(value);
    return value;
  }

  async function askQstat(jobs: readonly JobId[], form: 'json' | 'text', history: boolean): Promise<QstatAnswer> {
    const x = history ? ['-x'] : [];
    const json = form === 'json' ? run('qstat', [...x, '-E', '-f', '-F', 'json', ...jobs], {env: IN_UTC}) : undefined;
    // The reader is loaded while PBS answers: monitors and status ask this at every start.
    const {readQstat} = await import('./read-qstat.ts');
    if (json) return readQstat(jobs, await json, {form, history});
    const wide = readQstat(jobs, await run('qstat', [...x, '-f', '-w', ...jobs], {env: IN_UTC}), {form, history});
    if (wide.kind !== 'unreadable') return wide;
    return readQstat(jobs, await run('qstat', [...x, '-f', ...jobs], {env: IN_UTC}), {form, history});
  }

  async function lookChunk(jobs: readonly JobId[]): Promise<ReadonlyMap<JobId, JobSeen>> {
    let history = (await capabilities()).historyKept;
    let form: 'json' | 'text' = 'json';
    // Each turn corrects one assumption; after three corrections something is wrong that asking does not fix.
    for (let turn = 0; turn < 4; turn += 1) {
      const answer = await askQstat(jobs, form, history);
      if (answer.kind === 'no-answer') return noEvidence(jobs, answer.why, answer);
      if (answer.kind === 'unreadable' && form === 'text') return noEvidence(jobs, answer.why);
      if (answer.kind === 'unreadable') form = 'text';
      if (answer.kind === 'history') history = (await learn({historyKept: answer.kept})).historyKept;
      if (answer.kind === 'seen') {
        // A remembered "no history" that is no longer true would make finished jobs look unknown: ask again first.
        if (history || known?.fresh || !hasUnknown(answer.jobs)) return answer.jobs;
        history = (await learn()).historyKept;
        if (!history) return answer.jobs;
      }
    }
    return noEvidence(jobs, 'PBS contradicts itself about keeping finished jobs');
  }

  /**
   * `-E` drops what this server does not have, without a word, and with it a job that has moved to another server.
   * Where finished jobs are kept, it shows them as moved. Where not, qstat is asked again without `-E`: it follows a
   * moved job, and names what is unknown (qstat.c, `locate_job`).
   */
  async function followMoved(seen: ReadonlyMap<JobId, JobSeen>): Promise<ReadonlyMap<JobId, JobSeen>> {
    const missing = [...seen].filter(([, job]) => job.kind === 'unknown').map(([id]) => id);
    if (missing.length === 0 || known?.value.historyKept) return seen;
    const answer = await askQstat(missing, 'text', false);
    if (answer.kind === 'history')
      return new Map<JobId, JobSeen>([...seen, ...noEvidence(missing, 'PBS keeps finished jobs after all')]);
    return new Map<JobId, JobSeen>([
      ...seen,
      ...(answer.kind === 'seen' ? answer.jobs : noEvidence(missing, answer.why)),
    ]);
  }

  async function look(jobs: readonly JobId[]): Promise<ReadonlyMap<JobId, JobSeen>> {
    const seen = new Map<JobId, JobSeen>();
    const askable = [...new Set(jobs)].filter((job) => readJobId(job) !== undefined);
    for (const job of jobs)
      if (readJobId(job) === undefined) seen.set(job, {kind: 'no-evidence', why: `"${job}" is not a PBS job id`});
    for (const chunk of chunksOf(askable)) {
      const found = await lookChunk(chunk)
        .then(followMoved)
        .catch((error: unknown) => noEvidence(chunk, reasonOf(error), {timedOut: isSilence(error)}));
      for (const [job, what] of found) seen.set(job, what);
    }
    return seen;
  }

  /** Own jobs, oldest first. @throws {SchedulerUnreachable} */
  async function ownJobs(): Promise<JobId[]> {
    const {historyKept} = await capabilities();
    const ask = (history: boolean) => run('qselect', [...(history ? ['-x'] : []), '-u', settings.user]);
    let done = await ask(historyKept);
    if (/not configured to maintain job history/.test(done.stderr)) {
      await learn({historyKept: false});
      done = await ask(false);
    } else if (!historyKept && !known?.fresh && (await learn()).historyKept) done = await ask(true);
    if (done.exitCode !== 0 || whyLost(done) !== undefined) throw explainUnreachable(done);
    return done.stdout.split('\n').flatMap((line) => readJobId(line.trim()) ?? []);
  }

  return {
    look,

    async submit(request: JobRequest): Promise<Submission> {
      const wrong = whatIsWrong(request);
      if (wrong !== undefined) return notAsked(request, wrong);
      const done = await run('qsub', qsubArgv(request), {
        cwd: request.workdir,
        env: qsubEnvironment(request),
        environment: environmentFor(request, process.env),
        asked: `qsub ${request.script}`, // variables may be the user's own business
      });
      return readQsub(done, saysUnknownHost(done) ? otherServerOf(request) : undefined);
    },

    release: (job) => change('qrls', ['-h', 'u'], job, GONE),
    hold: (job) => change('qhold', ['-h', 'u'], job, GONE),
    delete: (job) => change('qdel', [], job, GONE),
    releaseAll: (jobs) => changeAll('qrls', ['-h', 'u'], jobs, MANY),
    async deleteAll(jobs) {
      // A qdel of several jobs whose last one is not known ends the server (measured on OpenPBS 23.06). Where finished
      // jobs are kept, one that was live a moment ago is known; where not, it may be gone and forgotten by now.
      const atOnce = jobs.length > 1 && (await capabilities()).historyKept ? MANY : 1;
      return changeAll('qdel', [], jobs, atOnce);
    },
    moveStart: (job, startAt) =>
      change('qalter', ['-a', startDate(startAt)], job, [...GONE, RUNNING, WRONG_STATE], {env: IN_UTC}),

    async findByTag(tags) {
      if (tags.length === 0) return new Map();
      const jobs = (await ownJobs()).reverse();
      const search = await import('./find-by-tag.ts'); // seldom needed
      return search.findByTag(tags, jobs, look);
    },
  };
}

/** Characters of ids in one qstat: far below what a command line may hold (128 kB and more), for 1500 jobs or so. */
const CHUNK_LENGTH = 32_000;

/**
 * Jobs to ask about together, all of one server: where qstat cannot ask the server that an id names, or its name does
 * not resolve any more, it fails as a whole (measured on OpenPBS 23.06: `illegally formed job identifier`, exit 1), and
 * ids of a server that was renamed since would hide all others.
 */
function chunksOf(jobs: readonly JobId[]): JobId[][] {
  const chunks: JobId[][] = [];
  const open = new Map<string, {readonly chunk: JobId[]; length: number}>();
  for (const job of jobs) {
    let last = open.get(serverOf(job));
    if (last === undefined || last.length + job.length + 1 > CHUNK_LENGTH) {
      last = {chunk: [], length: 0};
      open.set(serverOf(job), last);
      chunks.push(last.chunk);
    }
    last.chunk.push(job);
    last.length += job.length + 1;
  }
  return chunks;
}

function hasUnknown(jobs: ReadonlyMap<JobId, JobSeen>): boolean {
  return [...jobs.values()].some((job) => job.kind === 'unknown');
}

/** The server that the job's queue names besides its own name: on the command line, else in the script's `#PBS` lines. */
function otherServerOf({queue, script}: JobRequest): string | undefined {
  const named = queue ?? readDirectives(readFileSync(script, 'utf8')).queue;
  return named?.includes('@') ? named.slice(named.indexOf('@') + 1) : undefined;
}

function notAsked(request: JobRequest, why: string): Submission {
  const error = new SchedulerRefused({
    asked: `qsub ${request.script}`,
    why: `${why}; PBS was not asked`,
    next: ['Correct what is named above.'],
  });
  return {kind: 'refused', error, retry: false};
}

function isSilence(error: unknown): boolean {
  return error instanceof SchedulerUnreachable && error.timedOut;
}

function reasonOf(error: unknown): string {
  return error instanceof SchedulerUnreachable ? (error.why ?? error.message) : String(error);
}
