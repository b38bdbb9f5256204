import {count} from '../../../base/units.ts';
import type {RunId} from '../../../ledger/state-directory.ts';
import type {RunSummary} from '../../../ledger/summary.ts';

/** How many jobs and transfers a command submitted. */
export interface Submitted {
  readonly jobs: number;
  readonly transfers: number;
}

/** What `stage run` came to. */
export type RunOutcome =
  | {readonly is: 'created'; readonly submitted: Submitted}
  /** `again`: a new run was asked for while this one is active */
  | {readonly is: 'repaired'; readonly submitted: Submitted; readonly again: boolean}
  | {readonly is: 'under-way'; readonly again: boolean}
  | {readonly is: 'cancelling'}
  /** `late`: steps that began at that moment, as they were; `failed`: steps that had failed before */
  | {
      readonly is: 'updated';
      readonly changes: readonly string[];
      readonly late: readonly string[];
      readonly failed: readonly string[];
    }
  /** `toDo`: `stage resume` would have something to do */
  | {
      readonly is: 'updated-ended';
      readonly changes: readonly string[];
      readonly ended: RunSummary;
      readonly toDo: boolean;
    }
  | {readonly is: 'ended'; readonly ended: RunSummary; readonly toDo: boolean};

/** The one sentence that `stage run` says of a run. Pure. */
export function runInWords(run: RunId, outcome: RunOutcome): string {
  switch (outcome.is) {
    case 'created': {
      const what = submittedInWords(outcome.submitted);
      return `${run} is created${what && `; submitted ${what}`}`;
    }
    case 'repaired': {
      const what = submittedInWords(outcome.submitted);
      return `${active(run, outcome)}${what && `; submitted ${what} that had been missing`}`;
    }
    case 'under-way':
      return `${active(run, outcome)}; nothing had to be submitted`;
    case 'cancelling':
      return `${run} is being cancelled`;
    case 'updated': {
      const late = outcome.late.map((step) => `; ${step} has just begun, and continues unchanged`);
      const failed = outcome.failed.map(
        (step) => `; ${step} failed before: once the run has ended, stage resume ${run}`,
      );
      return `${run} is updated (${outcome.changes.join('; ')})${[...late, ...failed].join('')}`;
    }
    case 'updated-ended': {
      const next = outcome.toDo ? `continue with: stage resume ${run}` : 'nothing has to be repeated';
      return `${run} is updated (${outcome.changes.join('; ')}) and had ${ENDED[outcome.ended.state]} before; ${next}`;
    }
    case 'ended': {
      const {state, why} = outcome.ended;
      const again = 'start a new run with --again, or with another name by --name';
      if (state !== 'succeeded')
        return `${run} has ${ENDED[state]}: ${why}; retry what failed with "stage resume ${run}", or ${again}`;
      return outcome.toDo
        ? `${run} had succeeded before it was changed; continue with: stage resume ${run}`
        : `${run} has succeeded already; ${again}`;
    }
  }
}

/** How a run ended, behind "has" or "had". */
export const ENDED = {succeeded: 'succeeded', failed: 'failed', cancelled: 'been cancelled'} as const;

function active(run: RunId, {again}: {readonly again: boolean}): string {
  return again ? `${run} is still active, so --again started nothing` : `${run} is under way`;
}

function submittedInWords({jobs, transfers}: Submitted): string {
  return [...(transfers > 0 ? [count(transfers, 'transfer')] : []), ...(jobs > 0 ? [count(jobs, 'job')] : [])].join(
    ' and ',
  );
}
