import * as z from 'zod/mini';

// Globus leaves keys out, or gives null, where it has nothing to say.
export const Text = z.nullish(z.string());
export const Count = z.nullish(z.number());
export const Switch = z.nullish(z.boolean());
