import type {Core} from '../core.ts';
import {intoHistory} from '../store/history.ts';
import {isFinished, type Job, settle, waitsForDependency, withHolds, withoutHolds} from '../store/job.ts';
import {addToGroup, onRemoved, register, takeFromGroup, type Verdict} from './rules.ts';

/** Dependencies at work: what `rules.ts` decides is carried out on the jobs, and recorded. */

export function carryOut(core: Core, verdicts: readonly Verdict[]): void {
  for (const verdict of verdicts) {
    const job = core.jobs.get(verdict.job);
    if (!job || isFinished(job)) continue;
    if (verdict.do === 'remove') {
      removeByDependency(core, job, `Job deleted as result of dependency on job ${verdict.because}`);
      continue;
    }
    if (verdict.do !== 'release') {
      if (!['H', 'Q', 'W'].includes(job.state)) continue;
      job.holds = verdict.do === 'hold' ? withHolds(job.holds, 's') : withoutHolds(job.holds, 's');
      settle(job, Date.now());
      core.save(job);
      continue;
    }
    const before = waitsForDependency(job);
    takeFromGroup(job.depend, verdict.type, verdict.from);
    if (before && !waitsForDependency(job)) {
      job.holds = withoutHolds(job.holds, 's');
      core.journal.server('0008', job.id, `Dependency on job ${verdict.from} released.`);
    }
    if (['H', 'Q', 'W'].includes(job.state)) settle(job, Date.now());
    core.save(job);
  }
  core.wake();
}

function removeByDependency(core: Core, job: Job, record: string): void {
  if (job.state === 'R' || job.state === 'E') return;
  core.journal.server('0008', job.id, record);
  core.journal.accounting('A', job.id, record);
  const behind = onRemoved(job);
  intoHistory(core, job, 92);
  carryOut(core, behind);
}

function abort(core: Core, job: Job, record: string, logLine: string | undefined): void {
  const text = record.replace('@SERVER', `@${core.names.server}`);
  if (logLine !== undefined) core.journal.server('0008', job.id, logLine);
  core.journal.accounting('A', job.id, text);
  // A before-type entry of the job itself is a request that was refused, not the mirror of a dependent.
  const behind = onRemoved(job).filter(({job: id}) =>
    core.jobs.get(id)?.depend.some((group) => group.type.startsWith('after') && group.jobs.includes(job.id)),
  );
  intoHistory(core, job, 92);
  core.tell(job.id, {exitCode: 3, message: `${job.id} ${text}`});
  carryOut(core, behind);
}

function registerAll(core: Core, job: Job): void {
  const asked = job.unregistered ?? [];
  job.unregistered = undefined;
  for (const group of asked) {
    if (group.type === 'on') continue;
    for (const id of group.jobs) {
      const other = core.jobs.get(id);
      const outcome = register(job, group.type, id, other);
      if (outcome.kind === 'abort') {
        abort(core, job, outcome.record, outcome.log);
        return;
      }
      if (outcome.kind === 'met') {
        core.journal.server('0008', job.id, `${id} Job has finished, dependency satisfied`);
        takeFromGroup(job.depend, group.type, id);
      } else if (other && outcome.kind === 'mirror') {
        addToGroup(other.depend, outcome.type, job.id);
        core.save(other);
      } else if (other && outcome.kind === 'counted') {
        addToGroup(other.depend, outcome.type, job.id);
        const on = other.depend.find((known) => known.type === 'on');
        if (on) {
          on.count = (on.count ?? 1) - 1;
          if (on.count <= 0) other.depend.splice(other.depend.indexOf(on), 1);
        }
        core.save(other);
      }
    }
  }
  if (!waitsForDependency(job)) job.holds = withoutHolds(job.holds, 's');
  settle(job, Date.now());
  core.save(job);
}

export function catchUp(core: Core): void {
  for (const job of core.jobs.values()) if (job.unregistered && !isFinished(job)) registerAll(core, job);
}
