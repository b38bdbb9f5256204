import type {DeleteFields, TransferFields} from '@globus/sdk/services/transfer/service/task-submission';
import * as z from 'zod/mini';
import {type TaskId, UUID} from '../../base/ids.ts';
import {LABEL_LENGTH, wrongLabel} from '../../base/task-label.ts';
import type {DeleteRequest, NotifyOn, TransferRequest} from '../../base/task-request.ts';
import {iso} from '../../base/time.ts';
import {RequestWrong} from '../../errors.ts';
import {TransferRefused} from '../../globus-errors.ts';

/** Names in one page of a listing, at most. Source: Globus Transfer API, "ls". */
export const LIST_PAGE = 100_000;

/** Ids stand in paths and filters of requests, where a slash or comma would ask for something else. */
export function isUuid(text: string): boolean {
  return UUID.test(text);
}

/** @throws {TransferRefused} for what must not stand in an address */
export function checkId(id: string, of: 'task' | 'collection' | 'bookmark'): void {
  if (isUuid(id)) return;
  throw new TransferRefused({
    asked: `${of} ${id}`,
    globusCode: 'NotAnId',
    why: `"${id}" is not the id of a ${of}; Globus was not asked`,
    next: [`Use the UUID of the ${of}.`],
  });
}

/**
 * The transfer document. Pure. Source: Globus Transfer API, "Transfer and Delete Documents".
 *
 * @param settings `notify`: of which ends Globus writes a mail, where the request does not say; `now`: what a deadline of
 *   so many hours counts from
 * @throws {RequestWrong} for what Globus would refuse after a round trip, or silently take for something else
 */
export function transferDocument(
  submissionId: string,
  request: TransferRequest,
  {notify = [], now = 0}: {readonly notify?: readonly NotifyOn[] | undefined; readonly now?: number} = {},
): TransferFields & Notifications {
  checkLabel(request.label);
  if (request.items.length === 0)
    throw new RequestWrong('A transfer without items was asked for', {
      next: ['Name at least one source and destination.'],
    });
  for (const id of [request.sourceCollection, request.destinationCollection])
    if (!isUuid(id))
      throw new RequestWrong(`"${id}" is not the id of a collection`, {
        next: ['Use its UUID, or a name from "collections".'],
      });
  for (const {from, to} of request.items) [from, to].forEach(checkPath);
  const {options} = request;
  return {
    DATA_TYPE: 'transfer',
    submission_id: submissionId,
    label: request.label,
    source_endpoint: request.sourceCollection,
    destination_endpoint: request.destinationCollection,
    verify_checksum: options.verifyChecksum,
    preserve_timestamp: options.preserveTimestamp,
    encrypt_data: options.encryptData,
    // What is undefined is not sent.
    sync_level: options.syncLevel,
    deadline: options.deadlineAfterMs === undefined ? options.deadline : iso(now + options.deadlineAfterMs),
    source_local_user: request.sourceLocalUser,
    destination_local_user: request.destinationLocalUser,
    delete_destination_extra: options.deleteExtra,
    skip_source_errors: options.skipSourceErrors,
    fail_on_quota_errors: options.failOnQuota,
    recursive_symlinks: options.symlinks,
    ...notifications(options.notify ?? notify),
    filter_rules: options.filters?.map((rule) => ({DATA_TYPE: 'filter_rule', ...rule})),
    DATA: request.items.map((item) => ({
      DATA_TYPE: 'transfer_item',
      source_path: item.from,
      destination_path: item.to,
      recursive: item.recursive,
      external_checksum: item.checksum,
      checksum_algorithm: item.checksumAlgorithm,
    })),
  };
}

/** The delete document. Pure. Source: Globus Transfer API, "Transfer and Delete Documents". @throws {RequestWrong} */
export function deleteDocument(
  submissionId: string,
  request: DeleteRequest,
  {notify = []}: {readonly notify?: readonly NotifyOn[] | undefined} = {},
): DeleteFields & Notifications {
  const {label, collection, paths, recursive} = request;
  checkLabel(label);
  paths.forEach(checkPath);
  return {
    DATA_TYPE: 'delete',
    submission_id: submissionId,
    label,
    endpoint: collection,
    recursive,
    local_user: request.localUser,
    ignore_missing: true,
    interpret_globs: false,
    ...notifications(request.notify ?? notify),
    DATA: paths.map((path) => ({DATA_TYPE: 'delete_item', path})),
  };
}

type Notifications = Readonly<Record<`notify_on_${NotifyOn}`, boolean>>;

/** What is left out is a mail for every task. Source: Globus Transfer API, "notify_on_succeeded". */
function notifications(wanted: readonly NotifyOn[]): Notifications {
  return {
    notify_on_succeeded: wanted.includes('succeeded'),
    notify_on_failed: wanted.includes('failed'),
    notify_on_inactive: wanted.includes('inactive'),
  };
}

/** The filter that lists exactly these tasks. Without a type, deletes of other kinds could be listed too. */
export function taskFilter(tasks: readonly TaskId[]): string {
  return `task_id:${tasks.join(',')}/type:TRANSFER,DELETE`;
}

/** @throws {RequestWrong} for what Globus would refuse */
export function checkLabel(label: string): void {
  const why = wrongLabel(label);
  if (why === undefined) return;
  throw new RequestWrong(`Globus does not accept the label "${label.slice(0, LABEL_LENGTH)}"`, {
    why,
    next: [`Use at most ${LABEL_LENGTH} characters, no line ends, no white space at either end.`],
  });
}

function checkPath(name: string): void {
  if (name === '' || /[\r\n]/.test(name))
    throw new RequestWrong(`Globus does not accept the path ${JSON.stringify(name)}`, {
      why: 'it is empty or has a line end in it',
    });
}

export const SubmissionId = z.object({value: z.string().check(z.minLength(1))});
/** How a submission is answered: `Accepted`, or `Duplicate` with the same task id when the submission id was used before. */
export const SubmissionResult = z.object({task_id: z.string().check(z.minLength(1))});
/** A `result` document, such as that of a cancellation. */
export const Result = z.object({code: z.string()});
