import type {OpenRun} from '../../ledger/ledger.ts';
import {attemptKey, jobKey} from '../../ledger/run-facts.ts';
import {type JobRequest, SchedulerRefused} from '../../scheduler/scheduler.ts';
import {CannotBeSubmitted, SubmissionUnclear, submitJob} from '../../submission/submit-job.ts';
import type {EngineContext} from '../context.ts';
import type {SubmitJob} from '../plan/actions.ts';
import {type ActionOutcome, DONE, OTHERS, PUT_OFF, type Records, STALE, updatesOf} from './action-outcome.ts';
import {factsOfSubmission} from './submission-facts.ts';
import {whereNamed} from './where-named.ts';

/** Submit a job that serves an attempt of a step. */
export async function submitStepJob(
  context: EngineContext,
  run: OpenRun,
  action: SubmitJob,
  records: Records,
): Promise<ActionOutcome> {
  const {step, role, hold, dependencies} = action;
  const key = jobKey(step, action.attempt, role, action.serial);
  const tag = `s-${run.id}.${key}.${context.newWord()}`;
  const facts = factsOfSubmission(context, run, {key, attempt: attemptKey(step, action.attempt)}, records);
  // Before the job may begin: what it makes is never on disk without a word of whose it is.
  if (role === 'job') await context.outputs?.mayBeFilled(run, step, action.attempt);
  const done = await submitJob(
    {
      facts: {...facts, note: (event, more) => facts.note(event, {...more, role})},
      tag,
      intent: {
        hold,
        ...(role === 'job' && isHeldByItself(run, step) ? {ownHold: true} : {}),
        dependsOn: dependencies.flatMap(({jobs}) => jobs),
        ...updatesOf(run),
      },
      request: () => requestOf(context, run, action, key, tag),
      explain: (error) => withPlace(run, action, error),
    },
    {...context, deadlineMs: context.settings.intentDeadlineMs},
  );
  switch (done.is) {
    case 'submitted':
    case 'impossible':
      return DONE;
    case 'others':
      return OTHERS;
    case 'overtaken':
      return STALE;
    case 'refused':
      return done.later ? PUT_OFF : {is: 'problem', error: done.error};
    case 'unclear': {
      const later =
        'Nothing is submitted twice: stage asks PBS for the job by its tag first. Run the same command again later.';
      return {is: 'problem', error: new SubmissionUnclear(key, done.why, [later]), timedOut: done.timedOut};
    }
    default:
      return done satisfies never;
  }
}

/** A server whose name is not known is a mistake of the workflow's author: they are told where it stands. */
function withPlace(run: OpenRun, {step: name, role}: SubmitJob, error: SchedulerRefused): SchedulerRefused {
  const step = run.state.spec.workflow.steps.find((each) => each.name === name);
  const {unknownServer, message, why, next} = error;
  if (unknownServer === undefined || role !== 'job' || step?.kind !== 'job') return error;
  const asked = message.replace(/^PBS refused "(.*)"$/s, '$1');
  const place = whereNamed(run, step, unknownServer);
  return new SchedulerRefused({asked, why: `${why}. It stands in ${place}`, next, exit: 4, unknownServer});
}

/** @throws {CannotBeSubmitted} when the copy of the user's script is gone */
function requestOf({jobFiles}: EngineContext, run: OpenRun, action: SubmitJob, key: string, tag: string): JobRequest {
  try {
    return jobFiles.forRun(run, action, key, tag);
  } catch (error) {
    const {code, path} = error as NodeJS.ErrnoException; // fields that may be absent, whatever was thrown
    // Anything else that is not there, such as an installation that is being replaced, may come back by itself.
    if (code !== 'ENOENT' || !path?.startsWith(`${run.layout.directory}/`)) throw error;
    throw new CannotBeSubmitted(`its script is missing from the state directory: ${path}`, [
      'Restore the file from a backup.',
      `Then try the step again: stage resume ${run.id}`,
    ]);
  }
}

function isHeldByItself(run: OpenRun, name: string): boolean {
  return run.state.spec.workflow.steps.some((step) => step.name === name && step.kind === 'job' && step.ownHold);
}
