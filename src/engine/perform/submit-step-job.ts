import type {OpenRun} from '../../ledger/ledger.ts';
import {attemptKey, jobKey} from '../../ledger/run-facts.ts';
import type {JobRequest} from '../../scheduler/scheduler.ts';
import {CannotBeSubmitted, SubmissionUnclear, submitJob} from '../../submission/submit-job.ts';
import type {EngineContext} from '../context.ts';
import type {SubmitJob} from '../plan/actions.ts';
import {type ActionOutcome, DONE, OTHERS, type Records, STALE, updatesOf} from './action-outcome.ts';
import {papersOf} from './run-papers.ts';

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
  const papers = papersOf(context, run, {key, attempt: attemptKey(step, action.attempt)}, records);
  const done = await submitJob(
    {
      papers: {...papers, note: (event, more) => papers.note(event, {...more, role})},
      tag,
      intent: {hold, dependsOn: dependencies.flatMap(({jobs}) => jobs), ...updatesOf(run)},
      request: () => requestOf(context, run, action, key, tag),
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
      return {is: 'problem', error: done.error};
    case 'unclear': {
      const later =
        'Nothing is submitted twice: stage asks PBS for the job by its tag first. Run the same command again later.';
      return {is: 'problem', error: new SubmissionUnclear(key, done.why, [later]), silent: done.silent};
    }
    default:
      return done satisfies never;
  }
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
