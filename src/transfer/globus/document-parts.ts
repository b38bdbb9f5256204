import * as z from 'zod/mini';

// Globus leaves keys out, or gives null, where it has nothing to say. What has another type than it is known to have is
// taken as left out: it costs that one field, and not the document. What decides whether a list is whole, or which
// document it is, is read strictly where it stands.
export const Text = z.catch(z.nullish(z.string()), undefined);
export const Count = z.catch(z.nullish(z.number()), undefined);
export const Switch = z.catch(z.nullish(z.boolean()), undefined);

/** A number that must be one where it is given: how much of a list there is, or where it goes on. */
export const Position = z.nullish(z.number());
