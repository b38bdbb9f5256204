import type {JobId} from '../../base/job-id.ts';
import {EXIT, RequestWrong, StageError} from '../../errors.ts';
import type {Dependency, DependencyType, JobSeen} from '../../scheduler/scheduler.ts';

/** A job that another one is to wait for, and what PBS says of it now. */
export interface Predecessor {
  readonly type: DependencyType;
  readonly job: JobId;
  readonly seen: JobSeen;
}

/**
 * Which dependencies to give to qsub, so that the new job neither runs on nothing nor vanishes. Pure.
 *
 * qsub answers with an id first, and PBS deletes the job a moment later when it names an id that is unknown or can no
 * longer be met; `afterok` on a finished job that never ran counts as met. So what has ended already is judged here.
 * Measured on OpenPBS 23.06.
 *
 * @throws {RequestWrong} for a job that PBS does not know
 * @throws {CanNeverStart} when an end has already decided against the new job
 * @throws {StageError} with exit code 4 when nothing could be learnt
 */
export function planDependencies(predecessors: readonly Predecessor[]): Dependency[] {
  const live = predecessors.filter((one) => mustWait(one));
  const types = [...new Set(live.map(({type}) => type))];
  return types.map((type) => ({
    type,
    jobs: [...new Set(live.filter((one) => one.type === type).map(({job}) => job))],
  }));
}

function mustWait({type, job, seen}: Predecessor): boolean {
  if (seen.kind === 'live') return true;
  if (seen.kind === 'no-evidence')
    throw new StageError({
      code: 'DEPENDENCY_NOT_SEEN',
      exit: EXIT.unreachable,
      what: `it is not known whether ${job} can still be waited for`,
      why: seen.why,
      next: ['Nothing was submitted: run the same command again later.'],
    });
  if (seen.kind === 'unknown')
    throw new RequestWrong(`PBS does not know ${job}`, {
      code: 'DEPENDENCY_UNKNOWN',
      why: 'it never existed, or has ended and is no longer in the history: PBS would accept the new job and delete it at once',
      next: [`If ${job} is known to have ended well, leave --${type} ${job} out.`],
    });
  const succeeded = seen.how === 'ran' && seen.exitStatus === 0;
  if (type === 'afterany' || succeeded === (type === 'afterok')) return false;
  throw new CanNeverStart(type, job, seen.reason);
}

/** The job it waits for has ended the other way. */
export class CanNeverStart extends StageError {
  constructor(type: DependencyType, job: JobId, reason: string) {
    super({
      code: 'CAN_NEVER_START',
      exit: EXIT.failed,
      what: `a job with ${type} on ${job} could never start`,
      why: `${job} has ended: ${reason}`,
      next: ['Nothing was submitted.'],
    });
  }
}
