import {silentUnforgotten, unanswered} from '../../engine/plan/forget.ts';
import type {View} from '../../engine/plan/view.ts';
import {endOf} from '../../ledger/attempts.ts';
import type {Reason} from '../standing.ts';
import type {StepFacts} from '../step-facts.ts';
import type {Judgement} from './judgement.ts';

/**
 * How a step stands, with the way out where nothing can be learnt of its work and that has lasted: as long as an absence
 * lasts before anything is concluded from it. Before that it may be a moment, or a maintenance. Pure.
 */
export function withForgetAdvice({view, step}: StepFacts, judgement: Judgement): Judgement {
  const open = unanswered(view, step);
  if (open?.since === undefined || view.seen.now - open.since < view.settings.lostGraceMs) return judgement;
  const {reason} = judgement;
  const command = `stage cancel ${view.run.spec.run} --forget ${step.name}`;
  return {
    ...judgement,
    reason: {
      ...reason,
      standing: 'action',
      brief: `${reason.brief ?? reason.what}; if that stays so: ${command}`,
      next: [
        ...reason.next,
        `If it can never be asked about again, end the run without knowing what it did: ${command}`,
      ],
      since: reason.since ?? open.since,
    },
  };
}

/** Every step has ended, and jobs that PBS cannot be queried about keep the run from its end. Pure. */
export function unsealedFor(view: View): Reason[] {
  const {run, seen, settings} = view;
  const ends = run.spec.workflow.steps.map(({name}) => endOf(run, name));
  if (ends.some((end) => end === undefined)) return [];
  const [silent] = silentUnforgotten(view);
  const since = Math.max(0, ...ends.map((end) => end?.at ?? 0));
  if (!silent || seen.now - since < settings.lostGraceMs) return [];
  const {step, record} = silent;
  return [
    {
      standing: 'action',
      code: 'RUN_NOT_CLOSED',
      what: `every step has ended, and PBS could not be queried about job ${record.job ?? record.intent.tag}`,
      why: 'the run stays open, so that nothing of it is left in a queue',
      next: [`If that server no longer exists: stage cancel ${run.spec.run} --forget ${step}`],
      since,
    },
  ];
}
