import {renderTime} from '../../base/units.ts';

/**
 * Why a step is where it is. `fine`: it moves. `waiting`: it waits for what is under way. `trouble`: it does not move,
 * and may go on by itself. `action`: it does not before a person has done something.
 */
export type Standing = 'fine' | 'waiting' | 'trouble' | 'action';

/** One reason why a step stands where it stands, without the step. */
export interface Reason {
  readonly standing: Standing;
  /** stable word for scripts, such as `TASK_PAUSED` */
  readonly code: string;
  /** what is the matter: one line, no full stop */
  readonly what: string;
  /** the cause as far as it is known */
  readonly why?: string;
  /** what to do or type next: each one sentence or command. Empty where there is nothing to do */
  readonly next: readonly string[];
  /** since when it has been so, in milliseconds since the epoch */
  readonly since?: number;
  /** how often it was met */
  readonly times?: number;
  /** when PBS expects to start the job, in milliseconds since the epoch */
  readonly estimatedStart?: number;
  /** when Globus gives up, in milliseconds since the epoch */
  readonly deadline?: number;
}

/** One line of a status view. */
export function inOneLine({what, why, estimatedStart}: Reason): string {
  const start = estimatedStart === undefined ? '' : `; PBS expects to start it ${renderTime(estimatedStart)}`;
  return `${why ? `${what}: ${why}` : what}${start}`;
}
