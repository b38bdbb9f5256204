import type {Place} from '../../../base/task-request.ts';
import {orError, type StageError} from '../../../errors.ts';
import type {SourceListing} from '../../../transfer/source-listing.ts';
import type {CollectionSeen, FileEntry, TransferService} from '../../../transfer/transfer-service.ts';
import {isAct} from '../../../workflow/model/acts.ts';
import {itemsOf} from '../../../workflow/model/items.ts';
import type {Workflow} from '../../../workflow/model/workflow.ts';

/** What is to be asked about one place of a transfer. */
export interface PlaceQuestion {
  readonly step: string;
  readonly end: 'source' | 'destination' | 'deletion' | 'directory';
  readonly place: Place;
  readonly recursive: boolean;
  /** it must be there now: no step before this one makes it */
  readonly needed: boolean;
  readonly deadline?: string;
}

export interface Answers {
  readonly collections: ReadonlyMap<string, CollectionSeen | StageError>;
  /** in the order of the questions; undefined where there is nothing */
  readonly places: readonly (FileEntry | undefined | StageError)[];
}

/** Of a long list the first few tell whether its directories are right; Globus takes 20 questions a second. */
const ITEMS_ASKED = 5;

/** A source must be there when nothing in the workflow comes before its transfer. Pure. */
export function planQuestions(workflow: Workflow, adopted: readonly string[]): PlaceQuestion[] {
  return workflow.steps.flatMap((step): PlaceQuestion[] => {
    if (step.kind === 'job' || isAct(step) || adopted.includes(step.name)) return [];
    if (step.kind === 'delete')
      return [{step: step.name, end: 'deletion', place: step.at, recursive: step.recursive, needed: false}];
    if (step.kind === 'mkdir')
      return [{step: step.name, end: 'directory', place: step.at, recursive: true, needed: false}];
    if (step.via) return []; // its places are no collections: find-ways.ts
    const first = step.needs.length + step.after.length + step.onFailureOf.length === 0;
    const {deadline} = step.options;
    const common = {step: step.name, deadline};
    // What may be skipped need not be there.
    const needed = first && !step.options.skipSourceErrors;
    return itemsOf(step)
      .slice(0, ITEMS_ASKED)
      .flatMap(({from, to, recursive}): PlaceQuestion[] => [
        {...common, end: 'source', place: {...step.from, path: from}, recursive, needed},
        {...common, end: 'destination', place: {...step.to, path: to}, recursive, needed: false},
      ]);
  });
}

/** All questions side by side: each collection and each place once, and one for the places of a directory together. */
export async function askCollections(
  transfers: Pick<TransferService, 'collection'>,
  listing: Pick<SourceListing, 'lookAt'>,
  questions: readonly PlaceQuestion[],
): Promise<Answers> {
  const ids = [...new Set(questions.map(({place}) => place.collection))];
  const [collections, places] = await Promise.all([
    Promise.all(ids.map(async (id) => [id, await orError(transfers.collection(id))] as const)),
    listing.lookAt(
      questions.map(({place, end, recursive, needed}) => ({place, contents: end === 'source' && recursive, needed})),
    ),
  ]);
  return {collections: new Map(collections), places};
}

/** Friendly names by id. */
export function namesOf(workflow: Workflow, known: Readonly<Record<string, string>>): ReadonlyMap<string, string> {
  return new Map(Object.entries({...known, ...workflow.collections}).map(([name, id]) => [id.toLowerCase(), name]));
}
