import {join} from 'node:path';
import {type Locations, locations} from '../config/locations.ts';
import {packageRoot} from '../disk/package-root.ts';
import {EXIT, RequestWrong, StageError} from '../errors.ts';
import {openStandIns, StandInError, type StandIns} from '../stand-ins/door.ts';
import {builtVersion} from './built-version.ts';
import {requireTrustedTargets} from './trusted-places.ts';

/** Gives the stand-ins, which it starts where they are not up. */
export type StartStandIns = () => Promise<import('../stand-ins/door.ts').StandInsUp>;

/**
 * The stand-ins of a state directory, with errors of ours.
 *
 * @param version of this stage
 * @throws {NotTrusted} when others could have put something in their place
 */
export async function connectStandIns(where: Locations, version: string): Promise<StandIns> {
  const stageHome = where.home;
  const standIns = openStandIns({
    stageHome,
    version: builtVersion(version),
    programs: join(packageRoot(), 'dist'),
  });
  const targets = [{path: stageHome, own: false}, ...standIns.trusted.map((path) => ({path, own: true}))];
  await requireTrustedTargets(targets, where, process.env);
  return {
    ...standIns,
    collectionNames() {
      try {
        return standIns.collectionNames();
      } catch (error) {
        throw inOurWords(error);
      }
    },
    up: (dayMs) => explained(standIns.up(dayMs)),
    status: () => explained(standIns.status()),
    ask: (request) => explained(standIns.ask(request)),
    down: () => explained(standIns.down()),
    serve: (options) => explained(standIns.serve(options)),
  };
}

/** Those of the state directory that this process works in. */
export const standInsHere = (version: string): Promise<StandIns> => connectStandIns(locations(process.env), version);

async function explained<T>(asked: Promise<T>): Promise<T> {
  try {
    return await asked;
  } catch (error) {
    throw inOurWords(error);
  }
}

const inOurWords = (error: unknown): unknown => (error instanceof StandInError ? explainStandIns(error) : error);

/** What the stand-ins say, as an error of ours. */
export function explainStandIns(error: StandInError): StageError {
  const {trouble, message: what, why, next} = error;
  switch (trouble) {
    case 'down':
      return new StageError({code: 'STAND_INS_DOWN', exit: EXIT.unreachable, what, why, next});
    case 'damaged':
      return new StageError({code: 'STAND_INS_DAMAGED', exit: EXIT.unreachable, what, why, next});
    case 'other-version':
      return new StageError({code: 'STAND_INS_OTHER_VERSION', exit: EXIT.actionNeeded, what, why, next});
    case 'wrong':
      return new RequestWrong(what, {why, next});
  }
}
