import type {Outcome} from '../../ledger/run-facts.ts';
import type {Conditions} from '../../workflow/model/workflow.ts';

/** Whether a step may start. Its job may be in the queue before: whether that is submitted is decided in plan-job-step.ts. */
export type Verdict =
  | {readonly is: 'met'; readonly why: string}
  | {readonly is: 'waiting'; readonly on: readonly string[]}
  /** what it waits for is there, and it must not begin yet: a delay runs, or a limit has not granted what it uses */
  | Later
  /** it never can; the reason names the step that decided it */
  | {readonly is: 'impossible'; readonly why: string};

/** How the steps of a run ended that another one waits for. */
export interface Ends {
  readonly end: (step: string) => Outcome | undefined;
  /** undefined also while the step may be done again by a round that the one that waits is no part of */
  readonly lastEnd: (step: string) => Outcome | undefined;
  /** a step failed before anything of it began, such as one that PBS refused */
  readonly didNothing: (step: string) => boolean;
}

export interface Later {
  readonly is: 'later';
  readonly because: 'delay' | 'limit';
  readonly why: string;
  /** when that ends, in milliseconds; absent: that depends on others */
  readonly at?: number | undefined;
}

/**
 * May a step with these conditions start? All three kinds must hold.
 *
 * - `needs`: all succeeded. One that failed, was cancelled or skipped makes it impossible.
 * - `on_failure_of`: at least one was cancelled, or failed after it had begun. Impossible once all ended otherwise.
 * - `after`: all ended, either way; skipped is an end.
 *
 */
export function judgeConditions(conditions: Conditions, {end, lastEnd, didNothing}: Ends): Verdict {
  const waiting = new Set<string>();
  for (const need of conditions.needs) {
    const outcome = end(need);
    if (!outcome) waiting.add(need);
    else if (outcome.state !== 'succeeded') return {is: 'impossible', why: `${need} ${stateInWords(outcome)}`};
  }
  const watched = judgeFailures(conditions.onFailureOf, lastEnd, didNothing);
  if (watched.is === 'impossible') return watched;
  if (watched.is === 'waiting') for (const step of watched.on) waiting.add(step);
  for (const step of conditions.after) if (!lastEnd(step)) waiting.add(step);
  return waiting.size > 0 ? {is: 'waiting', on: [...waiting]} : {is: 'met', why: reasonWhenMet(conditions, watched)};
}

function judgeFailures(
  steps: readonly string[],
  end: (step: string) => Outcome | undefined,
  didNothing: (step: string) => boolean,
): Verdict {
  if (steps.length === 0) return {is: 'met', why: ''};
  const broken = steps.filter((step) => ['failed', 'cancelled'].includes(end(step)?.state ?? ''));
  const failed = broken.find((step) => !didNothing(step));
  if (failed) return {is: 'met', why: `${failed} ${stateInWords(end(failed))}`};
  const open = steps.filter((step) => !end(step));
  if (open.length > 0) return {is: 'waiting', on: open};
  const [unbegun] = broken;
  const why = unbegun ? `${unbegun} failed before anything of it began` : 'nothing that it watches failed';
  return {is: 'impossible', why};
}

function reasonWhenMet(conditions: Conditions, watched: Verdict): string {
  if (watched.is === 'met' && watched.why) return watched.why;
  if (conditions.needs.length > 0) return `${conditions.needs.join(', ')} succeeded`;
  if (conditions.after.length > 0) return `${conditions.after.join(', ')} ended`;
  return 'it has no needs';
}

function stateInWords(outcome: Outcome | undefined): string {
  return outcome?.state === 'cancelled' || outcome?.state === 'skipped'
    ? `was ${outcome.state}`
    : (outcome?.state ?? 'is open');
}
