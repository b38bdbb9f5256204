import type {OpenRun} from '../ledger/ledger.ts';
import {currentAttempt, type RunState} from '../ledger/run-facts.ts';
import type {RunSummary, StepSummary} from '../ledger/summary.ts';
import type {ItemEnded} from './changes.ts';

/** How an item ended, from the seal of its run. Pure. @param run absent: its facts cannot be read any more */
export function itemEnd(
  item: Pick<ItemEnded, 'number' | 'try' | 'seal'>,
  summary: RunSummary,
  run: OpenRun | undefined,
): ItemEnded {
  const {state, why, endedAt: at, steps} = summary;
  const {number, try: of, seal} = item;
  const failed = state === 'failed' ? steps.find((step) => step.state === 'failed') : undefined;
  const reason = failed && {reason: reasonOf(failed, run?.state)};
  return {
    is: 'ended',
    number,
    try: of,
    seal,
    state,
    why,
    at,
    ...reason,
    ...(failed && run && whereOf(failed, run.state)),
  };
}

/** Where the job of a failed step ran, and for how long. */
function whereOf({step}: StepSummary, state: RunState): Pick<ItemEnded, 'host' | 'seconds'> {
  const {starts, ends, outcome} = currentAttempt(state, step);
  const last = starts.findLastIndex((one) => !one.void);
  const start = starts[last];
  const end = ends.get(last + 1)?.at ?? outcome?.at;
  const seconds = start?.at === undefined || end === undefined ? undefined : Math.max(0, end - start.at) / 1000;
  return {host: start?.host, seconds};
}

/** Shorter values of parameters stand for too much else. */
const SHORTEST_VALUE = 3;

/** Why a step failed, without what is particular to the item: its parameters, and ids of jobs and tasks. */
export function reasonOf({step, why}: Pick<StepSummary, 'step' | 'why'>, state: RunState | undefined): string {
  const values = Object.values(state?.spec.workflow.params ?? {}).filter(({length}) => length >= SHORTEST_VALUE);
  const general = values.sort((a, b) => b.length - a.length).reduce((text, value) => text.replaceAll(value, '…'), why);
  const ids = /\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b|\b\d+(?:\[\d*\])?\.[a-z][\w.-]*|\d{5,}/gi;
  return `${step}: ${general.replaceAll(ids, '…')}`.slice(0, 500);
}
