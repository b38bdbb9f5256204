import * as z from 'zod';
import {LABEL, wrongLabel} from '../../base/task-label.ts';
import {NOTIFY_ON} from '../../base/task-request.ts';
import {PLACE_PATTERN} from '../model/places.ts';

/** One line of text. A NUL could not be an argument of any command. */
export const text = (allowed: string) =>
  z
    .string({error: allowed})
    .refine((line) => /^[^\r\n\0]+$/.test(line), {error: allowed})
    .meta({minLength: 1});

export const flag = (title: string, description: string, byDefault: boolean) =>
  z.boolean({error: 'needs true or false'}).optional().meta({title, description, default: byDefault});

export const place = (title: string, description: string) =>
  z
    .string({error: 'needs collection:path, such as theta:/~/data/'})
    .meta({title, description, pattern: PLACE_PATTERN, examples: ['theta:/~/data/']});

const NOTIFY = `needs a list of ${NOTIFY_ON.join(', ')}`;

/** When the owner of a task gets a mail from Globus. */
export const notify = z
  .array(z.enum(NOTIFY_ON, {error: `needs one of ${NOTIFY_ON.join(', ')}`}), {error: NOTIFY})
  .optional()
  .meta({
    title: 'Notify',
    description: 'When Globus writes a mail: at which ends of the task. Default: what the profile says, else never.',
    examples: [['failed', 'inactive']],
  });

/** The user's own words in the label of a task. */
export const label = z
  .string({error: LABEL})
  .refine((words) => wrongLabel(words) === undefined, {error: LABEL})
  .optional()
  .meta({
    title: 'Label',
    description:
      'Your own words for the task, shown by Globus after "stage RUN STEP ATTEMPT", cut where both are too long.',
    examples: ['winter 2026, second try'],
  });

export const localUser = (of: string) =>
  text('needs the name of a local account')
    .optional()
    .meta({
      title: 'Local user',
      description: `Which of your local accounts the ${of} collection acts as, where it maps you to several.`,
    });
