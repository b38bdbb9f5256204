import {type Place, pathAbove} from '../base/task-request.ts';
import {TransferRefused} from '../globus-errors.ts';
import type {TransferService} from './transfer-service.ts';

/**
 * See that a directory is there, and those above it. Safe to repeat, and at the same time.
 *
 * Globus makes one directory at a time, and refuses one that exists (Globus Transfer API, "Make directory"). What
 * stands in the way is looked for only after a refusal, so that the usual case is one question.
 *
 * @returns whether it was made
 * @throws {TransferRefused} for a file in the way, or a directory that may not be made
 */
export async function ensureCollectionDirectory(transfers: TransferService, place: Place): Promise<boolean> {
  try {
    await transfers.makeDirectory(place);
    return true;
  } catch (error) {
    if (!(error instanceof TransferRefused)) throw error;
    const seen = await transfers.stat(place);
    if (seen?.type === 'dir') return false;
    const above = directoryAbove(place);
    if (seen || above === undefined || (await transfers.stat(above))) throw error;
    await ensureCollectionDirectory(transfers, above);
    // Another process may have made it meanwhile.
    return await transfers.makeDirectory(place).then(
      () => true,
      async (again: unknown) => {
        if ((await transfers.stat(place))?.type === 'dir') return false;
        throw again;
      },
    );
  }
}

/** The directory above; undefined for the top of a collection, and for a home directory. */
function directoryAbove({path, ...place}: Place): Place | undefined {
  const above = pathAbove(path);
  return above === '' || above === '/' || above === '/~/' ? undefined : {...place, path: above};
}
