import * as z from 'zod';
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
