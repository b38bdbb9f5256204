import type {StageError} from '../../errors.ts';
import type {EngineContext} from '../context.ts';
import {performMonitor} from '../perform/perform-monitor.ts';
import {nextLookAtRun} from '../plan/monitor/next-look.ts';
import {type MonitorView, planMonitor} from '../plan/monitor/plan-monitor.ts';
import {newestResolved} from './newest-link.ts';
import type {Tending} from './tending.ts';

// What is seen to before a look fills the queue.

/**
 * The successor comes first: before this monitor looks at anything, the next one is in the queue, so that a
 * monitor that dies breaks no chain. When it should look is guessed from the last wait, and corrected after this look.
 */
export async function predictSuccessor(context: EngineContext, me: number, problems: StageError[]): Promise<void> {
  const newest = context.monitors.newest();
  if (newest?.generation !== me) return; // PBS ran this monitor again, or it was slow to start: a successor exists
  const last = context.monitors.lastLook();
  const {minMs, maxMs} = context.settings.bounds;
  const waitMs = last?.nextAt === undefined ? minMs : Math.min(Math.max(last.nextAt - last.at, minMs), maxMs);
  await performMonitor(
    context,
    {do: 'submit-monitor', generation: me + 1, startAt: context.clock() + waitMs, why: 'the next look'},
    problems,
  );
}

/**
 * Before a look fills the queue: see that a link of the chain stands in it, since PBS may take so many jobs and no more.
 * When it should look is guessed, and corrected after this look.
 *
 * @returns the generation of the link that was submitted; undefined when none was
 */
export async function linkFirst(
  context: EngineContext,
  {
    runs,
    seen,
    settings,
    insist,
    stays,
    problems,
  }: Pick<Tending, 'runs' | 'seen' | 'settings' | 'insist' | 'stays' | 'problems'>,
): Promise<number | undefined> {
  const {bounds, refusedRetryMs} = context.settings;
  const wanted = runs.flatMap((run) => nextLookAtRun(run.state, seen, settings, bounds) ?? []);
  const wantedAt = Math.min(seen.now + bounds.maxMs, ...wanted);
  const newest = await newestResolved(context, seen);
  const view: MonitorView = {newest, wantedAt, me: undefined, seen, bounds, refusedRetryMs, insist, stays};
  const link = planMonitor(view).find((action) => action.do === 'submit-monitor');
  if (link) await performMonitor(context, link, problems);
  return link?.generation;
}
