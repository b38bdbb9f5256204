import type {TaskId} from '../../base/ids.ts';
import type {JobId} from '../../base/job-id.ts';
import {count} from '../../base/units.ts';
import {currentAttempt, type OutcomeCause, type OutcomeState, type RunState} from '../../ledger/run-facts.ts';
import type {Reason} from '../standing.ts';

/** How a step ended, and what can be done about it. */
export interface EndedStep {
  readonly run: string;
  readonly step: string;
  readonly state: OutcomeState;
  readonly why: string;
  readonly at?: number | undefined;
  readonly skippedErrors?: number | undefined;
  readonly cause?: OutcomeCause | undefined;
  readonly task?: TaskId | undefined;
  readonly job?: JobId | undefined;
  /** what can be done about the refusal that ended it */
  readonly advice: readonly string[];
}

/** What can be done about the refusal that ended a step; nothing where none did. */
export function adviceOn(run: RunState, step: string): readonly string[] {
  const {transfer, jobs} = currentAttempt(run, step);
  return transfer?.refused?.next ?? jobs.findLast(({role}) => role === 'job')?.refused?.next ?? [];
}

/** Why a step that has ended stands where it stands. Pure. */
export function explainEnd(end: EndedStep): Reason {
  return {...reasonOf(end), brief: end.why, ...(end.at === undefined ? {} : {since: end.at})};
}

/** What a person should know about the cause; an older version may not know it. */
const ADVICE: Readonly<Record<Exclude<OutcomeCause, 'forgotten'>, string>> = {
  'task-cancelled-by-manager':
    'Ask the manager of the collection first ("stage collection show" has the contact): no retry starts it again.',
  'task-cancelled': 'It was cancelled at Globus under your identity: no retry starts it again.',
  'task-expired': 'Fix what blocked it, or give it more time: "deadline" in the workflow.',
  'job-deleted': 'It was deleted while it ran (qdel): no retry starts it again.',
};

function reasonOf(end: EndedStep): Reason {
  const {run, step, state, why, cause, skippedErrors, task, advice} = end;
  if (cause === 'forgotten') return forgotten(end);
  switch (state) {
    case 'succeeded':
      return succeeded(why, skippedErrors, task);
    case 'skipped':
      return {standing: 'fine', code: 'STEP_SKIPPED', what: 'it was skipped', why, next: []};
    case 'lost':
      return {standing: 'fine', code: 'STEP_LOST', what: 'it was lost, and not repeated', why, next: []};
    case 'failed':
    case 'cancelled':
      return {
        standing: 'action',
        code: state === 'cancelled' ? 'STEP_CANCELLED' : 'STEP_FAILED',
        what: state === 'cancelled' ? 'it was cancelled' : 'it has failed',
        why,
        next: [
          ...advice,
          ...(cause && Object.hasOwn(ADVICE, cause) ? [ADVICE[cause]] : []),
          `See its output: stage logs ${run} --step ${step}`,
          `Fix the cause, then try it again: stage resume ${run}`,
        ],
      };
  }
}

/** Where to look for what nothing is known of. */
function forgotten({run, why, task, job}: EndedStep): Reason {
  return {
    standing: 'action',
    code: 'STEP_FORGOTTEN',
    what: 'it was cancelled without knowing what became of its work',
    why,
    next: [
      'What it had started may still go on: make sure of that before you use or remove what it writes.',
      ...(task ? [`Under the identity that started it: stage transfer show ${task}`] : []),
      ...(job ? [`Where its server answers: qstat -x -f ${job}`] : []),
      `Then do it again: stage resume ${run}`,
    ],
  };
}

/** A transfer that went on without some files has succeeded, and says so. */
function succeeded(why: string, skippedErrors: number | undefined, task: TaskId | undefined): Reason {
  if (!skippedErrors) return {standing: 'fine', code: 'STEP_SUCCEEDED', what: 'it has succeeded', why, next: []};
  return {
    standing: 'fine',
    code: 'STEP_SUCCEEDED_WITH_SKIPS',
    what: `it has succeeded, ${count(skippedErrors, 'file')} skipped`,
    why: 'their source is missing or cannot be read, and skip_source_errors skips them',
    next: task ? [`List them: stage transfer skipped ${task}`] : [],
  };
}
