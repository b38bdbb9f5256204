import * as z from 'zod';
import {campaignSchema} from './campaign-schema.ts';

/** The campaign file as JSON Schema (draft 2020-12), for editors. It says less than `stage campaign run --dry-run`. */
export function campaignJsonSchema(): Record<string, unknown> {
  return {...z.toJSONSchema(campaignSchema, {target: 'draft-2020-12', io: 'input'})};
}
