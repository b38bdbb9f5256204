import type {TaskId} from '../base/ids.ts';
import type {JobId} from '../base/job-id.ts';
import type {Verdict} from '../engine/plan/conditions.ts';
import {seenForAttempt} from '../engine/plan/jobs/job-seen.ts';
import {type JobVerdict, jobOf, judgeJob} from '../engine/plan/jobs/job-verdict.ts';
import {holdOn, standingJob, type View, verdictOf} from '../engine/plan/view.ts';
import {endOf, lostInARow, retryAt, workingAttempt} from '../ledger/attempts.ts';
import type {LookFact} from '../ledger/monitor-facts.ts';
import type {MonitorLink} from '../ledger/monitor-link.ts';
import {type Attempt, currentAttempt, type HoldDecision, type JobRecord, type Outcome} from '../ledger/run-facts.ts';
import type {Trouble} from '../ledger/troubles.ts';
import type {JobSeen} from '../scheduler/scheduler.ts';
import type {TaskSeen} from '../transfer/transfer-service.ts';
import type {Step} from '../workflow/model/workflow.ts';
import type {TaskKnowledge} from './reasons/explain-task.ts';

/** What could not be done in the look just now. */
export interface ReportedProblem {
  readonly code: string;
  readonly what: string;
  readonly why?: string | undefined;
  readonly next: readonly string[];
}

/** What was learnt for people beside the look itself; nothing is planned by it. */
export interface ExtraKnowledge {
  readonly tasks?: ReadonlyMap<TaskId, TaskKnowledge>;
  readonly problems?: readonly ReportedProblem[];
  /** the newest link of the monitor chain */
  readonly monitor?: MonitorLink | undefined;
  /** the last look of a monitor */
  readonly lastLook?: Pick<LookFact, 'at' | 'by'> | undefined;
  /** what processes of stage last met at PBS and Globus */
  readonly troubles?: readonly Trouble[] | undefined;
  /** the process that asks */
  readonly by?: string | undefined;
  /** of steps whose jobs were lost: what is known of the routing queue that took them */
  readonly routes?: ReadonlyMap<string, RouteKnowledge>;
}

/** A routing queue takes any job, and its destinations may refuse it. */
export interface RouteKnowledge {
  readonly why: string;
  readonly next: readonly string[];
}

/** All that is recorded and was seen of a step, asked once: what every judgement of the step is made from. */
export interface StepFacts<S extends Step = Step> {
  readonly view: View;
  readonly step: S;
  readonly known: ExtraKnowledge;
  /** the attempt to work on, which may not have begun */
  readonly attempt: Attempt;
  /** the newest attempt on record */
  readonly current: Attempt;
  readonly end?: Outcome | undefined;
  readonly verdict: Verdict;
  readonly hold?: HoldDecision | undefined;
  /** when the next attempt may begin after a failure */
  readonly retryAt?: number | undefined;
  readonly lostInARow: number;
  /** the newest job that was asked for, given up ones included */
  readonly lastJob?: JobRecord | undefined;
  /** the job that serves the attempt, unless it was given up */
  readonly job?: JobFacts | undefined;
  readonly task?: {readonly id: TaskId; readonly seen?: TaskSeen | undefined} | undefined;
}

export interface JobFacts {
  readonly record: JobRecord;
  readonly id?: JobId | undefined;
  /** undefined while PBS has not been asked about it */
  readonly seen?: JobSeen | undefined;
  readonly verdict: JobVerdict;
}

/** Ask everything about a step. Pure. */
export function factsOf(view: View, step: Step, known: ExtraKnowledge): StepFacts {
  const {run, seen} = view;
  const attempt = workingAttempt(run, step.name);
  const task = attempt.transfer?.task;
  return {
    view,
    step,
    known,
    attempt,
    current: currentAttempt(run, step.name),
    end: endOf(run, step.name),
    verdict: verdictOf(view, step),
    hold: holdOn(run, step.name),
    retryAt: retryAt(run, step.name),
    lostInARow: lostInARow(run, step.name),
    lastJob: attempt.jobs.findLast(({role}) => role === 'job'),
    job: jobFacts(view, step, attempt),
    task: task && {id: task, seen: seen.tasks.get(task)},
  };
}

function jobFacts({seen, settings}: View, step: Step, attempt: Attempt): JobFacts | undefined {
  const record = standingJob(attempt, 'job');
  if (!record) return undefined;
  const id = jobOf(attempt, record);
  return {
    record,
    id,
    seen: id && seenForAttempt(seen, attempt, id),
    verdict: judgeJob(attempt, record, seen, settings, step.kind === 'job' ? step.array : undefined),
  };
}
