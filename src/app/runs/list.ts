import {parseRunId, type RunId} from '../../ledger/layout.ts';
import {LedgerDamaged} from '../../ledger/ledger.ts';
import {runEnd} from '../../ledger/summary.ts';
import type {Stage} from '../../wiring/stage.ts';
import type {RunLine} from './render-list.ts';

interface Dated {
  /** when it was created, in milliseconds */
  readonly at: number;
  readonly line: RunLine;
}

/** All runs, newest last, from the ledger alone; those that cannot be read at the end. @param states only these; all when empty */
export function listRuns(stage: Stage, states: readonly string[]): RunLine[] {
  return stage.ledger
    .runs()
    .map((run) => ended(stage, run) ?? underWay(stage, run))
    .sort((one, other) => one.at - other.at)
    .map(({line}) => line)
    .filter(({state}) => states.length === 0 || states.includes(state));
}

function ended(stage: Stage, run: RunId): Dated | undefined {
  const summary = stage.ledger.summary(run);
  if (!summary) return undefined;
  const {name, state, why, createdAt, endedAt, steps} = summary;
  return {
    at: createdAt,
    line: {
      run,
      name,
      state,
      reason: why,
      createdAt: new Date(createdAt).toISOString(),
      endedAt: new Date(endedAt).toISOString(),
      steps: {all: steps.length, ended: steps.length},
    },
  };
}

function underWay(stage: Stage, run: RunId): Dated {
  try {
    const {state} = stage.ledger.open(run);
    const {createdAt, name} = state.spec;
    const attempts = [...state.attempts.values()];
    const end = runEnd(state);
    return {
      at: createdAt,
      line: {
        run,
        name,
        state: state.cancel && !end ? 'cancelling' : 'active',
        reason: end?.why ?? '',
        createdAt: new Date(createdAt).toISOString(),
        steps: {
          all: attempts.length,
          ended: attempts.filter((all) => (all.at(-1)?.outcome?.state ?? 'lost') !== 'lost').length,
        },
      },
    };
  } catch (error) {
    if (!(error instanceof LedgerDamaged)) throw error;
    const name = parseRunId(run)?.name ?? run;
    const reason = error.why ?? error.message;
    return {at: Number.POSITIVE_INFINITY, line: {run, name, state: 'unreadable', reason, steps: {all: 0, ended: 0}}};
  }
}
