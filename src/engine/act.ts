import type {OpenRun} from '../ledger/ledger.ts';
import {SubmissionUnclear} from '../submission/submit-job.ts';
import type {EngineContext} from './context.ts';
import {type ActionOutcome, OTHERS} from './perform/action-outcome.ts';
import {perform} from './perform/perform.ts';
import {type OnManyJobs, performTogether} from './perform/perform-together.ts';
import type {Action} from './plan/actions.ts';
import {isUntouched} from './plan/first-refusal.ts';
import {asksGlobus} from './plan/plan-run.ts';
import type {LookProgress} from './progress.ts';
import type {QueuePlaces} from './queue-places.ts';

/** A run, and what is to be done to it now. */
export interface RunPlan {
  readonly run: OpenRun;
  readonly actions: readonly Action[];
}

/** A qsub takes milliseconds on an idle server, and half a second on a loaded one, where it should not meet many more of ours. */
export const QSUBS_AT_ONCE = 4;

/**
 * Do what is planned for the runs, each in its order: first what deletes jobs, of all runs together, last what ends
 * user holds, likewise. What asks Globus is done when nothing else is left: no job of a run waits for the transfers of
 * another, nor a sentinel for its own. After that come acts, which may wait for a file server. What came of it is in
 * `progress`.
 */
export async function act(
  context: EngineContext,
  plans: readonly RunPlan[],
  progress: LookProgress,
  places: QueuePlaces,
): Promise<void> {
  const now = withoutGlobus(withoutActs(plans) ?? []) ?? withoutActs(plans) ?? plans;
  await together(context, 'delete-job', now, progress);
  for (const plan of now) await inItsOrder(context, plan, progress, places);
  await together(context, 'release-job', now, progress);
}

/** Do to the jobs of all runs what one command of PBS can do. */
async function together<K extends OnManyJobs['do']>(
  context: EngineContext,
  what: K,
  plans: readonly RunPlan[],
  progress: LookProgress,
): Promise<void> {
  const asked = plans.flatMap(({run, actions}) =>
    actions.flatMap((action) => (isOfKind(action, what) && progress.begin(run.id, action) ? [{run, action}] : [])),
  );
  const each = [...new Map(asked.map((one) => [one.action.job, one])).values()];
  if (each.length === 0) return;
  const outcomes = await progress.recording<readonly ActionOutcome[]>(() => performTogether(context, what, each), []);
  for (const [at, {run, action}] of each.entries()) progress.end(run.id, action, outcomes[at] ?? OTHERS);
}

function isOfKind<K extends OnManyJobs['do']>(action: Action, what: K): action is OnManyJobs & {do: K} {
  return action.do === what;
}

/** Of what is planned no more than the first submission of a job, and what comes before it. Pure. */
export function untilFirstSubmission(plans: readonly RunPlan[]): readonly RunPlan[] {
  const first = plans.findIndex(({actions}) => actions.some((action) => action.do === 'submit-job'));
  return plans.map(({run, actions}, index) => {
    if (first < 0 || index < first) return {run, actions};
    if (index > first) return {run, actions: []};
    return {run, actions: actions.slice(0, actions.findIndex((action) => action.do === 'submit-job') + 1)};
  });
}

/** What is planned besides questions to Globus; undefined when that is nothing. Pure. */
export function withoutGlobus(plans: readonly RunPlan[]): readonly RunPlan[] | undefined {
  return without(plans, asksGlobus);
}

/** What is planned besides acts; undefined when that is nothing. Pure. */
function withoutActs(plans: readonly RunPlan[]): readonly RunPlan[] | undefined {
  return without(plans, (action) => action.do === 'act');
}

function without(plans: readonly RunPlan[], leftOut: (action: Action) => boolean): readonly RunPlan[] | undefined {
  const rest = plans.map(({run, actions}) => ({run, actions: actions.filter((action) => !leftOut(action))}));
  return rest.some(({actions}) => actions.length > 0) ? rest : undefined;
}

async function inItsOrder(
  context: EngineContext,
  {run, actions}: RunPlan,
  progress: LookProgress,
  places: QueuePlaces,
): Promise<void> {
  const alone = actions.filter((action) => !isOfKind(action, 'delete-job') && !isOfKind(action, 'release-job'));
  let first = isUntouched(run.state);
  for (const batch of inBatches(alone, QSUBS_AT_ONCE, first)) {
    const now = places.grant(
      run.id,
      batch.filter((action) => progress.begin(run.id, action)),
    );
    // Each has an intent of its own, so a death among them leaves some that are to be asked for, and no more than that.
    const came = await Promise.all(
      now.map(async (action) => {
        const outcome = await progress.recording(() => perform(context, run, action), OTHERS);
        progress.end(run.id, action, outcome);
        if (isNotTaken(outcome)) places.release(action);
        return outcome.is;
      }),
    );
    if (!first || batch[0]?.do !== 'submit-job') continue;
    // PBS has not taken what stands first: whether anything else is begun is planned again.
    if (came.some((is) => is !== 'done')) return;
    first = false;
  }
}

/** PBS has no job for the submission. Where its answer was lost, or another process acts, it may have one. */
function isNotTaken(outcome: ActionOutcome): boolean {
  return outcome.is === 'stale' || (outcome.is === 'problem' && !(outcome.error instanceof SubmissionUnclear));
}

/**
 * Actions in the order they are planned in, those together that may be done at the same time: submissions of jobs.
 * None of them waits for another of the same plan, since a plan names only jobs that PBS has given an id. Pure.
 *
 * @param atOnce how many submissions at most; 1 or more
 * @param first the first submission goes by itself: nothing else is asked for where PBS refuses it
 */
export function inBatches(actions: readonly Action[], atOnce: number, first = false): readonly (readonly Action[])[] {
  const batches: Action[][] = [];
  let most = first ? 1 : atOnce;
  for (const action of actions) {
    const last = batches.at(-1);
    const submits = action.do === 'submit-job';
    if (submits && last?.[0]?.do === 'submit-job' && last.length < most) {
      last.push(action);
      continue;
    }
    if (submits && last?.[0]?.do === 'submit-job') most = atOnce;
    batches.push([action]);
  }
  return batches;
}
