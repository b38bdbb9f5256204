import type {NotifyOn, Place} from '../../base/task-request.ts';
import {RequestWrong} from '../../errors.ts';
import {ensureCollectionDirectory} from '../../transfer/ensure-directory.ts';
import type {TransfersStage} from '../../wiring/stage.ts';
import {checkDelete} from '../../workflow/file/check-transfer.ts';
import {type PlaceNames, resolvePlace} from '../../workflow/model/places.ts';
import {readingPlaces, resolvePlaces} from '../places/place-names.ts';
import {submitOnce} from './submit-once.ts';
import type {StartReport} from './transfer-start.ts';

export interface DeletePathRequest {
  readonly at: string;
  readonly recursive: boolean;
  readonly localUser: string | undefined;
  readonly notify: readonly NotifyOn[] | undefined;
  readonly label: string | undefined;
  /** of an earlier try: the same id asked twice is still one task */
  readonly submissionId: string | undefined;
  /** the command as it was typed, a word each: what to repeat when the answer is lost */
  readonly typed: readonly string[];
}

/** Have one path of a collection deleted, outside any run. @param onSubmissionId told before Globus is asked */
export async function deletePath(
  stage: TransfersStage,
  {at, recursive, localUser, notify, label, submissionId: earlier, typed}: DeletePathRequest,
  onSubmissionId: (id: string) => void,
): Promise<StartReport> {
  const {collection, path} = await readingPlaces(stage, (names) => readDeletion(at, recursive, names));
  const {transfers} = await stage.engine();
  const submissionId = earlier ?? (await transfers.newSubmissionId());
  onSubmissionId(submissionId);
  const request = {label: label ?? 'stage delete', collection, localUser, paths: [path], recursive, notify};
  return {task: await submitOnce(transfers, request, {submissionId, typed}), submissionId};
}

/** @throws {RequestWrong} for what is not deleted, or names no place */
function readDeletion(at: string, recursive: boolean, names: PlaceNames): Place {
  const [wrong] = checkDelete([], {at, recursive}, names);
  const resolved = resolvePlace(at, names);
  if (!wrong && typeof resolved !== 'string') return resolved.place;
  throw new RequestWrong(`"${at}" is not deleted`, {
    why: (wrong?.text ?? String(resolved)).replace('recursive: true', '--recursive'),
    next: ['Write it as COLLECTION:PATH, such as theta:/~/old/'],
  });
}

export interface MkdirReport {
  /** `collection id:path` */
  readonly at: string;
  /** false: it was there */
  readonly made: boolean;
}

/** See that a directory is there, and those above it. */
export async function makeDirectory(stage: TransfersStage, at: string): Promise<MkdirReport> {
  const {at: place} = await resolvePlaces(stage, {at});
  const {transfers} = await stage.engine();
  return {at: `${place.collection}:${place.path}`, made: await ensureCollectionDirectory(transfers, place)};
}

export interface SubmissionIdReport {
  readonly submissionId: string;
}

/** An id to ask for one task with, as often as it takes. */
export async function newSubmissionId(stage: TransfersStage): Promise<SubmissionIdReport> {
  return {submissionId: await (await stage.engine()).transfers.newSubmissionId()};
}
