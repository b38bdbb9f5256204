import * as z from 'zod';
import {
  DEADLINE_PATTERN,
  DURATION_PATTERN,
  KEEP,
  MAX_KEEP_SECONDS,
  readDeadline,
  readDuration,
} from '../../base/duration.ts';
import {CHECKSUM_ALGORITHMS} from '../model/checksums.ts';
import {flag, label, localUser, notify, place, text} from './schema-parts.ts';

const FILTERS = 'needs a list of rules, such as - exclude: "*.tmp"';
const PATTERN = 'needs a name with wildcards * ? [] [!], such as "*.nc"';

export const filterSchema = z
  .strictObject(
    {
      include: text(PATTERN).optional().meta({title: 'Include', description: 'Names to include.'}),
      exclude: text(PATTERN).optional().meta({title: 'Exclude', description: 'Names to exclude.'}),
      type: z.enum(['file', 'dir'], {error: 'needs file or dir'}).optional().meta({
        title: 'Type',
        description: 'Only names of files, or only names of directories. Default: both.',
      }),
    },
    {error: 'needs a map with include or exclude'},
  )
  .meta({oneOf: [{required: ['include']}, {required: ['exclude']}]});

const CHECKSUM = 'needs a checksum in hex, in quotes';
const ALGORITHM = `needs one of ${CHECKSUM_ALGORITHMS.join(', ')}`;

const checksum = {
  external_checksum: text(CHECKSUM).optional().meta({
    title: 'Checksum',
    description: 'Expected checksum of the file, in hex. A mismatch fails the whole task.',
  }),
  checksum_algorithm: text(ALGORITHM)
    .optional()
    .meta({title: 'Algorithm', description: `Of the checksum: ${CHECKSUM_ALGORITHMS.join(', ')}.`, default: 'MD5'}),
};

const ITEM_PATH = 'needs a path, absolute or from the directory in "from" and "to" of the transfer';

export const itemSchema = z.strictObject(
  {
    from: text(ITEM_PATH).meta({title: 'Source', description: 'Path, from the directory in "from".'}),
    to: text(ITEM_PATH).meta({title: 'Destination', description: 'Path, from the directory in "to".'}),
    recursive: z.boolean({error: 'needs true or false'}).optional().meta({
      title: 'Whole directory',
      description: 'A directory and everything in it. Default: true when both paths end in "/".',
    }),
    ...checksum,
  },
  {error: 'needs a map with from and to'},
);

const PROGRAM = 'needs the path of a program, from the root directory';
const ITEMS = 'needs a list of maps with from and to';
const DEADLINE =
  'needs a date and time with zone, such as 2030-01-31T18:00:00+01:00, or a time from the submission, such as 2d';

export const transferSchema = z
  .strictObject(
    {
      from: place('Source', 'Where the data is: collection:path, bookmark:path, or a path of the cluster.'),
      to: place('Destination', 'Where the data goes: collection:path, bookmark:path, or a path of the cluster.'),
      via: z
        .enum(['globus', 'copy', 'command'], {error: 'needs one of globus, copy and command'})
        .optional()
        .meta({
          title: 'Way',
          description:
            'How it is made: by Globus, by a job of stage that copies (copy), or by a program of the site (command). ' +
            'With copy and command, "from" and "to" are paths of the cluster or HOST:PATH. Default: what the profile says of the two places, else Globus.',
        }),
      program: z
        .string({error: PROGRAM})
        .refine((path) => /^\/[^\r\n\0]+$/.test(path), {error: PROGRAM})
        .optional()
        .meta({
          title: 'Program',
          description: 'With via: command: the program that makes it, as docs/transfer-plugins.md says.',
          examples: ['/opt/site/bin/stage-gridftp'],
        }),
      recursive: z.boolean({error: 'needs true or false'}).optional().meta({
        title: 'Whole directory',
        description: 'Copy a directory and everything in it. Default: true when "from" and "to" both end in "/".',
      }),
      items: z.array(itemSchema, {error: ITEMS}).min(1, {error: ITEMS}).optional().meta({
        title: 'Items',
        description: 'Files and directories below "from" and "to", one task for all of them.',
      }),
      batch: text('needs the path of a file with items').optional().meta({
        title: 'Batch file',
        description:
          'A file with one item a line, as "globus transfer --batch" reads it. Read once, when the run begins.',
      }),
      sync: z
        .enum(['exists', 'size', 'mtime', 'checksum'], {error: 'needs one of exists, size, mtime and checksum'})
        .optional()
        .meta({
          title: 'Skip existing files',
          description:
            'Skip files that are at the destination already: that exist there (exists), have the same size (size), ' +
            'are not older (mtime) or have the same checksum (checksum). Default: copy everything.',
        }),
      filters: z
        .array(filterSchema, {error: FILTERS})
        .min(1, {error: FILTERS})
        .optional()
        .meta({
          title: 'Filters',
          description:
            'Which names in directories are included. The first matching rule decides; a name that no rule matches is included.',
          examples: [
            [
              {include: '*.nc', type: 'file'},
              {exclude: '*', type: 'file'},
            ],
          ],
        }),
      symlinks: z.enum(['ignore', 'keep', 'copy'], {error: 'needs one of ignore, keep and copy'}).optional().meta({
        title: 'Symbolic links',
        description: 'Links in directories: skip them, recreate them, or copy their targets.',
        default: 'ignore',
      }),
      verify_checksum: flag('Verify', 'Compare checksums after copying each file.', true),
      ...checksum,
      preserve_timestamp: flag('Keep times', 'Give copies the modification times of the originals.', false),
      encrypt: flag('Encrypt', 'Encrypt the data in transit.', false),
      delete_extra: flag(
        'Delete extra',
        'Delete files at the destination of a directory that its source does not have. Needs confirm_delete: true, or stage run --confirm-delete.',
        false,
      ),
      confirm_delete: flag('Confirm', 'Confirm delete_extra.', false),
      skip_source_errors: flag(
        'Skip what cannot be read',
        'Skip files of the source that are missing or cannot be read, and list them.',
        false,
      ),
      fail_on_quota: flag('Fail on quota', 'End the transfer when a quota at the destination is full.', false),
      deadline: z
        .union(
          [
            z.iso.datetime({offset: true, error: DEADLINE}),
            z
              .string({error: DEADLINE})
              .refine((written) => readDeadline(written) !== undefined, {error: DEADLINE})
              .meta({pattern: DEADLINE_PATTERN.source}),
          ],
          {error: DEADLINE},
        )
        .optional()
        .meta({
          title: 'Deadline',
          description:
            'When Globus gives up: ISO 8601 with zone, or a time such as 12h or 2d that counts from the submission of each attempt. ' +
            'Default: what Globus itself decides.',
          examples: ['2030-01-31T18:00:00+01:00', '2d'],
        }),
      keep: z
        .union([z.number().meta({type: 'integer', minimum: 1}), z.string().meta({pattern: DURATION_PATTERN.source})], {
          error: KEEP,
        })
        .refine((written) => readDuration(written, MAX_KEEP_SECONDS) !== undefined, {error: KEEP})
        .optional()
        .meta({
          title: 'Keep',
          description:
            'How long what the jobs made stays on disk after the run has ended; then "stage outputs sweep" may remove it. ' +
            'Default: until "stage outputs release".',
          examples: ['14d'],
        }),
      when_output_fails: z.enum(['keep', 'rerun'], {error: 'needs keep or rerun'}).optional().meta({
        title: 'When it has failed',
        description:
          '"stage resume" tries the transfer again (keep), and, where what it moves is gone from the disk, has the jobs make it again (rerun).',
        default: 'keep',
      }),
      label,
      source_local_user: localUser('source'),
      destination_local_user: localUser('destination'),
      notify,
    },
    {error: 'needs a map with from and to'},
  )
  .meta({title: 'Transfer', description: 'A transfer, by Globus or in another way.'});
