import type {Reason, StepStateWord} from '../standing.ts';
import type {StepFacts} from '../step-facts.ts';

/** The word for what a step does, and the reason for it: decided together, so that no two commands can disagree. */
export interface Judgement {
  readonly state: StepStateWord;
  readonly reason: Reason;
}

export function judged(state: StepStateWord, reason: Reason): Judgement {
  return {state, reason};
}

/** PBS or Globus was asked, and did not answer. @param brief says why only where the whole report does not */
export function cannotAsk({view}: StepFacts, whom: 'PBS' | 'Globus', why: string, brief: string): Reason {
  return {
    standing: 'trouble',
    code: whom === 'PBS' ? 'PBS_NOT_ASKED' : 'GLOBUS_NOT_ASKED',
    what: `${whom} could not be queried`,
    why,
    brief,
    next: [
      'Nothing is lost, and nothing was concluded.',
      whom === 'PBS' ? 'Check whether PBS answers: qstat -B' : 'Check the status of Globus: https://status.globus.org',
      `Look again later: stage why ${view.run.spec.run}`,
    ],
  };
}
