import type {EngineContext} from '../engine/context.ts';
import {DONE, OTHERS, type Performed, type Records, STALE, updatesOf} from '../engine/perform/performed.ts';
import type {SubmitJob} from '../engine/plan/actions.ts';
import {EXIT, StageError} from '../errors.ts';
import type {OpenRun} from '../ledger/ledger.ts';
import {attemptKey, jobKey} from '../ledger/run-facts.ts';
import type {JobRequest} from '../scheduler/scheduler.ts';

/** qsub has no key of its own: the tag in the intent travels in the job's variables, and finds the job again. */
export async function submitJob(
  context: EngineContext,
  run: OpenRun,
  action: SubmitJob,
  {note, fact}: Records,
): Promise<Performed> {
  const key = jobKey(action.step, action.attempt, action.role, action.serial);
  const tag = `s-${run.id}.${key}.${context.newWord()}`;
  const attempt = attemptKey(action.step, action.attempt);
  const at = context.clock();
  const intent = {
    tag,
    hold: action.hold,
    dependsOn: action.dependencies.flatMap(({jobs}) => jobs),
    ...updatesOf(run),
    deadline: at + context.settings.intentDeadlineMs,
    by: context.by,
  };
  if (!context.ledger.stillHolds(run, attempt)) return STALE;
  if (!fact(`${key}.intent`, intent)) return OTHERS;
  if (!context.ledger.stillHolds(run, attempt)) {
    fact(`${key}.refused`, {why: 'the run was changed before PBS was asked', retry: true});
    return STALE;
  }
  let request: JobRequest;
  try {
    // Only whoever holds the intent writes the script: nobody's older one can stand in its place.
    request = context.jobFiles.forRun(run, action, key, tag);
  } catch (error) {
    return scriptNotWritten(run, error, key, {note, fact});
  }
  const answer = await context.scheduler.submit(request);
  switch (answer.kind) {
    case 'submitted':
      fact(`${key}.confirmed`, {job: answer.job});
      note('job-submitted', {job: answer.job, role: action.role});
      return DONE;
    case 'refused':
      fact(`${key}.refused`, {
        why: answer.error.why ?? answer.error.message,
        retry: answer.retry,
        next: answer.error.next,
      });
      note('job-refused', {why: answer.error.why, role: action.role});
      return {is: 'problem', error: answer.error};
    case 'unreachable':
      fact(`${key}.refused`, {why: answer.error.why ?? answer.error.message, retry: true, unreachable: true});
      return {is: 'problem', error: answer.error};
    case 'unclear':
      note('submission-unclear', {why: answer.why, role: action.role});
      return {
        is: 'problem',
        error: submissionUnclear(key, answer.why),
        ...(answer.silent ? {silent: true as const} : {}),
      };
    default:
      return answer satisfies never;
  }
}

/** Nothing was asked of PBS: the intent is closed, so that nobody waits for its deadline. @throws `error`, when it may pass by itself */
function scriptNotWritten(run: OpenRun, error: unknown, key: string, {note, fact}: Records): Performed {
  const {code, path} = error as NodeJS.ErrnoException; // fields that may be absent, whatever was thrown
  const why = error instanceof Error ? error.message : String(error);
  // Anything else that is not there, such as an installation that is being replaced, may come back by itself.
  if (code !== 'ENOENT' || !path?.startsWith(`${run.layout.directory}/`)) {
    fact(`${key}.refused`, {why: `its script could not be written: ${why}`, retry: true});
    throw error;
  }
  const missing = `its script is gone from the state directory: ${path}`;
  const next = ['Bring the file back from a backup.', `Then try the step again: stage resume ${run.id}`];
  if (fact(`${key}.refused`, {why: missing, retry: false, next})) note('job-refused', {why: missing});
  return DONE;
}

function submissionUnclear(key: string, why: string): StageError {
  return new StageError({
    code: 'SUBMISSION_UNCLEAR',
    exit: EXIT.unreachable,
    what: `it is not known whether PBS took the job ${key}`,
    why,
    next: [
      'Nothing is submitted twice: stage asks PBS for the job by its tag first. Run the same command again later.',
    ],
  });
}
