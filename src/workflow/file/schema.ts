import * as z from 'zod';
import {DURATION, DURATION_PATTERN, MAX_DURATION_SECONDS, readDuration} from '../../base/duration.ts';
import {UUID} from '../../base/ids.ts';
import {NAME} from '../../base/names.ts';
import {ARRAY_PATTERN} from '../model/array-range.ts';
import {DEFAULT_FAIL_FAST_ON, FAIL_FAST_CODES} from '../model/fail-fast.ts';
import {linkSchema, moveSchema, removeSchema} from './act-schema.ts';
import {claimsSchema, usesSchema} from './limits-schema.ts';
import {flag, label, localUser, notify, place, text} from './schema-parts.ts';
import {transferSchema} from './transfer-schema.ts';

/**
 * The workflow file as people write it. Every `error` says what is allowed, and only that: what is wrong is said
 * by the reader of the issues, who has seen the value. What needs the whole file (references, circles, names of
 * maps) is checked elsewhere, because zod gives up on a map's other checks once one part of it is wrong.
 */

/** What the keys of a map may be called: JSON Schema gets the pattern, people the sentence. */
export interface NameRule {
  readonly pattern: RegExp;
  readonly allowed: string;
}

const RUN_NAME: NameRule = {
  pattern: NAME,
  allowed: 'needs a run name: 1 to 63 letters, digits, "_" and "-", first a letter or digit',
};
export const STEP_NAME: NameRule = {
  pattern: /^[A-Za-z][A-Za-z0-9_-]{0,62}$/,
  allowed: 'needs a step name: 1 to 63 letters, digits, "_" and "-", first a letter',
};
export const COLLECTION_NAME: NameRule = {
  pattern: /^[A-Za-z][A-Za-z0-9_.-]{0,62}$/,
  allowed: 'needs a friendly name: 1 to 63 letters, digits, "_", "." and "-", first a letter',
};
export const PARAM_NAME: NameRule = {
  pattern: /^[A-Za-z_][A-Za-z0-9_-]{0,62}$/,
  allowed: 'needs a parameter name: 1 to 63 letters, digits, "_" and "-", first a letter or "_"',
};
export const RESOURCE_NAME: NameRule = {
  pattern: /^[A-Za-z][A-Za-z0-9_.]*$/,
  allowed: 'needs a PBS resource name: letters, digits, "_" and ".", first a letter',
};
export const ENV_NAME: NameRule = {
  pattern: /^[A-Za-z_][A-Za-z0-9_]*$/,
  allowed: 'needs the name of an environment variable: letters, digits and "_", first no digit',
};

const keys = (rule: NameRule) => z.string().meta({pattern: rule.pattern.source});

const STEP_LIST = 'needs a step name or a list of step names';
const stepNames = (title: string, description: string) =>
  z
    .union([z.string({error: STEP_LIST}), z.array(z.string({error: 'needs a step name'}), {error: STEP_LIST})], {
      error: STEP_LIST,
    })
    .optional()
    .meta({title, description});

const RESOURCE = 'needs text or a number';
const resource = z.union([text(RESOURCE), z.number()], {
  error: RESOURCE,
});

export const jobSchema = z
  .strictObject(
    {
      script: text('needs the path of a batch script').meta({
        title: 'Batch script',
        description: 'Path of the script, from the directory of the workflow file. Its own #PBS lines are honoured.',
      }),
      resources: z
        .record(keys(RESOURCE_NAME), resource, {error: 'needs a map of PBS resources, such as walltime: "01:00:00"'})
        .optional()
        .meta({
          title: 'Resources',
          description: 'What qsub gets as -l name=value, such as select and walltime.',
          examples: [{select: '1:ncpus=4', walltime: '01:00:00'}],
        }),
      queue: text('needs the name of a queue').optional().meta({title: 'Queue', description: 'qsub -q'}),
      account: text('needs an account').optional().meta({title: 'Account', description: 'qsub -A'}),
      project: z
        .string({error: 'needs a project'})
        // PBS refuses a project with a double quote or comma in it (measured on OpenPBS 23.06).
        .regex(/^[^\r\n\0",]+$/, {error: 'needs a project, without double quotes and commas'})
        .optional()
        .meta({title: 'Project', description: 'qsub -P'}),
      name: z
        .string({error: 'needs a PBS job name'})
        // Longer or other names are refused as `illegal -N value` (measured on OpenPBS 23.06).
        .regex(/^[A-Za-z0-9_.+-]{1,230}$/, {
          error: 'needs a PBS job name: 1 to 230 letters, digits, "_", ".", "+" and "-"',
        })
        .optional()
        .meta({title: 'Job name', description: 'qsub -N. Default: the script\'s own "#PBS -N", else run and step.'}),
      env: z
        .record(
          keys(ENV_NAME),
          z.union([z.string().refine((value) => !value.includes('\0')), z.number(), z.boolean()], {
            error: 'needs text, a number, true or false',
          }),
          {error: 'needs a map of environment variables'},
        )
        .optional()
        .meta({title: 'Environment', description: 'Environment variables of the script. Values go in as written.'}),
      array: z
        .string({error: 'needs a range of indices in quotes, such as "0-99%10"'})
        .optional()
        .meta({
          title: 'Job array',
          description: 'The script runs once for each index, as subjobs of one job array: qsub -J X-Y[:STEP][%MAX].',
          pattern: ARRAY_PATTERN.source,
          examples: ['0-99', '0-99%10'],
        }),
      on_interrupted: z.enum(['rerun', 'fail'], {error: 'needs rerun or fail'}).optional().meta({
        title: 'When it was interrupted',
        description: 'When the job was lost after it had started: run it again (rerun), or fail the step (fail).',
        default: 'rerun',
      }),
    },
    {error: 'needs a map with script'},
  )
  .meta({title: 'Job', description: 'A PBS job.'});

export const deleteSchema = z
  .strictObject(
    {
      at: place('Path', 'What is deleted: collection:path, bookmark:path, or a path of the cluster.'),
      recursive: flag('Whole directory', 'A directory and everything in it.', false),
      label,
      local_user: localUser('collection').meta({
        title: 'Local user',
        description: 'Which of your local accounts the collection acts as, where it maps you to several.',
      }),
      notify,
    },
    {error: 'needs a map with at'},
  )
  .meta({title: 'Delete', description: 'Delete a file or directory on a collection. A missing path is not an error.'});

export const mkdirSchema = z
  .strictObject(
    {
      at: place('Path', 'The directory: collection:path, bookmark:path, or a path of the cluster.'),
      local_user: localUser('collection'),
    },
    {error: 'needs collection:path, or a map with at'},
  )
  .meta({title: 'Make directory', description: 'Make a directory on a collection, as one of your local accounts.'});

const FAIL_FAST = 'needs a duration such as 10m, or a map with after and on';
const FAULTS = `needs a list of faults: ${FAIL_FAST_CODES.join(', ')}`;

const duration = z
  .union(
    [
      z.number().meta({type: 'integer', minimum: 1, maximum: MAX_DURATION_SECONDS}),
      z.string().meta({pattern: DURATION_PATTERN.source}),
    ],
    {error: DURATION},
  )
  .refine((written) => readDuration(written) !== undefined, {error: DURATION});

const failFastSchema = z.strictObject(
  {
    after: duration.meta({
      title: 'After',
      description: 'How long the fault must have lasted: seconds, or text such as 90s, 10m or 2h.',
    }),
    on: z
      .array(z.enum(FAIL_FAST_CODES, {error: `needs one of ${FAIL_FAST_CODES.join(', ')}`}), {error: FAULTS})
      .min(1, {error: FAULTS})
      .optional()
      .meta({
        title: 'On',
        description: 'Which faults, by the codes of Globus.',
        default: [...DEFAULT_FAIL_FAST_ON],
      }),
  },
  {error: FAIL_FAST},
);

const ROUNDS = 'needs a whole number from 1 to 20';
const STATUS = 'needs a whole number from 1 to 255';
const STATUSES = 'needs a list of exit statuses, such as [65]';

export const redoFromSchema = z
  .strictObject(
    {
      step: z.string({error: 'needs the name of a step'}).meta({
        title: 'First step',
        description: 'Where the steps begin that are done again; this step is the last of them.',
      }),
      rounds: z
        .int({error: ROUNDS})
        .min(1, {error: ROUNDS})
        .max(20, {error: ROUNDS})
        .meta({title: 'Rounds', description: 'How many times they are done again.'}),
      at_once_on: z
        .array(z.int({error: STATUS}).min(1, {error: STATUS}).max(255, {error: STATUS}), {error: STATUSES})
        .min(1, {error: STATUSES})
        .optional()
        .meta({
          title: 'At once on',
          description: 'Exit statuses of its job after which no further attempt is made before the next round.',
        }),
    },
    {error: 'needs a map with step and rounds'},
  )
  .meta({
    title: 'Redo from',
    description: 'When this step has failed and its retries are spent, the steps from there up to it are done again.',
    examples: [{step: 'pack', rounds: 3, at_once_on: [65]}],
  });

const RETRIES = 'needs a whole number from 0 to 20';

export const stepSchema = z
  .strictObject(
    {
      transfer: transferSchema.optional(),
      job: jobSchema.optional(),
      delete: deleteSchema.optional(),
      mkdir: z
        .union(
          [place('Make directory', 'Make a directory on a collection. An existing one is not an error.'), mkdirSchema],
          {error: 'needs collection:path, or a map with at'},
        )
        .optional()
        .meta({
          title: 'Make directory',
          description: 'Make a directory on a collection. An existing one is not an error.',
        }),
      link: linkSchema.optional(),
      move: moveSchema.optional(),
      remove: removeSchema.optional(),
      needs: stepNames('Needs', 'Starts when all of these steps have succeeded.'),
      on_failure_of: stepNames('On failure of', 'Starts when at least one of these steps has failed.'),
      after: stepNames('After', 'Starts when all of these steps have ended, either way.'),
      strategy: z.enum(['monitor', 'wait'], {error: 'needs monitor or wait'}).optional().meta({
        title: 'How a transfer is waited for',
        description:
          'Short jobs look from time to time (monitor), or one long job waits (wait). Default: what the profile says.',
      }),
      fail_fast: z
        .union([duration, failFastSchema], {error: FAIL_FAST})
        .optional()
        .meta({
          title: 'Fail fast',
          description:
            'When a fault of the transfer has lasted this long, cancel the task and fail the step, instead of waiting ' +
            'for the deadline. A duration alone means a missing source or permission.',
          examples: ['10m', {after: '30m', on: ['FILE_NOT_FOUND', 'NO_SPACE_LEFT']}],
        }),
      retries: z
        .int({error: RETRIES})
        .min(0, {error: RETRIES})
        .max(20, {error: RETRIES})
        .optional()
        .meta({title: 'Retries', description: 'How many further attempts follow a failed one.', default: 0}),
      retry_delay: z
        .union(
          [
            z.number().meta({type: 'integer', minimum: 1, maximum: MAX_DURATION_SECONDS}),
            z.string().meta({pattern: DURATION_PATTERN.source}),
          ],
          {error: DURATION},
        )
        .refine((delay) => readDuration(delay) !== undefined, {error: DURATION})
        .optional()
        .meta({
          title: 'Pause before the first retry',
          description: 'Seconds, or text such as 90s, 5m, 2h or 1d. The pause doubles with each further retry.',
          default: '1m',
          examples: ['90s', '5m'],
        }),
      delay: duration.optional().meta({
        title: 'Delay',
        description: 'How long it begins after what it waits for: seconds, or text such as 90s, 5m, 4h or 1d.',
        examples: ['4h'],
      }),
      redo_from: redoFromSchema.optional(),
      uses: usesSchema.optional(),
      when: z.enum(['always'], {error: 'needs always'}).optional().meta({
        title: 'When',
        description: 'always: the step runs at the end, whatever happened.',
      }),
    },
    {error: 'needs a map with transfer, job, delete, mkdir, link, move or remove'},
  )
  .meta({
    title: 'Step',
    description: 'One transfer, job or other act, and what must have happened before it starts.',
    oneOf: ['transfer', 'job', 'delete', 'mkdir', 'link', 'move', 'remove'].map((kind) => ({required: [kind]})),
    dependentRequired: {retry_delay: ['retries']},
  });

export const fileSchema = z
  .strictObject(
    {
      name: z
        .string({error: RUN_NAME.allowed})
        .regex(RUN_NAME.pattern, {error: RUN_NAME.allowed})
        .meta({title: 'Name', description: 'Name of the run, when --name is not given.'}),
      collections: z
        .record(
          keys(COLLECTION_NAME),
          z
            .string({error: 'needs the id of a collection (a UUID)'})
            .regex(UUID, {error: 'needs the id of a collection (a UUID)'}),
          {error: 'needs a map of friendly names to collection ids'},
        )
        .optional()
        .meta({
          title: 'Collections',
          description: 'Friendly names of Globus collections. They win over the configuration.',
        }),
      params: z
        .record(
          keys(PARAM_NAME),
          z.union([z.string(), z.number(), z.boolean(), z.null()], {
            error: 'needs text, a number, true, false, or null when it must be given',
          }),
          {error: 'needs a map of parameters to their defaults'},
        )
        .optional()
        .meta({
          title: 'Parameters',
          description: `Parameters and their defaults; null makes one required. Used as \${{ params.NAME }}.`,
        }),
      steps: z
        .record(keys(STEP_NAME), stepSchema, {error: 'needs a map of steps'})
        .refine((steps) => Object.keys(steps).length > 0, {error: 'needs at least one step'})
        .meta({title: 'Steps', description: 'What is to be done, by name.', minProperties: 1}),
      claims: claimsSchema.optional(),
    },
    {error: 'needs a map with name and steps'},
  )
  .meta({title: 'stage workflow', description: 'Transfers and PBS jobs, and what each of them waits for.'});

/** The file once the schema has read it. */
export type WorkflowFile = z.output<typeof fileSchema>;
