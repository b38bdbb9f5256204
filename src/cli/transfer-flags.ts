import {Flags} from '@oclif/core';
import {NOTIFY_ON, type NotifyOn} from '../base/task-request.ts';
import {SYNC_LEVELS, type WrittenTransfer} from '../workflow/model/transfer-options.ts';

const SYNC = Object.keys(SYNC_LEVELS) as readonly (keyof typeof SYNC_LEVELS)[]; // Object.keys forgets which
const SYMLINKS = ['ignore', 'keep', 'copy'] as const;

export const notifyFlag = Flags.option({
  options: NOTIFY_ON,
  multiple: true,
  description: 'when Globus writes a mail (may be repeated) [default: as the profile says, else never]',
});

/** The options of a transfer, under the names that they have in a workflow file. */
export const transferFlags = {
  recursive: Flags.boolean({
    allowNo: true,
    description: 'move a directory with everything in it [default: when FROM ends in "/"]',
  }),
  batch: Flags.string({description: 'file with items, one per line; - reads standard input', helpValue: 'FILE|-'}),
  sync: Flags.option({options: SYNC, description: 'move only what differs at the destination'})(),
  filter: Flags.string({
    multiple: true,
    description: 'names in directories to include or exclude; the first matching rule decides (may be repeated)',
    helpValue: 'include|exclude[:file|:dir]=NAME',
  }),
  symlinks: Flags.option({
    options: SYMLINKS,
    description: 'symbolic links in directories: skip them, recreate them, or copy their targets [default: ignore]',
  })(),
  'verify-checksum': Flags.boolean({allowNo: true, default: true, description: 'compare checksums after copying'}),
  'external-checksum': Flags.string({
    description: 'expected checksum of the one file; a mismatch fails the task',
    helpValue: 'HEX',
  }),
  'checksum-algorithm': Flags.string({
    description: 'of --external-checksum [default: MD5]',
    helpValue: 'NAME',
    dependsOn: ['external-checksum'],
  }),
  'preserve-timestamp': Flags.boolean({description: 'give copies the modification times of the originals'}),
  encrypt: Flags.boolean({description: 'encrypt the data in transit'}),
  'delete-extra': Flags.boolean({
    description: 'delete files at the destination of a directory that its source does not have; needs --confirm-delete',
  }),
  'confirm-delete': Flags.boolean({description: 'confirm --delete-extra', dependsOn: ['delete-extra']}),
  'skip-source-errors': Flags.boolean({
    description: 'skip files that are missing or cannot be read; "stage transfer skipped" lists them',
  }),
  'fail-on-quota': Flags.boolean({description: 'end the task when a quota at the destination is full'}),
  deadline: Flags.string({
    description: 'when Globus gives up, such as 2030-01-31T18:00:00+01:00, or 2d from now',
    helpValue: 'TIME',
  }),
  'source-local-user': Flags.string({
    description: 'local account that the source acts as, where it maps you to several',
  }),
  'destination-local-user': Flags.string({description: 'the same of the destination'}),
  notify: notifyFlag(),
};

interface Values {
  readonly recursive?: boolean;
  readonly sync?: keyof typeof SYNC_LEVELS;
  readonly symlinks?: (typeof SYMLINKS)[number];
  readonly 'verify-checksum': boolean;
  readonly 'external-checksum'?: string;
  readonly 'checksum-algorithm'?: string;
  readonly 'preserve-timestamp': boolean;
  readonly encrypt: boolean;
  readonly 'delete-extra': boolean;
  readonly 'confirm-delete': boolean;
  readonly 'skip-source-errors': boolean;
  readonly 'fail-on-quota': boolean;
  readonly deadline?: string;
  readonly notify?: NotifyOn[];
  readonly 'source-local-user'?: string;
  readonly 'destination-local-user'?: string;
}

/** A transfer as flags describe it, as it would stand in a workflow file: a flag that was not given is not there. */
export function writtenTransfer(places: {readonly from: string; readonly to: string}, flags: Values): WrittenTransfer {
  return {
    ...places,
    ...(flags.recursive === undefined ? {} : {recursive: flags.recursive}),
    ...(flags.sync === undefined ? {} : {sync: flags.sync}),
    ...(flags.symlinks === undefined ? {} : {symlinks: flags.symlinks}),
    verify_checksum: flags['verify-checksum'],
    ...(flags['external-checksum'] === undefined ? {} : {external_checksum: flags['external-checksum']}),
    ...(flags['checksum-algorithm'] === undefined ? {} : {checksum_algorithm: flags['checksum-algorithm']}),
    preserve_timestamp: flags['preserve-timestamp'],
    encrypt: flags.encrypt,
    ...(flags['delete-extra'] ? {delete_extra: true} : {}),
    ...(flags['confirm-delete'] ? {confirm_delete: true} : {}),
    skip_source_errors: flags['skip-source-errors'],
    fail_on_quota: flags['fail-on-quota'],
    ...(flags.deadline === undefined ? {} : {deadline: flags.deadline}),
    ...(flags.notify === undefined ? {} : {notify: flags.notify}),
    source_local_user: flags['source-local-user'],
    destination_local_user: flags['destination-local-user'],
  };
}
