import {RequestWrong} from '../errors.ts';
import type {Place} from '../transfer/transfer-service.ts';
import {readPlace, resolveCollection} from '../workflow/places.ts';

/** `collection:path` on a command line. @throws {RequestWrong} for another form or an unknown collection */
export function splitPlace(text: string, collections: Readonly<Record<string, string>>): Place {
  const written = readPlace(text);
  if (typeof written === 'string')
    throw new RequestWrong(`"${text}": ${written}`, {next: ['Write it as COLLECTION:PATH, such as theta:/~/data/']});
  const resolved = resolveCollection(written.collection, collections);
  if (typeof resolved === 'string')
    throw new RequestWrong(`"${text}": ${resolved}`, {
      next: ['Name it in the configuration under collections:, or give its id.'],
    });
  return {collection: resolved.id, path: written.path};
}
