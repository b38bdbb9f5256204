import type {JobId} from '../../base/job-id.ts';
import type {JobStore} from '../../ledger/job-store.ts';
import type {SubmissionFacts} from '../../submission/submission-facts.ts';

/** The record of one try at submitting a named job. */
export function factsOfJob(store: JobStore, name: string, number: number): SubmissionFacts {
  return {
    create(fact, value) {
      // The index comes first: whatever dies in between, a job that is confirmed is found by its id.
      if (fact === 'confirmed') store.index(name, number, {at: Number(value.at), job: value.job as JobId}); // as submission wrote it
      // PBS may take it late all the same, when it had stood still: it must not run beside the one that takes its place.
      if (fact === 'never-arrived' && !store.takeClaim(name, number)) return false;
      return store.create(name, number, fact, value);
    },
    note: () => {}, // single jobs keep no journal
    overtaken: () => undefined, // and no person decides otherwise meanwhile
  };
}
