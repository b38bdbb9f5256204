import {RequestWrong, StageError} from '../../errors.ts';
import {openRuns} from '../../ledger/open-runs.ts';
import type {CollectionSeen} from '../../transfer/transfer-service.ts';
import type {SignInStage} from '../../wiring/stage.ts';
import {placesOf} from '../../workflow/model/steps.ts';
import type {Workflow} from '../../workflow/model/workflow.ts';
import {prepareWorkflow, type WorkflowRequest} from '../shared/prepare-run.ts';

/** Collections that a sign-in is for: those of a workflow, and named ones. */
export interface CollectionsRequest {
  readonly workflow?: WorkflowRequest;
  /** friendly names or ids */
  readonly collections: readonly string[];
}

/** Collection id → how the user calls it. */
export type WantedCollections = ReadonlyMap<string, string>;

/** @throws {WorkflowInvalid} {RequestWrong} for a workflow that cannot be read, or an unknown collection */
export async function wantedCollections(stage: SignInStage, request: CollectionsRequest): Promise<WantedCollections> {
  const known = await stage.collections();
  const wanted = new Map<string, string>();
  if (request.workflow) add(wanted, (await prepareWorkflow(stage, request.workflow)).workflow, known);
  if (request.collections.length > 0) {
    const {resolveCollection} = await import('../../workflow/model/places.ts');
    for (const name of request.collections) {
      const found = resolveCollection(name, known);
      if (typeof found === 'string')
        throw new RequestWrong(found, {next: ['Name a collection of the profile, or an id.']});
      wanted.set(found.id, name);
    }
  }
  return wanted;
}

/** Collections that runs under way move data between. */
export async function collectionsInUse(stage: SignInStage): Promise<WantedCollections> {
  const known = await stage.collections();
  const wanted = new Map<string, string>();
  for (const {state} of openRuns(stage.ledger, stage.ledger.activeRuns()).runs) add(wanted, state.spec.workflow, known);
  return wanted;
}

function add(wanted: Map<string, string>, workflow: Workflow, known: Readonly<Record<string, string>>): void {
  const names = new Map(
    Object.entries({...known, ...workflow.collections}).map(([name, id]) => [id.toLowerCase(), name]),
  );
  for (const step of workflow.steps)
    for (const {collection} of placesOf(step)) wanted.set(collection, names.get(collection) ?? collection);
}

/** What Globus says of each; or why it could not be learnt. */
export async function lookAtCollections(
  stage: SignInStage,
  wanted: WantedCollections,
): Promise<ReadonlyMap<string, CollectionSeen | StageError>> {
  const seen = new Map<string, CollectionSeen | StageError>();
  if (wanted.size === 0) return seen;
  const {transfers} = await stage.engine();
  for (const id of wanted.keys())
    seen.set(
      id,
      await transfers.collection(id).catch((error: unknown) => {
        if (error instanceof StageError) return error;
        throw error;
      }),
    );
  return seen;
}

/** Collections on which a client must be allowed to act: mapped ones of GCSv5 that are not of high assurance (globus-sdk-python, "data_access"). */
export function wantsConsent(collection: CollectionSeen): boolean {
  return collection.entityType === 'GCSv5_mapped_collection' && !collection.highAssurance;
}
