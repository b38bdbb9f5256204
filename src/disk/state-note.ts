import {readFileSync, rmSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {EXIT, StageError} from '../errors.ts';
import {ensureDirectory} from './directories.ts';

/** A word in this host's cache that a state directory holds something. It may be lost at any time. */
export interface StateNote {
  readonly path: string;
  stands(): boolean;
  write(): void;
  remove(): void;
}

/**
 * @param cache where notes lie: not in the state directory, whose file system may go away
 * @param what what it holds: runs that are active, or jobs that "stage job submit" submitted
 */
export function openNote(cache: string, home: string, what: 'active' | 'jobs'): StateNote {
  const path = join(cache, `${what}${home.replaceAll('/', '-').slice(-150)}.json`);
  const stands = () => {
    try {
      // Written below; anything else in its place has no fitting directory.
      return (JSON.parse(readFileSync(path, 'utf8')) as {directory?: unknown}).directory === home;
    } catch {
      return false;
    }
  };
  return {
    path,
    stands,
    write() {
      if (stands()) return;
      tryTo(() => {
        ensureDirectory(cache);
        writeFileSync(path, `${JSON.stringify({directory: home})}\n`, {mode: 0o600});
      });
    },
    remove: () => tryTo(() => rmSync(path, {force: true})),
  };
}

/** For notes: a home directory that is full or read-only is no reason to fail. */
function tryTo(work: () => void): void {
  try {
    work();
  } catch {
    // Without a note there is one protection less.
  }
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
        'Nothing was made in its place: bring it back, then run the same command again.',
        ...(note ? [`If you removed it on purpose and mean to start from nothing: rm ${note}`] : []),
      ],
    });
  }
}
