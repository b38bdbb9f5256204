import {StageError} from '../../errors.ts';
import {recordResolution} from '../../submission/resolve.ts';
import type {SubmissionFacts} from '../../submission/submission-facts.ts';
import {submitJob} from '../../submission/submit-job.ts';
import type {EngineContext} from '../context.ts';
import type {MonitorAction} from '../plan/monitor/plan-monitor.ts';

/**
 * What an action came to: `submitted`, a link that PBS took; `others`, another process makes this link; `learnt`, what
 * became of an earlier one.
 */
export type LinkOutcome = 'submitted' | 'others' | 'learnt' | undefined;

/** Do one thing to the monitor chain. @param goesOn something has to be looked at after all */
export async function performMonitor(
  context: EngineContext,
  action: MonitorAction,
  problems: StageError[],
  goesOn: () => boolean = () => false,
): Promise<LinkOutcome> {
  const {monitors, scheduler, clock} = context;
  const {generation} = action;
  const facts = factsOfLink(context, generation);
  switch (action.do) {
    case 'submit-monitor':
      return submitLink(context, facts, action, problems);
    case 'adopt-monitor':
      recordResolution(facts, {is: 'adopted', job: action.job}, clock());
      return 'learnt';
    case 'give-up-monitor':
      recordResolution(facts, {is: 'never-arrived'}, clock());
      return 'learnt';
    case 'move-monitor':
    case 'delete-monitor':
      // A run may begin this moment, or a person let one go on, and count on this link. Their look asks whether the link
      // is unwanted after that is on record, and this one what is on record after it has said so: one sees the other.
      if (action.do === 'delete-monitor') {
        monitors.create(generation, 'unwanted', {at: clock(), by: context.by});
        if (goesOn()) return undefined;
      }
      try {
        if (action.do === 'move-monitor') await scheduler.moveStart(action.job, action.startAt);
        else await scheduler.delete(action.job);
      } catch (error) {
        // A monitor that comes too late or for nothing does no harm; the next look tries again.
        if (!(error instanceof StageError)) throw error;
        problems.push(error);
      }
      return undefined;
    default:
      return action satisfies never;
  }
}

/** The record of one link of the chain. */
function factsOfLink({monitors}: EngineContext, generation: number): SubmissionFacts {
  return {
    create: (name, value) => monitors.create(generation, name, value),
    note: () => {}, // the chain is no run's, and keeps no journal
    overtaken: () => undefined, // a link that turns out to be unwanted looks for a second
  };
}

async function submitLink(
  context: EngineContext,
  facts: SubmissionFacts,
  {generation, startAt, inPlaceOf}: MonitorAction & {do: 'submit-monitor'},
  problems: StageError[],
): Promise<LinkOutcome> {
  const tag = `s-monitor.${generation}.${context.newWord()}`;
  const request = () => context.jobFiles.forMonitor(generation, startAt, tag);
  const {intentDeadlineMs} = context.settings;
  const done = await submitJob(
    {facts, tag, intent: {startAt, inPlaceOf}, request},
    {...context, deadlineMs: intentDeadlineMs},
  );
  if (done.is === 'refused') problems.push(done.error);
  // An answer that was lost is resolved by a later look; another link follows at the time when that can be told.
  return done.is === 'submitted' || done.is === 'others' ? done.is : undefined;
}
