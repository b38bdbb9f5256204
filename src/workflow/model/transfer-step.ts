import {MAX_KEEP_SECONDS, readDuration} from '../../base/duration.ts';
import type {Place, TransferItem, Way} from '../../base/task-request.ts';
import {readItem, type WrittenItem} from './items.ts';
import {toOptions, type WrittenTransfer} from './transfer-options.ts';
import type {StepCommon, TransferStep} from './workflow.ts';

/** A transfer that was found right, in normal form. @param batch what its batch file holds, when it names one */
export function toTransferStep(
  common: StepCommon,
  transfer: WrittenTransfer,
  ends: {readonly from: Place; readonly to: Place; readonly via?: Way | undefined},
  batch: readonly WrittenItem[] | undefined,
): TransferStep {
  const from = asUser(ends.from, transfer.source_local_user);
  const to = asUser(ends.to, transfer.destination_local_user);
  const items = itemsIn(transfer, batch, from, to);
  const recursive = transfer.recursive ?? (from.path.endsWith('/') && to.path.endsWith('/'));
  return {
    kind: 'transfer',
    ...common,
    ...(ends.via ? {via: ends.via} : {}),
    from,
    to,
    recursive: items === undefined ? recursive : items.some((item) => item.recursive),
    ...(items === undefined ? {} : {items}),
    options: toOptions(transfer),
    ...(transfer.label === undefined ? {} : {label: transfer.label}),
    ...(transfer.keep === undefined ? {} : {keepMs: readDuration(transfer.keep, MAX_KEEP_SECONDS) ?? 0}),
    ...(transfer.when_output_fails === 'rerun' ? {whenFails: 'rerun'} : {}),
    ...(transfer.confirm_delete ? {confirmDelete: true} : {}),
  };
}

/** A place, as the local account that it is to be reached as. */
export function asUser(place: Place, localUser: string | undefined): Place {
  return localUser === undefined ? place : {...place, localUser};
}

/** Items that stand in the file, or in a batch file; a file with a checksum is one; undefined when "from" and "to" say it all. */
function itemsIn(
  transfer: WrittenTransfer,
  batch: readonly WrittenItem[] | undefined,
  from: Place,
  to: Place,
): readonly TransferItem[] | undefined {
  const base = {from: from.path, to: to.path};
  const {external_checksum, checksum_algorithm} = transfer;
  const alone = external_checksum === undefined ? undefined : [{...base, external_checksum, checksum_algorithm}];
  return (transfer.items ?? batch ?? alone)?.map((written) => {
    const item = readItem(written, base);
    if (typeof item === 'string') throw new RangeError(item); // found right: cannot happen
    return item;
  });
}
