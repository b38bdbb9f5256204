import * as z from 'zod';
import {PARAM_NAME} from '../../workflow/file/schema.ts';
import {text} from '../../workflow/file/schema-parts.ts';
import {CAMPAIGN_NAME_LENGTH} from '../campaign-directory.ts';

/** The campaign file as people write it. Every `error` says what is allowed, and only that. */

const NAME = `needs a name: 1 to ${CAMPAIGN_NAME_LENGTH} letters, digits, "_" and "-", first a letter or digit`;
const FIELDS = 'needs text, a number, true or false';
const ITEM = 'needs text, a number, or a map of fields';
const FOR_EACH = 'needs a list of items, or a map with one of list, lines, glob, matrix';
const COUNT = 'needs a whole number from 1';
const PAUSE = 'needs a whole number from 1, or never';

const scalar = z.union([z.string(), z.number(), z.boolean()], {error: FIELDS});
const fields = z.record(z.string(), scalar, {error: ITEM});
const list = z
  .array(z.union([scalar, fields], {error: ITEM}), {error: 'needs a list of items'})
  .min(1, {error: 'needs at least one item'});

export const sourceSchema = z.strictObject(
  {
    list: list.optional().meta({title: 'List', description: 'The items themselves: text, or maps of fields.'}),
    lines: text('needs the path of a file').optional().meta({
      title: 'Lines',
      description: 'A file with an item on each line. Empty lines and those that begin with # are left out.',
    }),
    glob: text('needs a path whose last part may hold * and ?')
      .optional()
      .meta({
        title: 'Glob',
        description: 'Files of a directory, or of one on a collection, by the last part of the path.',
        examples: ['/lus/data/*.nc', 'theta:/~/data/*.nc'],
      }),
    matrix: z
      .record(z.string(), z.array(scalar, {error: 'needs a list of values'}).min(1, {error: 'needs a value'}), {
        error: 'needs a map of fields to lists of values',
      })
      .refine((matrix) => Object.keys(matrix).length > 0, {error: 'needs at least one field'})
      .optional()
      .meta({title: 'Matrix', description: 'Every combination of these values.'}),
  },
  {error: FOR_EACH},
);

export const campaignSchema = z
  .strictObject(
    {
      campaign: z
        .string({error: NAME})
        .regex(new RegExp(`^[A-Za-z0-9][A-Za-z0-9_-]{0,${CAMPAIGN_NAME_LENGTH - 1}}$`), {error: NAME})
        .meta({title: 'Name', description: 'Name of the campaign. Its runs are called NAME-000001 and so on.'}),
      workflow: text('needs the path of a workflow file').meta({
        title: 'Workflow',
        description: 'Path of the workflow file that each item is run through, from the directory of this file.',
      }),
      for_each: z.union([list, sourceSchema], {error: FOR_EACH}).meta({
        title: 'For each',
        description: 'What varies: one run for each item.',
      }),
      key: text('needs text with ${{ item }} or ${{ item.FIELD }}').optional().meta({
        title: 'Key',
        description: 'What an item is called, and found again by. Default: the item itself, or all its fields.',
      }),
      params: z
        .record(z.string().meta({pattern: PARAM_NAME.pattern.source}), scalar, {
          error: 'needs a map of parameters of the workflow',
        })
        .optional()
        .meta({
          title: 'Parameters',
          description:
            'What the parameters of the workflow are for an item: text with ${{ item }} or ${{ item.FIELD }}. ' +
            'Default: each field is the parameter of its name.',
        }),
      priority: z
        .union([z.int().min(-1000).max(1000), z.string()], {
          error: 'needs a whole number from -1000 to 1000, or text with ${{ item.FIELD }}',
        })
        .optional()
        .meta({title: 'Priority', description: 'Items of a higher priority begin first.', default: 0}),
      max_active: z
        .int({error: COUNT})
        .min(1, {error: COUNT})
        .optional()
        .meta({title: 'At once', description: 'At most so many runs at a time.', default: 20}),
      prefetch: z.int({error: COUNT}).min(1, {error: COUNT}).optional().meta({
        title: 'Ahead',
        description: 'At most so many of them whose first job has not begun. Default: as many as max_active.',
      }),
      pause_after: z
        .union([z.int().min(1), z.literal('never')], {error: PAUSE})
        .optional()
        .meta({
          title: 'Pause after',
          description: 'Pause after so many failures in a row with one reason, or on one node.',
          default: 5,
        }),
      cross_reservations: z.boolean({error: 'needs true or false'}).optional().meta({
        title: 'Cross reservations',
        description: 'Begin items also where the walltime of a job crosses a reservation that PBS shows.',
        default: false,
      }),
    },
    {error: 'needs a map with campaign, workflow and for_each'},
  )
  .meta({title: 'stage campaign', description: 'Many runs of one workflow.'});

export type CampaignFile = z.output<typeof campaignSchema>;
