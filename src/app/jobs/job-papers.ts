import type {JobId} from '../../base/job-id.ts';
import type {JobStore} from '../../ledger/job-store.ts';
import type {Papers} from '../../submission/papers.ts';

/** The record of one try at submitting a named job. */
export function papersOfJob(store: JobStore, name: string, number: number): Papers {
  return {
    create(paper, value) {
      // The index comes first: whatever dies in between, a job that is confirmed is found by its id.
      if (paper === 'confirmed') store.index(name, number, {at: Number(value.at), job: value.job as JobId}); // as submission wrote it
      // PBS may take it late all the same, when it had stood still: it must not run beside the one that takes its place.
      if (paper === 'never-arrived' && !store.takeClaim(name, number)) return false;
      return store.create(name, number, paper, value);
    },
    note: () => {}, // single jobs keep no journal
    overtaken: () => undefined, // and no person decides otherwise meanwhile
  };
}
