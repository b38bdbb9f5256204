import type {Reason, RunStanding, Severity} from '../../../standing/standing.ts';

// Shapes and order only: the words are made in src/standing/reasons.

/** A reason in the shape of `--json`: times in ISO 8601 UTC. Stable: scripts read it. */
export interface Explanation {
  /** absent for what concerns the run as a whole */
  readonly step?: string;
  readonly standing: Severity;
  readonly code: string;
  readonly what: string;
  readonly why?: string;
  readonly next: readonly string[];
  readonly since?: string;
  readonly times?: number;
  /** when PBS expects to start the job */
  readonly estimatedStart?: string;
  /** when Globus gives up */
  readonly deadline?: string;
  /** what is left until then */
  readonly deadlineInSeconds?: number;
}

const ORDER: readonly Severity[] = ['action', 'trouble', 'waiting', 'fine'];

/**
 * Why a run is where it is: its steps that do not move, those first that a person can do something about. Pure.
 *
 * @param only one step, which is told of even when all is well with it
 */
export function explanationsOf({steps, reasons, now, endedAt}: RunStanding, only?: string): Explanation[] {
  const all = steps.map(({step, reason}) => toExplanation(reason, now, step));
  if (only !== undefined) return all.filter(({step}) => step === only);
  const still = all.filter(({standing, code}) => standing !== 'fine' || (endedAt !== undefined && code === SKIPS));
  const moving = all.filter(({code}) => !/^STEP_(SUCCEEDED|SKIPPED)$/.test(code));
  const shown = still.length > 0 || endedAt !== undefined ? still : moving;
  return [...reasons.map((reason) => toExplanation(reason, now)), ...inOrder(shown)];
}

/** Files that were not moved are worth telling after the end, too. */
const SKIPS = 'STEP_SUCCEEDED_WITH_SKIPS';

function inOrder(list: readonly Explanation[]): Explanation[] {
  return [...list].sort((a, b) => ORDER.indexOf(a.standing) - ORDER.indexOf(b.standing));
}

function toExplanation(reason: Reason, now: number, step?: string): Explanation {
  const {brief: _, since, deadline, estimatedStart, ...told} = reason;
  return {
    ...(step === undefined ? {} : {step}),
    ...told,
    ...(since === undefined ? {} : {since: new Date(since).toISOString()}),
    ...(estimatedStart === undefined ? {} : {estimatedStart: new Date(estimatedStart).toISOString()}),
    ...(deadline === undefined
      ? {}
      : {
          deadline: new Date(deadline).toISOString(),
          deadlineInSeconds: Math.max(0, Math.round((deadline - now) / 1000)),
        }),
  };
}
