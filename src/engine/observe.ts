import type {TaskId} from '../base/ids.ts';
import type {JobId} from '../base/job-id.ts';
import {waitingForTasks} from '../ledger/attempts.ts';
import type {LateSubmissions} from '../ledger/late-submissions.ts';
import type {OpenRun} from '../ledger/ledger.ts';
import type {MonitorLink} from '../ledger/monitor-link.ts';
import {refreshRuns} from '../ledger/open-runs.ts';
import type {RunUnusable} from '../ledger/trusted-run.ts';
import {SearchIncomplete} from '../scheduler/scheduler.ts';
import {isOverdue, mayArriveLate} from '../submission/resolution.ts';
import {searchByTag} from '../submission/resolve.ts';
import type {TaskSeen} from '../transfer/transfer-service.ts';
import type {EngineContext} from './context.ts';
import type {Observed} from './plan/actions.ts';
import {evidenceAt} from './plan/jobs/job-seen.ts';
import {unconfirmedUnderHold} from './plan/jobs/plan-holds.ts';
import {isFaulting} from './plan/tasks/plan-fail-fast.ts';
import {readTrouble, type TaskTrouble} from './plan/tasks/task-trouble.ts';
import {rateSeen} from './rate-hints.ts';

/** What PBS shows, and what Globus shows. */
type AtPbs = Pick<Observed, 'now' | 'jobs' | 'tags'>;
export type AtGlobus = Pick<Observed, 'tasks' | 'troubles' | 'rates'>;

/**
 * Look once at all jobs: one question to PBS, and another for the tags of submissions that are overdue, or under a hold.
 * What could not be learnt is no-evidence.
 *
 * @param late submissions of runs that have ended, whose jobs are looked for by their tags
 */
export async function observePbs(
  context: EngineContext,
  runs: readonly OpenRun[],
  monitor: MonitorLink | undefined,
  late: readonly LateSubmissions[] = [],
): Promise<AtPbs> {
  const now = context.clock();
  const ofRuns = runs.flatMap((run) => openJobs(run));
  // About the link alone nothing is asked before it is known that one is needed.
  const link = monitor?.job && (ofRuns.length > 0 || runs.length === 0) ? [monitor.job] : [];
  const jobs = [...new Set([...ofRuns, ...link])];
  const overdue = [
    ...runs.flatMap((run) => overdueTags(run, now)),
    ...(monitor && isOverdue(monitor, now) ? [monitor.tag] : []),
    ...late.flatMap(({tags}) => tags),
  ];
  // What is held must not begin: its jobs are looked for at once, while a process may still be at their submission.
  const early = runs.flatMap(({state}) => unconfirmedUnderHold(state).map(({intent}) => intent.tag));
  const [jobsSeen, tags] = await Promise.all([
    jobs.length > 0 ? context.scheduler.look(jobs) : new Map(),
    findTags(context, [...new Set([...overdue, ...early])]),
  ]);
  return {now, jobs: jobsSeen, tags: withoutEarlyAbsence(tags, new Set(overdue))};
}

/** Look once at all tasks: one question to Globus, none when there are no tasks. */
export async function observeGlobus(context: EngineContext, runs: readonly OpenRun[]): Promise<AtGlobus> {
  const tasks = runs.flatMap((run) => openTasks(run));
  if (tasks.length === 0) return NO_TASKS;
  const tasksSeen = await context.transfers.look(tasks);
  const troubles = await findTroubles(context, runs, tasksSeen);
  const rates = rateSeen(context.rates, tasksSeen, context.clock());
  return {tasks: tasksSeen, troubles: troubles.size > 0 ? troubles : undefined, rates};
}

/** Nothing of Globus has been seen. */
export const NO_TASKS: AtGlobus = {tasks: new Map()};

/** What has been seen, with PBS asked again about all jobs of these runs and the newest monitor: one question, and none to Globus. */
export async function lookAtJobs(
  context: EngineContext,
  runs: readonly OpenRun[],
  monitor: MonitorLink | undefined,
  seen: Observed,
): Promise<Observed> {
  const now = context.clock();
  const link = monitor?.job ? [monitor.job] : [];
  const jobs = await context.scheduler.look([...new Set([...runs.flatMap((run) => openJobs(run)), ...link])]);
  const others = [...seen.jobs.keys()].filter((job) => !jobs.has(job));
  const seenAt = new Map(others.map((job) => [job, evidenceAt(seen, job)]));
  return {...seen, now, jobs: new Map([...seen.jobs, ...jobs]), seenAt};
}

/** More than a task that tries again every few seconds meets in an hour. */
const EVENTS = 1000;

/** Since when tasks fault whose step is to fail fast: one question for each of those, and for no others. */
async function findTroubles(
  context: EngineContext,
  runs: readonly OpenRun[],
  seen: ReadonlyMap<TaskId, TaskSeen>,
): Promise<ReadonlyMap<TaskId, TaskTrouble>> {
  const asked = runs.flatMap(({state}) =>
    waitingForTasks(state).flatMap(({step, task, cancelled}) =>
      step.failFast && !cancelled && isFaulting(seen.get(task)) ? [task] : [],
    ),
  );
  const found = await Promise.all(
    asked.map(async (task) => {
      try {
        const trouble = readTrouble(await context.transfers.events(task, {limit: EVENTS, errorsOnly: true}), EVENTS);
        return trouble ? [[task, trouble] as const] : [];
      } catch {
        return []; // not known this time: a fault is Globus's to try again until we know better
      }
    }),
  );
  return new Map(found.flat());
}

/**
 * The runs, with what their jobs wrote read again where PBS shows an end of a job that the facts do not tell: facts are
 * read before PBS is asked, and no end is judged without its marker. A run that is gone is left out, and one that is
 * damaged is set aside.
 */
export function withWhatTheyWrote(
  ledger: EngineContext['ledger'],
  runs: readonly OpenRun[],
  seen: Pick<Observed, 'jobs'>,
  setAside: (run: OpenRun, damage: RunUnusable) => void,
): readonly OpenRun[] {
  const isOver = (job: JobId | undefined) => {
    const kind = job && seen.jobs.get(job)?.kind;
    return kind === 'ended' || kind === 'unknown';
  };
  const isNews = ({state}: OpenRun) =>
    [...state.attempts.values()]
      .flat()
      .some(
        ({outcome, starts, ends, jobs}) =>
          !outcome && !ends.has(starts.length) && jobs.some(({role, job}) => role === 'job' && isOver(job)),
      );
  return refreshRuns(ledger, runs, setAside, isNews);
}

/** Every job a run ever had at PBS: it is sealed when none of them is left there. */
function openJobs({state}: OpenRun): JobId[] {
  return state.spec.workflow.steps.flatMap((step) => {
    return (state.attempts.get(step.name) ?? []).flatMap((attempt) => {
      const claimed = attempt.starts.flatMap((start) => start.job ?? []);
      return [...claimed, ...attempt.jobs.flatMap((record) => record.job ?? [])];
    });
  });
}

function openTasks({state}: OpenRun): TaskId[] {
  return waitingForTasks(state).map(({task}) => task);
}

/** One that was given up is still looked for, for a while: each such question is about all jobs of the user. */
function overdueTags({state}: OpenRun, now: number): string[] {
  return state.spec.workflow.steps.flatMap((step) =>
    (state.attempts.get(step.name) ?? []).flatMap(({jobs}) =>
      jobs.flatMap(({job, refused, neverArrived, intent: {tag, deadline}}) => {
        const record = {tag, deadline, job, refused, neverArrived};
        return isOverdue(record, now) || mayArriveLate(record, now) ? [tag] : [];
      }),
    ),
  );
}

/** A job that PBS does not have before the deadline of its submission may be on its way. Pure. */
function withoutEarlyAbsence(
  tags: ReadonlyMap<string, JobId | null>,
  overdue: ReadonlySet<string>,
): ReadonlyMap<string, JobId | null> {
  return new Map([...tags].filter(([tag, job]) => job !== null || overdue.has(tag)));
}

/** An overdue submission is looked for by its tag; while PBS cannot be queried, nothing is known of it. */
async function findTags(context: EngineContext, tags: readonly string[]): Promise<ReadonlyMap<string, JobId | null>> {
  try {
    return await searchByTag(context.scheduler, tags);
  } catch (error) {
    // Of the others nothing is known yet: their intents stay as they are, and are asked for again at the next look.
    return error instanceof SearchIncomplete ? error.found : new Map();
  }
}
