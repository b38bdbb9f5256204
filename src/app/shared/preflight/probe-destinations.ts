import {type Place, pathAbove} from '../../../base/task-request.ts';
import type {EngineContext} from '../../../engine/context.ts';
import {StageError} from '../../../errors.ts';
import type {TransferService} from '../../../transfer/transfer-service.ts';
import {type Finding, fine, problem} from '../findings.ts';
import type {PlaceQuestion} from './ask-collections.ts';

/** Make a directory at each destination, and have it deleted again: the one way to learn whether it can be written. */
export async function probeDestinations(
  {transfers, newWord}: EngineContext,
  questions: readonly PlaceQuestion[],
  names: ReadonlyMap<string, string>,
): Promise<Finding[]> {
  const destinations = new Map(
    questions.flatMap(({end, place}) => (end === 'destination' ? [[`${place.collection}:${place.path}`, place]] : [])),
  );
  return await Promise.all(
    [...destinations.values()].map(async (place) => {
      const where = `${names.get(place.collection) ?? place.collection}:${place.path}`;
      try {
        const probe = {
          ...place,
          path: `${await existingDirectory(transfers, {...place, path: directoryOf(place.path)})}.stage-probe-${newWord()}/`,
        };
        await transfers.makeDirectory(probe);
        await transfers.submit(await transfers.newSubmissionId(), {
          label: 'stage check: its own probe',
          collection: probe.collection,
          paths: [probe.path],
          recursive: true, // Globus deletes no directory without
        });
        return fine(`${where} can be written`, `${probe.path} was made there; Globus is deleting it`);
      } catch (error) {
        if (!(error instanceof StageError)) throw error;
        return problem(`${where} cannot be written`, error.why ?? error.message, error.exit, ...error.next);
      }
    }),
  );
}

/** The directory that exists, at or above a path: transfers make the missing ones. Ends in `/`. */
async function existingDirectory(transfers: TransferService, place: Place): Promise<string> {
  const above = pathAbove(place.path);
  if (above === '' || above === place.path || (await transfers.stat(place)) !== undefined) return place.path;
  return existingDirectory(transfers, {...place, path: above});
}

/** Itself where it is written as one. */
function directoryOf(path: string): string {
  return path.endsWith('/') ? path : pathAbove(path);
}
