import {LedgerDamaged} from '../../ledger/damage.ts';
import type {JobStore, MarkedExit} from '../../ledger/job-store.ts';
import type {Dependency, JobSeen, Scheduler} from '../../scheduler/scheduler.ts';
import type {JobsStage} from '../../wiring/stage.ts';
import {judgeMembers, type ResolvedJob, resolveJobs} from './job.ts';
import {planDependencies} from './job-dependencies.ts';
import type {SubmitRequest} from './submit-request.ts';

/** Look at the jobs that a new one is to wait for. @returns what to give to qsub. @throws as {@link planDependencies} */
export async function dependenciesOf(stage: JobsStage, {after}: SubmitRequest): Promise<Dependency[]> {
  const asked = (['afterok', 'afternotok', 'afterany'] as const).flatMap((type) =>
    resolveJobs(stage, after[type]).map((one) => ({type, ...one})),
  );
  if (asked.length === 0) return [];
  const store = stage.jobs;
  const scheduler = await stage.scheduler();
  const seen = await scheduler.look(asked.map(({job}) => job));
  const predecessors = asked.map(async ({type, ...one}) => {
    const known = byMarker(seen.get(one.job), one.named && store.exits(one.named));
    return {type, job: one.job, seen: await byMembers(scheduler, store, one, known)};
  });
  return planDependencies(await Promise.all(predecessors));
}

/** What PBS says of an array that has ended is said of its last member alone (measured on OpenPBS 23.06). */
async function byMembers(scheduler: Scheduler, store: JobStore, one: ResolvedJob, seen: JobSeen): Promise<JobSeen> {
  const array =
    (seen.kind === 'ended' && seen.how === 'ran' && seen.array) || (seen.kind === 'unknown' && one.named?.array);
  if (!array) return seen;
  const {state, reason} = await judgeMembers(scheduler, store, one, array);
  if (state === 'unknown') return {kind: 'unknown'};
  if (state !== 'succeeded' && state !== 'failed') return {kind: 'no-evidence', why: reason};
  return {kind: 'ended', how: 'ran', exitStatus: state === 'succeeded' ? 0 : 1, reason, name: ''};
}

/** Where PBS has forgotten a job of ours, its marker says how it ended. */
function byMarker(seen: JobSeen | undefined, exit: MarkedExit | undefined): JobSeen {
  if (seen === undefined) return {kind: 'no-evidence', why: 'it was not looked at'};
  if (seen.kind !== 'unknown' || exit === undefined) return seen;
  if (exit instanceof LedgerDamaged) return {kind: 'no-evidence', why: `${exit.message}: ${exit.why}`};
  return {kind: 'ended', how: 'ran', exitStatus: exit, reason: `exit status ${exit}, by its marker`, name: ''};
}
