import {chmodSync, closeSync, mkdirSync, openSync, rmSync, writeFileSync} from 'node:fs';
import {userInfo} from 'node:os';
import type {PbsFault} from './answer.ts';
import {measured} from './attributes.ts';
import {commentDate, longDate} from './dates.ts';
import {deliver, liveFile, umaskOf} from './deliver.ts';
import {showDepend} from './depend.ts';
import {
  addToGroup,
  onDeletedUnstarted,
  onEnd,
  onRemoved,
  onStart,
  register,
  takeFromGroup,
  type Verdict,
} from './dependencies.ts';
import {readDuration} from './durations.ts';
import {arrayExit, EXIT_LOST, EXIT_REQUEUED, exitStatusOf, SIGKILL, SIGTERM, verdictOn} from './ending.ts';
import {isFinished, type Job, settle, waitsForDependency, withHolds, withoutHolds} from './job.ts';
import {jobEnvironment, shellLine, shellOf} from './job-environment.ts';
import type {ServerNames} from './job-id.ts';
import {accountingText, createJournal, type Journal} from './journal.ts';
import {refusalToQueue} from './limits.ts';
import {birthOf, membersOf, signalSession} from './processes.ts';
import {chunksOf} from './resources.ts';
import {schedule} from './schedule.ts';
import {isTrue, ownSetting, type Settings} from './settings.ts';
import type {Places, Store} from './store.ts';
import {subjobOf} from './subjob.ts';
import type {Submission} from './submission.ts';
import {callOff, lookAtSupervisor, startSupervisor} from './supervisor.ts';

/** The server: it owns the jobs, decides when they start, and learns how they end. */
export interface PbsServer {
  readonly names: ServerNames;
  readonly settings: Settings;
  readonly jobs: ReadonlyMap<string, Job>;
  readonly journal: Journal;
  readonly places: Places;
  /** tell the other jobs of dependencies that came with submissions; called before any command is answered */
  catchUp(): void;
  submit(submission: Submission, user: string): Job | PbsFault;
  hold(job: Job, letters: string, user: string): void;
  release(job: Job, letters: string, user: string): void;
  /** qdel. Held, queued and waiting jobs end at once, running ones later */
  remove(job: Job, by: {user: string; force: boolean; purge: boolean; manager: boolean}): void;
  /** the indices of an array that have not started */
  removeIndices(
    array: Job,
    indices: readonly number[],
    by: {user: string; force: boolean; purge: boolean; manager: boolean},
  ): void;
  requeue(job: Job, user: string): void;
  signal(job: Job, signal: number): void;
  /** set the dependencies that qalter gave */
  setDepend(job: Job, groups: Job['depend'], clear: boolean): void;
  /** record a change made by a command: settle the state, save, look what may start */
  changed(job: Job): void;
  settingsChanged(): void;
  forget(job: Job): void;
  /** wait for the answer of a blocking qsub */
  waitFor(id: string): Promise<{exitCode: number; message?: string}>;
  wipe(): number;
  /** stop serving; running jobs go on */
  close(): void;
  /** end running jobs; they are requeued, as after the full stop of a real server */
  stop(): Promise<void>;
  processors(): number;
  /** why this job may not be in its queue, or undefined */
  mayEnter(job: Job): PbsFault | undefined;
}

export interface ServerParts {
  readonly store: Store;
  readonly names: ServerNames;
  readonly processors: () => number;
  readonly log: (line: string) => void;
}

/** how often an ended job's left-over processes, and processes that are not our children, are looked at */
const LOOK_MS = 100;
/** how much later than its status the output of a blocking job arrives */
const BLOCK_MS = 300;
/** how long the server waits after a failure of its own, such as a full disk */
const STUMBLE_MS = 1000;
/** a deleted job is seen running for at least so long, as qdel returns before it is gone (measured: 1 to 25 s) */
const DELETED_MS = 500;

export function createServer({store, names, processors, log}: ServerParts): PbsServer {
  const {places, settings} = store;
  const jobs = new Map(
    store.jobs.sort((a, b) => a.seq - b.seq || (a.index ?? -1) - (b.index ?? -1)).map((job) => [job.id, job]),
  );
  const journal = createJournal(places.serverLogs, places.accounting, names.server, Date.now);
  const processUser = userInfo().username;
  const waiters = new Map<string, ((answer: {exitCode: number; message?: string}) => void)[]>();
  /** jobs whose process has ended and whose left-over processes are being ended */
  const ending = new Set<string>();
  /** jobs whose supervisors are children of this process: their ends are events, and need no looking */
  const mine = new Set<string>();
  let closed = false;
  let timer: NodeJS.Timeout | undefined;
  let scheduled: NodeJS.Immediate | undefined;

  const historyOn = (): boolean => isTrue(settings.server, 'job_history_enable');

  function save(job: Job): void {
    job.mtime = Date.now();
    store.saveJob(job);
  }

  function tell(id: string, answer: {exitCode: number; message?: string}): void {
    for (const waiter of waiters.get(id) ?? []) waiter(answer);
    waiters.delete(id);
  }

  function forget(job: Job): void {
    jobs.delete(job.id);
    store.removeJob(job.id);
    if (job.array) for (const sub of [...jobs.values()]) if (sub.parent === job.id) forget(sub);
  }

  /** A job becomes history, or is forgotten where none is kept. */
  function intoHistory(job: Job, substate: number): void {
    const now = Date.now();
    job.state = job.parent === undefined || isFinished(jobs.get(job.parent) ?? job) ? 'F' : 'X';
    job.substate = substate;
    job.historyTime = now;
    job.unregistered = undefined;
    rmSync(places.run(job.id), {recursive: true, force: true});
    rmSync(places.script(job.id), {force: true});
    rmSync(places.nodefile(job.id), {force: true});
    rmSync(places.scratch(job.id), {recursive: true, force: true});
    save(job);
    if (job.ending?.purge || (!historyOn() && job.parent === undefined)) forget(job);
  }

  // --- dependencies ---

  function carryOut(verdicts: readonly Verdict[]): void {
    for (const verdict of verdicts) {
      const job = jobs.get(verdict.job);
      if (!job || isFinished(job)) continue;
      if (verdict.do === 'remove') {
        removeByDependency(job, `Job deleted as result of dependency on job ${verdict.because}`);
        continue;
      }
      if (verdict.do !== 'release') {
        if (!['H', 'Q', 'W'].includes(job.state)) continue;
        job.holds = verdict.do === 'hold' ? withHolds(job.holds, 's') : withoutHolds(job.holds, 's');
        settle(job, Date.now());
        save(job);
        continue;
      }
      const before = waitsForDependency(job);
      takeFromGroup(job.depend, verdict.type, verdict.from);
      if (before && !waitsForDependency(job)) {
        job.holds = withoutHolds(job.holds, 's');
        journal.server('0008', job.id, `Dependency on job ${verdict.from} released.`);
      }
      if (['H', 'Q', 'W'].includes(job.state)) settle(job, Date.now());
      save(job);
    }
    wake();
  }

  function removeByDependency(job: Job, record: string): void {
    if (job.state === 'R' || job.state === 'E') return;
    journal.server('0008', job.id, record);
    journal.accounting('A', job.id, record);
    const behind = onRemoved(job);
    intoHistory(job, 92);
    carryOut(behind);
  }

  function abort(job: Job, record: string, logLine: string | undefined): void {
    const text = record.replace('@SERVER', `@${names.server}`);
    if (logLine !== undefined) journal.server('0008', job.id, logLine);
    journal.accounting('A', job.id, text);
    // A before-type entry of the job itself is a request that was refused, not the mirror of a dependent.
    const behind = onRemoved(job).filter(({job: id}) =>
      jobs.get(id)?.depend.some((group) => group.type.startsWith('after') && group.jobs.includes(job.id)),
    );
    intoHistory(job, 92);
    tell(job.id, {exitCode: 3, message: `${job.id} ${text}`});
    carryOut(behind);
  }

  function registerAll(job: Job): void {
    const asked = job.unregistered ?? [];
    job.unregistered = undefined;
    for (const group of asked) {
      if (group.type === 'on') continue;
      for (const id of group.jobs) {
        const other = jobs.get(id);
        const outcome = register(job, group.type, id, other);
        if (outcome.kind === 'abort') {
          abort(job, outcome.record, outcome.log);
          return;
        }
        if (outcome.kind === 'met') {
          journal.server('0008', job.id, `${id} Job has finished, dependency satisfied`);
          takeFromGroup(job.depend, group.type, id);
        } else if (other && outcome.kind === 'mirror') {
          addToGroup(other.depend, outcome.type, job.id);
          save(other);
        } else if (other && outcome.kind === 'counted') {
          addToGroup(other.depend, outcome.type, job.id);
          const on = other.depend.find((known) => known.type === 'on');
          if (on) {
            on.count = (on.count ?? 1) - 1;
            if (on.count <= 0) other.depend.splice(other.depend.indexOf(on), 1);
          }
          save(other);
        }
      }
    }
    if (!waitsForDependency(job)) job.holds = withoutHolds(job.holds, 's');
    settle(job, Date.now());
    save(job);
  }

  function catchUp(): void {
    for (const job of jobs.values()) if (job.unregistered && !isFinished(job)) registerAll(job);
  }

  // --- routing ---

  /** Move a job on from a routing queue. Where no destination takes it, it is gone without a trace (measured). */
  function routeOn(job: Job): void {
    const queue = settings.queues[job.queue];
    if (queue?.queue_type !== 'Route' || !isTrue(queue, 'started')) return;
    const destinations = (queue.route_destinations ?? '').split(',').map((name) => name.trim().replace(/@.*$/, ''));
    const taking = destinations.find(
      (name) => refusalToQueue({...job, queue: name}, settings, jobs.values()) === undefined,
    );
    if (taking === undefined) {
      forget(job);
      return;
    }
    job.queue = taking;
    save(job);
  }

  // --- starting ---

  function freeSlot(): number {
    const taken = new Set(
      [...jobs.values()]
        .filter((job) => job.state === 'R' || job.state === 'E')
        .map((job) => Number(/\/(\d+)/.exec(job.execHost ?? '')?.[1] ?? '-1')),
    );
    for (let slot = 0; ; slot += 1) if (!taken.has(slot)) return slot;
  }

  function assign(job: Job): void {
    const chunks = chunksOf(job.resources, settings.resources).flatMap((chunk) =>
      Array<typeof chunk>(chunk.count).fill(chunk),
    );
    const slot = freeSlot();
    job.execHost = chunks
      .map((chunk, at) => `${names.server}/${slot + at}${Number(chunk.asked.ncpus) > 1 ? `*${chunk.asked.ncpus}` : ''}`)
      .join('+');
    job.execVnode = chunks
      .map((chunk) => {
        const {ncpus, ...rest} = chunk.asked;
        const more = Object.entries(rest).filter(([name]) => name === 'mem' || name === 'vmem');
        return `(${[names.server, ...more.map(([name, value]) => `${name}=${value}`), `ncpus=${ncpus}`].join(':')})`;
      })
      .join('+');
  }

  function start(waiting: Job): void {
    const job = waiting.array ? nextSubjob(waiting) : waiting;
    const now = Date.now();
    job.state = 'R';
    job.substate = job.parent === undefined ? 41 : 42;
    job.etime ??= now;
    job.stime = now;
    job.runCount += 1;
    job.exitStatus = undefined;
    job.resourcesUsed = undefined;
    job.sessionId = undefined;
    job.processBirth = undefined;
    job.signalled = undefined;
    job.ending = undefined;
    job.jobdir = job.home;
    assign(job);
    job.comment = `Job run at ${commentDate(now)} on ${job.execVnode}`;
    save(job);
    journal.server('0008', job.id, `Job Run at request of Scheduler@${names.server} on exec_vnode ${job.execVnode}`);
    journal.accounting('S', job.id, accountingText(job, 'S', ''));
    try {
      launch(job);
    } catch (error) {
      log(`job ${job.id} could not be started: ${String(error)}`);
      finishSafely(job, 254);
      return;
    }
    carryOut(onStart(job));
  }

  function launch(job: Job): void {
    mkdirSync(places.scratch(job.id), {recursive: true, mode: 0o700});
    writeFileSync(places.nodefile(job.id), `${names.server}\n`, {mode: 0o600});
    const streams = {out: liveFile(job, 'OU', places), err: liveFile(job, 'ER', places)};
    for (const path of new Set([streams.out, streams.err])) {
      // A new run begins with empty files; the job appends, and so may the server.
      if (path !== '/dev/null') closeSync(openSync(path, 'w', 0o666 & ~umaskOf(job)));
    }
    const shell = shellOf(job);
    const child = startSupervisor({
      run: places.run(job.id),
      out: streams.out,
      err: streams.err,
      umask: (job.umask ?? '077').padStart(3, '0'),
      home: job.home,
      what:
        job.executable === undefined
          ? {shell, line: shellLine(job, places.script(job.parent ?? job.id), shell)}
          : {program: job.executable, args: job.argumentList ?? []},
      env: jobEnvironment(job, places, names.server, processUser),
    });
    if (child.pid === undefined) throw new Error('no process could be made');
    job.sessionId = child.pid;
    job.processBirth = birthOf(child.pid);
    store.saveJob(job);
    mine.add(job.id);
    child.once('exit', () => {
      mine.delete(job.id);
      wake();
    });
    child.once('error', (error) => log(`supervisor of ${job.id}: ${String(error)}`));
  }

  function nextSubjob(array: Job): Job {
    const info = array.array;
    const index = info?.remaining.shift();
    if (!info || index === undefined) throw new Error(`array ${array.id} has no subjob left`);
    const now = Date.now();
    if (info.began === undefined) {
      info.began = now;
      array.state = 'B';
      array.substate = 70;
      array.stime = now;
      array.runCount = 0;
      array.comment = `Job Array Began at ${commentDate(now)}`;
      journal.accounting('S', array.id, accountingText(array, 'S', ''));
      save(array);
      carryOut(onStart(array));
    } else save(array);
    const sub = subjobOf(array, index);
    jobs.set(sub.id, sub);
    return sub;
  }

  // --- the end of a job ---

  /** Work that nobody waits for; what goes wrong in it is logged, and done again after a restart. */
  function safely(work: Promise<void>): void {
    work.catch((error: unknown) => log(`a job's end: ${error instanceof Error ? error.stack : String(error)}`));
  }

  function finishSafely(job: Job, status: number): void {
    safely(finish(job, status));
  }

  /** See what the supervisor of a running job has to say. */
  function look(job: Job): void {
    if (closed || jobs.get(job.id) !== job || job.state !== 'R' || ending.has(job.id)) return;
    const seen = lookAtSupervisor(places.run(job.id));
    switch (seen.kind) {
      case 'running':
        if (job.sessionId !== seen.pid || job.processBirth !== seen.birth) {
          job.sessionId = seen.pid;
          job.processBirth = seen.birth;
          store.saveJob(job);
        }
        return;
      case 'starting':
        return;
      case 'ended':
        safely(settleEnd(job, seen.status));
        return;
      case 'absent':
        // The server was killed between its record and the start. Nobody else will start it now.
        if (callOff(places.run(job.id))) backToQueue(job, undefined);
        return;
      case 'vanished':
        if (seen.pid !== undefined) signalSession(seen.pid, SIGKILL);
        if (job.ending?.why === 'deleted' || job.ending?.why === 'walltime') finishSafely(job, 128 + SIGKILL);
        else if (job.ending?.why === 'requeue' || job.rerunnable) backToQueue(job, undefined);
        else finishSafely(job, EXIT_LOST);
        return;
      default:
        seen satisfies never;
    }
  }

  /** The job's own process has ended: end what it left behind, then the job. */
  async function settleEnd(job: Job, status: number): Promise<void> {
    ending.add(job.id);
    const session = job.sessionId;
    if (job.ending?.why === 'deleted' && !job.ending.force) await pause(job.ending.at + DELETED_MS - Date.now());
    if (session !== undefined) {
      // After a signal the processes below the shell may still be busy with it: give them their time.
      const grace = job.ending?.why === 'walltime' ? graceMs('stage_walltime_grace') : graceMs('stage_delete_grace');
      const until = (job.signalled?.at ?? 0) + grace;
      while (!closed && Date.now() < until && membersOf(session).length > 0) await pause(LOOK_MS);
      for (let round = 0; round < 20 && signalSession(session, SIGKILL) > 0; round += 1) await pause(5);
    }
    if (closed) {
      ending.delete(job.id);
      return;
    }
    await finish(job, status);
    ending.delete(job.id);
  }

  function graceMs(name: string): number {
    return Number(ownSetting(settings, name)) * 1000;
  }

  async function finish(job: Job, status: number): Promise<void> {
    const now = Date.now();
    if (job.ending?.why === 'requeue') {
      backToQueue(job, EXIT_REQUEUED);
      return;
    }
    job.exitStatus = exitStatusOf(job, status);
    job.state = 'E';
    job.substate = 51;
    job.obittime = now;
    job.resourcesUsed = measured(job, now);
    if (now - (job.stime ?? now) < 1000) job.sessionId = undefined;
    save(job);
    journal.server(
      '0080',
      job.id,
      `Obit received momhop:1 serverhop:1 state:R substate:${job.sessionId === undefined ? 41 : 42}`,
    );
    tell(job.id, {exitCode: job.exitStatus & 255});
    // A blocking qsub hears of the end before the output is there (measured), so that nobody relies on it.
    if (job.block) await pause(BLOCK_MS);
    await conclude(job);
  }

  /** Deliver the output and write history. Done again after a restart when it was cut short. */
  async function conclude(job: Job): Promise<void> {
    if (job.ending?.discardOutput) {
      for (const stream of ['OU', 'ER'] as const) rmSync(places.spool(job.id, stream), {force: true});
    } else {
      const delivery = await deliver(job, places);
      job.stageoutStatus = delivery.status;
      for (const problem of delivery.problems) log(`job ${job.id}: ${problem}`);
    }
    if (jobs.get(job.id) !== job) return; // wiped meanwhile
    const exit = job.exitStatus ?? 0;
    const {substate, words} = verdictOn(job, exit);
    if (job.comment !== undefined && words !== undefined) job.comment = `${job.comment} and ${words}`;
    const used = Object.entries(job.resourcesUsed ?? {}).map(([name, value]) => `resources_used.${name}=${value}`);
    journal.server('0010', job.id, `Exit_status=${exit} ${used.join(' ')}`);
    journal.accounting('E', job.id, accountingText(job, 'E', ''));
    const verdicts = onEnd(job, exit);
    // Measured: who waited for the start is no longer mentioned at the end.
    job.depend = job.depend.filter((group) => group.type !== 'before');
    intoHistory(job, substate);
    carryOut(verdicts);
    if (job.parent !== undefined) subjobEnded(job, exit, substate);
    wake();
  }

  function subjobEnded(sub: Job, exit: number | undefined, substate: number): void {
    const array = jobs.get(sub.parent ?? '');
    const info = array?.array;
    if (!array || !info) return;
    info.ended += 1;
    if (exit !== undefined) info.lastExit = exit;
    if (substate === 93) info.failed = true;
    if (substate === 91) info.deleted = true;
    finishArrayIfDone(array);
  }

  function finishArrayIfDone(array: Job): void {
    const info = array.array;
    if (!info || isFinished(array)) return;
    const live = [...jobs.values()].some((job) => job.parent === array.id && (job.state === 'R' || job.state === 'E'));
    if (info.remaining.length > 0 || live) {
      save(array);
      return;
    }
    const exit = arrayExit(info.lastExit);
    const substate = array.ending?.why === 'deleted' || info.deleted ? 91 : info.failed ? 93 : 92;
    array.exitStatus = exit;
    array.obittime = Date.now();
    if (array.comment !== undefined)
      array.comment = `${array.comment} and ${substate === 91 ? 'terminated' : substate === 93 ? 'failed' : 'finished'}`;
    journal.accounting('E', array.id, accountingText(array, 'E', ''));
    const verdicts = onEnd(array, exit);
    for (const job of jobs.values()) {
      if (job.parent !== array.id) continue;
      job.state = 'F';
      store.saveJob(job);
    }
    tell(array.id, {exitCode: exit});
    intoHistory(array, substate);
    carryOut(verdicts);
  }

  function backToQueue(job: Job, exit: number | undefined): void {
    const now = Date.now();
    job.exitStatus = exit;
    if (exit !== undefined) {
      job.obittime = now;
      job.resourcesUsed = measured(job, now);
      journal.accounting('R', job.id, accountingText(job, 'R', ''));
    }
    job.ending = undefined;
    job.obittime = undefined;
    job.resourcesUsed = undefined;
    job.sessionId = undefined;
    job.processBirth = undefined;
    job.signalled = undefined;
    job.execHost = undefined;
    job.execVnode = undefined;
    job.jobdir = undefined;
    job.stime = undefined;
    if (!job.comment?.startsWith('Job held by')) job.comment = undefined;
    job.substate = 10;
    if (job.parent !== undefined) requeueSubjob(job);
    else {
      settle(job, now);
      save(job);
    }
    wake();
  }

  /** A subjob that has to run again goes back among those of its array that have not started. */
  function requeueSubjob(job: Job): void {
    const array = jobs.get(job.parent ?? '');
    forget(job);
    if (!array?.array || job.index === undefined) return;
    array.array.remaining = [...array.array.remaining, job.index].sort((a, b) => a - b);
    save(array);
  }

  // --- time ---

  const pause = (ms: number): Promise<void> => new Promise((done) => void setTimeout(done, ms));

  function wake(): void {
    if (closed || scheduled) return;
    scheduled = setImmediate(() => {
      scheduled = undefined;
      safeTick();
    });
  }

  /** A disk that is full for a while must not end the server: say so, and try again. */
  function safeTick(): void {
    try {
      tick();
    } catch (error) {
      log(`the server stumbled: ${error instanceof Error ? error.stack : String(error)}`);
      clearTimeout(timer);
      timer = setTimeout(safeTick, STUMBLE_MS);
    }
  }

  /** Everything that is due: start times, walltimes, supervisors that are not our children, and what may start. */
  function tick(): void {
    if (closed) return;
    clearTimeout(timer);
    timer = undefined;
    catchUp();
    const now = Date.now();
    let next = Number.POSITIVE_INFINITY;
    for (const job of [...jobs.values()]) {
      if (job.state === 'W' && job.executionTime !== undefined) {
        if (job.executionTime <= now) {
          settle(job, now);
          save(job);
        } else next = Math.min(next, job.executionTime);
      }
      if (job.state === 'R') next = Math.min(next, watch(job, now));
    }
    for (const job of [...jobs.values()]) if (job.state === 'Q' && job.parent === undefined) routeOn(job);
    const all = [...jobs.values()];
    const running = all.filter((job) => job.state === 'R' || job.state === 'E');
    const waiting = all.filter(
      (job) =>
        (job.state === 'Q' || (job.state === 'B' && (job.array?.remaining.length ?? 0) > 0)) &&
        job.unregistered === undefined,
    );
    const plan = schedule(waiting, running, settings, processors());
    for (const [id, comment] of plan.comments) {
      const job = jobs.get(id);
      if (job?.state !== 'Q' || job.comment === comment) continue;
      job.comment = comment;
      save(job);
    }
    for (const job of plan.start) start(job);
    if (plan.start.length > 0) wake();
    if (next !== Number.POSITIVE_INFINITY) timer = setTimeout(safeTick, Math.min(Math.max(next - now, 10), 2 ** 30));
  }

  /** Look after a running job. @returns when to look again, in milliseconds since the epoch */
  function watch(job: Job, now: number): number {
    if (ending.has(job.id)) return Number.POSITIVE_INFINITY;
    let next = Number.POSITIVE_INFINITY;
    const limit = readDuration(job.resources.walltime ?? '');
    if (job.ending) {
      const grace = graceMs(job.ending.why === 'walltime' ? 'stage_walltime_grace' : 'stage_delete_grace');
      const killAt = job.ending.at + grace;
      if (now >= killAt && job.sessionId !== undefined) signalSession(job.sessionId, SIGKILL);
      next = Math.max(killAt, now + LOOK_MS);
    } else if (limit !== undefined) {
      const due = (job.stime ?? now) + (limit + 1) * 1000;
      if (now >= due) {
        endForWalltime(job, Math.floor((now - (job.stime ?? now)) / 1000), limit);
        next = now + LOOK_MS;
      } else next = due;
    }
    if (!mine.has(job.id)) {
      look(job);
      next = Math.min(next, now + 2 * LOOK_MS);
    }
    return next;
  }

  function endForWalltime(job: Job, used: number, limit: number): void {
    const path = liveFile(job, 'ER', places);
    try {
      if (path !== '/dev/null')
        writeFileSync(path, `=>> PBS: job killed: walltime ${used} exceeded limit ${limit}\n`, {
          flag: 'a',
          mode: 0o600,
        });
    } catch (error) {
      log(`job ${job.id}: ${String(error)}`);
    }
    endRunning(job, {why: 'walltime', by: names.server, at: Date.now()}, SIGTERM);
  }

  function endRunning(job: Job, why: NonNullable<Job['ending']>, signal: number): void {
    job.ending = why;
    job.signalled = {number: signal, at: why.at};
    save(job);
    if (job.sessionId !== undefined) signalSession(job.sessionId, signal);
    wake();
  }

  // --- commands ---

  function remove(job: Job, by: {user: string; force: boolean; purge: boolean; manager: boolean}): void {
    const requestor = `${by.user}@${names.server}`;
    journal.accounting('D', job.id, `requestor=${requestor}`);
    journal.server('0080', job.id, 'delete job request received');
    if (job.array) {
      removeArray(job, by);
      return;
    }
    if (job.state === 'R' || job.state === 'E') {
      journal.server('0008', job.id, 'Job sent signal TermJob on delete');
      journal.server('0008', job.id, `Job to be deleted at request of ${requestor}`);
      tell(job.id, {exitCode: 3, message: `${job.id} Job to be deleted at request of ${requestor}`});
      if (job.state === 'E') return;
      if (job.comment !== undefined && !job.comment.includes(' and terminated'))
        job.comment =
          by.force && by.manager ? `${job.comment} and terminated` : `${job.comment} and terminated by ${requestor}`;
      endRunning(
        job,
        {
          why: 'deleted',
          by: by.user,
          at: job.ending?.at ?? Date.now(),
          force: by.force || undefined,
          purge: by.purge || undefined,
          discardOutput: (by.force && by.manager) || undefined,
        },
        by.force ? SIGKILL : SIGTERM,
      );
      return;
    }
    journal.server('0008', job.id, `Job to be deleted at request of ${requestor}`);
    const verdicts = onDeletedUnstarted(job, waitsForDependency(job));
    if (job.comment !== undefined && !job.comment.startsWith('Job held by'))
      job.comment = `${job.comment} and terminated`;
    job.ending = by.purge ? {why: 'deleted', by: by.user, at: Date.now(), purge: true} : undefined;
    tell(job.id, {exitCode: 3, message: `${job.id} Job to be deleted at request of ${requestor}`});
    intoHistory(job, 91);
    carryOut(verdicts);
  }

  function removeArray(array: Job, by: {user: string; force: boolean; purge: boolean; manager: boolean}): void {
    const info = array.array;
    if (!info) return;
    array.ending = {why: 'deleted', by: by.user, at: Date.now(), purge: by.purge || undefined};
    info.deleted = true;
    info.remaining = [];
    tell(array.id, {exitCode: 3, message: `${array.id} Job to be deleted at request of ${by.user}@${names.server}`});
    if (info.began === undefined) {
      const verdicts = onDeletedUnstarted(array, waitsForDependency(array));
      intoHistory(array, 91);
      carryOut(verdicts);
      return;
    }
    for (const job of [...jobs.values()]) if (job.parent === array.id && job.state === 'R') remove(job, by);
    finishArrayIfDone(array);
  }

  function removeIndices(
    array: Job,
    indices: readonly number[],
    by: {user: string; force: boolean; purge: boolean; manager: boolean},
  ): void {
    const info = array.array;
    if (!info) return;
    for (const index of indices) {
      const at = info.remaining.indexOf(index);
      if (at < 0) {
        const sub = jobs.get(array.id.replace('[]', `[${index}]`));
        if (sub?.state === 'R') remove(sub, by);
        continue;
      }
      info.remaining.splice(at, 1);
      info.ended += 1;
      info.expired += 1;
      const sub = subjobOf(array, index);
      sub.state = 'X';
      sub.substate = 91;
      sub.historyTime = Date.now();
      jobs.set(sub.id, sub);
      save(sub);
      journal.accounting('D', sub.id, `requestor=${by.user}@${names.server}`);
    }
    save(array);
    if (info.remaining.length === 0) finishArrayIfDone(array);
  }

  const server: PbsServer = {
    names,
    settings,
    jobs,
    journal,
    places,
    catchUp,
    processors,
    mayEnter: (job) => refusalToQueue(job, settings, jobs.values()),
    submit(submission, user) {
      const most = Number(settings.server.max_job_sequence_id ?? '9999999');
      const seq = settings.nextSequence;
      settings.nextSequence = seq >= most ? 0 : seq + 1;
      store.saveSettings(settings);
      const id = `${seq}${submission.array ? '[]' : ''}.${names.server}`;
      const job = submission.job(id, seq);
      const fault = refusalToQueue(job, settings, jobs.values());
      if (fault) return fault;
      if (submission.vanishes) return job;
      if (submission.script !== undefined) {
        writeFileSync(places.script(id), submission.script, {mode: 0o700});
        chmodSync(places.script(id), 0o700);
      }
      if (waitsForDependency(job)) {
        job.holds = withHolds(job.holds, 's');
        job.substate = 22;
      }
      settle(job, job.ctime);
      jobs.set(id, job);
      store.saveJob(job);
      journal.server(
        '0008',
        id,
        `Job Queued at request of ${user}@${names.server}, owner = ${job.owner}@${names.server}, job name = ${job.name}, queue = ${job.queue}`,
      );
      journal.accounting('Q', id, accountingText(job, 'Q', showDepend(job.depend, names.server)));
      // A user hold keeps a job in a routing queue; a dependency does not (measured).
      if (!job.holds.includes('u')) routeOn(job);
      wake();
      return job;
    },
    hold(job, letters, user) {
      job.holds = withHolds(job.holds, letters);
      job.comment = `Job held by ${user} on ${longDate(Date.now())}`;
      if (['H', 'Q', 'W'].includes(job.state)) settle(job, Date.now());
      save(job);
      journal.server('0008', job.id, `Holds ${letters} set at request of ${user}@${names.server}`);
    },
    release(job, letters, user) {
      job.holds = withoutHolds(job.holds, letters);
      if (job.holds === '') job.comment = undefined;
      if (['H', 'Q', 'W'].includes(job.state)) settle(job, Date.now());
      save(job);
      journal.server('0008', job.id, `Holds ${letters} released at request of ${user}@${names.server}`);
      wake();
    },
    remove,
    removeIndices,
    requeue(job, user) {
      journal.server('0008', job.id, `Job Rerun at request of ${user}@${names.server}`);
      endRunning(job, {why: 'requeue', by: user, at: Date.now()}, SIGKILL);
    },
    signal(job, signal) {
      if (job.sessionId === undefined) return;
      if (signal !== 0) {
        job.signalled = {number: signal, at: Date.now()};
        store.saveJob(job);
        signalSession(job.sessionId, signal);
      }
    },
    setDepend(job, groups, clear) {
      if (clear) job.depend = [];
      for (const group of groups) {
        job.depend = job.depend.filter((known) => known.type !== group.type);
        job.depend.push(group);
      }
      if (waitsForDependency(job)) {
        job.holds = withHolds(job.holds, 's');
        job.substate = 22;
      } else job.holds = withoutHolds(job.holds, 's');
      job.unregistered = groups.length > 0 ? structuredClone(groups) : undefined;
      settle(job, Date.now());
      save(job);
      wake();
    },
    changed(job) {
      if (['H', 'Q', 'W'].includes(job.state)) settle(job, Date.now());
      save(job);
      wake();
    },
    settingsChanged() {
      if (!historyOn()) for (const job of [...jobs.values()]) if (isFinished(job)) forget(job);
      store.saveSettings(settings);
      wake();
    },
    forget,
    waitFor: (id) =>
      new Promise((answer) => {
        waiters.set(id, [...(waiters.get(id) ?? []), answer]);
      }),
    wipe() {
      const count = [...jobs.values()].filter((job) => job.parent === undefined).length;
      for (const job of [...jobs.values()]) {
        if (job.state === 'R') killRun(job);
        tell(job.id, {exitCode: 3});
        forget(job);
      }
      return count;
    },
    close() {
      closed = true;
      clearTimeout(timer);
      if (scheduled) clearImmediate(scheduled);
    },
    async stop() {
      closed = true;
      clearTimeout(timer);
      if (scheduled) clearImmediate(scheduled);
      const running = [...jobs.values()].filter((job) => job.state === 'R' && job.sessionId !== undefined);
      for (const job of running) if (job.sessionId !== undefined) signalSession(job.sessionId, SIGTERM);
      const until = Date.now() + graceMs('stage_delete_grace');
      while (Date.now() < until && running.some((job) => membersOf(job.sessionId ?? -1).length > 0))
        await pause(LOOK_MS / 2);
      for (const job of running) {
        killRun(job);
        if (job.ending || !job.rerunnable) continue;
        backToQueue(job, undefined);
      }
    },
  };

  /** End the processes of a run at once, and the supervisor first, so that it writes nothing. */
  function killRun(job: Job): void {
    callOff(places.run(job.id));
    const seen = lookAtSupervisor(places.run(job.id));
    const session = seen.kind === 'running' ? seen.pid : job.sessionId;
    if (session === undefined) return;
    if (seen.kind === 'running') {
      try {
        process.kill(seen.pid, SIGKILL);
      } catch {
        // ended on its own
      }
    }
    for (let round = 0; round < 5 && signalSession(session, SIGKILL) > 0; round += 1);
  }

  for (const job of [...jobs.values()]) if (job.state === 'E') safely(conclude(job));
  wake();
  return server;
}
