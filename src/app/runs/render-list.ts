import {renderTable, renderTime} from '../../base/units.ts';

/** A run in one line. */
export interface RunLine {
  readonly run: string;
  readonly name: string;
  readonly state: 'active' | 'cancelling' | 'succeeded' | 'failed' | 'cancelled' | 'unreadable';
  readonly reason: string;
  /** absent when the run cannot be read */
  readonly createdAt?: string;
  readonly endedAt?: string;
  readonly steps: {readonly all: number; readonly ended: number};
}

export function renderList(runs: readonly RunLine[]): string {
  if (runs.length === 0) return 'No such runs.';
  const rows = runs.map((run) => [
    run.run,
    run.state,
    `${run.steps.ended}/${run.steps.all}`,
    run.createdAt ? renderTime(run.createdAt) : '',
    run.endedAt ? renderTime(run.endedAt) : '',
    run.state === 'succeeded' ? '' : run.reason,
  ]);
  return renderTable([['RUN', 'STATE', 'STEPS', 'STARTED', 'ENDED', 'REASON'], ...rows]);
}
