import {readDeadline, writeDuration} from '../../base/duration.ts';
import type {FilterRule, TransferItem, TransferOptions} from '../../base/task-request.ts';
import type {WorkflowFile} from '../file/schema.ts';
import type {TransferStep} from './workflow.ts';

export const SYNC_LEVELS = {exists: 0, size: 1, mtime: 2, checksum: 3} as const;
const SYNC_NAMES = ['exists', 'size', 'mtime', 'checksum'] as const;

export type WrittenTransfer = NonNullable<WorkflowFile['steps'][string]['transfer']>;

/** The options of a transfer in normal form: what is at its default is left out where that was always so. Pure. */
export function toOptions(transfer: Omit<WrittenTransfer, 'from' | 'to'>): TransferOptions {
  return {
    ...(transfer.sync === undefined ? {} : {syncLevel: SYNC_LEVELS[transfer.sync]}),
    verifyChecksum: transfer.verify_checksum ?? true,
    preserveTimestamp: transfer.preserve_timestamp ?? false,
    encryptData: transfer.encrypt ?? false,
    ...(transfer.deadline === undefined ? {} : toDeadline(transfer.deadline)),
    ...(transfer.filters === undefined ? {} : {filters: transfer.filters.map(toFilter)}),
    ...(transfer.delete_extra ? {deleteExtra: true} : {}),
    ...(transfer.skip_source_errors ? {skipSourceErrors: true} : {}),
    ...(transfer.fail_on_quota ? {failOnQuota: true} : {}),
    ...(transfer.symlinks === undefined || transfer.symlinks === 'ignore' ? {} : {symlinks: transfer.symlinks}),
    ...(transfer.notify === undefined ? {} : {notify: transfer.notify}),
  };
}

function toDeadline(written: string): Pick<TransferOptions, 'deadline' | 'deadlineAfterMs'> {
  const deadlineAfterMs = readDeadline(written);
  return deadlineAfterMs === undefined ? {deadline: inUtc(written)} : {deadlineAfterMs};
}

type WrittenFilter = NonNullable<WrittenTransfer['filters']>[number];

/** @throws {RangeError} for a rule without include and exclude, which the check of the steps does not let pass */
function toFilter({include, exclude, type}: WrittenFilter): FilterRule {
  const name = include ?? exclude;
  if (name === undefined) throw new RangeError('a filter has neither include nor exclude');
  return {method: include === undefined ? 'exclude' : 'include', name, ...(type === undefined ? {} : {type})};
}

/** What a transfer does, spelled as in the file; what was left out is undefined. Pure. */
export function transferInWords({options, items}: Pick<TransferStep, 'options' | 'items'>) {
  return {
    sync: options.syncLevel === undefined ? undefined : SYNC_NAMES[options.syncLevel],
    verify_checksum: options.verifyChecksum,
    preserve_timestamp: options.preserveTimestamp,
    encrypt: options.encryptData,
    deadline: options.deadlineAfterMs === undefined ? options.deadline : writeDuration(options.deadlineAfterMs),
    filters: options.filters?.map(filterInWords),
    delete_extra: options.deleteExtra,
    skip_source_errors: options.skipSourceErrors,
    fail_on_quota: options.failOnQuota,
    symlinks: options.symlinks,
    items: items?.map(itemInWords),
  };
}

export function filterInWords({method, name, type}: FilterRule): string {
  return `${method}${type === undefined ? '' : ` ${type}`} ${JSON.stringify(name)}`;
}

/** Paths are quoted: none can be taken for a part of the text around it. */
function itemInWords({from, to, recursive, checksum, checksumAlgorithm}: TransferItem): string {
  const proof = checksum === undefined ? '' : `, ${checksumAlgorithm ?? ''} ${checksum}`;
  return `${JSON.stringify(from)} → ${JSON.stringify(to)}${recursive ? ', recursive' : ''}${proof}`;
}

/** One spelling for one instant: `2030-01-31T17:00:00Z`. */
function inUtc(time: string): string {
  return new Date(time).toISOString().replace('.000Z', 'Z');
}
