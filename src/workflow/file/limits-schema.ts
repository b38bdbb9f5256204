import * as z from 'zod';
import {BYTES, BYTES_PATTERN, readBytes} from '../../base/bytes.ts';
import {NAME} from '../../base/names.ts';
import {text} from './schema-parts.ts';

/** What steps and runs claim of limits: slots for an attempt, bytes of a pool for a stretch of steps. */

const LIMIT = 'needs the name of a limit: 1 to 63 letters, digits, "_" and "-", first a letter or digit';
const limit = z.string({error: LIMIT}).regex(NAME, {error: LIMIT});

const SLOTS = 'needs a whole number of slots, 1 or more';
/** A parameter comes as text. */
const slots = z
  .union([z.number().meta({type: 'integer', minimum: 1}), z.string().meta({pattern: '^[1-9][0-9]{0,8}$'})], {
    error: SLOTS,
  })
  .refine((written) => /^[1-9][0-9]{0,8}$/.test(String(written)), {error: SLOTS});

const USES = 'needs the name of a limit, a list of names, or a map of names to slots';

export const usesSchema = z
  .union([limit, z.array(limit, {error: USES}).min(1, {error: USES}), z.record(limit, slots, {error: USES})], {
    error: USES,
  })
  .meta({
    title: 'Uses',
    description:
      'Slots of limits that an attempt holds while it works: a name, a list of names, or a map of names to how many.',
    examples: ['licence', ['licence', 'server'], {licence: 2}],
  });

const FACTOR = 'needs a number above 0';
const UNTIL = 'needs the name of a step, or a map with step and has';

const claimSchema = z
  .strictObject(
    {
      amount: z
        .union(
          [
            z.number().meta({type: 'integer', minimum: 1}),
            z.string().meta({pattern: `^auto$|${BYTES_PATTERN.source}`}),
          ],
          {error: `${BYTES}, or auto`},
        )
        .refine((amount) => amount === 'auto' || readBytes(amount) !== undefined, {error: `${BYTES}, or auto`})
        .meta({
          title: 'Amount',
          description: 'Bytes, or auto: what the source of the transfer "from" holds, times factor.',
          examples: ['12GB', 'auto'],
        }),
      factor: z
        .union([z.number(), z.string().meta({pattern: '^[0-9]+([.][0-9]+)?$'})], {error: FACTOR})
        .refine((factor) => Number(factor) > 0, {error: FACTOR})
        .optional()
        .meta({title: 'Factor', description: 'What "amount: auto" is multiplied by.', default: 1}),
      from: text('needs the name of a step').meta({
        title: 'From',
        description: 'This step does not begin before the claim is granted.',
      }),
      until: z
        .union(
          [
            text(UNTIL),
            z.strictObject(
              {
                step: text('needs the name of a step'),
                has: z.enum(['begun', 'succeeded'], {error: 'needs begun or succeeded'}),
              },
              {error: UNTIL},
            ),
          ],
          {error: UNTIL},
        )
        .meta({
          title: 'Until',
          description: 'The claim is released when this step has succeeded, or has begun.',
          examples: ['erase', {step: 'compute', has: 'begun'}],
        }),
    },
    {error: 'needs a map with amount, from and until'},
  )
  .meta({title: 'Claim', description: 'Space of a pool, for a stretch of steps.'});

export const claimKeys = Object.keys(claimSchema.shape);

export const claimsSchema = z.record(limit, claimSchema, {error: 'needs a map of pools to claims'}).meta({
  title: 'Claims',
  description: 'Space of pools that the run claims, by the name of the pool.',
  examples: [{scratch: {amount: '12GB', from: 'stage-in', until: 'cleanup'}}],
});
