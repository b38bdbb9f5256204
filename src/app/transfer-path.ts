import {ensureDirectory} from '../engine/make-directory.ts';
import {RequestWrong} from '../errors.ts';
import {checkDelete} from '../workflow/check-transfer.ts';
import {splitPlace} from './places.ts';
import type {StartReport} from './transfer-start.ts';
import type {Stage} from './wiring.ts';

export interface DeletePathRequest {
  readonly at: string;
  readonly recursive: boolean;
  readonly label: string | undefined;
  /** of an earlier try: the same id asked twice is still one task */
  readonly submissionId: string | undefined;
}

/** Have one path of a collection deleted, outside any run. @param onSubmissionId told before Globus is asked */
export async function deletePath(
  stage: Stage,
  {at, recursive, label, submissionId: earlier}: DeletePathRequest,
  onSubmissionId: (id: string) => void,
): Promise<StartReport> {
  const collections = await stage.collections();
  const [wrong] = checkDelete([], {at, recursive}, collections);
  if (wrong)
    throw new RequestWrong(`"${at}" is not deleted`, {
      why: wrong.text.replace('recursive: true', '--recursive'),
      next: ['Write it as COLLECTION:PATH, such as theta:/~/old/'],
    });
  const {collection, path} = splitPlace(at, collections);
  const {transfers} = await stage.engine();
  const submissionId = earlier ?? (await transfers.newSubmissionId());
  onSubmissionId(submissionId);
  const request = {label: label ?? 'stage delete', collection, paths: [path], recursive};
  return {task: await transfers.submit(submissionId, request), submissionId};
}

export interface MkdirReport {
  /** `collection id:path` */
  readonly at: string;
  /** false: it was there */
  readonly made: boolean;
}

/** See that a directory is there, and those above it. */
export async function makeDirectory(stage: Stage, at: string): Promise<MkdirReport> {
  const place = splitPlace(at, await stage.collections());
  const {transfers} = await stage.engine();
  return {at: `${place.collection}:${place.path}`, made: await ensureDirectory(transfers, place)};
}
