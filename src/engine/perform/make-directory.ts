import {TransferRefused} from '../../globus-errors.ts';
import type {OpenRun} from '../../ledger/ledger.ts';
import {attemptKey} from '../../ledger/run-facts.ts';
import {ensureCollectionDirectory} from '../../transfer/ensure-directory.ts';
import type {MkdirStep} from '../../workflow/model/workflow.ts';
import type {EngineContext} from '../context.ts';
import type {Action} from '../plan/actions.ts';
import {type ActionOutcome, type Records, STALE} from './action-outcome.ts';
import {recordEnd} from './end-step.ts';

/** No intent: a directory that is there is as good as one that was made, so that asking again does no harm. */
export async function performMakeDirectory(
  {transfers, ledger}: EngineContext,
  run: OpenRun,
  {step: name, attempt}: Action & {do: 'make-directory'},
  records: Records,
): Promise<ActionOutcome> {
  const step = mkdirStep(run, name);
  if (!step) throw new RangeError(`step ${name} of run ${run.id} makes no directory`);
  if (!ledger.stillHolds(run, attemptKey(name, attempt))) return STALE;
  const end = (state: 'succeeded' | 'failed', why: string): ActionOutcome => {
    // The run may have been updated meanwhile: a directory that is no longer asked for concludes nothing.
    const asked = mkdirStep(ledger.refresh(run), name)?.at;
    if (asked?.path !== step.at.path || asked.collection !== step.at.collection) return STALE;
    return recordEnd({do: 'end-step', step: name, attempt, state, why}, records);
  };
  try {
    const made = await ensureCollectionDirectory(transfers, step.at);
    return end('succeeded', made ? 'the directory was made' : 'the directory was there');
  } catch (error) {
    // What Globus may do later is tried again by the next look, as where it is away.
    if (!(error instanceof TransferRefused) || error.later) throw error;
    return end('failed', `${error.message}: ${error.why ?? ''}`);
  }
}

function mkdirStep({state}: OpenRun, name: string): MkdirStep | undefined {
  const step = state.spec.workflow.steps.find((candidate) => candidate.name === name);
  return step?.kind === 'mkdir' ? step : undefined;
}
