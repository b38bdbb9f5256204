import type {SourceTotals} from '../../../base/source-totals.ts';
import {StageError} from '../../../errors.ts';
import type {ListingBounds, SourceListing} from '../../../transfer/source-listing.ts';
import {itemsOf} from '../../../workflow/model/items.ts';
import type {Workflow} from '../../../workflow/model/workflow.ts';

/** A person waits for all of them; they are listed side by side. Globus takes 20 requests a second. */
const BOUNDS: ListingBounds = {requests: 100, ms: 8_000};
/** A source that has fewer to itself is of use when it is one directory. */
const LEAST_REQUESTS = 5;

/** How much the transfers are to move that nothing in the workflow comes before, by step. What Globus does not answer is left out. */
export async function listSources(
  listing: SourceListing,
  {steps}: Workflow,
): Promise<ReadonlyMap<string, SourceTotals>> {
  const first = steps.flatMap((step) =>
    step.kind === 'transfer' && !step.via && step.needs.length + step.after.length + step.onFailureOf.length === 0
      ? [step]
      : [],
  );
  const requests = Math.max(LEAST_REQUESTS, Math.floor(BOUNDS.requests / Math.max(1, first.length)));
  const each = await Promise.all(
    first.map(async (step) => {
      const {collection, localUser} = step.from;
      const transfer = {collection, localUser, items: itemsOf(step), options: step.options};
      try {
        return [[step.name, await listing.totalsOf(transfer, {...BOUNDS, requests})] as const];
      } catch (error) {
        if (error instanceof StageError) return [];
        throw error;
      }
    }),
  );
  return new Map(each.flat());
}
