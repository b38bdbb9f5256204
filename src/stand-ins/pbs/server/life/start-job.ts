import {closeSync, mkdirSync, openSync, writeFileSync} from 'node:fs';
import type {DamagedRecord} from '../../../stand-in-error.ts';
import {commentDate} from '../../language/dates.ts';
import {chunksOf} from '../../language/resources.ts';
import type {Core} from '../core.ts';
import {carryOut} from '../dependencies/carry-out.ts';
import {onStart} from '../dependencies/rules.ts';
import {liveFile, umaskOf} from '../processes/deliver.ts';
import {jobDirectory, jobEnvironment, shellLine, shellOf} from '../processes/job-environment.ts';
import {startSupervisor} from '../processes/supervisor.ts';
import {type Job, settle, withHolds} from '../store/job.ts';
import {accountingText} from '../store/journal.ts';
import {damageOfScript} from '../store/script.ts';
import {nextSubjob} from './arrays.ts';
import {finishSafely} from './end-job.ts';

/** The start of a job: a place, the records, then its process. */

export function start(core: Core, waiting: Job): void {
  const damage = damageOfScript(waiting, core.places);
  if (damage) {
    keepBack(core, waiting, damage);
    return;
  }
  const job = waiting.array ? nextSubjob(core, waiting) : waiting;
  const now = Date.now();
  job.state = 'R';
  job.substate = job.parent === undefined ? 41 : 42;
  job.etime ??= now;
  job.stime = now;
  job.runCount += 1;
  job.exitStatus = undefined;
  job.resourcesUsed = undefined;
  job.sessionId = undefined;
  job.signalled = undefined;
  core.owed.delete(job.id);
  job.ending = undefined;
  job.jobdir = jobDirectory(job);
  assign(core, job);
  job.comment = `Job run at ${commentDate(now)} on ${job.execVnode}`;
  core.save(job);
  core.journal.server(
    '0008',
    job.id,
    `Job Run at request of Scheduler@${core.names.server} on exec_vnode ${job.execVnode}`,
  );
  core.journal.accounting('S', job.id, accountingText(job, 'S', ''));
  try {
    launch(core, job);
  } catch (error) {
    core.log(`job ${job.id} could not be started: ${String(error)}`);
    finishSafely(core, job, 254);
    return;
  }
  carryOut(core, onStart(job));
}

/** A job whose script is damaged is held, as one that could not be started too often; `qrls -h s` tries it again. */
function keepBack(core: Core, job: Job, {message, why}: DamagedRecord): void {
  job.holds = withHolds(job.holds, 's');
  job.comment = `job held, ${message}: ${why}`;
  settle(job, Date.now());
  core.save(job);
  core.log(`job ${job.id} is held: ${message}: ${why}`);
}

function launch(core: Core, job: Job): void {
  mkdirSync(core.places.scratch(job.id), {recursive: true, mode: 0o700});
  writeFileSync(core.places.nodefile(job.id), `${core.names.server}\n`, {mode: 0o600});
  if (job.jobdir !== undefined && job.jobdir !== job.home) mkdirSync(job.jobdir, {recursive: true, mode: 0o700});
  const streams = {out: liveFile(job, 'OU', core.places), err: liveFile(job, 'ER', core.places)};
  for (const path of new Set([streams.out, streams.err])) {
    // A new run begins with empty files; the job appends, and so may the server.
    if (path !== '/dev/null') closeSync(openSync(path, 'w', 0o666 & ~umaskOf(job)));
  }
  const shell = shellOf(job, core.names.server);
  const child = startSupervisor({
    run: core.places.run(job.id),
    out: streams.out,
    err: streams.err,
    umask: umaskOf(job).toString(8).padStart(3, '0'),
    home: job.jobdir ?? job.home,
    what:
      job.executable === undefined
        ? {shell, line: shellLine(job, core.places.script(job.parent ?? job.id), shell)}
        : {program: job.executable, args: job.argumentList ?? []},
    env: jobEnvironment(job, core.places, core.names.server, core.processUser),
  });
  if (child.pid === undefined) throw new Error('no process could be made');
  core.mine.add(job.id);
  child.once('exit', () => {
    core.mine.delete(job.id);
    core.wake();
  });
  child.once('error', (error) => core.log(`supervisor of ${job.id}: ${String(error)}`));
}

/** The first slot of the node that no job has. */
function freeSlot(core: Core): number {
  const taken = new Set(
    [...core.jobs.values()]
      .filter((job) => job.state === 'R' || job.state === 'E')
      .map((job) => Number(/\/(\d+)/.exec(job.execHost ?? '')?.[1] ?? '-1')),
  );
  for (let slot = 0; ; slot += 1) if (!taken.has(slot)) return slot;
}

/** Give a job its place on the only node there is. */
function assign(core: Core, job: Job): void {
  const chunks = chunksOf(job.resources, core.settings.resources).flatMap((chunk) =>
    Array<typeof chunk>(chunk.count).fill(chunk),
  );
  const slot = freeSlot(core);
  job.execHost = chunks
    .map(
      (chunk, at) => `${core.names.server}/${slot + at}${Number(chunk.asked.ncpus) > 1 ? `*${chunk.asked.ncpus}` : ''}`,
    )
    .join('+');
  job.execVnode = chunks
    .map((chunk) => {
      const {ncpus, ...rest} = chunk.asked;
      const more = Object.entries(rest).filter(([name]) => name === 'mem' || name === 'vmem');
      return `(${[core.names.server, ...more.map(([name, value]) => `${name}=${value}`), `ncpus=${ncpus}`].join(':')})`;
    })
    .join('+');
}
