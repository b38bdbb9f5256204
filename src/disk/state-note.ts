import {join} from 'node:path';
import * as z from 'zod/mini';
import {EXIT, StageError} from '../errors.ts';
import {ensureDirectory} from './directories.ts';
import {fileCache} from './file-cache.ts';
import {removeIfPossible} from './whole-file.ts';

const NOTE = z.looseObject({directory: z.string()});

/** A word in this host's cache that a state directory holds something. It may be lost at any time. */
export interface StateNote {
  readonly path: string;
  stands(): boolean;
  write(): void;
  remove(): void;
}

/**
 * @param directory where notes lie: not in the state directory, whose file system may go away
 * @param what what it holds: runs that are active, or jobs that "stage job submit" submitted
 */
export function openNote(directory: string, home: string, what: 'active' | 'jobs'): StateNote {
  const path = join(directory, `${what}${home.replaceAll('/', '-').slice(-150)}.json`);
  const cache = fileCache(path, NOTE, ensureDirectory);
  const stands = () => cache.read()?.directory === home;
  return {
    path,
    stands,
    write() {
      if (!stands()) cache.write({directory: home});
    },
    remove: () => removeIfPossible(path),
  };
}

const WHY = {
  active: 'runs were active in it; its file system may not be mounted here, or it was moved or removed',
  jobs: 'jobs were submitted from it; its file system may not be mounted here, or it was moved or removed',
  job: 'a job that was submitted from it finds no runs there; its file system may not be mounted on this node',
};

/** The state directory is not where it was. Nothing was made in its place. */
export class StateDirectoryGone extends StageError {
  /** @param by what tells that there was one: a note on this host, or that a job runs this command */
  constructor(home: string, by: 'active' | 'jobs' | 'job', note?: string) {
    super({
      code: 'STATE_DIRECTORY_GONE',
      exit: EXIT.unreachable,
      what: `the state directory ${home} is gone`,
      why: WHY[by],
      next: [
        'Nothing was created in its place: restore it, then run the same command again.',
        ...(note ? [`If it was removed on purpose, to start from nothing: rm ${note}`] : []),
      ],
    });
  }
}
