import {randomUUID} from 'node:crypto';
import type {Lasts} from '../../day.ts';
import {type AccessRules, requireAccess} from '../auth/access.ts';
import type {Caller} from '../auth/consents.ts';
import {badRequest, conflict, tooManyPending} from '../http/problem.ts';
import {readTime} from '../http/time.ts';
import type {Collection, Collections} from '../store/collections.ts';
import type {TaskStore} from '../store/task-store.ts';
import type {PauseRules} from './pause-rules.ts';
import {type DeleteSubmission, pathsDigest, readDelete, readTransfer, type TransferSubmission} from './submission.ts';
import type {TaskRunner} from './task-runner.ts';
import {hasEnded, type TaskState} from './task-state.ts';

export interface Submitter {
  readonly store: TaskStore;
  readonly runner: TaskRunner;
  readonly collections: Collections;
  readonly lasts: Lasts;
  readonly access: AccessRules;
  readonly pauseRules: PauseRules;
  /** tasks of a user that may wait or run */
  readonly mostPending: () => number;
}

export interface Submitted {
  readonly task: TaskState;
  /** the same submission id was accepted before: nothing was started */
  readonly duplicate: boolean;
}

/**
 * Accept a transfer document. Nothing here waits between looking whether the submission is known and recording it, so
 * two requests with one submission id are still one task.
 */
export function submitTransfer(to: Submitter, caller: Caller, body: unknown): Submitted {
  const owner = caller.identity;
  const document = readTransfer(body);
  const before = to.store.bySubmission(owner, document.submission_id);
  if (before) return {task: before, duplicate: true};
  const source = to.collections.mustGet(document.source_endpoint);
  const destination = to.collections.mustGet(document.destination_endpoint);
  requireAccess(to.access, [source, destination], caller);
  const digest = pathsDigest(document);
  const unfinished = to.store.all.filter((task) => task.owner === owner && !hasEnded(task));
  if (unfinished.some((task) => task.pathsDigest === digest)) {
    throw conflict('A transfer with identical paths has not yet completed');
  }
  return accept(to, owner, document, body, {
    type: 'TRANSFER',
    pathsDigest: digest,
    source,
    destination,
    options: {
      syncLevel: document.sync_level ?? null,
      verifyChecksum: document.verify_checksum,
      preserveTimestamp: document.preserve_timestamp,
      encryptData: document.encrypt_data,
      skipSourceErrors: document.skip_source_errors,
      failOnQuotaErrors: document.fail_on_quota_errors,
      deleteDestinationExtra: document.delete_destination_extra,
      recursiveSymlinks: document.recursive_symlinks ?? 'ignore',
    },
  });
}

export function submitDelete(to: Submitter, caller: Caller, body: unknown): Submitted {
  const owner = caller.identity;
  const document = readDelete(body);
  const before = to.store.bySubmission(owner, document.submission_id);
  if (before) return {task: before, duplicate: true};
  const source = to.collections.mustGet(document.endpoint);
  requireAccess(to.access, [source], caller);
  return accept(to, owner, document, body, {
    type: 'DELETE',
    pathsDigest: '',
    source,
    destination: undefined,
    options: {
      syncLevel: null,
      verifyChecksum: false,
      preserveTimestamp: false,
      encryptData: false,
      skipSourceErrors: false,
      failOnQuotaErrors: false,
      deleteDestinationExtra: false,
      recursiveSymlinks: 'ignore',
    },
  });
}

interface Parts extends Pick<TaskState, 'type' | 'pathsDigest' | 'options'> {
  readonly source: Collection;
  readonly destination: Collection | undefined;
}

function accept(
  to: Submitter,
  owner: string,
  document: TransferSubmission | DeleteSubmission,
  body: unknown,
  parts: Parts,
): Submitted {
  const now = Date.now();
  if (to.store.all.filter((task) => task.owner === owner && !hasEnded(task)).length >= to.mostPending()) {
    throw tooManyPending(to.mostPending());
  }
  const deadline = document.deadline ? readTime(document.deadline, 'deadline') : undefined;
  if (deadline !== undefined && deadline <= now)
    throw badRequest(`Invalid deadline: '${document.deadline}' has passed`);
  const task: TaskState = {
    ...parts,
    id: randomUUID(),
    owner,
    submissionId: document.submission_id,
    label: document.label ?? null,
    status: 'ACTIVE',
    fatalError: null,
    requestedAt: now,
    sequence: (to.store.all.at(-1)?.sequence ?? 0) + 1,
    startedAt: null,
    completedAt: null,
    deadline: deadline ?? now + to.lasts(24 * 3_600_000),
    deadlineGiven: deadline !== undefined,
    source: {id: parts.source.id, name: parts.source.name},
    destination: parts.destination ? {id: parts.destination.id, name: parts.destination.name} : null,
    notify: {
      succeeded: document.notify_on_succeeded,
      failed: document.notify_on_failed,
      inactive: document.notify_on_inactive,
    },
    filterRules: ('filter_rules' in document && document.filter_rules) || null,
    paused: false,
    removed: false,
    trouble: null,
    counts: {
      faults: 0,
      files: 0,
      directories: 0,
      symlinks: 0,
      filesSkipped: 0,
      filesTransferred: 0,
      bytesTransferred: 0,
      bytesChecksummed: 0,
      subtasksTotal: 0,
      subtasksRetrying: 0,
      subtasksSucceeded: 0,
      subtasksExpired: 0,
      subtasksCanceled: 0,
      subtasksFailed: 0,
      subtasksSkippedErrors: 0,
    },
  };
  to.store.create(task, body);
  to.runner.add(task);
  return {task, duplicate: false};
}
