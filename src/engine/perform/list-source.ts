import type {SourceTotals} from '../../base/source-totals.ts';
import {StageError} from '../../errors.ts';
import type {OpenRun} from '../../ledger/ledger.ts';
import {SOURCE_FACT} from '../../ledger/run-facts.ts';
import {createSourceListing, type ListingBounds} from '../../transfer/source-listing.ts';
import {itemsOf} from '../../workflow/model/items.ts';
import type {TransferStep} from '../../workflow/model/workflow.ts';
import type {EngineContext} from '../context.ts';
import {type Records, updatesOf} from './action-outcome.ts';

/** Before a task is submitted: it waits for this. */
const BOUNDS: ListingBounds = {requests: 40, ms: 4_000};
/** All listings of one look take no longer together: what comes after that goes without. */
const LOOK_MS = 12_000;

/**
 * Put on record how much a step is to move, for the estimate of its remaining time. It never keeps a task from being
 * submitted: where Globus does not answer, or too much time was spent on others, nothing is recorded.
 *
 * @returns what was recorded
 * @param records.attempt prefix of the attempt's facts
 */
export async function listSource(
  context: EngineContext,
  run: OpenRun,
  step: TransferStep,
  {attempt, fact}: Records & {readonly attempt: string},
): Promise<SourceTotals | undefined> {
  const began = context.clock();
  const spent = spentBy.get(context) ?? 0;
  if (spent >= LOOK_MS) return undefined;
  const totals = await totalsOf(context, step);
  spentBy.set(context, spent + context.clock() - began);
  if (totals) fact(`${attempt}.${SOURCE_FACT}`, {...totals, ...updatesOf(run)});
  return totals;
}

/** A look has a context of its own (circuit-breaker.ts). */
const spentBy = new WeakMap<EngineContext, number>();

/** What the source of a step holds; undefined where that cannot be listed now. */
export async function totalsOf(
  {transfers, clock}: Pick<EngineContext, 'transfers' | 'clock'>,
  step: TransferStep,
): Promise<SourceTotals | undefined> {
  const {from, options} = step;
  try {
    const transfer = {collection: from.collection, localUser: from.localUser, items: itemsOf(step), options};
    return await createSourceListing(transfers, clock).totalsOf(transfer, BOUNDS);
  } catch (error) {
    if (error instanceof StageError) return undefined; // the submission that follows meets it, too, and tells
    throw error;
  }
}
