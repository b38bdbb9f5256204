import type {Observed} from '../engine/plan/actions.ts';

/**
 * Why PBS, or Globus, did not answer what it was asked. One question covers everything, so the first cause
 * stands for all of them: a report shows it once, and steps refer to it.
 *
 * @returns undefined when all was answered
 */
export function whyUnanswered(seen: Observed, whom: 'PBS' | 'Globus'): string | undefined {
  const answers = whom === 'PBS' ? seen.jobs.values() : seen.tasks.values();
  for (const answer of answers) if (answer.kind === 'no-evidence') return answer.why;
  return undefined;
}

/** The words for one step: with the cause only where that differs from the one that the report shows. */
export function unansweredInStep(seen: Observed, whom: 'PBS' | 'Globus', why: string): string {
  const said = `${whom} could not be queried`;
  return why === whyUnanswered(seen, whom) ? said : `${said}: ${why}`;
}
