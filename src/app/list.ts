import {runEnd} from '../ledger/summary.ts';
import type {RunLine} from '../report/render-list.ts';
import type {Stage} from './wiring.ts';

/** All runs, newest last, from the ledger alone. @param states only these; all when empty */
export function listRuns(stage: Stage, states: readonly string[]): RunLine[] {
  return stage.ledger
    .runs()
    .map((run): RunLine & {order: number} => {
      const summary = stage.ledger.summary(run);
      if (summary) {
        const {name, state, why, createdAt, endedAt, steps} = summary;
        return {
          order: createdAt,
          run,
          name,
          state,
          reason: why,
          createdAt: new Date(createdAt).toISOString(),
          endedAt: new Date(endedAt).toISOString(),
          steps: {all: steps.length, ended: steps.length},
        };
      }
      const {state} = stage.ledger.open(run);
      const attempts = [...state.attempts.values()];
      return {
        order: state.spec.createdAt,
        run,
        name: state.spec.name,
        state: 'active',
        reason: runEnd(state)?.why ?? '',
        createdAt: new Date(state.spec.createdAt).toISOString(),
        steps: {
          all: attempts.length,
          ended: attempts.filter((all) => (all.at(-1)?.outcome?.state ?? 'lost') !== 'lost').length,
        },
      };
    })
    .filter((line) => states.length === 0 || states.includes(line.state))
    .sort((a, b) => a.order - b.order)
    .map(({order: _, ...line}) => line);
}
