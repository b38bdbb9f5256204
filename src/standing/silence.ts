import type {Observed} from '../engine/plan/actions.ts';

/**
 * Why PBS, or Globus, told nothing of what it was asked about. One question covers everything, so the first cause
 * stands for all of them: a report gives it once, and steps refer to it.
 *
 * @returns undefined when all was answered
 */
export function silenceOf(seen: Observed, whom: 'PBS' | 'Globus'): string | undefined {
  const answers = whom === 'PBS' ? seen.jobs.values() : seen.tasks.values();
  for (const answer of answers) if (answer.kind === 'no-evidence') return answer.why;
  return undefined;
}

/** What a step says of it: the cause only where it is not the one that the report gives. */
export function inAStep(seen: Observed, whom: 'PBS' | 'Globus', why: string): string {
  const said = `${whom} could not be queried`;
  return why === silenceOf(seen, whom) ? said : `${said}: ${why}`;
}
